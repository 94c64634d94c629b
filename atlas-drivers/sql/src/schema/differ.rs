/// What databases that speak SQL differ in where their schema is changed.
#[derive(Clone, Copy, Debug)]
pub struct SchemaDialect {
    /// How a table is changed.
    pub altering: Altering,
    /// Where it is said what tables and columns are for.
    pub comments: Comments,
    /// Whether the indexes of a new table are declared inside of it.
    pub indexes_in_table: bool,
    /// Whether an index names its schema at its own name, and not at its table's.
    pub index_names_schema: bool,
    /// Whether an index can be of some rows alone.
    pub filters_indexes: bool,
    /// Whether an index can be over expressions.
    pub indexes_expressions: bool,
    /// Whether it can be said how an index is built.
    pub index_methods: bool,
    /// Whether a foreign key can wait for the end of the transaction.
    pub defers: bool,
    /// Whether the default of a column stands in parentheses.
    pub default_in_parentheses: bool,
    /// Whether an update can set a column to the time by itself.
    pub touches: bool,
    /// Whether the checks that hold a column to the range of its type have names.
    pub names_guards: bool,
    /// What stands after the last parenthesis of a new table, with a space before it.
    pub table_options: &'static str,
}

/// How a table is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Altering {
    /// A column is declared anew, and takes the place of what it was: `MODIFY COLUMN`.
    Modify,
    /// Each property of a column is changed by itself: `ALTER COLUMN .. TYPE`.
    Pieces,
    /// Most changes need a new table, into which the rows are copied.
    Rebuild,
}

/// Where it is said what tables and columns are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comments {
    /// Nowhere.
    Nowhere,
    /// Where they are declared: `COMMENT '..'`.
    Inside,
    /// In statements of their own: `COMMENT ON ..`.
    Apart,
}

impl SchemaDialect {
    /// As the standard has it, and PostgreSQL.
    pub const STANDARD: Self = Self {
        altering: Altering::Pieces,
        comments: Comments::Apart,
        indexes_in_table: false,
        index_names_schema: false,
        filters_indexes: true,
        indexes_expressions: true,
        index_methods: true,
        defers: true,
        default_in_parentheses: false,
        touches: false,
        names_guards: false,
        table_options: "",
    };
}

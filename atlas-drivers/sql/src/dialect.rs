use std::borrow::Cow;

use atlas_core::{
    error::Result,
    schema::{Alteration, Column, Storage, Table, Truncate},
    statement::{
        Aggregate, ArithmeticOp, FullTextTerm, Function, HintKind, JsonQuestion, JsonStep, Lock,
        LockStrength, LockWait,
    },
    value::{ColumnType, Value},
};

use crate::{SchemaDialect, function, json};

/// What a bound value stands beside: what tells a database its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing that has a type.
    Nothing,
    /// A column, or something made of columns, with its type where that is known.
    Column(Option<ColumnType>),
}

/// What databases that speak SQL differ in.
pub trait Dialect: Send + Sync {
    /// The driver's name in messages.
    fn name(&self) -> &'static str;

    /// What stands around a name; doubled inside it.
    fn quote(&self) -> char {
        '"'
    }

    /// Writes the placeholder of the bound value `number`, from 1.
    fn placeholder(&self, number: usize, out: &mut String);

    /// What stands before a statement whose plan is asked for, with a space after it.
    fn explain(&self) -> &'static str {
        "EXPLAIN "
    }

    /// What stands before a select that is run for what each step of its plan takes, with a space after it; `None`
    /// where the database cannot tell.
    fn analyze(&self) -> Option<&'static str> {
        None
    }

    /// The limit that stands for none, where an offset cannot be given without a limit.
    fn no_limit(&self) -> Option<&'static str> {
        None
    }

    /// What stands before and after the name of an index, behind the table that is read by it; `None` where that cannot
    /// be said.
    fn index_hint(&self, _kind: HintKind) -> Option<[&'static str; 2]> {
        None
    }

    /// What behind `SELECT` keeps the tables in the order in which they are joined; nothing where that cannot be said.
    fn straight_join(&self) -> &'static str {
        ""
    }

    /// Whether what is joined may mention what stands before it: `LATERAL`.
    fn has_lateral(&self) -> bool {
        false
    }

    /// Whether it can be said that the rows of `WITH` are to be made once, or not.
    fn materializes(&self) -> bool {
        true
    }

    /// Whether a select with an offset passes over none of its rows where a part of its filter is `EXISTS`, unless that
    /// stands in an expression.
    fn forgets_offsets(&self) -> bool {
        false
    }

    /// Whether an order can say `NULLS FIRST` and `NULLS LAST`. Where not, NULL has to come before all values
    /// of an ascending order.
    fn orders_nulls(&self) -> bool {
        true
    }

    /// Whether an update and a delete can have an order and a limit of their own (not an offset).
    fn limits_writes(&self) -> bool {
        false
    }

    /// Whether an update finds its rows beside those of a join, and not of a `FROM`. The join is of a `SELECT
    /// DISTINCT`, which is made before any row is changed.
    fn joins_writes(&self) -> bool {
        false
    }

    /// Whether a select inside of a condition can have no limit, and none that is inside of an update or a
    /// delete can read the same table, unless it stands in a further one.
    fn wraps_selects(&self) -> bool {
        false
    }

    /// What stands at the end of a select that keeps its rows from others, with a space before it; nothing
    /// where one transaction writes at a time.
    fn lock(&self, lock: Lock) -> &'static str {
        common_lock(lock)
    }

    /// How an insert deals with rows whose unique columns are taken.
    fn conflicts(&self) -> Conflicts {
        Conflicts::OnConflict
    }

    /// Whether columns in the changes of a row that is there have to say that they are that row's, and not
    /// of the row that was to be written.
    fn qualifies_conflicts(&self) -> bool {
        false
    }

    /// A row of an insert that gives no columns, where that is not said by `DEFAULT VALUES`.
    fn empty_row(&self) -> Option<&'static str> {
        None
    }

    /// Whether a backslash in a text literal takes the next character as it stands, `"` surrounds a text,
    /// and `#` starts a comment.
    fn backslash_escapes(&self) -> bool {
        false
    }

    /// The function of a text and a pattern that is 1 where they match and 0 where they do not, where
    /// that is not what `LIKE` tells: with case, and with every character.
    fn like_function(&self) -> Option<&'static str> {
        None
    }

    /// The collation under which decimals compare by number, where they are stored as text.
    fn numeric_collation(&self) -> Option<&'static str> {
        None
    }

    /// The function for arithmetic on decimals, where they are stored as text.
    fn numeric_function(&self, _operator: ArithmeticOp) -> Option<&'static str> {
        None
    }

    /// The function that makes one decimal of several, where it is not the usual one.
    fn numeric_aggregate(&self, _aggregate: Aggregate) -> Option<&'static str> {
        None
    }

    /// What stands before, between and after two floats to make their remainder, where the operator `%` is
    /// none of floats.
    fn float_remainder(&self) -> Option<[&'static str; 3]> {
        None
    }

    /// Whether dividing by zero is an error, which has to be made NULL: it is that elsewhere.
    fn division_fails(&self) -> bool {
        false
    }

    /// Whether `$$` and `$tag$` surround a text.
    fn dollar_quotes(&self) -> bool {
        false
    }

    /// What stands before, between and after two integers of which one is an [`U64`](ColumnType::U64) to
    /// divide them, where those are stored as decimals.
    fn u64_division(&self) -> Option<[&'static str; 3]> {
        None
    }

    /// The type that a bound value is given in the text (`$1::int8`), where the database would otherwise
    /// take it for another one, or could not tell.
    fn value_type(&self, _value: &Value, _beside: Beside) -> Option<&'static str> {
        None
    }

    /// Whether [`value_type`](Self::value_type) tells values apart: by their kinds, and integers by the smallest of
    /// 16, 32 and 64 bits that they fit into. Nothing else of a value may decide about the text.
    fn weighs_values(&self) -> bool {
        self.division_fails()
    }

    /// How a function is written whose first argument has this type: `{0}` stands for that argument, which is
    /// put in parentheses where it stands beside an operator. `None` where the database has no such function.
    fn function(&self, function: Function, of: Option<ColumnType>) -> Option<&'static str> {
        function::common(function, of)
    }

    /// How a question to JSON is written: `{0}` stands for the document, `{path}` for the path, which is bound as
    /// [`json_path`](Self::json_path) writes it, and `{with}` for the JSON that is compared with. `None` where the
    /// database cannot answer it.
    fn json(&self, _question: JsonQuestion) -> Option<&'static str> {
        None
    }

    /// How a document is written with a change inside: `{0}` stands for the document, `{path}` for the path, `{with}`
    /// for the JSON that is to stand there (`sets`), and `{fits}` for whether each step of the path leads into what it
    /// names. Where that is not so, the document is to stay as it is. `None` where the database cannot do it.
    fn json_change(&self, _sets: bool, _path: &[JsonStep]) -> Option<&'static str> {
        None
    }

    /// Whether what a path leads to in the document `{0}` is what this step leads into: an object for a key, an array
    /// for an index.
    fn json_container(&self, _step: &JsonStep) -> &'static str {
        "1 = 1"
    }

    /// A path into a JSON document as a text.
    fn json_path(&self, steps: &[JsonStep]) -> String {
        json::dollar_path(steps)
    }

    /// How words are looked for, or the number is written that says how well they fit: `{index}` stands for the index,
    /// `{table}` for the table, `{columns}` for the texts of the columns in one, `{language}` for the language as a text
    /// literal, `{with}` for the words, which are bound as [`full_text_query`](Self::full_text_query) writes them.
    /// `None` where the database has no such search.
    fn full_text(&self, _rank: bool) -> Option<&'static str> {
        None
    }

    /// The words that are looked for, as the database reads them. Some have to be there.
    fn full_text_query(&self, _terms: &[FullTextTerm]) -> String {
        String::new()
    }

    /// What an index is by which words are found.
    fn full_text_index(&self) -> FullTextIndexes {
        FullTextIndexes::None
    }

    /// What is written before and after an aggregate of an argument of this type.
    fn around_aggregate(&self, _aggregate: Aggregate, _of: Option<ColumnType>) -> Option<[&'static str; 2]> {
        None
    }

    /// Whether an aggregate can say which rows it is of: `FILTER (WHERE ..)`.
    fn filters_aggregates(&self) -> bool {
        true
    }

    /// Whether the average of decimals is to be asked for to 28 digits.
    fn rounds_averages(&self) -> bool {
        false
    }

    /// What stands between an expression and the placeholder of a list, and after it, where a list of any
    /// length is one value: for lists that it is in, and for lists that it is not in.
    fn array_list(&self, _negated: bool) -> Option<[&'static str; 2]> {
        None
    }

    /// Up to how many values a list is written out, one placeholder a value.
    fn short_list(&self) -> usize {
        16
    }

    /// How many placeholders a list of so many values is written with, the last value repeated: the fewer
    /// different numbers, the fewer statements to prepare.
    fn padded_list(&self, values: usize) -> usize {
        values
    }

    /// A long list as one value, and what stands after `IN` with one placeholder for it: the text of the
    /// statement is then the same for every length. `None` for values that cannot be put in one.
    fn list(&self, _values: &[Value]) -> Option<(&'static str, String)> {
        None
    }

    /// The operator that divides two integers and cuts the result towards zero.
    fn integer_division(&self) -> &'static str {
        "/"
    }

    /// What is different where the schema is changed.
    fn schema(&self) -> SchemaDialect {
        SchemaDialect::STANDARD
    }

    /// The type of a column, as a schema declares it. `keyed`: whether a key, an index or a foreign key is over it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](atlas_core::Error::Unsupported) where it cannot be stored.
    fn column_type(&self, column: &Column, keyed: bool) -> Result<Cow<'static, str>>;

    /// What a column of a type stores, as the database tells the type, or as [`column_type`](Self::column_type)
    /// writes it.
    fn read_type(&self, declared: &str) -> (ColumnType, Storage) {
        (ColumnType::Text, Storage::Native(declared.to_owned().into()))
    }

    /// How a column whose values the database counts up is declared after its name, with the primary
    /// key included; only asked for a table's single key column.
    fn generated_key(&self, column: &Column) -> &'static str;

    /// What refuses the values that the column's type in the database takes and its field does not: the condition
    /// of a `CHECK`.
    fn guard(&self, _column: &Column) -> Option<String> {
        None
    }

    /// The time, as the default of a column.
    fn now(&self, column: &Column) -> String {
        match column.ty {
            ColumnType::Date => "CURRENT_DATE".to_owned(),
            ColumnType::Time => "CURRENT_TIME".to_owned(),
            _ => "CURRENT_TIMESTAMP".to_owned(),
        }
    }

    /// The statements that change a table by making it anew, where that is how it is done.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](atlas_core::Error::Config) for a change that contradicts the table.
    fn rebuild(&self, _before: &Table, _changes: &[Alteration]) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// What stands before and after the name of a table whose rows are all removed.
    fn truncate(&self, how: Truncate) -> [&'static str; 2] {
        let after = match (how.restart_identity, how.cascade) {
            (false, false) => "",
            (false, true) => " CASCADE",
            (true, false) => " RESTART IDENTITY",
            (true, true) => " RESTART IDENTITY CASCADE",
        };
        ["TRUNCATE TABLE ", after]
    }

    /// Whether UUIDs are stored as their bytes.
    fn binary_uuids(&self) -> bool {
        false
    }

    /// Bytes as a literal: the default of a column.
    fn bytes_literal(&self, bytes: &[u8], out: &mut String) {
        out.push_str("X'");
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        out.push('\'');
    }

    /// A truth value as a literal: the default of a column.
    fn bool_literal(&self, truth: bool) -> &'static str {
        if truth { "TRUE" } else { "FALSE" }
    }
}

/// What an index is by which words are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullTextIndexes {
    /// There is none.
    None,
    /// One over what stands in parentheses, with the places of [`Dialect::full_text`].
    Expression(&'static str),
    /// A column that nobody sees, made of `{columns}`, and a `FULLTEXT` index over it.
    Column(&'static str),
    /// A table of FTS5, which triggers keep.
    Table,
}

/// What most databases write for a lock.
pub fn common_lock(lock: Lock) -> &'static str {
    match (lock.strength, lock.wait) {
        (LockStrength::Update, LockWait::Wait) => " FOR UPDATE",
        (LockStrength::Update, LockWait::NoWait) => " FOR UPDATE NOWAIT",
        (LockStrength::Update, LockWait::Skip) => " FOR UPDATE SKIP LOCKED",
        (LockStrength::Share, LockWait::Wait) => " FOR SHARE",
        (LockStrength::Share, LockWait::NoWait) => " FOR SHARE NOWAIT",
        (LockStrength::Share, LockWait::Skip) => " FOR SHARE SKIP LOCKED",
    }
}

/// How an insert deals with rows whose unique columns are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// `ON CONFLICT (..) DO ..`
    OnConflict,
    /// `ON DUPLICATE KEY UPDATE`, which fires on every unique index: a row that is there and has other
    /// values in the named columns is an error of a select with several rows, which the driver tells as a
    /// unique violation. Rows to be left out are `INSERT IGNORE`, whose warnings the driver has to look
    /// at; one row alone is a plain insert, whose unique violation the driver passes over.
    OnDuplicateKey,
}

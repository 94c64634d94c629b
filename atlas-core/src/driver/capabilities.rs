/// What a database can do. Atlas asks before it sends; the conformance suite holds a driver to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Written rows come back with the statement that wrote them.
    pub returning: bool,
    /// Changed rows come back with the statement that changed them.
    pub update_returning: bool,
    /// Removed rows come back with the statement that removed them.
    pub delete_returning: bool,
    /// Several statements can be done or undone together.
    pub transactions: bool,
    /// A transaction can have others inside.
    pub savepoints: bool,
    /// Changes of the schema are undone with their transaction.
    pub transactional_schema: bool,
    /// Foreign keys are held.
    pub foreign_keys: bool,
    /// [`Statement::Raw`](crate::statement::Statement::Raw) is understood.
    pub raw: bool,
}

impl Capabilities {
    /// A database that can do nothing of it: the base of a driver's own list.
    pub const NONE: Self = Self {
        returning: false,
        update_returning: false,
        delete_returning: false,
        transactions: false,
        savepoints: false,
        transactional_schema: false,
        foreign_keys: false,
        raw: false,
    };
}

use std::fmt;

/// How a transaction is begun. The default leaves everything to the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionOptions {
    /// What it sees of others.
    pub isolation: Option<Isolation>,
    /// Whether it may only read.
    pub read_only: bool,
    /// Whether the database may hold its beginning back until it can neither fail nor disturb others.
    /// With [`Isolation::Serializable`] and `read_only`.
    pub deferrable: bool,
}

/// What a transaction sees of those beside it. A database MAY give a stricter level than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Isolation {
    /// What others have not committed yet may be seen.
    ReadUncommitted,
    /// What others have committed is seen, as it comes.
    ReadCommitted,
    /// What was committed when it began is seen.
    RepeatableRead,
    /// As if all were run one after the other; one that cannot be put in order fails with
    /// [`Error::Serialization`](crate::Error::Serialization).
    Serializable,
}

/// The name that the SQL standard has.
impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadUncommitted => "read uncommitted",
            Self::ReadCommitted => "read committed",
            Self::RepeatableRead => "repeatable read",
            Self::Serializable => "serializable",
        })
    }
}

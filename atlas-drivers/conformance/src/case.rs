use std::fmt;

use atlas_core::{
    Error,
    driver::{BoxFuture, Capabilities},
};

use crate::subject::Subject;

/// How a case, or a step of one, ends.
pub(crate) type Verdict<T = ()> = Result<T, Failure>;

/// Why a case did not pass.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The driver broke a promise: what was expected, and what was found.
    Broken(String),
    /// The driver says that it cannot do this, and what to do instead.
    Unsupported { why: String, instead: String },
}

/// What a case needs of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// [`Capabilities::returning`]
    Returning,
    /// [`Capabilities::update_returning`]
    UpdateReturning,
    /// [`Capabilities::delete_returning`]
    DeleteReturning,
    /// [`Capabilities::transactions`]
    Transactions,
    /// [`Capabilities::savepoints`]
    Savepoints,
    /// [`Capabilities::transactional_schema`]
    TransactionalSchema,
    /// [`Capabilities::foreign_keys`]
    ForeignKeys,
    /// [`Capabilities::raw`]
    Raw,
}

/// A case as it is written down.
#[derive(Clone, Copy)]
pub(crate) struct Definition {
    /// The path of the function, with the crate's.
    pub(crate) path: &'static str,
    pub(crate) needs: &'static [Capability],
    pub(crate) run: fn(Subject) -> BoxFuture<'static, Verdict>,
}

/// The cases of a module: the names of its functions, each with what it needs.
macro_rules! cases {
    ($($name:ident $(needs $($need:ident)+)?),* $(,)?) => {
        /// The cases of this module.
        pub(super) const CASES: &[$crate::case::Definition] = &[$($crate::case::Definition {
            path: concat!(module_path!(), "::", stringify!($name)),
            needs: &[$($($crate::case::Capability::$need),+)?],
            run: |db| Box::pin($name(db)),
        }),*];
    };
}
pub(crate) use cases;

impl Definition {
    /// `values::text`
    pub(crate) fn name(&self) -> &'static str {
        self.path.split_once("cases::").map_or(self.path, |(_, name)| name)
    }
}

impl Capability {
    /// Whether a database has it.
    pub(crate) fn is_in(self, capabilities: &Capabilities) -> bool {
        match self {
            Self::Returning => capabilities.returning,
            Self::UpdateReturning => capabilities.update_returning,
            Self::DeleteReturning => capabilities.delete_returning,
            Self::Transactions => capabilities.transactions,
            Self::Savepoints => capabilities.savepoints,
            Self::TransactionalSchema => capabilities.transactional_schema,
            Self::ForeignKeys => capabilities.foreign_keys,
            Self::Raw => capabilities.raw,
        }
    }
}

/// The name of the field in [`Capabilities`].
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Returning => "returning",
            Self::UpdateReturning => "update_returning",
            Self::DeleteReturning => "delete_returning",
            Self::Transactions => "transactions",
            Self::Savepoints => "savepoints",
            Self::TransactionalSchema => "transactional_schema",
            Self::ForeignKeys => "foreign_keys",
            Self::Raw => "raw",
        })
    }
}

impl Failure {
    /// A broken promise.
    pub(crate) fn broken(what: impl fmt::Display) -> Self {
        Self::Broken(what.to_string())
    }

    /// Says where it happened.
    pub(crate) fn during(self, what: impl fmt::Display) -> Self {
        match self {
            Self::Broken(reason) => Self::Broken(format!("{what}: {reason}")),
            unsupported @ Self::Unsupported { .. } => unsupported,
        }
    }
}

/// An error that the case did not expect.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Unsupported { ref instead, .. } => {
                Self::Unsupported { why: error.to_string(), instead: instead.clone() }
            }
            error => Self::Broken(format!("unexpected error: {error} ({error:?})")),
        }
    }
}

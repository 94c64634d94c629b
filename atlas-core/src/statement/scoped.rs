//! That a model's global scopes hold of a table, before it is known which a handle adds.

use std::{
    any::TypeId,
    borrow::Cow,
    fmt, ptr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use crate::statement::{Expr, TableRef};

/// A model's own global scopes: what `#[global_scope(..)]` names.
#[derive(Debug)]
pub struct GlobalScopes(pub &'static [GlobalScope]);

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct GlobalScope {
    /// The function's name.
    pub name: &'static str,
    /// The function's type.
    pub id: fn() -> TypeId,
    /// What holds of every row, of the table by its own name.
    pub condition: fn() -> Expr,
}

/// In a statement, the scopes that are still to be put where a table stands. The handle that the statement is sent through
/// does: no driver has to know of it.
#[derive(Clone)]
pub struct Scoped {
    of: &'static GlobalScopes,
    without: Without,
}

/// Which scopes a query leaves out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Without {
    /// None.
    #[default]
    Nothing,
    /// These.
    These(Arc<[ScopeName]>),
    /// All.
    All,
}

/// What a scope is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScopeName {
    Name(Cow<'static, str>),
    Function(TypeId),
}

/// A scope that a handle adds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AddedScope {
    pub(crate) of: usize,
    pub(crate) name: Cow<'static, str>,
    pub(crate) condition: Expr,
}

/// Whether any statement of the program was about a model with scopes: without, and without a handle that adds some,
/// none is looked through.
static MENTIONED: AtomicBool = AtomicBool::new(false);

/// Whether a statement may have scopes to be put in, apart from those that a handle adds.
pub(super) fn may_be_mentioned() -> bool {
    MENTIONED.load(Relaxed)
}

impl Scoped {
    pub(crate) fn new(of: &'static GlobalScopes, without: Without) -> Self {
        if !of.0.is_empty() && !MENTIONED.load(Relaxed) {
            MENTIONED.store(true, Relaxed);
        }
        Self { of, without }
    }

    /// What tells the model from others.
    pub(crate) fn model(&self) -> usize {
        self.of.identity()
    }

    /// The conditions that hold of the table, each with what its scope is called.
    pub(crate) fn conditions(&self, added: &[AddedScope]) -> Vec<(Cow<'static, str>, Expr)> {
        let own = self.of.0.iter().filter(|scope| !self.leaves_out(scope.name, Some((scope.id)())));
        let own = own.map(|scope| (Cow::Borrowed(scope.name), (scope.condition)()));
        let added = added.iter().filter(|scope| scope.of == self.of.identity());
        let added = added.filter(|scope| !self.leaves_out(&scope.name, None));
        own.chain(added.map(|scope| (scope.name.clone(), scope.condition.clone()))).collect()
    }

    fn leaves_out(&self, name: &str, function: Option<TypeId>) -> bool {
        match &self.without {
            Without::Nothing => false,
            Without::All => true,
            Without::These(these) => these.iter().any(|one| match one {
                ScopeName::Name(other) => other == name,
                ScopeName::Function(id) => function == Some(*id),
            }),
        }
    }
}

impl GlobalScopes {
    /// What tells a model from others.
    pub(crate) fn identity(&'static self) -> usize {
        ptr::from_ref(self).addr()
    }
}

impl Without {
    /// Leaves out one more.
    pub(crate) fn and(&mut self, name: ScopeName) {
        *self = match self {
            Self::Nothing => Self::These([name].into()),
            Self::These(these) => Self::These(these.iter().cloned().chain([name]).collect()),
            Self::All => Self::All,
        };
    }
}

impl TableRef {
    /// Says that a model's scopes hold of the table.
    pub(crate) fn scoped(mut self, of: &'static GlobalScopes, without: Without) -> Self {
        self.scoped = Some(Scoped::new(of, without));
        self
    }
}

impl PartialEq for Scoped {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.of, other.of) && self.without == other.without
    }
}

impl fmt::Debug for Scoped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} scopes without {:?}", self.of.0.len(), self.without)
    }
}

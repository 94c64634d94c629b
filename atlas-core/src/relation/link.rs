use crate::{
    error::{Error, Result},
    model::{AlwaysRead, Column, Model, ModelMeta},
    query::column_ref,
    relation::{Fixed, MorphVariant, PivotWriter, Present, Relation, SameKey, ask::named, kind},
    schema::Name,
    statement::{ColumnRef, Expr, OrderTerm, Select, TableRef},
    value::{Attribute, Value},
};

/// How the rows of a model lead to those of another, as data.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// The model that it leads to.
    pub target: fn() -> &'static ModelMeta,
    /// Which columns have to be equal.
    pub path: Path,
    /// The column that names this model among others whose rows the same columns may refer to, and the name:
    /// in the target, or in the table between where there is one.
    pub morph: Option<Morph>,
    /// The same in the owner's own row, of a `#[morph_to]` where one of its models is meant.
    pub owner: Option<Morph>,
    /// Which one of several rows it is, where it leads to one.
    pub pick: Option<Pick>,
    /// What its declaration says of all its records.
    pub fixed: Fixed,
    /// Whether rows of the table between count that were deleted softly.
    pub trashed_between: bool,
}

/// Which one of several rows a relation to one leads to: the one with the smallest or greatest value.
#[derive(Clone, Copy, Debug)]
pub struct Pick {
    /// The column of the target, by index; `None` for its key.
    pub column: Option<usize>,
    /// Whether it is the one with the greatest value.
    pub greatest: bool,
}

/// Which columns have to be equal.
#[derive(Clone, Copy, Debug)]
pub enum Path {
    /// Columns of this model and of the target, by index.
    Direct(Pairs),
    /// Through a table between.
    Via {
        /// The table.
        between: Between,
        /// Columns of this model, by index, and those of the table between that they equal.
        near: &'static [(usize, &'static str)],
        /// Columns of the table between, and those of the target, by index, that they equal.
        far: &'static [(&'static str, usize)],
    },
}

/// Columns of a model and of another, by index, that have to be equal.
#[derive(Clone, Copy, Debug)]
pub enum Pairs {
    /// One of each.
    One([usize; 2]),
    /// Several of each: a key of several columns.
    Several(&'static [[usize; 2]]),
}

impl Pairs {
    /// The pairs.
    pub fn as_slice(&self) -> &[[usize; 2]] {
        match self {
            Self::One(pair) => std::slice::from_ref(pair),
            Self::Several(pairs) => pairs,
        }
    }
}

/// A table between two models.
#[derive(Clone, Copy, Debug)]
pub enum Between {
    /// Without a model.
    Named(&'static str),
    /// A model's.
    Model {
        /// The model.
        meta: fn() -> &'static ModelMeta,
        /// What writes its records one by one, where somebody observes them.
        writer: PivotWriter,
    },
}

/// A column that says which model's row the columns beside it refer to.
#[derive(Clone, Copy, Debug)]
pub struct Morph {
    /// The column.
    pub column: &'static str,
    /// The column beside it that holds the key.
    pub key: &'static str,
    /// What it says.
    pub name: &'static str,
}

impl Link {
    /// The columns of this model that lead to the target, by index.
    pub fn local(&self) -> Vec<usize> {
        match &self.path {
            Path::Direct(pairs) => pairs.as_slice().iter().map(|[local, _]| *local).collect(),
            Path::Via { near, .. } => near.iter().map(|(local, _)| *local).collect(),
        }
    }

    /// The columns of the target that are compared, by index.
    pub fn foreign(&self) -> Vec<usize> {
        match &self.path {
            Path::Direct(pairs) => pairs.as_slice().iter().map(|[_, foreign]| *foreign).collect(),
            Path::Via { far, .. } => far.iter().map(|(_, foreign)| *foreign).collect(),
        }
    }
}

impl Link {
    /// Limits a select of the target's rows to the one that the link leads to, where it is one of several.
    pub(super) fn pick_of(&self, target: &'static ModelMeta, select: &mut Select) {
        let Some(pick) = self.pick else { return };
        let terms = pick.column.iter().chain(target.key).map(|column| OrderTerm {
            expr: Expr::Column(column_ref(target, *column)),
            descending: pick.greatest,
            nulls: None,
        });
        select.order.extend(terms);
        select.limit = Some(1);
    }

    /// What a record of the target gets that is to be one of a record with this key, where it refers to it itself, and
    /// what the relation's declaration gives.
    pub(super) fn given(&self, key: &[Value]) -> Vec<(ColumnRef, Expr)> {
        let target = (self.target)();
        let referring = self.referring(key.to_vec()).unwrap_or_default();
        let referring =
            referring.into_iter().map(|(column, value)| (column_ref(target, column), Expr::Value(value)));
        self.fixed.attributes().into_iter().chain(referring).collect()
    }

    /// The columns of the target by which its rows refer to a record with this key, and their values.
    pub(super) fn referring(&self, key: Vec<Value>) -> Result<Vec<(usize, Value)>> {
        let mut columns: Vec<(usize, Value)> = self.foreign().into_iter().zip(key).collect();
        if let Some(morph) = self.morph {
            let target = (self.target)();
            let column = target.names.iter().position(|name| *name == morph.column);
            let missing = || Error::config(format!("`{}` has no column `{}`", target.name, morph.column));
            columns.push((column.ok_or_else(missing)?, Value::Text(morph.name.to_owned())));
        }
        Ok(columns)
    }
}

impl Between {
    /// The table of a model.
    pub(crate) const fn of<P: Model>() -> Self {
        Self::Model { meta: P::meta, writer: PivotWriter::of::<P>() }
    }

    /// The table's name.
    pub fn table(&self) -> &'static str {
        match self {
            Self::Named(name) => name,
            Self::Model { meta, .. } => meta().table,
        }
    }

    /// The table, of whose rows its model's scopes hold.
    pub(crate) fn table_ref(&self) -> TableRef {
        match self {
            Self::Model { meta, .. } => meta().table_ref(),
            Self::Named(name) => TableRef::new(*name),
        }
    }

    /// The table, and what its columns are qualified with: a name that none of the others has.
    pub(super) fn beside(&self, others: &[&str]) -> (TableRef, Name) {
        let table = self.table();
        if others.contains(&table) {
            let alias: Name = format!("{table}_between").into();
            return (self.table_ref().called(alias.clone()), alias);
        }
        (self.table_ref(), table.into())
    }

    /// What holds of its rows, where the statement calls it so.
    pub(super) fn guards(&self, called: &Name, trashed: bool) -> Option<Expr> {
        match self {
            Self::Model { meta, .. } => meta().guards(called, trashed),
            Self::Named(_) => None,
        }
    }
}

impl Link {
    /// All rows for which columns are equal.
    pub(super) const fn new(target: fn() -> &'static ModelMeta, path: Path, morph: Option<Morph>) -> Self {
        Self { target, path, morph, owner: None, pick: None, fixed: Fixed::NONE, trashed_between: false }
    }

    /// Whether the owner's row says that it leads to this model, where it has to.
    pub(super) fn owned_by(&self, owner: &'static ModelMeta) -> Option<Expr> {
        self.owner.map(|morph| named(&owner.table.into(), morph))
    }
}

/// For the derive: the parts of a link, whose columns are checked here.
impl Link {
    /// Two columns that have to be equal, of the same type.
    pub const fn pair<M, N, T, U, R>(local: Column<M, T>, foreign: Column<N, U, R>) -> [usize; 2]
    where
        R: AlwaysRead,
        M: Model,
        N: Model,
        T: Attribute,
        U: SameKey<T::Base> + Present<N, N::Key>,
    {
        [local.index, foreign.index]
    }

    /// A column and the one of the table between that equals it, of the same type.
    pub const fn near<M, P, T, U, R>(local: Column<M, T>, between: Column<P, U, R>) -> (usize, &'static str)
    where
        M: Model,
        P: Model,
        T: Attribute,
        U: SameKey<T::Base> + Present<P, P::Key>,
    {
        (local.index, between.name)
    }

    /// A column of the target and the one of the table between that refers to it, of the same type.
    // The target's comes first, so that the other's type is what is found wrong.
    pub const fn far<P, N, T, U, R, Q>(
        foreign: Column<N, T, R>,
        between: Column<P, U, Q>,
    ) -> (&'static str, usize)
    where
        P: Model,
        N: Model,
        T: Attribute,
        U: SameKey<T::Base> + Present<P, P::Key>,
    {
        (between.name, foreign.index)
    }

    /// A column of the table between and the target's that refers to it, of the same type.
    pub const fn beyond<P, N, T, U, R, Q>(
        between: Column<P, T, R>,
        foreign: Column<N, U, Q>,
    ) -> (&'static str, usize)
    where
        P: Model,
        N: Model,
        T: Attribute,
        U: SameKey<T::Base> + Present<N, N::Key>,
    {
        (between.name, foreign.index)
    }

    /// How rows of a table between say that they refer to the model `M`.
    pub const fn named<M, P, E: MorphVariant<M>, R>(back: Relation<P, E, kind::MorphTo<R>>) -> Morph {
        match back.link.morph {
            Some(morph) => Morph { name: E::NAME, ..morph },
            None => Morph { column: "", key: "", name: E::NAME },
        }
    }

    /// A column, and the one of the table between that equals it, whose rows say to which model they refer.
    pub const fn morph_near<M: Model, P, T, E, R>(
        local: Column<M, T>,
        back: Relation<P, E, kind::MorphTo<R>>,
    ) -> (usize, &'static str) {
        (local.index, back.link.morph_key())
    }

    /// The column of the table between, whose rows say to which model they refer, and the target's that
    /// equals it.
    pub const fn morph_far<P, N: Model, T, E, R, Q>(
        foreign: Column<N, T, Q>,
        back: Relation<P, E, kind::MorphTo<R>>,
    ) -> (&'static str, usize) {
        (back.link.morph_key(), foreign.index)
    }

    const fn morph_key(&self) -> &'static str {
        match self.morph {
            Some(morph) => morph.key,
            None => "",
        }
    }
}

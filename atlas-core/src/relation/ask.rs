//! Questions about relations, inside of a query: whether there are records, how many, what they add up to.

use std::marker::PhantomData;

use crate::{
    model::{Column, Model, ModelMeta},
    query::{Query, column_ref},
    relation::{Link, Linked, Load, Morph, Pairs, Path, Relation},
    schema::Name,
    statement::{Aggregate, ColumnRef, CompareOp, Expr, Join, JoinKind, Projection, Select},
    value::{Attribute, Value},
};

/// A relation of `M` that leads to `N`, with or without conditions: what a query asks about.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation of `{M}` to `{N}`",
    label = "not a relation of `{M}`"
)]
pub trait Asked<M: Model, N: Model> {
    /// The relation's name, and what it leads to.
    #[doc(hidden)]
    fn asked(self) -> Question<N>;
}

/// See [`Asked`]. Of the model `M`, where that is to be known.
pub struct Question<N: Model, M = ()> {
    pub(crate) name: &'static str,
    link: Link,
    query: Query<N>,
    of: PhantomData<fn() -> M>,
}

impl<N: Model, M> Question<N, M> {
    pub(super) fn new(name: &'static str, link: Link, query: Query<N>) -> Self {
        Self { name, link, query, of: PhantomData }
    }

    /// One that is an error where it is asked.
    pub(super) fn faulty(name: &'static str, why: String) -> Self {
        let link = Link::new(N::meta, Path::Direct(Pairs::Several(&[])), None);
        Self::new(name, link, Query::new().bounded(Expr::Fault(why)))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, N: Model> Asked<M, N> for Question<N, M> {
    fn asked(self) -> Question<N> {
        Question::new(self.name, self.link, self.query)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, N: Model, K: Linked> Asked<M, N> for Relation<M, N, K> {
    fn asked(self) -> Question<N> {
        Load::from(self).asked()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, N: Model, K: Linked> Asked<M, N> for Load<M, N, K> {
    fn asked(self) -> Question<N> {
        let (relation, query) = self.into_parts();
        Question::new(relation.name, relation.link, query)
    }
}

impl<N: Model> Question<N> {
    /// What leads to the records, which, and the select of all of them.
    pub(super) fn into_parts(self) -> (Link, Select, Select) {
        let bare = self.query.bare();
        (self.link, self.query.into_parts().0, bare)
    }

    /// Narrows what is asked about.
    pub(crate) fn narrowed(mut self, narrow: impl FnOnce(Query<N>) -> Query<N>) -> Self {
        self.query = narrow(self.query);
        self
    }

    /// How many records there are of the relation.
    pub(crate) fn count(self, owner: &'static ModelMeta) -> (String, Expr) {
        (format!("{}_count", self.name), self.aggregate(owner, Aggregate::Count, None))
    }

    /// Whether there is a record.
    pub(crate) fn exists(self, owner: &'static ModelMeta) -> Expr {
        Expr::Exists(Box::new(self.select(owner, Vec::new())))
    }

    /// How the number of records compares with another.
    pub(crate) fn count_is(self, owner: &'static ModelMeta, op: CompareOp, count: u64) -> Expr {
        let count = Value::I64(i64::try_from(count).unwrap_or(i64::MAX));
        Expr::Compare(op, Box::new(self.aggregate(owner, Aggregate::Count, None)), Box::new(count.into()))
    }

    /// A value of all records. `of`: a column of the target, by index.
    pub(crate) fn aggregate(
        self,
        owner: &'static ModelMeta,
        aggregate: Aggregate,
        of: Option<usize>,
    ) -> Expr {
        let of = of.map(|column| Expr::Column(column_ref(N::meta(), column)));
        Expr::Select(Box::new(self.select(owner, vec![Expr::aggregate(aggregate, of)])))
    }

    /// The select of the records of one row of `owner`, which stands around it.
    fn select(self, owner: &'static ModelMeta, columns: Vec<Expr>) -> Select {
        let target = N::meta();
        let bare = self.link.pick.map(|_| self.query.bare());
        let mut select = self.query.into_select();
        select.columns = Projection::Expressions(columns.into_iter().map(Into::into).collect());
        select.order.clear();
        (select.limit, select.offset) = (None, None);
        if target.table == owner.table {
            let depth = select.depth();
            select.call(format!("{}_{depth}", target.table).into());
        }
        let here = select.from.qualifier().clone();
        let conditions = match bare {
            Some(bare) => picked(&self.link, owner, target, &here, bare),
            None => correlate(&self.link, owner, target, &here, &mut select),
        };
        conditions.into_iter().for_each(|condition| select.and_where(condition));
        select
    }
}

/// The conditions under which a row of the target, called `here`, is the one of its bare rows that the relation
/// picks for the row of the owner around them.
fn picked(
    link: &Link,
    owner: &'static ModelMeta,
    target: &'static ModelMeta,
    here: &Name,
    mut bare: Select,
) -> Vec<Expr> {
    let there: Name = format!("{here}_picked").into();
    link.pick_of(target, &mut bare);
    bare.call(there.clone());
    for condition in correlate(link, owner, target, &there, &mut bare) {
        bare.and_where(condition);
    }
    is_first(target, here, &there, &bare)
}

/// The conditions under which a row of the model, in a table that is called `here`, is the first of these, whose
/// table is called `there`.
pub(crate) fn is_first(meta: &'static ModelMeta, here: &Name, there: &Name, among: &Select) -> Vec<Expr> {
    let of = |table: &Name, column: usize| {
        Expr::Column(ColumnRef { table: Some(table.clone()), ..column_ref(meta, column) })
    };
    let part = |column: &usize| {
        let columns = Projection::Expressions(vec![of(there, *column).into()]);
        same(of(here, *column), Expr::Select(Box::new(Select { columns, ..among.clone() })))
    };
    meta.key.iter().map(part).collect()
}

/// The conditions under which rows of the target, called `here`, belong to the row of the owner around them.
fn correlate(
    link: &Link,
    owner: &'static ModelMeta,
    target: &'static ModelMeta,
    here: &Name,
    select: &mut Select,
) -> Vec<Expr> {
    let of_target =
        |column: usize| Expr::Column(ColumnRef { table: Some(here.clone()), ..column_ref(target, column) });
    let of_owner = |column: usize| Expr::Column(column_ref(owner, column));
    match &link.path {
        Path::Direct(pairs) => {
            let pairs =
                pairs.as_slice().iter().map(|[local, foreign]| same(of_target(*foreign), of_owner(*local)));
            pairs.chain(link.morph.map(|morph| named(here, morph))).chain(link.owned_by(owner)).collect()
        }
        Path::Via { between, near, far } => {
            let (table, via) = between.beside(&[owner.table, target.table, here]);
            let of_via = |name: &'static str, ty| {
                Expr::Column(ColumnRef { table: Some(via.clone()), name: name.into(), ty })
            };
            let on = far.iter().map(|(name, foreign)| {
                same(of_via(name, column_ref(target, *foreign).ty), of_target(*foreign))
            });
            let on = on.chain(link.morph.map(|morph| named(&via, morph)));
            let on = on.chain(between.guards(&via, link.trashed_between));
            let on = on.reduce(Expr::and).unwrap_or(Expr::And(Vec::new()));
            select.joins.push(Join::new(JoinKind::Inner, table, on));
            near.iter()
                .map(|(local, name)| same(of_via(name, column_ref(owner, *local).ty), of_owner(*local)))
                .collect()
        }
    }
}

pub(crate) fn same(left: Expr, right: Expr) -> Expr {
    Expr::Compare(CompareOp::Eq, Box::new(left), Box::new(right))
}

/// Whether the column that names a model names the right one.
pub(super) fn named(table: &Name, morph: Morph) -> Expr {
    let column = ColumnRef { table: Some(table.clone()), name: morph.column.into(), ty: None };
    same(Expr::Column(column), Expr::Value(Value::Text(morph.name.to_owned())))
}

/// What an extra of this aggregate is called: `posts_sum_votes`, after the fields of the relation and the column.
pub(crate) fn extra_name<N: Model, T: Attribute, R>(
    relation: &str,
    aggregate: &str,
    column: Column<N, T, R>,
) -> String {
    let field = N::meta().columns.get(column.index).map_or(column.name, |column| column.field);
    format!("{relation}_{aggregate}_{field}")
}

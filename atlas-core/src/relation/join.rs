//! A relation's records as rows to be put beside those of a query.

use crate::{
    model::{Model, ModelMeta},
    query::column_ref,
    relation::{
        Link, Path, Question,
        ask::{named, same},
        plan::Plan,
    },
    schema::Name,
    statement::{ColumnRef, Expr, From, Join, JoinKind, Select},
};

impl<N: Model> Question<N> {
    /// The records, beside the rows of `owner`, under the name `alias` where there is one.
    pub(crate) fn join(self, owner: &'static ModelMeta, kind: JoinKind, alias: Option<&'static str>) -> Join {
        let (link, select, bare) = self.into_parts();
        Joining { link, owner, target: N::meta(), kind, called: alias.unwrap_or(N::meta().table).into() }
            .join(select, bare)
    }
}

/// A relation that is joined.
struct Joining {
    link: Link,
    owner: &'static ModelMeta,
    target: &'static ModelMeta,
    kind: JoinKind,
    /// What the statement calls the target.
    called: Name,
}

impl Joining {
    fn join(self, select: Select, bare: Select) -> Join {
        let plain = self.link.pick.is_none() && select.is_filtered_table();
        if plain { self.plain(select) } else { self.apart(select, bare) }
    }

    /// The target's table itself, with a table between inside of the parentheses.
    fn plain(self, select: Select) -> Join {
        let table: Name = self.target.table.into();
        let filter = select.filter.map(|filter| filter.renamed(&table, &self.called));
        let mut from = select.from;
        if let From::Table(own) = &mut from {
            own.alias = (self.called != table).then(|| self.called.clone());
        }
        let of_morph = |table: &Name| self.link.morph.map(|morph| named(table, morph));
        let mut inner = Vec::new();
        let on = match &self.link.path {
            Path::Direct(pairs) => {
                let pairs = pairs.as_slice().iter();
                let pairs =
                    pairs.map(|[local, foreign]| same(self.of_target(*foreign), self.of_owner(*local)));
                let pairs = pairs.chain(of_morph(&self.called)).chain(self.link.owned_by(self.owner));
                pairs.reduce(Expr::and)
            }
            Path::Via { between, near, far } => {
                let via: Name = format!("{}_between", self.called).into();
                let of_via = |name: &'static str, ty| {
                    Expr::Column(ColumnRef { table: Some(via.clone()), name: name.into(), ty })
                };
                let far = far.iter().map(|(name, foreign)| {
                    same(of_via(name, column_ref(self.target, *foreign).ty), self.of_target(*foreign))
                });
                let guards = between.guards(&via, self.link.trashed_between);
                let far = far.chain(of_morph(&via)).chain(guards).reduce(Expr::and);
                let table = between.table_ref().called(via.clone());
                inner.push(Join::new(JoinKind::Inner, table, far.unwrap_or(Expr::And(Vec::new()))));
                let near = near.iter().map(|(local, name)| {
                    same(of_via(name, column_ref(self.owner, *local).ty), self.of_owner(*local))
                });
                near.reduce(Expr::and)
            }
        };
        let on = on.into_iter().chain(filter).reduce(Expr::and).unwrap_or(Expr::And(Vec::new()));
        Join { kind: self.kind, from, inner, on }
    }

    /// A select of the target, where it has a limit for each row or tables of its own.
    fn apart(self, select: Select, bare: Select) -> Join {
        let plan = Plan::new(&self.link, self.owner, self.target, &[], None);
        let mut select = plan.among(None, select, || bare);
        select.order.clear();
        let on = match &self.link.path {
            Path::Direct(pairs) => {
                let pairs = pairs.as_slice().iter();
                pairs
                    .map(|[local, foreign]| same(self.of_target(*foreign), self.of_owner(*local)))
                    .chain(self.link.owned_by(self.owner))
                    .reduce(Expr::and)
            }
            Path::Via { near, .. } => {
                let keys = near.iter().enumerate().map(|(index, (local, _))| {
                    let name = Plan::key_name(index);
                    let ty = column_ref(self.owner, *local).ty;
                    let key = ColumnRef { table: Some(self.called.clone()), name, ty };
                    same(Expr::Column(key), self.of_owner(*local))
                });
                keys.reduce(Expr::and)
            }
        };
        let from = From::Select(Box::new(select), self.called);
        Join { kind: self.kind, from, inner: Vec::new(), on: on.unwrap_or(Expr::And(Vec::new())) }
    }

    fn of_target(&self, column: usize) -> Expr {
        Expr::Column(ColumnRef { table: Some(self.called.clone()), ..column_ref(self.target, column) })
    }

    fn of_owner(&self, column: usize) -> Expr {
        Expr::Column(column_ref(self.owner, column))
    }
}

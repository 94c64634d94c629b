//! How a link is loaded, as data.

use crate::{
    error::Result,
    model::{Model, ModelMeta},
    query::{FromRow, column_ref},
    record::{Record, Values},
    relation::{Link, Path, PivotReader, groups::Key},
    schema::Name,
    statement::{
        ColumnRef, CompareOp, Expr, From, Function, Join, JoinKind, OrderTerm, Over, Projection, Select,
        Selected,
    },
    value::Value,
};

/// How a link is loaded, the same for every statement: what is joined, and where the keys are.
pub(crate) struct Plan {
    link: Link,
    owner: &'static ModelMeta,
    target: &'static ModelMeta,
    pub(super) join: Option<Join>,
    /// Whether the target's own rows are limited to those of a name.
    pub(super) named: Option<Expr>,
    /// The columns that hold the keys of the groups.
    pub(crate) keys: Vec<ColumnRef>,
    /// What else is read beside the target's columns: of a table between.
    pub(super) beside: Vec<Selected>,
    /// Where in that the pivot's columns start.
    pivot: Option<PivotReader>,
}

/// What the number of a row among its parent's is called.
const ROW: &str = "atlas_row";

impl Plan {
    pub(crate) fn new(
        link: &Link,
        owner: &'static ModelMeta,
        target: &'static ModelMeta,
        columns: &[Name],
        pivot: Option<PivotReader>,
    ) -> Self {
        let named = |table: &Name| link.morph.map(|morph| super::ask::named(table, morph));
        let mut plan = Self {
            link: *link,
            owner,
            target,
            join: None,
            named: None,
            keys: Vec::new(),
            beside: Vec::new(),
            pivot,
        };
        match &link.path {
            Path::Direct(pairs) => {
                plan.named = named(&target.table.into());
                plan.keys =
                    pairs.as_slice().iter().map(|[_, foreign]| column_ref(target, *foreign)).collect();
            }
            Path::Via { between, near, far } => {
                let (table, of) = between.beside(&[target.table]);
                let column = |name: Name, ty| ColumnRef { table: Some(of.clone()), name, ty };
                let mut on = far.iter().map(|(name, foreign)| {
                    let foreign = column_ref(target, *foreign);
                    let between = Expr::Column(column((*name).into(), foreign.ty));
                    super::ask::same(between, Expr::Column(foreign))
                });
                let on = on.next().map(|first| on.fold(first, Expr::and)).unwrap_or(Expr::And(Vec::new()));
                let guards = between.guards(&of, link.trashed_between);
                let on = named(&of).into_iter().chain(guards).fold(on, Expr::and);
                plan.join = Some(Join::new(JoinKind::Inner, table, on));
                plan.keys = near
                    .iter()
                    .map(|(local, name)| column((*name).into(), column_ref(owner, *local).ty))
                    .collect();
                let pivots = pivot.map(|pivot| (pivot.meta)().names).unwrap_or_default();
                let pivots = pivots.iter().map(|name| (*name).into());
                plan.beside = pivots
                    .chain(columns.iter().cloned())
                    .map(|name: Name| Selected {
                        alias: Some(format!("pivot_{name}").into()),
                        expr: Expr::Column(column(name, None)),
                    })
                    .collect();
            }
        }
        plan
    }

    /// The target's query, with the keys beside its columns where those are in another table, and its limit
    /// as one for each group.
    pub(crate) fn select(&self, mut select: Select) -> Select {
        if let Some(named) = &self.named {
            select.and_where(named.clone());
        }
        let own = std::mem::replace(&mut select.columns, Projection::Names(&[]));
        let mut beside = match own {
            Projection::NamesAnd(_, beside) => beside,
            _ => Vec::new(),
        };
        if let Some(join) = &self.join {
            select.joins.push(join.clone());
            beside.extend(self.beside.iter().cloned());
            beside.extend(self.keys.iter().enumerate().map(|(index, key)| Selected {
                expr: Expr::Column(key.clone()),
                alias: Some(Self::key_name(index)),
            }));
        }
        self.pick(&mut select);
        if select.limit.is_some() || select.offset.is_some() {
            return self.limited(select, beside);
        }
        select.columns = if beside.is_empty() {
            Projection::Names(self.target.names)
        } else {
            Projection::NamesAnd(self.target.names, beside)
        };
        select
    }

    /// The target's query on rows for which a condition holds. Where the relation picks one of many, it does so
    /// among the bare rows, and the steps of the query are about the one that it picks.
    pub(crate) fn among(
        &self,
        condition: Option<Expr>,
        mut select: Select,
        bare: impl FnOnce() -> Select,
    ) -> Select {
        let bare = self.link.pick.map(|_| bare()).filter(|bare| {
            select.filter != bare.filter || !select.order.is_empty() || !select.joins.is_empty()
        });
        let Some(mut bare) = bare else {
            condition.into_iter().for_each(|condition| select.and_where(condition));
            return self.select(select);
        };
        condition.into_iter().for_each(|condition| bare.and_where(condition));
        let mut picked = self.select(bare);
        picked.order.clear();
        let table: Name = self.target.table.into();
        let mut beside = match std::mem::replace(&mut select.columns, Projection::Names(&[])) {
            Projection::NamesAnd(_, own) => own,
            _ => Vec::new(),
        };
        if let Projection::NamesAnd(_, kept) = &picked.columns {
            beside.extend(kept.iter().filter_map(|kept| kept.alias.clone()).map(|name| Selected {
                expr: Expr::Column(ColumnRef { table: Some(table.clone()), name: name.clone(), ty: None }),
                alias: Some(name),
            }));
        }
        select.columns = if beside.is_empty() {
            Projection::Names(self.target.names)
        } else {
            Projection::NamesAnd(self.target.names, beside)
        };
        select.from = From::Select(Box::new(picked), table);
        select
    }

    /// What a key of the groups is called where it stands beside the target's columns.
    pub(super) fn key_name(index: usize) -> Name {
        format!("atlas_key_{index}").into()
    }

    /// Limits a select to the one row that the relation leads to, where it is one of several.
    pub(super) fn pick(&self, select: &mut Select) {
        self.link.pick_of(self.target, select);
    }

    /// The rows of each group from the offset up to the limit.
    fn limited(&self, mut select: Select, mut beside: Vec<Selected>) -> Select {
        let (limit, offset) = (select.limit.take(), select.offset.take().unwrap_or(0));
        let mut order = std::mem::take(&mut select.order);
        if order.is_empty() {
            let key = self.target.key.iter().map(|column| Expr::Column(column_ref(self.target, *column)));
            order = key.map(|expr| OrderTerm { expr, descending: false, nulls: None }).collect();
        }
        let outer = |name: Name| ColumnRef { table: Some("limited".into()), name, ty: None };
        let names = beside.iter().filter_map(|selected| selected.alias.clone());
        let kept = names.map(|name| Selected { expr: Expr::Column(outer(name.clone())), alias: Some(name) });
        let kept: Vec<Selected> = kept.collect();
        let partition = self.keys.iter().cloned().map(Expr::Column).collect();
        let of = Expr::function(Function::RowNumber, []);
        let number = Expr::Over(Box::new(Over { of, partition, order, frame: None }));
        beside.push(Selected { expr: number, alias: Some(ROW.into()) });
        select.columns = Projection::NamesAnd(self.target.names, beside);
        let columns = if kept.is_empty() {
            Projection::Names(self.target.names)
        } else {
            Projection::NamesAnd(self.target.names, kept)
        };
        let mut limited = Select::of(From::Select(Box::new(select), "limited".into()), columns);
        let row = || Box::new(Expr::Column(outer(ROW.into())));
        let number =
            |number: u64| Box::new(Expr::Value(Value::I64(i64::try_from(number).unwrap_or(i64::MAX))));
        if offset > 0 {
            limited.and_where(Expr::Compare(CompareOp::Gt, row(), number(offset)));
        }
        if let Some(limit) = limit {
            limited.and_where(Expr::Compare(CompareOp::Le, row(), number(offset.saturating_add(limit))));
        }
        limited.order.push(OrderTerm { expr: *row(), descending: false, nulls: None });
        limited
    }

    /// The key of the group that a record belongs to. `beside`: what came beside its columns.
    pub(super) fn key_of<N: Model>(&self, record: &Record<N>, beside: &[Value]) -> Result<Key> {
        match &self.link.path {
            Path::Direct(pairs) => {
                Ok(pairs.as_slice().iter().map(|[_, foreign]| record.encode(*foreign)).collect())
            }
            Path::Via { near, .. } => {
                let from = beside.len().saturating_sub(near.len());
                // As the owner has it: a database may give a UUID as text.
                let columns = near.iter().map(|(local, _)| self.owner.column(*local));
                columns
                    .zip(beside.iter().skip(from))
                    .map(
                        |(column, value)| {
                            if value.is_null() { Ok(Value::Null) } else { (column?.cast)(value.as_ref()) }
                        },
                    )
                    .collect()
            }
        }
    }

    /// Gives a record what came beside its columns, without the keys.
    pub(super) fn put_beside<N: Model>(
        &self,
        record: &mut Record<N>,
        names: &[Box<str>],
        beside: &[Value],
    ) -> Result<()> {
        let keys = if self.join.is_some() { self.keys.len() } else { 0 };
        let end = beside.len().saturating_sub(keys);
        let mut start = end.saturating_sub(self.beside.len());
        for (name, value) in names.iter().zip(beside).take(start) {
            record.beside(name, value.clone());
        }
        if let Some(pivot) = self.pivot {
            let values = Values { values: beside.to_vec() };
            record.set_pivot((pivot.read)(&values, start)?);
            start += (pivot.meta)().columns.len();
        }
        for (name, value) in names.iter().zip(beside).take(end).skip(start) {
            record.beside(name, value.clone());
        }
        Ok(())
    }
}

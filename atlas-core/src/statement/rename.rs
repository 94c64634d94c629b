use crate::{
    schema::Name,
    statement::{Expr, From, Join, OrderTerm, Projection, Select, Selected},
};

impl Expr {
    /// The same of a table that is called by another name.
    pub(crate) fn renamed(mut self, from: &Name, to: &Name) -> Self {
        if from != to {
            Renaming { from, to }.expr(&mut self);
        }
        self
    }
}

impl Join {
    /// Whether it brings something of this name into the statement.
    pub(crate) fn brings(&self, name: &Name) -> bool {
        self.from.qualifier() == name || self.inner.iter().any(|join| join.brings(name))
    }
}

impl Select {
    /// Calls the table that the select is from by another name: there, and in everything that mentions it.
    pub(crate) fn call(&mut self, alias: Name) {
        let From::Table(table) = &mut self.from else { return };
        let from = table.qualifier().clone();
        table.alias = Some(alias.clone());
        Renaming { from: &from, to: &alias }.parts(self);
    }

    /// How many selects stand in one another, this one included.
    pub(crate) fn depth(&self) -> usize {
        let mut deepest = 0;
        let mut look = |expr: &Expr| deepest = deepest.max(depth_of(expr));
        self.filter.iter().chain(&self.having).for_each(&mut look);
        self.selected().iter().for_each(|selected| look(&selected.expr));
        1 + deepest
    }

    /// What is read beside the columns of a model.
    pub(crate) fn selected(&self) -> &[Selected] {
        match &self.columns {
            Projection::Names(_) => &[],
            Projection::NamesAnd(_, selected) | Projection::Expressions(selected) => selected,
        }
    }
}

fn depth_of(expr: &Expr) -> usize {
    let mut deepest = expr.inner_select().map_or(0, Select::depth);
    expr.each_part(&mut |part| deepest = deepest.max(depth_of(part)));
    deepest
}

struct Renaming<'a> {
    from: &'a Name,
    to: &'a Name,
}

impl Renaming<'_> {
    fn parts(&self, select: &mut Select) {
        match &mut select.columns {
            Projection::Names(_) => {}
            Projection::NamesAnd(_, selected) | Projection::Expressions(selected) => {
                selected.iter_mut().for_each(|selected| self.expr(&mut selected.expr));
            }
        }
        self.joins(&mut select.joins);
        select
            .filter
            .iter_mut()
            .chain(&mut select.having)
            .chain(&mut select.group)
            .for_each(|part| self.expr(part));
        self.order(&mut select.order);
    }

    fn joins(&self, joins: &mut [Join]) {
        for join in joins {
            self.expr(&mut join.on);
            if let From::Lateral(select, _) = &mut join.from {
                self.inner(select);
            }
            self.joins(&mut join.inner);
        }
    }

    /// A select inside, unless it has a table of the old name itself: what it mentions is that one.
    fn inner(&self, select: &mut Select) {
        match &mut select.from {
            From::Table(_) => {}
            From::Select(inner, _) | From::Lateral(inner, _) => self.inner(inner),
            From::Set(set, _) => {
                self.inner(&mut set.first);
                set.then.iter_mut().for_each(|(_, select)| self.inner(select));
            }
        }
        if select.from.qualifier() != self.from && !select.joins.iter().any(|join| join.brings(self.from)) {
            self.parts(select);
        }
    }

    fn order(&self, order: &mut [OrderTerm]) {
        order.iter_mut().for_each(|term| self.expr(&mut term.expr));
    }

    fn expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Column(column) if column.table.as_ref() == Some(self.from) => {
                column.table = Some(self.to.clone());
            }
            Expr::Tenant(tenant) if tenant.column.table.as_ref() == Some(self.from) => {
                tenant.column.table = Some(self.to.clone());
            }
            Expr::Columns(table, _) if table == self.from => *table = self.to.clone(),
            Expr::Exists(select) | Expr::Select(select) | Expr::InSelect(_, select) => self.inner(select),
            _ => {}
        }
        expr.each_part_mut(&mut |part| self.expr(part));
    }
}

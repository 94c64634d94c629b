use atlas_core::{
    error::{Error, Result},
    schema::Name,
    statement::{ColumnRef, Expr, Found, TableRef, Update},
};

use crate::compiler::Compiler;

/// Changes in an order in which each reads what was there before, for a database that makes them one after the other;
/// `None` where columns get each other's values.
pub fn in_order(set: &[(ColumnRef, Expr)]) -> Option<Vec<&(ColumnRef, Expr)>> {
    let mut left: Vec<_> = set.iter().collect();
    let mut ordered = Vec::with_capacity(set.len());
    while !left.is_empty() {
        // One whose column none of the others reads any more.
        let next = left.iter().position(|(column, _)| {
            left.iter().all(|(other, expr)| other.name == column.name || !reads(expr, column))
        });
        ordered.push(left.remove(next?));
    }
    Some(ordered)
}

/// Whether an expression reads a column.
fn reads(expr: &Expr, column: &ColumnRef) -> bool {
    expr.any(&mut |part| matches!(part, Expr::Column(own) if own.name.eq_ignore_ascii_case(&column.name)))
}

impl<'s> Compiler<'_, 's> {
    pub(crate) fn update(&mut self, update: &'s Update) -> Result<()> {
        if update.set.is_empty() {
            return Err(Error::config(format!(
                "an update of `{}` sets no column: give it at least one",
                update.table.name
            )));
        }
        self.writes = true;
        self.push("UPDATE ");
        self.table(&update.table);
        let found = update.scope.found.as_deref();
        if found.is_some() && update.scope.key.is_empty() {
            return Err(self.no_key(&update.table));
        }
        if let Some(found) = found.filter(|_| self.dialect.joins_writes()) {
            self.push(" JOIN (SELECT DISTINCT * FROM ");
            self.found(found)?;
            self.push(") AS ");
            self.name(&found.name);
            self.push(" ON ");
            self.same_key(&update.table, &update.scope.key, found);
        }
        self.push(" SET ");
        // What was found is in scope beside the table.
        self.qualified = found.is_some();
        for (index, (column, expr)) in update.set.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.name(&column.name);
            self.push(" = ");
            self.expr(expr)?;
        }
        self.qualified = false;
        match found {
            None => self.scope(&update.table, &update.scope)?,
            Some(_) if self.dialect.joins_writes() => {}
            Some(found) => {
                self.push(" FROM ");
                self.found(found)?;
                self.push(" WHERE ");
                self.same_key(&update.table, &update.scope.key, found);
            }
        }
        self.returning(&update.returning);
        Ok(())
    }

    pub(crate) fn found(&mut self, found: &'s Found) -> Result<()> {
        self.push("(");
        self.select(&found.select)?;
        self.push(") AS ");
        self.name(&found.name);
        Ok(())
    }

    /// Which row of a table it is that was found.
    fn same_key(&mut self, table: &TableRef, key: &[Name], found: &Found) {
        for (index, (own, there)) in key.iter().zip(&found.key).enumerate() {
            self.push(if index > 0 { " AND " } else { "" });
            self.path(table.qualifier());
            self.push(".");
            self.name(own);
            self.push(" = ");
            self.name(&found.name);
            self.push(".");
            self.name(there);
        }
    }
}

use atlas_core::{
    error::Result,
    statement::{Scope, TableRef},
};

use crate::compiler::Compiler;

impl<'s> Compiler<'_, 's> {
    /// How many rows a scope reaches, counted up to `limit`.
    pub(crate) fn count(&mut self, table: &'s TableRef, scope: &'s Scope, limit: u64) -> Result<()> {
        self.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        self.table(table);
        self.filter(scope.filter.as_ref())?;
        // What has to be put in order or passed over first, takes as long here as in the statement.
        self.order(&scope.order)?;
        self.limit(Some(scope.limit.map_or(limit, |own| own.min(limit))), scope.offset);
        self.push(") AS counted");
        Ok(())
    }

    /// Which rows an update or a delete reaches. SQL knows no limit there: the rows are found by a
    /// select of their keys.
    pub(crate) fn scope(&mut self, table: &'s TableRef, scope: &'s Scope) -> Result<()> {
        if scope.limit.is_none() && scope.offset.is_none_or(|offset| offset == 0) {
            return self.filter(scope.filter.as_ref());
        }
        if self.dialect.limits_writes() && scope.offset.is_none_or(|offset| offset == 0) {
            self.filter(scope.filter.as_ref())?;
            self.order(&scope.order)?;
            self.limit(scope.limit, None);
            return Ok(());
        }
        let wraps = self.dialect.wraps_selects();
        match scope.key.as_slice() {
            [] => {
                return Err(self.unsupported(
                    format!("an update or a delete of `{}` with a limit", table.name),
                    "give the model a primary key, or leave out the limit",
                ));
            }
            [only] => {
                self.push(" WHERE ");
                self.name(only);
            }
            key => {
                self.push(" WHERE (");
                self.names(key);
                self.push(")");
            }
        }
        self.push(" IN (SELECT ");
        if wraps {
            self.push("* FROM (SELECT ");
        }
        self.names(&scope.key);
        self.push(" FROM ");
        self.table(table);
        self.filter(scope.filter.as_ref())?;
        self.order(&scope.order)?;
        self.limit(scope.limit, scope.offset);
        self.push(if wraps { ") AS limited)" } else { ")" });
        Ok(())
    }
}

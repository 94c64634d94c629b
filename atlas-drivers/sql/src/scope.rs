use atlas_core::{
    error::{Error, Result},
    statement::{Scope, TableRef},
};

use crate::compiler::Compiler;

impl<'s> Compiler<'_, 's> {
    /// How many rows a scope reaches, counted up to `limit`.
    pub(crate) fn count(&mut self, table: &'s TableRef, scope: &'s Scope, limit: u64) -> Result<()> {
        self.push("SELECT COUNT(*) FROM (SELECT 1 FROM ");
        match &scope.found {
            Some(found) => self.found(found)?,
            None => self.table(table),
        }
        self.filter(scope.filter.as_ref(), scope.offset)?;
        // What has to be put in order or passed over first, takes as long here as in the statement.
        self.order(&scope.order)?;
        self.limit(Some(scope.limit.map_or(limit, |own| own.min(limit))), scope.offset);
        self.push(") AS counted");
        Ok(())
    }

    /// Which rows an update or a delete reaches. SQL knows no limit there: the rows are found by a
    /// select of their keys.
    pub(crate) fn scope(&mut self, table: &'s TableRef, scope: &'s Scope) -> Result<()> {
        if let Some(found) = &scope.found {
            return self.with_key_in(table, scope, |compiler| compiler.select(&found.select));
        }
        if scope.limit.is_none() && scope.offset.is_none_or(|offset| offset == 0) {
            return self.filter(scope.filter.as_ref(), scope.offset);
        }
        if self.dialect.limits_writes() && scope.offset.is_none_or(|offset| offset == 0) {
            self.filter(scope.filter.as_ref(), scope.offset)?;
            self.order(&scope.order)?;
            self.limit(scope.limit, None);
            return Ok(());
        }
        self.with_key_in(table, scope, |compiler| {
            compiler.push("SELECT ");
            compiler.names(&scope.key);
            compiler.push(" FROM ");
            compiler.table(table);
            compiler.filter(scope.filter.as_ref(), scope.offset)?;
            compiler.order(&scope.order)?;
            compiler.limit(scope.limit, scope.offset);
            Ok(())
        })
    }

    #[cold]
    pub(crate) fn no_key(&self, table: &TableRef) -> Error {
        self.unsupported(
            format!("an update or a delete of `{}` with a limit or a join", table.name),
            "give the model a primary key, or leave out the limit and the join",
        )
    }

    fn with_key_in(
        &mut self,
        table: &TableRef,
        scope: &Scope,
        select: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        match scope.key.as_slice() {
            [] => return Err(self.no_key(table)),
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
        let wraps = self.dialect.wraps_selects();
        self.push(if wraps { " IN (SELECT * FROM (" } else { " IN (" });
        select(self)?;
        self.push(if wraps { ") AS limited)" } else { ")" });
        Ok(())
    }
}

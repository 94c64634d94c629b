use atlas_core::{error::Result, statement::Delete};

use crate::compiler::Compiler;

impl<'s> Compiler<'_, 's> {
    pub(crate) fn delete(&mut self, delete: &'s Delete) -> Result<()> {
        self.writes = true;
        self.push("DELETE FROM ");
        self.table(&delete.table);
        self.scope(&delete.table, &delete.scope)?;
        self.returning(&delete.returning);
        Ok(())
    }
}

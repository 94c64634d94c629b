use atlas_core::{
    error::{Error, Result},
    statement::Update,
};

use crate::compiler::Compiler;

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
        self.push(" SET ");
        for (index, (column, expr)) in update.set.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.name(&column.name);
            self.push(" = ");
            self.expr(expr)?;
        }
        self.scope(&update.table, &update.scope)?;
        self.returning(&update.returning);
        Ok(())
    }
}

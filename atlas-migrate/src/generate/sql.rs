//! Changes as a text of SQL.

use atlas_core::{Db, Error, Result, schema::SchemaChange, statement::Statement};

pub(crate) fn script(changes: &[SchemaChange], db: &Db) -> Result<String> {
    let driver = db.driver()?;
    let mut script = String::new();
    for change in changes {
        let sent = driver.render(&Statement::Schema(change.clone()))?;
        if let SchemaChange::AlterTable { before, .. } = change
            && sent.text.contains("DROP TABLE ")
        {
            return Err(Error::Unsupported {
                driver: driver.name(),
                operation: format!(
                    "this change of `{}` as a text of SQL: the table is made anew for it",
                    before.name
                ),
                instead: "write the migration in Rust, which keeps triggers and the rows that refer to it"
                    .to_owned(),
            });
        }
        if !sent.text.is_empty() {
            script.push_str(&sent.text);
            script.push_str(";\n");
        }
    }
    Ok(script)
}

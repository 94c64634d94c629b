//! Values that are encrypted on their way to the database.

use crate::{
    db::database::Database,
    error::{Error, Result},
    statement::{Expr, Insert, OnConflict, Seen, Statement, Update},
    value::{Sealed, Value},
};

impl Database {
    /// The statement with what is to be encrypted in it encrypted; `None` where there is nothing of the kind.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is no key, and where an encrypted column is compared.
    pub(super) fn sealed(&self, statement: &Statement) -> Result<Option<Box<Statement>>> {
        if !Sealed::is_made() || !holds_sealed(statement)? {
            return Ok(None);
        }
        let mut sealed = Box::new(statement.clone());
        match &mut *sealed {
            Statement::Insert(Insert { values, on_conflict, .. }) => {
                values.iter_mut().try_for_each(|value| self.seal(value))?;
                if let OnConflict::Update { set, .. } = on_conflict {
                    self.seal_set(set)?;
                }
            }
            Statement::Update(Update { set, .. }) => self.seal_set(set)?,
            _ => {}
        }
        Ok(Some(sealed))
    }

    fn seal_set(&self, set: &mut [(crate::statement::ColumnRef, Expr)]) -> Result<()> {
        for (_, value) in set {
            if let Expr::Value(value) = value {
                self.seal(value)?;
            }
        }
        Ok(())
    }

    fn seal(&self, value: &mut Value) -> Result<()> {
        if let Value::Sealed(sealed) = value {
            *value = self.encrypted(sealed)?;
        }
        Ok(())
    }

    #[cfg(feature = "encryption")]
    fn encrypted(&self, sealed: &Sealed) -> Result<Value> {
        match &self.key {
            _ if sealed.plain.is_null() => Ok(Value::Null),
            Some(key) => key.seal(sealed),
            None => Err(Error::config(format!(
                "`{}` of `{}` is encrypted, and this database has no key: give it one with \
                 `Db::builder(..).encryption_key(..)`, or the environment `ATLAS_ENCRYPTION_KEY`",
                sealed.column, sealed.model
            ))),
        }
    }

    #[cfg(not(feature = "encryption"))]
    fn encrypted(&self, sealed: &Sealed) -> Result<Value> {
        Err(Error::config(format!("`{}` needs the feature `encryption`", sealed.column)))
    }
}

/// Whether there is something to be encrypted where rows are written. Anywhere else it is a mistake.
fn holds_sealed(statement: &Statement) -> Result<bool> {
    let is_sealed = |value: &Value| matches!(value, Value::Sealed(_));
    let mut found = false;
    let mut compared = None;
    let mut look = |expr: &Expr| {
        let mut left = vec![expr];
        while let Some(next) = left.pop() {
            let values = match next {
                Expr::Value(value) => std::slice::from_ref(value),
                Expr::In(_, values) => values,
                Expr::Raw(raw) => &raw.binds,
                _ => &[],
            };
            compared = compared.take().or_else(|| values.iter().find(|value| is_sealed(value)).cloned());
            next.each_part(&mut |part| left.push(part));
        }
    };
    statement.walk(&mut |seen| match seen {
        Seen::Table(_) => {}
        Seen::Insert(insert) => found |= insert.values.iter().any(is_sealed),
        Seen::Set(_, Expr::Value(value), _) if is_sealed(value) => found = true,
        Seen::Set(_, expr, _) | Seen::Expr(expr) => look(expr),
    });
    match compared {
        Some(Value::Sealed(sealed)) => Err(Error::config(format!(
            "`{0}` of `{1}` is encrypted, each time to another text, and cannot be compared: keep a hash of it in a column \
             beside it, and compare that",
            sealed.column, sealed.model
        ))),
        _ => Ok(found),
    }
}

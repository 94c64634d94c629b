//! Models whose rows belong to tenants: what is written gets the handle's.

use crate::{
    db::Db,
    error::{Error, Result},
    model::{Model, ModelMeta},
    statement::{ColumnRef, Expr},
    value::Value,
};

/// Models whose rows belong to tenants: `#[tenant(org_id)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` belongs to no tenant",
    label = "every handle reaches all rows of `{Self}`",
    note = "add #[tenant(..)] to `{Self}`, with the column that says whose a row is"
)]
pub trait Tenanted: Model {}

impl Db {
    /// A handle that reaches all rows of this model, and of others what this handle reaches.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let acme = db.for_tenant(1);
    /// Ticket::draft().title("Hello").save(&db.for_tenant(2)).await?;
    /// assert_eq!(Ticket::query().count(&acme).await?, 0);
    /// assert_eq!(Ticket::query().count(&acme.without_tenant_for::<Ticket>()).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn without_tenant_for<M: Tenanted>(&self) -> Self {
        let meta = M::meta();
        self.freeing(meta.name, meta.table)
    }

    /// What the column of a model's tenant gets in what is inserted through this handle; `None` where that says it
    /// itself.
    pub(crate) fn stamp_of(&self, meta: &ModelMeta) -> Result<Option<(usize, Value)>> {
        let (Some(index), Some(column)) = (meta.tenant, meta.tenant_column(&meta.table.into())) else {
            return Ok(None);
        };
        Ok(self.tenant_of(&column)?.map(|tenant| (index, tenant)))
    }

    /// Refuses to give a row to another tenant. `given`: what the column is set to, `None` where that is not known
    /// before.
    pub(crate) fn keep_tenant(&self, meta: &ModelMeta, column: usize, given: Option<&Value>) -> Result<()> {
        if meta.tenant != Some(column) {
            return Ok(());
        }
        match self.stamp_of(meta)? {
            Some((_, tenant)) if given != Some(&tenant) => Err(Error::config(format!(
                "`{}` says whose a `{}` is, and this handle is a tenant's: a row is given to another one through \
                 `db.without_tenant()`",
                meta.columns.get(column).map_or("", |column| column.field),
                meta.name
            ))),
            _ => Ok(()),
        }
    }
}

impl ModelMeta {
    /// Refuses what columns must not become: a JSON that is not read, another tenant's row.
    pub(crate) fn check_all(&self, db: &Db, set: &[(ColumnRef, Expr)]) -> Result<()> {
        for (column, value) in set {
            let Some(index) = self.names.iter().position(|name| **name == *column.name) else { continue };
            let value = if let Expr::Value(value) = value { Some(value) } else { None };
            value.map_or(Ok(()), |value| self.check(index, value))?;
            db.keep_tenant(self, index, value)?;
        }
        Ok(())
    }
}

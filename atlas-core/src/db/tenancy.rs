//! Whose rows a handle reaches.

use std::sync::Arc;

use crate::{
    db::Db,
    error::{Error, Result},
    statement::{CompareOp, Expr, Filling, Statement, TenantColumn},
    value::{IntoValue, Value},
};

/// Whose rows a handle reaches, of models that belong to tenants.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tenancy {
    tenant: Option<Value>,
    /// Whether it reaches all rows of all models.
    all: bool,
    /// The models of which it reaches all rows, by name and table.
    free: Vec<(&'static str, &'static str)>,
}

impl Db {
    /// A handle that reaches the rows of one tenant: what is read, written, related, joined or counted through it, of
    /// models with `#[tenant(..)]`, is that tenant's, and what is inserted gets the tenant. Other models are as they
    /// are through any handle.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let (acme, ants) = (db.for_tenant(1), db.for_tenant(2));
    /// let ticket = Ticket::draft().title("Printer on fire").save(&acme).await?;
    /// assert_eq!(ticket.org_id, 1);
    ///
    /// assert_eq!(Ticket::query().count(&acme).await?, 1);
    /// assert!(Ticket::find(&ants, ticket.id).await?.is_none());
    /// assert!(matches!(Ticket::all(&db).await, Err(Error::TenantRequired { model: "Ticket" })));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// The handle this is called on stays what it is, and nothing is kept elsewhere: two tasks with handles of their
    /// own never see each other's tenant. A transaction of the handle is the tenant's, too.
    ///
    /// SQL of your own, and tables without a model, are not narrowed.
    #[must_use]
    pub fn for_tenant(&self, tenant: impl IntoValue) -> Self {
        let tenant = Some(tenant.into_value()).filter(|tenant| !tenant.is_null());
        self.with_tenancy(Tenancy { tenant, ..Tenancy::default() })
    }

    /// A handle that reaches the rows of all tenants, for what belongs to none: reports, migrations, support. What is
    /// inserted through it says itself whose it is.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// for org in [1, 2] {
    ///     Ticket::draft().title("Hello").save(&db.for_tenant(org)).await?;
    /// }
    /// assert_eq!(Ticket::query().count(&db.without_tenant()).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn without_tenant(&self) -> Self {
        self.with_tenancy(Tenancy { all: true, ..Tenancy::default() })
    }

    /// The tenant of this handle, where it has one.
    pub fn tenant(&self) -> Option<&Value> {
        self.tenancy.as_ref()?.tenant.as_ref()
    }

    /// A handle that reaches all rows of one more model.
    pub(crate) fn freeing(&self, model: &'static str, table: &'static str) -> Self {
        let mut tenancy = self.tenancy.as_deref().cloned().unwrap_or_default();
        tenancy.free.push((model, table));
        self.with_tenancy(tenancy)
    }

    fn with_tenancy(&self, tenancy: Tenancy) -> Self {
        Self { tenancy: Some(Arc::new(tenancy)), ..self.clone() }
    }

    /// The tenant whose rows of a model this handle reaches, as the column stores it; `None` for those of all tenants.
    ///
    /// # Errors
    ///
    /// [`Error::TenantRequired`] where the handle says neither, [`Error::Config`] where the tenant is no value for the
    /// column.
    pub(crate) fn tenant_of(&self, column: &TenantColumn) -> Result<Option<Value>> {
        let tenancy = self.tenancy.as_deref();
        if tenancy.is_some_and(|tenancy| tenancy.reaches_all(column)) {
            return Ok(None);
        }
        let Some(tenant) = tenancy.and_then(|tenancy| tenancy.tenant.as_ref()) else {
            return Err(Error::TenantRequired { model: column.model });
        };
        match (column.cast)(tenant.as_ref()) {
            Ok(tenant) if !tenant.is_null() => Ok(Some(tenant)),
            _ => Err(Error::config(format!(
                "the tenant of this handle is no value for `{}` of `{}`: give `for_tenant` what the column holds",
                column.column.name, column.model
            ))),
        }
    }

    /// The statement with this handle's tenant and the global scopes in it; `None` where it mentions none.
    pub(super) fn owned(&self, statement: &Statement) -> Result<Option<Box<Statement>>> {
        let added = self.scopes.as_deref().map_or(&[][..], Vec::as_slice);
        if !statement.may_be_filled(!added.is_empty()) {
            return Ok(None);
        }
        let mut owned = Box::new(statement.clone());
        let mut failed = None;
        let mut tenant = |column: &TenantColumn| match self.tenant_of(column) {
            Ok(None) => Expr::And(Vec::new()),
            Ok(Some(tenant)) => {
                let column = Box::new(Expr::Column(column.column.clone()));
                Expr::Compare(CompareOp::Eq, column, Box::new(Expr::Value(tenant)))
            }
            Err(error) => {
                failed.get_or_insert(error);
                Expr::Or(Vec::new())
            }
        };
        owned.fill(&mut Filling::new(&mut tenant, added));
        failed.map_or(Ok(Some(owned)), Err)
    }
}

impl Tenancy {
    fn reaches_all(&self, column: &TenantColumn) -> bool {
        self.all || self.free.contains(&(column.model, column.table))
    }
}

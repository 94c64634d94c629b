//! What holds of every row of a model that is there: conditions that stand wherever its table enters a statement.

use crate::{
    error::Result,
    model::ModelMeta,
    schema::Name,
    statement::{ColumnRef, Expr, TableRef, TenantColumn, Without},
    value::{Moment, Value},
};

impl ModelMeta {
    /// Whether rows, in a table of this name in the statement, were not deleted softly; `None` for a model
    /// that deletes for good.
    pub(crate) fn not_deleted(&self, called: &Name) -> Option<Expr> {
        Some(Expr::IsNull(Box::new(Expr::Column(self.guarding(self.soft_deletes?, called)))))
    }

    /// Whether rows were deleted softly.
    pub(crate) fn deleted(&self, called: &Name) -> Option<Expr> {
        self.not_deleted(called).map(|kept| Expr::Not(Box::new(kept)))
    }

    /// All of it, for a table that is put beside others. `trashed`: with what was deleted softly.
    pub(crate) fn guards(&self, called: &Name, trashed: bool) -> Option<Expr> {
        let kept = if trashed { None } else { self.not_deleted(called) };
        self.owned(called).into_iter().chain(kept).reduce(Expr::and)
    }

    /// The table, of whose rows the model's scopes hold.
    pub(crate) fn table_ref(&'static self) -> TableRef {
        self.table_ref_without(Without::Nothing)
    }

    /// The same, without some of the scopes.
    pub(crate) fn table_ref_without(&'static self, without: Without) -> TableRef {
        TableRef::new(self.table).scoped(&self.global_scopes, without)
    }

    /// Whether rows are the tenant's; `None` for a model that belongs to none.
    pub(crate) fn owned(&self, called: &Name) -> Option<Expr> {
        self.tenant_column(called).map(|column| Expr::Tenant(Box::new(column)))
    }

    /// The column that says whose rows are.
    pub(crate) fn tenant_column(&self, called: &Name) -> Option<TenantColumn> {
        let index = self.tenant?;
        let cast = self.columns.get(index)?.cast;
        Some(TenantColumn::new(self.guarding(index, called), self.name, self.table, cast))
    }

    /// What a row gets that is deleted softly, or (`None`) that is brought back.
    pub(crate) fn deletion(&self, column: usize, at: Option<Moment>) -> Result<Value> {
        at.map_or(Ok(Value::Null), |at| self.stamp(column, at))
    }

    fn guarding(&self, column: usize, called: &Name) -> ColumnRef {
        let column = self.columns.get(column);
        ColumnRef {
            table: Some(called.clone()),
            name: column.map_or("", |column| column.name).into(),
            ty: column.map(|column| column.ty),
        }
    }
}

use crate::model::Model;

/// Models whose rows stay when they are deleted, with the time in a column: `#[soft_deletes]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no #[soft_deletes]",
    label = "the rows of `{Self}` are gone when they are deleted",
    note = "add #[soft_deletes] to `{Self}`, and a field `deleted_at`"
)]
pub trait SoftDeletes: Model {}

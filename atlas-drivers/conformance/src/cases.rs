//! The cases, a module an idea.

mod aggregate;
mod bulk;
mod cancel;
mod capability;
mod close;
mod concurrency;
mod conflict;
mod constraint;
mod delete;
mod filter;
mod functions;
mod identifier;
mod insert;
mod isolation;
mod like;
mod missing;
mod order;
mod pool;
mod raw;
mod read_only;
mod render;
mod savepoint;
mod schema;
mod select;
mod sinks;
mod transaction;
mod update;
mod values;

use crate::case::Definition;

/// Every case, in the order in which they run: what others build on comes first, closing last.
pub(crate) fn all() -> impl Iterator<Item = &'static Definition> {
    [
        capability::CASES,
        schema::CASES,
        values::CASES,
        select::CASES,
        filter::CASES,
        like::CASES,
        order::CASES,
        aggregate::CASES,
        functions::CASES,
        insert::CASES,
        bulk::CASES,
        conflict::CASES,
        update::CASES,
        delete::CASES,
        constraint::CASES,
        missing::CASES,
        identifier::CASES,
        raw::CASES,
        render::CASES,
        sinks::CASES,
        transaction::CASES,
        savepoint::CASES,
        isolation::CASES,
        read_only::CASES,
        cancel::CASES,
        concurrency::CASES,
        pool::CASES,
        close::CASES,
    ]
    .into_iter()
    .flatten()
}

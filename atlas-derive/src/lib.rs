//! `#[derive(Model)]` and its siblings for the Atlas ORM. Use them through the facade, the crate
//! `atlas`.
#![forbid(unsafe_code)]

mod arguments;
mod attribute;
mod diagnostics;
mod main_function;
mod model;
mod naming;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a model.
#[proc_macro_derive(
    Model,
    attributes(
        table,
        fillable,
        guarded,
        rename_all,
        timestamps,
        connection,
        index,
        unique,
        primary_key,
        column,
        default,
        cast,
        mutator,
        has_many,
        has_one,
        belongs_to
    )
)]
pub fn derive_model(input: TokenStream) -> TokenStream {
    model::derive(input.into()).into()
}

/// Makes an enum a column type.
#[proc_macro_derive(Attribute, attributes(attribute))]
pub fn derive_attribute(input: TokenStream) -> TokenStream {
    attribute::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Lets `main` await: runs its body on a runtime made for it. For programs that have no runtime of their
/// own; inside tokio, use `#[tokio::main]`.
#[proc_macro_attribute]
pub fn main(_: TokenStream, function: TokenStream) -> TokenStream {
    main_function::expand(parse_macro_input!(function as syn::ItemFn)).into()
}

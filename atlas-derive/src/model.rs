//! `#[derive(Model)]`: what was written ([`parse`]) as a description, and the code for it ([`expand`]).

mod expand;
mod parse;

pub(crate) use parse::rename_rule_named;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Ident, LitStr, Type, Visibility};

use crate::diagnostics::Errors;

/// The code for a struct, or the errors in it.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    match parse::model(input, &mut errors) {
        // Where the columns are known the model is there in spite of an error, so that its other uses
        // do not fail too.
        Some(model) => {
            let (expansion, errors) = (expand::model(&model), errors.into_tokens());
            quote!(#expansion #errors)
        }
        None => errors.into_tokens(),
    }
}

/// A model as its struct describes it, valid as far as the struct alone can tell.
struct Model {
    ident: Ident,
    name: String,
    table: String,
    connection: Option<String>,
    columns: Vec<Column>,
    /// By index of the column.
    key: Vec<usize>,
    key_kind: KeyKind,
    indexes: Vec<Index>,
    created_at: Option<usize>,
    updated_at: Option<usize>,
    relations: Vec<Relation>,
}

struct Column {
    ident: Ident,
    /// The field's name, without `r#`.
    field: String,
    name: String,
    vis: Visibility,
    ty: Type,
    /// The `T` of an `Option<T>`.
    optional: Option<Type>,
    cast: Option<Cast>,
    unique: bool,
    indexed: bool,
    fillable: bool,
    default: Option<Default>,
    mutator: Option<TokenStream>,
    /// Whether a draft is incomplete without it.
    required: bool,
}

/// How a field whose type is no column type is stored.
enum Cast {
    Json,
    With(Type),
}

enum Default {
    /// `#[default(18)]`: the table has it too.
    Constant(TokenStream),
    /// `#[default(Utc::now())]`
    Computed(TokenStream),
    /// `#[default(sql = "CURRENT_TIMESTAMP")]`
    Database(LitStr),
    /// `#[default]`
    Standard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Generated,
    Manual,
    Uuid,
    Ulid,
}

struct Index {
    columns: Vec<usize>,
    unique: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RelationKind {
    HasMany,
    HasOne,
    BelongsTo,
}

struct Relation {
    ident: Ident,
    /// The field's name, without `r#`.
    name: String,
    vis: Visibility,
    kind: RelationKind,
    /// The field's type.
    slot: Type,
    target: Type,
    /// The column of this model, as the constant's name.
    local: Ident,
    /// The column of the target, as the constant's name.
    foreign: Ident,
    on_delete: Action,
    on_update: Action,
}

#[derive(Clone, Copy)]
enum Action {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

//! `#[derive(Model)]`: what was written ([`parse`]) as a description, and the code for it ([`expand`]).

mod expand;
mod parse;

pub(crate) use parse::rename_rule_named;

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use syn::{DeriveInput, Ident, LitStr, Type, Visibility};

use crate::diagnostics::Errors;

/// The code for a struct, or the errors in it.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed = errors.take(read(input)).and_then(|input| parse::model(&input, &mut errors));
    let expansion = parsed.map(|model| expand::model(&model));
    let errors = errors.into_tokens();
    quote!(#expansion #errors)
}

/// The struct, in which `Self` is its name: types and expressions of fields also stand in statics, where
/// `Self` means nothing.
fn read(input: TokenStream) -> syn::Result<DeriveInput> {
    let parsed: DeriveInput = syn::parse2(input.clone())?;
    syn::parse2(named_self(input, &parsed.ident))
}

fn named_self(tokens: TokenStream, ident: &Ident) -> TokenStream {
    let named = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(own) if own == "Self" => {
            let mut named = ident.clone();
            named.set_span(own.span());
            TokenTree::Ident(named)
        }
        TokenTree::Group(group) => {
            let mut named = Group::new(group.delimiter(), named_self(group.stream(), ident));
            named.set_span(group.span());
            TokenTree::Group(named)
        }
        other => other,
    });
    named.collect()
}

/// A model as its struct describes it.
struct Model {
    /// Whether there are errors in it. It is expanded then too, with the same types and empty functions,
    /// so that an error in a struct does not bring one for each use of the struct.
    faulty: bool,
    ident: Ident,
    name: String,
    table: String,
    connection: Option<String>,
    columns: Vec<Column>,
    /// By index of the column.
    key: Vec<usize>,
    key_kind: KeyKind,
    /// Whether only the compiler can tell if the key's type is of that kind.
    key_asserted: bool,
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
    /// Its values are not shown.
    sensitive: bool,
    default: Option<Default>,
    mutator: Option<TokenStream>,
    /// Whether a draft is incomplete without it.
    required: bool,
}

/// How a field whose type is no column type is stored.
enum Cast {
    Json,
    With(Box<Type>),
    /// One that could not be read.
    Faulty,
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
    /// Whether the user did not name it.
    foreign_by_default: bool,
    /// The variant of `Action`.
    on_delete: Option<&'static str>,
    /// The variant of `Action`.
    on_update: Option<&'static str>,
}

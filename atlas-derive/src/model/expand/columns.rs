//! `User::name`: the constant beside each column's field, and what must be true of its type.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::{index, located};
use crate::model::{Column, KeyKind, Model};

/// The variants of `ColumnType` that databases count up.
const INTEGERS: [&str; 8] = ["I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64"];

pub(super) fn constants(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let constants = model.columns.iter().enumerate().map(|(place, column)| {
        let index = index(place);
        let (ident, vis, name, stored) = (&column.ident, &column.vis, &column.name, column.stored());
        let doc = format!("The column `{name}` of `{}`.", model.table);
        let reading = column.deferred.as_ref().map(|_| quote_spanned!(span=> , ::atlas::bounds::Deferrable));
        quote_spanned! {span=>
            #[doc = #doc]
            #vis const #ident: ::atlas::Column<#owner, #stored #reading> = ::atlas::Column::new(#name, #index);
        }
    });
    constants.collect()
}

/// How many columns a row of a selection has at most.
const SELECTED: usize = 12;

/// Which tuple is a row of the model.
pub(super) fn row(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let stored: Vec<TokenStream> = model.columns.iter().map(|column| column.stored()).collect();
    let row = match stored.as_slice() {
        _ if !model.embedded.is_empty() => return TokenStream::new(),
        [only] => only.clone(),
        several if several.len() <= SELECTED => quote_spanned!(span=> (#(#several),*)),
        _ => return TokenStream::new(),
    };
    quote_spanned!(span=> impl __a::RowOf<#owner> for #row {})
}

/// What the attributes of a column ask of its type, checked by the compiler.
pub(super) fn assertions(model: &Model) -> TokenStream {
    let span = Span::mixed_site();
    let column = |index: Option<usize>| index.and_then(|index| model.columns.get(index));
    let mut assertions = TokenStream::new();
    for column in &model.columns {
        if let Some(mutator) = &column.mutator {
            let (name, ty) = (column.mutator_name(), &column.ty);
            let call = quote_spanned!(located(mutator)=> __a::Mutator::<#ty>::mutate(mutator, value));
            assertions.extend(quote_spanned! {span=>
                fn #name(value: #ty) -> #ty {
                    let mutator: fn(_) -> _ = #mutator;
                    #call
                }
            });
        }
    }
    let stamps = [model.created_at, model.updated_at, model.soft_deletes];
    for column in stamps.into_iter().filter_map(column) {
        let ty = &column.ty;
        assertions.extend(quote_spanned!(span=> const _: () = <#ty as __a::Stamp>::MAINTAINED;));
    }
    if let Some(column) = column(model.version) {
        assertions.extend(is_one_of(column, &INTEGERS, "#[version] counts: make its field an integer"));
    }
    let (variants, message): (&[&str], _) = match model.key_kind {
        KeyKind::Generated => (&INTEGERS, "#[primary_key(generated)] is for an integer"),
        KeyKind::Uuid => (&["Uuid"], "#[primary_key(uuid)] is for a `Uuid`"),
        KeyKind::Ulid => (&["Text"], "#[primary_key(ulid)] is for a `String`"),
        KeyKind::Manual => return assertions,
    };
    if let Some(column) = column(model.key.first().copied())
        && model.key_asserted
    {
        assertions.extend(is_one_of(column, variants, message));
    }
    assertions
}

/// That what a column stores is one of these variants of `ColumnType`.
fn is_one_of(column: &Column, variants: &[&str], message: &str) -> TokenStream {
    let (codec, span) = (column.codec(), located(&column.ty));
    let variants = variants.iter().map(|variant| syn::Ident::new(variant, span));
    quote_spanned! {span=>
        const _: () = ::core::assert!(::core::matches!(#codec::TYPE, #(__a::ColumnType::#variants)|*), #message);
    }
}

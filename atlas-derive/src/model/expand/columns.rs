//! `User::name`: the constant beside each column's field, and what must be true of its type.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::{index, located};
use crate::model::{KeyKind, Model};

pub(super) fn constants(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let constants = model.columns.iter().enumerate().map(|(place, column)| {
        let index = index(place);
        let (ident, vis, name, stored) = (&column.ident, &column.vis, &column.name, column.stored());
        let doc = format!("The column `{name}` of `{}`.", model.table);
        quote_spanned! {span=>
            #[doc = #doc]
            #vis const #ident: ::atlas::Column<#owner, #stored> = ::atlas::Column::new(#name, #index);
        }
    });
    constants.collect()
}

/// What the attributes of a column ask of its type, checked by the compiler.
pub(super) fn assertions(model: &Model) -> TokenStream {
    let span = Span::mixed_site();
    let column = |index: Option<usize>| index.and_then(|index| model.columns.get(index));
    let mut assertions = TokenStream::new();
    for column in &model.columns {
        if let Some(mutator) = &column.mutator {
            let (name, ty) = (column.mutator_name(), &column.ty);
            assertions.extend(quote_spanned! {span=>
                #[allow(non_upper_case_globals)]
                const #name: fn(#ty) -> #ty = #mutator;
            });
        }
    }
    for column in [column(model.created_at), column(model.updated_at)].into_iter().flatten() {
        let ty = &column.ty;
        assertions.extend(quote_spanned!(span=> const _: () = <#ty as __a::Stamp>::MAINTAINED;));
    }
    let (variant, message) = match model.key_kind {
        KeyKind::Uuid => ("Uuid", "#[primary_key(uuid)] is for a field of type `Uuid`"),
        KeyKind::Ulid => ("Text", "#[primary_key(ulid)] is for a field of type `String`"),
        KeyKind::Generated | KeyKind::Manual => return assertions,
    };
    if let Some(column) = column(model.key.first().copied()) {
        let (codec, span) = (column.codec(), located(&column.ty));
        let variant = syn::Ident::new(variant, span);
        assertions.extend(quote_spanned! {span=>
            const _: () = ::core::assert!(::core::matches!(#codec::TYPE, __a::ColumnType::#variant), #message);
        });
    }
    assertions
}

//! `User::posts`: the constant beside each relation's field, and its metadata.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Ident;

use crate::model::{Model, Relation, RelationKind};

pub(super) fn constants(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let constants = model.relations.iter().map(|relation| {
        let Relation { ident, vis, name, target, local, foreign, .. } = relation;
        let kind = relation.kind.variant();
        let doc = format!("The relation `{name}`, which leads to `{}`.", quote::quote!(#target));
        // The span of the target's column is the user's attribute: an unknown one is reported there.
        let foreign = quote_spanned!(foreign.span()=> <#target>::#foreign);
        quote_spanned! {span=>
            #[doc = #doc]
            #vis const #ident: ::atlas::Relation<#owner, #target, ::atlas::kind::#kind> =
                ::atlas::Relation::keyed(#name, #owner::#local, #foreign, |model| &mut model.#ident);
        }
    });
    constants.collect()
}

/// The elements of `ModelMeta::relations`.
pub(super) fn meta(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let relations = model.relations.iter().map(|relation| {
        let Relation { ident, name, target, .. } = relation;
        let kind = relation.kind.variant();
        let (on_delete, on_update) =
            (Ident::new(relation.on_delete, span), Ident::new(relation.on_update, span));
        quote_spanned! {span=>
            __a::RelationMeta {
                name: #name,
                kind: __a::RelationKind::#kind,
                target: <#target as __a::Model>::meta,
                local: #owner::#ident.local,
                foreign: #owner::#ident.foreign,
                on_delete: __a::Action::#on_delete,
                on_update: __a::Action::#on_update,
            },
        }
    });
    relations.collect()
}

impl RelationKind {
    fn variant(self) -> Ident {
        let name = match self {
            Self::HasMany => "HasMany",
            Self::HasOne => "HasOne",
            Self::BelongsTo => "BelongsTo",
        };
        Ident::new(name, Span::mixed_site())
    }
}

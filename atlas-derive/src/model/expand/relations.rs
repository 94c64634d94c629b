//! `User::posts`: the constant beside each relation's field, and its metadata.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use super::located;
use crate::model::{Model, Relation, RelationKind};

pub(super) fn constants(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let constants = model.relations.iter().map(|relation| {
        let Relation { ident, vis, name, target, local, foreign, .. } = relation;
        let kind = relation.kind.variant();
        let doc = format!("The relation `{name}`, which leads to `{}`.", quote::quote!(#target));
        let by_default = relation.foreign_by_default.then(|| absent(foreign));
        // What is wrong with the target is reported at the field's type, and a column that the user named
        // where it is named.
        let at_target = located(target);
        let foreign_span = if relation.foreign_by_default { at_target } else { foreign.span() };
        let foreign = quote_spanned!(foreign_span=> <#target>::#foreign);
        let meta = quote_spanned!(at_target=> <#target as ::atlas::Model>::meta);
        let keyed = quote_spanned!(target.span()=> ::atlas::Relation::keyed);
        quote_spanned! {span=>
            #[doc = #doc]
            #vis const #ident: ::atlas::Relation<#owner, #target, ::atlas::kind::#kind> = {
                #by_default
                #keyed(#name, #meta, #owner::#local, #foreign, |model| &mut model.#ident)
            };
        }
    });
    constants.collect()
}

/// A constant of the column's name on every type. Where the target has the column, its own comes first;
/// where it has not, this one is of a type whose error says so.
fn absent(foreign: &Ident) -> TokenStream {
    let foreign = Ident::new(&foreign.to_string(), Span::mixed_site());
    quote_spanned! {Span::mixed_site()=>
        enum #foreign {}
        impl<T> ::atlas::__private::SameKey<T> for #foreign {}
        trait Absent: Sized {
            const #foreign: ::atlas::Column<Self, #foreign> = ::atlas::Column::new("", 0);
        }
        impl<T> Absent for T {}
    }
}

/// The elements of `ModelMeta::relations`.
pub(super) fn meta(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let relations = model.relations.iter().map(|relation| {
        let (ident, kind) = (&relation.ident, relation.kind.variant());
        let action = |method: &str, action: Option<&'static str>| {
            let (method, action) = (Ident::new(method, span), Ident::new(action?, span));
            Some(quote_spanned!(span=> .#method(__a::Action::#action)))
        };
        let on_delete = action("on_delete", relation.on_delete);
        let on_update = action("on_update", relation.on_update);
        quote_spanned!(span=> #owner::#ident.meta(__a::RelationKind::#kind) #on_delete #on_update,)
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

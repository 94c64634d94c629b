//! The draft: a builder with a setter per column, whose type says which required columns are set.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;

use super::{embed, index, located};
use crate::model::{Column, Embedded, Model, Relation, RelationKind, parse::SETTERS_TAKEN};

/// The draft's type. Without parameters, every required column is missing.
pub(super) fn name(model: &Model) -> Ident {
    format_ident!("{}Draft", model.name, span = Span::mixed_site())
}

/// The draft's type in which every required column is set.
pub(super) fn complete(model: &Model) -> TokenStream {
    let (span, name) = (Span::mixed_site(), name(model));
    let set = required(model).map(|_| quote_spanned!(span=> __a::Set));
    quote_spanned!(span=> #name<#(#set),*>)
}

pub(super) fn draft(model: &Model) -> TokenStream {
    let (span, owner, draft) = (Span::mixed_site(), &model.ident, name(model));
    let required: Vec<Required<'_>> = required(model).collect();
    let states: Vec<Ident> =
        (0..required.len()).map(|place| format_ident!("State{place}", span = span)).collect();
    let traits = required.iter().map(|required| required.its_trait(model));
    let trait_names: Vec<Ident> = required.iter().map(Required::trait_name).collect();
    let set: Vec<TokenStream> = states.iter().map(|_| quote_spanned!(span=> __a::Set)).collect();

    // The draft's parameters once this field is set.
    let after = |field: &str| {
        let states = states.iter().zip(&required).map(|(state, required)| match required.field == field {
            true => quote_spanned!(span=> __a::Set),
            false => quote_spanned!(span=> #state),
        });
        states.collect::<Vec<_>>()
    };
    let setters = model
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| setter(model, index, column, &after(&column.field)));
    let embedded = model
        .embedded
        .iter()
        .enumerate()
        .map(|(place, embedded)| embedded_setter(model, place, embedded, &after(&embedded.field)));
    let setters = setters.chain(embedded);
    let setters: TokenStream = setters.chain(model.relations.iter().map(|of| relation(model, of))).collect();
    let doc = format!("A row of `{}` that is not saved yet.", model.table);
    let put = model.body(quote_spanned!(span=> __a::create::<#owner>(db, self.data)));
    let fill = model.body(quote_spanned! {span=>
        __draft(self.data.fill(fill))
    });
    let data = model.body(quote_spanned!(span=> self.data));
    let copy = model.body(quote_spanned!(span=> __draft(::core::clone::Clone::clone(&self.data))));
    quote_spanned! {span=>
        #(#traits)*

        #[doc = #doc]
        #[must_use = "a draft is nothing until it is saved"]
        pub struct #draft<#(#states = __a::Missing),*> {
            data: __a::DraftData,
            state: ::core::marker::PhantomData<fn() -> (#(#states,)*)>,
        }

        fn __draft<#(#states),*>(data: __a::DraftData) -> #draft<#(#states),*> {
            #draft { data, state: ::core::marker::PhantomData }
        }

        #[automatically_derived]
        impl<#(#states),*> ::core::clone::Clone for #draft<#(#states),*> {
            fn clone(&self) -> Self {
                #copy
            }
        }

        #[automatically_derived]
        impl<#(#states),*> #draft<#(#states),*> {
            #setters

            /// Sets the columns that mass assignment brought; what is then still missing is an error of `save`.
            pub fn fill(self, fill: __a::Fill<#owner>) -> #draft<#(#set),*> {
                #fill
            }

            /// Inserts the row. Every required column must be set.
            pub fn save(self, db: &__a::Db) -> __a::Pending<'_, __a::Record<#owner>>
            where
                #(#states: #trait_names,)*
            {
                #put
            }
        }

        // Not `#[automatically_derived]`: the compiler would advise to write it by hand.
        impl<#(#states: #trait_names),*> __a::Complete<#owner> for #draft<#(#states),*> {
            fn into_data(self) -> __a::DraftData {
                #data
            }
        }
    }
}

fn setter(model: &Model, place: usize, column: &Column, after: &[TokenStream]) -> TokenStream {
    let (span, draft, index) = (Span::mixed_site(), name(model), index(place));
    if SETTERS_TAKEN.contains(&&*column.field) {
        return TokenStream::new();
    }
    let (vis, ident, ty) = (&column.vis, &column.ident, &column.ty);
    let doc = format!("Sets `{}`.", column.field);
    let value = column.mutated(quote_spanned!(span=> __a::Assign::assign(value)));
    let stored = column.stored_value(&value);
    let body = model.body(quote_spanned!(span=> __draft(self.data.put(#index, #stored))));
    quote_spanned! {span=>
        #[doc = #doc]
        #vis fn #ident(self, value: impl __a::Assign<#ty>) -> #draft<#(#after),*> {
            #body
        }
    }
}

fn embedded_setter(model: &Model, place: usize, embedded: &Embedded, after: &[TokenStream]) -> TokenStream {
    let (span, draft, put) = (Span::mixed_site(), name(model), embed::put(place, embedded));
    let Embedded { ident, field, vis, ty, .. } = embedded;
    if SETTERS_TAKEN.contains(&&**field) {
        return TokenStream::new();
    }
    let doc = format!("Sets the columns of `{field}`.");
    let body = model.body(quote_spanned!(span=> __draft(#put)));
    quote_spanned! {span=>
        #[doc = #doc]
        #vis fn #ident(self, value: #ty) -> #draft<#(#after),*> {
            #body
        }
    }
}

/// The setter of a relation, for drafts that bring drafts of other models with them.
fn relation(model: &Model, relation: &Relation) -> TokenStream {
    use RelationKind::{
        BelongsTo, BelongsToMany, HasMany, HasManyThrough, HasOne, HasOneThrough, MorphMany, MorphOne,
        MorphTo, MorphToMany, MorphedByMany,
    };
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let Relation { ident, vis, target, .. } = relation;
    if SETTERS_TAKEN.contains(&&*relation.name) {
        return TokenStream::new();
    }
    // Where the target is no model, the relation's constant says so: here it is said in the same words at the
    // same place, which the compiler then drops.
    let meta = quote_spanned!(located(target)=> <#target as ::atlas::Model>::meta);
    let [owner, constant] = [owner, ident].map(|ident| {
        let mut there = ident.clone();
        there.set_span(target.span());
        there
    });
    let constant = quote_spanned!(target.span()=> #owner::#constant);
    let put = |with: TokenStream| {
        model.body(quote_spanned! {span=>
            let _ = #meta;
            Self { data: #with, ..self }
        })
    };
    match relation.kind {
        HasMany | BelongsToMany | MorphMany | MorphToMany | MorphedByMany => {
            let doc = format!("Inserts these `{}` with it.", relation.name);
            let body = put(quote_spanned!(span=> __a::with_children(self.data, #constant, drafts)));
            quote_spanned! {span=>
                #[doc = #doc]
                #vis fn #ident<D: __a::Complete<#target>>(
                    self,
                    drafts: impl ::core::iter::IntoIterator<Item = D>,
                ) -> Self {
                    #body
                }
            }
        }
        HasOne | MorphOne | BelongsTo => {
            let doc = format!("Inserts this `{}` with it.", relation.name);
            let with = if relation.kind == BelongsTo {
                quote_spanned!(span=> __a::with_parent(self.data, #constant, draft))
            } else {
                quote_spanned!(span=> __a::with_child(self.data, #constant, draft))
            };
            let body = put(with);
            quote_spanned! {span=>
                #[doc = #doc]
                #vis fn #ident(self, draft: impl __a::Complete<#target>) -> Self {
                    #body
                }
            }
        }
        HasManyThrough | HasOneThrough | MorphTo => TokenStream::new(),
    }
}

/// What a draft must set.
struct Required<'a> {
    field: &'a str,
    ident: &'a Ident,
    /// What else can be done.
    note: &'static str,
}

fn required(model: &Model) -> impl Iterator<Item = Required<'_>> {
    let columns = model.columns.iter().enumerate().filter(|(_, column)| column.required);
    let columns = columns.map(|(index, column)| {
        let note = if model.key.contains(&index) {
            "the program sets this key; an integer that #[primary_key(generated)] marks is the database's, and \
             #[primary_key(uuid)] and #[primary_key(ulid)] are made by Atlas"
        } else {
            "or give the column a #[default(..)] or make it an Option"
        };
        Required { field: &column.field, ident: &column.ident, note }
    });
    let embedded = model.embedded.iter().filter(|_| !model.faulty).map(|embedded| Required {
        field: &embedded.field,
        ident: &embedded.ident,
        note: "a struct of several columns is set as a whole",
    });
    columns.chain(embedded)
}

impl Required<'_> {
    fn trait_name(&self) -> Ident {
        format_ident!("has_{}", self.field, span = Span::mixed_site())
    }

    /// A trait of its own, which carries the message for when it is missing.
    fn its_trait(&self, model: &Model) -> TokenStream {
        let (span, name, note) = (Span::mixed_site(), self.trait_name(), self.note);
        let message = format!("this draft of `{}` lacks the required column `{}`", model.name, self.field);
        let label = format!("call `.{}(..)` first", self.ident);
        quote_spanned! {span=>
            #[allow(non_camel_case_types)]
            #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
            #[doc(hidden)]
            pub trait #name {}
            #[diagnostic::do_not_recommend]
            impl #name for __a::Set {}
        }
    }
}

//! From a model's description to its code: constants, metadata, a draft and the functions that read
//! and write columns. Data and thin functions only; whatever decides anything is in `atlas-core`.
//!
//! Public names come through `::atlas`, all others through `::atlas::__private`. Locals are hygienic
//! (`Span::mixed_site`), items that user code could see are underscored, so that fields and types may
//! have any names.

mod codec;
mod columns;
mod draft;
mod embed;
mod meta;
mod relations;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{Ident, spanned::Spanned};

pub(super) use embed::structure as embed;

use super::{Cast, Column, Model};

/// The code for a model.
pub(super) fn model(model: &Model) -> TokenStream {
    let span = Span::mixed_site();
    let ident = &model.ident;
    let constants = columns::constants(model);
    let embedded = embed::constants(model);
    let relations = relations::constants(model);
    let draft = draft::draft(model);
    let (draft_name, complete_draft) = (draft::name(model), draft::complete(model));
    let (key_type, key) = key(model);
    let (statics, [decode, encode, assign]) = if model.faulty {
        (TokenStream::new(), [(); 3].map(|()| model.body(TokenStream::new())))
    } else {
        let (assertions, row) = (columns::assertions(model), columns::row(model));
        let (meta, codec) = (meta::statics(model), codec::functions(model));
        (quote_spanned!(span=> #assertions #row #meta #codec), codec::calls(model))
    };
    let meta = model.body(quote_spanned!(span=> &__META));
    let key = model.body(key);
    let touched = model.updated_at.map(|_| {
        quote_spanned! {span=>
            #[automatically_derived]
            impl __a::Touched for #ident {
                fn touched(_: &str) -> ::core::option::Option<&'static __a::ModelMeta> {
                    ::core::option::Option::Some(#meta)
                }
            }
        }
    });
    let left_out = codec::left_out(model);
    let (eager, slot) = (relations::eager(model), relations::slot(model));
    let marks = [("SoftDeletes", model.soft_deletes), ("Tenanted", model.tenant)];
    let marks = marks.into_iter().filter(|(_, column)| column.is_some() && !model.faulty).map(|(name, _)| {
        let name = Ident::new(name, span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl __a::#name for #ident {}
        }
    });
    let marks: TokenStream = marks.collect();
    let whole_draft = model.body(quote_spanned!(span=> __draft(data)));
    let new_draft = model.body(quote_spanned! {span=>
        __draft(__a::DraftData::new(&__META))
    });
    quote_spanned! {span=>
        #[automatically_derived]
        #[allow(non_upper_case_globals, non_camel_case_types, dead_code)]
        impl #ident {
            #constants
            #relations
        }

        const _: () = {
            use ::atlas::__private as __a;

            #embedded
            #statics
            #draft

            #[automatically_derived]
            impl __a::Model for #ident {
                type Key = #key_type;
                type Draft = #draft_name;
                type CompleteDraft = #complete_draft;
                type Fill = __a::Fill<#ident>;

                fn meta() -> &'static __a::ModelMeta {
                    #meta
                }

                fn decode(row: &dyn __a::Row, start: usize) -> __a::Result<Self> {
                    #decode
                }

                fn encode(&self, column: usize) -> __a::Value {
                    #encode
                }

                fn assign(&mut self, column: usize, value: __a::ValueRef<'_>) -> __a::Result<()> {
                    #assign
                }

                #left_out

                fn key(&self) -> Self::Key {
                    #key
                }

                fn draft() -> Self::Draft {
                    #new_draft
                }

                fn complete(data: __a::DraftData) -> Self::CompleteDraft {
                    #whole_draft
                }

                #slot

                #eager
            }

            #marks

            #touched
        };
    }
}

/// The type of the primary key, and its value in `self`.
fn key(model: &Model) -> (TokenStream, TokenStream) {
    let span = Span::mixed_site();
    let parts: Vec<(&Ident, TokenStream)> = model
        .key
        .iter()
        .filter_map(|key| model.columns.get(*key))
        .map(|column| (&column.ident, column.stored()))
        .collect();
    let clone = |(ident, ty): &(&Ident, TokenStream)| quote_spanned!(span=> <#ty as ::core::clone::Clone>::clone(&self.#ident));
    match &*parts {
        [] => (quote_spanned!(span=> i64), TokenStream::new()),
        [part] => (part.1.clone(), clone(part)),
        parts => {
            let types = parts.iter().map(|(_, ty)| ty);
            let values = parts.iter().map(clone);
            (quote_spanned!(span=> (#(#types,)*)), quote_spanned!(span=> (#(#values,)*)))
        }
    }
}

/// The place of these tokens with the hygiene of the expansion: errors point there, lints do not.
fn located(tokens: &impl Spanned) -> Span {
    Span::mixed_site().located_at(tokens.span())
}

/// A column's index, without the `usize`.
fn index(column: usize) -> Literal {
    Literal::usize_unsuffixed(column)
}

impl Model {
    /// The columns that queries may leave out, by index.
    fn deferred(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.deferred.is_some())
    }

    /// A function's body: this one, or in a faulty model none.
    fn body(&self, body: TokenStream) -> TokenStream {
        if self.faulty { quote_spanned!(Span::mixed_site()=> loop {}) } else { body }
    }
}

impl Column {
    /// The field's type.
    fn field_type(&self) -> &syn::Type {
        self.deferred.as_ref().unwrap_or(&self.ty)
    }

    /// The type of the column: the field's, or what its cast makes of it.
    fn stored(&self) -> TokenStream {
        let span = located(&self.ty);
        let plain = self.optional.as_ref().unwrap_or(&self.ty);
        let stored = match &self.cast {
            None | Some(Cast::Faulty | Cast::Encrypted(_)) => return self.ty.to_token_stream(),
            Some(Cast::Json) => quote_spanned!(span=> ::atlas::Json<#plain>),
            Some(Cast::With(with)) => quote_spanned!(span=> ::atlas::With<#plain, #with>),
        };
        if self.optional.is_some() { quote_spanned!(span=> ::core::option::Option<#stored>) } else { stored }
    }

    /// What has `TYPE`, `encode` and `decode` for the column, or for its value where it is optional and
    /// cast.
    ///
    /// Every use of a field's type goes through this one path, and none through a bound of a generic
    /// function: the compiler then reports a type that cannot be stored once, since it drops
    /// diagnostics that are equal to the letter.
    fn codec(&self) -> TokenStream {
        let span = Span::mixed_site();
        let plain = self.optional.as_ref().unwrap_or(&self.ty);
        let ty = &self.ty;
        match &self.cast {
            None | Some(Cast::Faulty | Cast::Encrypted(_)) => quote_spanned!(span=> <#ty as __a::Attribute>),
            Some(Cast::Json) => {
                let json = quote_spanned!(located(ty)=> __a::Json<#plain>);
                quote_spanned!(span=> <#json as __a::Cast<#plain>>)
            }
            Some(Cast::With(with)) => quote_spanned!(span=> <#with as __a::Cast<#plain>>),
        }
    }

    /// Whether its codec is one for the `T` of its `Option<T>`.
    fn is_cast_option(&self) -> bool {
        self.cast.is_some() && self.optional.is_some()
    }

    /// The result of decoding a `ValueRef`.
    fn decoded(&self, value: &TokenStream) -> TokenStream {
        self.read_by("decode", value)
    }

    /// The result of reading one that comes from outside.
    fn accepted(&self, value: &TokenStream) -> TokenStream {
        self.read_by(if self.cast.is_some() { "accept" } else { "decode" }, value)
    }

    fn read_by(&self, decode: &str, value: &TokenStream) -> TokenStream {
        let (span, codec) = (Span::mixed_site(), self.codec());
        let decode = Ident::new(decode, span);
        if self.is_cast_option() {
            quote_spanned! {span=> match #value {
                __a::ValueRef::Null => ::core::result::Result::Ok(::core::option::Option::None),
                value => #codec::#decode(value).map(::core::option::Option::Some),
            }}
        } else {
            quote_spanned!(span=> #codec::#decode(#value))
        }
    }

    /// The encoded value of a reference to the field's type.
    fn encoded(&self, reference: &TokenStream) -> TokenStream {
        let (span, codec) = (Span::mixed_site(), self.codec());
        if self.is_cast_option() {
            quote_spanned! {span=> match #reference {
                ::core::option::Option::None => __a::Value::Null,
                ::core::option::Option::Some(value) => #codec::encode(value),
            }}
        } else {
            quote_spanned!(span=> #codec::encode(#reference))
        }
    }

    /// The encoded value of the field's type, which is consumed.
    fn stored_value(&self, value: &TokenStream) -> TokenStream {
        let (span, codec) = (Span::mixed_site(), self.codec());
        if self.cast.is_some() {
            self.encoded(&quote_spanned!(span=> &#value))
        } else {
            quote_spanned!(span=> #codec::into_value(#value))
        }
    }

    /// A value of the field's type, past the mutator.
    fn mutated(&self, value: TokenStream) -> TokenStream {
        match &self.mutator {
            Some(_) => {
                let mutator = self.mutator_name();
                quote_spanned!(Span::mixed_site()=> #mutator(#value))
            }
            None => value,
        }
    }

    /// The function that calls the column's mutator: once, so that a wrong one is one error.
    fn mutator_name(&self) -> Ident {
        format_ident!("__mutator_{}", self.field, span = Span::mixed_site())
    }
}

//! `decode`, `encode` and `assign`, in functions of at most [`AT_ONCE`] columns each: the compiler
//! takes 1.5 s to check one function of 128 columns, and 0.1 s for eight of 16.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};

use super::{embed, index, located};
use crate::model::{Column, Model};

const AT_ONCE: usize = 16;

/// The functions that the bodies call, for each chunk of columns.
pub(super) fn functions(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let chunks = chunks(model).map(|(chunk, start, columns)| {
        let (decode, encode, assign) = names(chunk);
        let assigns = assigns(&quote_spanned!(span=> model), start, columns);
        let assign = quote_spanned! {span=>
            fn #assign(model: &mut #owner, column: usize, value: __a::ValueRef<'_>) -> __a::Result<()> {
                #assigns
                ::core::result::Result::Ok(())
            }
        };
        if is_one_chunk(model) {
            return assign;
        }
        let types = columns.iter().map(Column::field_type);
        let reads = reads(model, start, columns);
        let encodes = encodes(&quote_spanned!(span=> model), start, columns);
        quote_spanned! {span=>
            fn #decode(row: &__a::Reader<'_>) -> __a::Result<(#(#types,)*)> {
                ::core::result::Result::Ok((#(#reads,)*))
            }

            fn #encode(model: &#owner, column: usize) -> __a::Value {
                #encodes
            }

            #assign
        }
    });
    chunks.collect()
}

/// The bodies of `decode`, `encode` and `assign`.
pub(super) fn calls(model: &Model) -> [TokenStream; 3] {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let mut values = Vec::new();
    let (mut decodes, mut encodes_in, mut assigns_in) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new());
    for (chunk, start, columns) in chunks(model) {
        let (decode, encode, assign) = names(chunk);
        let chunk = index(chunk);
        assigns_in.extend(quote_spanned!(span=> #chunk => #assign(self, column, value),));
        if is_one_chunk(model) {
            values.extend(reads(model, start, columns));
            continue;
        }
        let of_chunk: Vec<Ident> =
            (start..start + columns.len()).map(|index| format_ident!("value_{index}", span = span)).collect();
        decodes.extend(quote_spanned!(span=> let (#(#of_chunk,)*) = #decode(&row)?;));
        encodes_in.extend(quote_spanned!(span=> #chunk => #encode(self, column),));
        values.extend(of_chunk.into_iter().map(Ident::into_token_stream));
    }
    let at_once = index(AT_ONCE);
    let encode = if is_one_chunk(model) {
        encodes(&quote_spanned!(span=> self), 0, &model.columns)
    } else {
        quote_spanned!(span=> match column / #at_once { #encodes_in _ => __a::Value::Null })
    };
    let encode = embed::dispatch(model, "value", &TokenStream::new(), encode);
    let assign = quote_spanned! {span=>
        match column / #at_once { #assigns_in _ => ::core::result::Result::Ok(()) }
    };
    let assign = embed::dispatch(model, "assign", &quote_spanned!(span=> , value), assign);
    let embedded = embed::reads(model);
    let skipped = model.skipped.iter().map(|(ident, ty)| {
        let default = quote_spanned!(located(ty)=> <#ty as ::core::default::Default>::default());
        quote_spanned!(span=> #ident: #default,)
    });
    let fields = model.columns.iter().map(|column| &column.ident);
    let slots = model.relations.iter().map(|relation| {
        let (ident, slot, name, owner) = (&relation.ident, &relation.slot, &relation.name, &model.name);
        quote_spanned!(span=> #ident: <#slot>::unloaded(&(#owner, #name)),)
    });
    [
        quote_spanned! {span=>
            let row = __a::Reader::new(row, start, &__META);
            #decodes
            ::core::result::Result::Ok(#owner { #(#fields: #values,)* #(#embedded)* #(#skipped)* #(#slots)* })
        },
        encode,
        quote_spanned! {span=>
            let assigned = #assign;
            assigned.map_err(|error| __a::locate(error, column, &__META))
        },
    ]
}

fn is_one_chunk(model: &Model) -> bool {
    model.columns.len() <= AT_ONCE
}

fn chunks(model: &Model) -> impl Iterator<Item = (usize, usize, &[Column])> {
    model.columns.chunks(AT_ONCE).enumerate().map(|(chunk, columns)| (chunk, chunk * AT_ONCE, columns))
}

fn names(chunk: usize) -> (Ident, Ident, Ident) {
    let span = Span::mixed_site();
    (
        format_ident!("__decode_{chunk}", span = span),
        format_ident!("__encode_{chunk}", span = span),
        format_ident!("__assign_{chunk}", span = span),
    )
}

/// The values of columns, out of the `Reader` `row`.
fn reads(model: &Model, start: usize, columns: &[Column]) -> impl Iterator<Item = TokenStream> {
    let (span, owner) = (Span::mixed_site(), &model.name);
    columns.iter().zip(start..).map(move |(column, place)| {
        let (index, field) = (index(place), &column.field);
        let decoded = column.decoded(&quote_spanned!(span=> row.value(#index)?));
        let read = quote_spanned!(span=> row.located(#index, #decoded)?);
        match column.deferred {
            None => read,
            Some(_) => quote_spanned! {span=> if row.is_left_out(#index)? {
                __a::Deferred::left_out(&(#owner, #field))
            } else {
                __a::Deferred::new(#read)
            }},
        }
    })
}

/// Which columns of a record were left out, where any can be.
pub(super) fn left_out(model: &Model) -> Option<TokenStream> {
    let span = Span::mixed_site();
    let arms = model.deferred().map(|(place, column)| {
        let (index, ident) = (index(place), &column.ident);
        quote_spanned!(span=> #index => !self.#ident.is_loaded(),)
    });
    let arms: TokenStream = arms.collect();
    (!arms.is_empty()).then(|| {
        let body = model.body(quote_spanned!(span=> match column { #arms _ => false }));
        quote_spanned! {span=>
            fn is_left_out(&self, column: usize) -> bool {
                #body
            }
        }
    })
}

pub(super) fn encodes(model: &TokenStream, start: usize, columns: &[Column]) -> TokenStream {
    let span = Span::mixed_site();
    let arms = columns.iter().zip(start..).map(|(column, place)| {
        let (index, ident) = (index(place), &column.ident);
        let field = quote_spanned!(span=> &#model.#ident);
        let Some(_) = column.deferred else {
            let encoded = column.encoded(&field);
            return quote_spanned!(span=> #index => #encoded,);
        };
        let encoded = column.encoded(&quote_spanned!(span=> value));
        quote_spanned! {span=> #index => match (#field).loaded() {
            ::core::option::Option::Some(value) => #encoded,
            ::core::option::Option::None => __a::Value::Null,
        },}
    });
    quote_spanned!(span=> match column { #(#arms)* _ => __a::Value::Null })
}

pub(super) fn assigns(model: &TokenStream, start: usize, columns: &[Column]) -> TokenStream {
    let span = Span::mixed_site();
    let arms = columns.iter().zip(start..).map(|(column, place)| {
        let (index, ident) = (index(place), &column.ident);
        let decoded = column.decoded(&quote_spanned!(span=> value));
        let value = match column.deferred {
            Some(_) => quote_spanned!(span=> __a::Deferred::new(#decoded?)),
            None => quote_spanned!(span=> #decoded?),
        };
        quote_spanned!(span=> #index => #model.#ident = #value,)
    });
    quote_spanned!(span=> match column { #(#arms)* _ => {} })
}

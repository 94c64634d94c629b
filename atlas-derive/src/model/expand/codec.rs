//! `decode`, `encode` and `assign`, in functions of at most [`AT_ONCE`] columns each: the compiler
//! takes 1.5 s to check one function of 128 columns, and 0.1 s for eight of 16.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::index;
use crate::model::{Column, Model};

const AT_ONCE: usize = 16;

/// The functions that a model of more columns needs.
pub(super) fn functions(model: &Model) -> TokenStream {
    if model.columns.len() <= AT_ONCE {
        return TokenStream::new();
    }
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let chunks = chunks(model).map(|(chunk, start, columns)| {
        let (decode, encode, assign) = names(chunk);
        let types = columns.iter().map(|column| &column.ty);
        let reads = columns.iter().enumerate().map(|(offset, column)| read(start + offset, column));
        let encodes = encode_match(&quote_spanned!(span=> model), start, columns);
        let assigns = assign_match(&quote_spanned!(span=> model), start, columns);
        quote_spanned! {span=>
            fn #decode(row: &__a::Reader<'_>) -> __a::Result<(#(#types,)*)> {
                ::core::result::Result::Ok((#(#reads,)*))
            }

            fn #encode(model: &#owner, column: usize) -> __a::Value {
                #encodes
            }

            fn #assign(model: &mut #owner, column: usize, value: __a::ValueRef<'_>) -> __a::Result<()> {
                #assigns
            }
        }
    });
    chunks.collect()
}

/// The bodies of `decode`, `encode` and `assign`.
pub(super) fn calls(model: &Model) -> [TokenStream; 3] {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let fields = model.columns.iter().map(|column| &column.ident);
    let slots = model.relations.iter().map(|relation| {
        let (ident, slot, name, owner) = (&relation.ident, &relation.slot, &relation.name, &model.name);
        quote_spanned!(span=> #ident: <#slot>::unloaded(&(#owner, #name)),)
    });
    let located = |assign: TokenStream| quote_spanned!(span=> #assign.map_err(|error| __a::locate(error, column, &__META)));
    if model.columns.len() <= AT_ONCE {
        let reads = model.columns.iter().enumerate().map(|(index, column)| read(index, column));
        let this = quote_spanned!(span=> self);
        let assign = assign_match(&this, 0, &model.columns);
        return [
            quote_spanned! {span=>
                let row = __a::Reader::new(row, start, &__META);
                ::core::result::Result::Ok(#owner { #(#fields: #reads,)* #(#slots)* })
            },
            encode_match(&this, 0, &model.columns),
            located(quote_spanned!(span=> (#assign))),
        ];
    }
    let mut decodes = TokenStream::new();
    let (mut encodes, mut assigns) = (TokenStream::new(), TokenStream::new());
    let mut values = Vec::new();
    for (chunk, start, columns) in chunks(model) {
        let (decode, encode, assign) = names(chunk);
        let chunk = index(chunk);
        let of_chunk: Vec<Ident> =
            (start..start + columns.len()).map(|index| format_ident!("value_{index}", span = span)).collect();
        decodes.extend(quote_spanned!(span=> let (#(#of_chunk,)*) = #decode(&row)?;));
        encodes.extend(quote_spanned!(span=> #chunk => #encode(self, column),));
        assigns.extend(quote_spanned!(span=> #chunk => #assign(self, column, value),));
        values.extend(of_chunk);
    }
    [
        quote_spanned! {span=>
            let row = __a::Reader::new(row, start, &__META);
            #decodes
            ::core::result::Result::Ok(#owner { #(#fields: #values,)* #(#slots)* })
        },
        quote_spanned!(span=> match column / #AT_ONCE { #encodes _ => __a::Value::Null }),
        located(quote_spanned!(span=>
            match column / #AT_ONCE { #assigns _ => ::core::result::Result::Ok(()) }
        )),
    ]
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

/// A column's value out of the `Reader` `row`.
fn read(place: usize, column: &Column) -> TokenStream {
    let (span, index) = (Span::mixed_site(), index(place));
    let decoded = column.decoded(&quote_spanned!(span=> row.value(#index)?));
    quote_spanned!(span=> row.located(#index, #decoded)?)
}

fn encode_match(this: &TokenStream, start: usize, columns: &[Column]) -> TokenStream {
    let span = Span::mixed_site();
    let arms = columns.iter().enumerate().map(|(offset, column)| {
        let (index, ident) = (index(start + offset), &column.ident);
        let encoded = column.encoded(&quote_spanned!(span=> &#this.#ident));
        quote_spanned!(span=> #index => #encoded,)
    });
    quote_spanned!(span=> match column { #(#arms)* _ => __a::Value::Null })
}

fn assign_match(this: &TokenStream, start: usize, columns: &[Column]) -> TokenStream {
    let span = Span::mixed_site();
    let arms = columns.iter().enumerate().map(|(offset, column)| {
        let (index, ident) = (index(start + offset), &column.ident);
        let decoded = column.decoded(&quote_spanned!(span=> value));
        quote_spanned!(span=> #index => #decoded.map(|value| #this.#ident = value),)
    });
    quote_spanned!(span=> match column { #(#arms)* _ => ::core::result::Result::Ok(()) })
}

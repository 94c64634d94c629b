//! Structs that are several columns: their own code, and what a model makes of those that are in it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;

use super::{codec, index, meta};
use crate::model::{Embed, Embedded, Model};

/// The code for a struct that models embed.
pub(in crate::model) fn structure(embed: &Embed) -> TokenStream {
    let (span, Embed { ident, name, columns }) = (Span::mixed_site(), embed);
    let names = format_ident!("{}Columns", name, span = span);
    let doc = format!("The columns of a `{name}` that is embedded in the model `M`.");
    let fields = columns.iter().map(|column| {
        let (ident, vis, stored) = (&column.ident, &column.vis, column.stored());
        let doc = format!("The column `{}`, behind the prefix that the model gives it.", column.name);
        quote_spanned!(span=> #[doc = #doc] #vis #ident: __a::Column<M, #stored>)
    });
    let made = columns.iter().enumerate().map(|(place, column)| {
        let (ident, place) = (&column.ident, index(place));
        quote_spanned!(span=> #ident: __a::Column::embedded(columns, #place, start))
    });
    let read = columns.iter().enumerate().map(|(place, column)| {
        let (ident, place) = (&column.ident, index(place));
        let decoded = column.decoded(&quote_spanned!(span=> row.value(start + #place)?));
        quote_spanned!(span=> #ident: row.located(start + #place, #decoded)?)
    });
    let columns_meta = columns.iter().map(|column| meta::column(ident, column));
    let encodes = codec::encodes(&quote_spanned!(span=> self), 0, columns);
    let assigns = codec::assigns(&quote_spanned!(span=> self), 0, columns);
    quote_spanned! {span=>
        const _: () = {
            use ::atlas::__private as __a;

            #[doc = #doc]
            pub struct #names<M> { #(#fields),* }

            #[automatically_derived]
            impl<M> ::core::clone::Clone for #names<M> {
                fn clone(&self) -> Self {
                    *self
                }
            }

            #[automatically_derived]
            impl<M> ::core::marker::Copy for #names<M> {}

            impl<M> #names<M> {
                #[doc(hidden)]
                pub const fn placed(columns: &'static [__a::ColumnMeta], start: usize) -> Self {
                    Self { #(#made),* }
                }
            }

            #[automatically_derived]
            impl __a::Embed for #ident {
                type Columns<M> = #names<M>;
                const COLUMNS: &'static [__a::ColumnMeta] = &[#(#columns_meta),*];

                fn read(row: &__a::Reader<'_>, start: usize) -> __a::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#read),* })
                }

                fn value(&self, column: usize) -> __a::Value {
                    #encodes
                }

                fn assign(&mut self, column: usize, value: __a::ValueRef<'_>) -> __a::Result<()> {
                    #assigns
                    ::core::result::Result::Ok(())
                }
            }
        };
    }
}

/// The constants of what is embedded in a model: its columns, where they begin, and `User::address`.
pub(super) fn constants(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let own = index(model.columns.len());
    let mut next = quote_spanned!(span=> #own);
    let mut constants = TokenStream::new();
    for (place, embedded) in model.embedded.iter().enumerate() {
        let Embedded { ident, vis, field, prefix, fillable, hidden, .. } = embedded;
        let (plain, ty, columns, start) =
            (embedded.of("COLUMNS"), embedded.columns(owner), columns(place), start(place));
        let placed = quote_spanned!(embedded.ty.span()=> <#ty>::placed);
        let doc = format!("The columns of `{field}`, in `{}`.", model.table);
        constants.extend(quote_spanned! {span=>
            const #columns: &[__a::ColumnMeta] = {
                const PLAIN: &[__a::ColumnMeta] = #plain;
                const TEXT: [u8; __a::prefixed_length(#prefix, PLAIN)] = __a::prefixed_text(#prefix, PLAIN);
                const ALL: [__a::ColumnMeta; PLAIN.len()] = __a::prefixed(#prefix, PLAIN, &TEXT, #fillable, #hidden);
                &ALL
            };
            const #start: usize = #next;

            #[allow(non_upper_case_globals, dead_code)]
            impl #owner {
                #[doc = #doc]
                #vis const #ident: #ty = #placed(#columns, #start);
            }
        });
        next = quote_spanned!(span=> #start + #columns.len());
    }
    if !model.embedded.is_empty() {
        constants.extend(quote_spanned!(span=> const __COUNT: usize = #next;));
    }
    constants
}

/// The fields' values in `decode`.
pub(super) fn reads(model: &Model) -> impl Iterator<Item = TokenStream> {
    let span = Span::mixed_site();
    model.embedded.iter().enumerate().map(move |(place, embedded)| {
        let (ident, read, start) = (&embedded.ident, embedded.of("read"), start(place));
        quote_spanned!(span=> #ident: #read(&row, #start)?,)
    })
}

/// Calls a method of the struct that has the column, where it is none of the model's own.
pub(super) fn dispatch(
    model: &Model,
    method: &str,
    arguments: &TokenStream,
    own: TokenStream,
) -> TokenStream {
    let span = Span::mixed_site();
    if model.embedded.is_empty() {
        return own;
    }
    let branches = model.embedded.iter().enumerate().rev().map(|(place, embedded)| {
        let (ident, method, start) = (&embedded.ident, embedded.of(method), start(place));
        let reference = if arguments.is_empty() {
            quote_spanned!(span=> &self.#ident)
        } else {
            quote_spanned!(span=> &mut self.#ident)
        };
        quote_spanned!(span=> if column >= #start { #method(#reference, column - #start #arguments) } else)
    });
    quote_spanned!(span=> #(#branches)* { #own })
}

/// The draft's data with all of its columns set.
pub(super) fn put(place: usize, embedded: &Embedded) -> TokenStream {
    let (span, put, start) = (Span::mixed_site(), embedded.of("put"), start(place));
    quote_spanned!(span=> #put(&value, self.data, #start))
}

/// The columns of what is embedded at this place, by their names in the model.
pub(super) fn columns(place: usize) -> Ident {
    format_ident!("__EMBEDDED_{place}", span = Span::mixed_site())
}

fn start(place: usize) -> Ident {
    format_ident!("__START_{place}", span = Span::mixed_site())
}

impl Embedded {
    /// The trait of the field's type, always in the same words at the same place: what is wrong with it is then
    /// said once.
    fn of(&self, item: &str) -> TokenStream {
        let (ty, item) = (&self.ty, Ident::new(item, self.ty.span()));
        quote_spanned!(ty.span()=> <#ty as ::atlas::Embed>::#item)
    }

    /// The type of the model's constant, at the same place.
    fn columns(&self, owner: &Ident) -> TokenStream {
        let (columns, mut owner) = (self.of("Columns"), owner.clone());
        owner.set_span(self.ty.span());
        quote_spanned!(self.ty.span()=> #columns<#owner>)
    }
}

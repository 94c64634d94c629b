//! The model as data: `ModelMeta` and a `ColumnMeta` for each column.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::relations;
use crate::model::{Column, Default, KeyKind, Model};

pub(super) fn statics(model: &Model) -> TokenStream {
    let span = Span::mixed_site();
    let Model { name, table, key, .. } = model;
    let count = model.columns.len();
    let columns = model.columns.iter().map(column);
    let names = model.columns.iter().map(|column| &column.name);
    let connection = option(model.connection.as_ref());
    let key_kind = match model.key_kind {
        KeyKind::Generated => quote!(Generated),
        KeyKind::Manual => quote!(Manual),
        KeyKind::Uuid => quote!(Uuid),
        KeyKind::Ulid => quote!(Ulid),
    };
    let indexes = model.indexes.iter().map(|index| {
        let (columns, unique) = (&index.columns, index.unique);
        quote_spanned!(span=> __a::IndexMeta { columns: &[#(#columns),*], unique: #unique })
    });
    let (created_at, updated_at) = (option(model.created_at), option(model.updated_at));
    let relations = relations::meta(model);
    quote_spanned! {span=>
        static __COLUMNS: [__a::ColumnMeta; #count] = [#(#columns),*];
        static __META: __a::ModelMeta = __a::ModelMeta {
            name: #name,
            table: #table,
            connection: #connection,
            columns: &__COLUMNS,
            names: &[#(#names),*],
            key: &[#(#key),*],
            key_kind: __a::KeyKind::#key_kind,
            indexes: &[#(#indexes),*],
            created_at: #created_at,
            updated_at: #updated_at,
            relations: &[#relations],
        };
    }
}

fn column(column: &Column) -> TokenStream {
    let span = Span::mixed_site();
    let (field, name, codec) = (&column.field, &column.name, column.codec());
    let nullable = if column.is_cast_option() {
        quote!(true)
    } else if column.cast.is_some() {
        quote!(false)
    } else {
        quote_spanned!(span=> #codec::NULLABLE)
    };
    let cast = if column.cast.is_none() && column.mutator.is_none() {
        quote_spanned!(span=> #codec::cast)
    } else {
        let value = quote_spanned!(span=> value);
        let (decoded, encoded) = (column.decoded(&value), column.encoded(&quote_spanned!(span=> &value)));
        let mutated = column.mutated(value);
        quote_spanned!(span=> |value| #decoded.map(|value| { let value = #mutated; #encoded }))
    };
    let unique = column.unique.then(|| quote_spanned!(span=> .unique()));
    let indexed = column.indexed.then(|| quote_spanned!(span=> .indexed()));
    let fillable = column.fillable.then(|| quote_spanned!(span=> .fillable()));
    let default = column.default.as_ref().map(|default| {
        let default = default_meta(default, column);
        quote_spanned!(span=> .default(#default))
    });
    quote_spanned! {span=>
        __a::ColumnMeta::new(#field, #name, #codec::TYPE, #nullable, #cast) #unique #indexed #fillable #default
    }
}

fn default_meta(default: &Default, column: &Column) -> TokenStream {
    let (span, ty) = (Span::mixed_site(), &column.ty);
    let standard = || quote_spanned!(span=> <#ty as ::core::default::Default>::default());
    let assigned = |value: &TokenStream| quote_spanned!(span=> __a::Assign::<#ty>::assign(#value));
    let made = |value: TokenStream| {
        let encoded = column.encoded(&quote_spanned!(span=> &#value));
        quote_spanned!(span=> || #encoded)
    };
    match default {
        Default::Constant(value) => {
            let made = made(assigned(value));
            quote_spanned!(span=> __a::DefaultMeta::Constant(#made))
        }
        Default::Computed(value) => {
            let made = made(assigned(value));
            quote_spanned!(span=> __a::DefaultMeta::Computed(#made))
        }
        Default::Standard => {
            let made = made(standard());
            quote_spanned!(span=> __a::DefaultMeta::Computed(#made))
        }
        Default::Database(sql) => {
            let made = made(standard());
            quote_spanned!(span=> __a::DefaultMeta::Database { sql: #sql, placeholder: #made })
        }
    }
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

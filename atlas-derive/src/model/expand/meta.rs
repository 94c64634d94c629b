//! The model as data: `ModelMeta` and a `ColumnMeta` for each column.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, ext::IdentExt, spanned::Spanned};

use super::{embed, index, located, relations};
use crate::model::{Accessor, Column, Default, KeyKind, Model, Serialized};

pub(super) fn statics(model: &Model) -> TokenStream {
    let span = Span::mixed_site();
    let Model { name, table, key, .. } = model;
    let count = model.columns.len();
    let columns = model.columns.iter().map(|of| column(&model.ident, of));
    let columns = quote_spanned!(span=> [#(#columns),*]);
    let (columns, names) = if model.embedded.is_empty() {
        let names = model.columns.iter().map(|column| &column.name);
        (
            quote_spanned!(span=> static __COLUMNS: [__a::ColumnMeta; #count] = #columns;),
            quote_spanned!(span=> [#(#names),*]),
        )
    } else {
        let embedded = (0..model.embedded.len()).map(embed::columns);
        let columns = quote_spanned! {span=>
            const __COLUMNS: [__a::ColumnMeta; __COUNT] = __a::with_embedded(&[&#columns, #(#embedded),*]);
        };
        (columns, quote_spanned!(span=> const { __a::names_of(&__COLUMNS) }))
    };
    let key = indices(key);
    let key_kind = match model.key_kind {
        KeyKind::Generated => quote!(Generated),
        KeyKind::Manual => quote!(Manual),
        KeyKind::Uuid => quote!(Uuid),
        KeyKind::Ulid => quote!(Ulid),
    };
    let relations = relations::meta(model);
    let found = !relations.is_empty() || model.columns.iter().any(|column| column.sensitive);
    let known = found.then(|| quote_spanned!(span=> __a::inventory::submit! { __a::Known(&__META) }));
    let further = further(model);
    quote_spanned! {span=>
        #columns
        static __META: __a::ModelMeta = __a::ModelMeta {
            name: #name,
            table: #table,
            columns: &__COLUMNS,
            names: &#names,
            key: &[#(#key),*],
            key_kind: __a::KeyKind::#key_kind,
            relations: &[#relations],
            #further
            ..__a::ModelMeta::PLAIN
        };
        #known
    }
}

pub(super) fn column(owner: &Ident, column: &Column) -> TokenStream {
    let span = Span::mixed_site();
    let (field, name, codec) = (&column.field, &column.name, column.codec());
    let stored = if column.cast.is_none() && column.mutator.is_none() {
        quote_spanned!(span=> #codec::STORED)
    } else {
        let nullable = match &column.cast {
            Some(_) => column.is_cast_option().to_token_stream(),
            None => quote_spanned!(span=> #codec::NULLABLE),
        };
        let value = quote_spanned!(span=> value);
        let decoded = column.accepted(&value);
        let stored = column.stored_value(&column.mutated(value));
        quote_spanned!(span=> (#codec::TYPE, #nullable, |value| #decoded.map(|value| #stored)))
    };
    let unique = match column.without_trashed {
        true => Some(quote_spanned!(span=> .unique_without_trashed())),
        false => column.unique.then(|| quote_spanned!(span=> .unique())),
    };
    let indexed = column.indexed.then(|| quote_spanned!(span=> .indexed()));
    let fillable = column.fillable.then(|| quote_spanned!(span=> .fillable()));
    let given = column.encrypted.then(|| quote_spanned!(span=> .given(#codec::GIVEN)));
    let serialized = serialized(&column.serialized);
    let shown = column.shown.as_ref().map(|with| {
        let ident = &column.ident;
        let with = quote_spanned!(located(with)=> #with(&model.#ident));
        quote_spanned!(span=> .shown(|model| __a::read::<#owner>(model, |model| __a::written(#with))))
    });
    let default = column.default.as_ref().map(|default| {
        let default = default_meta(default, column);
        quote_spanned!(span=> .default(#default))
    });
    quote_spanned! {span=>
        __a::ColumnMeta::new(#field, #name, #stored) #unique #indexed #fillable #given #serialized #shown #default
    }
}

/// What is called on a column's or a relation's metadata.
pub(super) fn serialized(serialized: &Serialized) -> TokenStream {
    let span = Span::mixed_site();
    let name = serialized.name.as_ref().map(|name| quote_spanned!(span=> .serialized(#name)));
    let hidden = serialized.hidden.then(|| quote_spanned!(span=> .hidden()));
    quote_spanned!(span=> #name #hidden)
}

/// The elements of `ModelMeta::accessors`.
fn accessors(model: &Model) -> impl Iterator<Item = TokenStream> {
    let span = Span::mixed_site();
    model.accessors.iter().map(move |accessor| {
        let (owner, Accessor { ident, serialized, appended }) = (&model.ident, accessor);
        let name = ident.unraw().to_string();
        let mut there = owner.clone();
        there.set_span(ident.span());
        let call = quote_spanned!(located(ident)=> #there::#ident(model));
        quote_spanned! {span=> __a::Accessor {
            name: #name,
            serialized: #serialized,
            appended: #appended,
            read: |model| __a::read::<#owner>(model, |model| __a::written(#call)),
        }}
    })
}

fn default_meta(default: &Default, column: &Column) -> TokenStream {
    let (span, ty) = (Span::mixed_site(), &column.ty);
    let assigned = |value: &TokenStream| quote_spanned!(span=> __a::Assign::<#ty>::assign(#value));
    let made = |value: TokenStream| {
        let stored = column.stored_value(&value);
        quote_spanned!(span=> || #stored)
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
            let made = made(quote_spanned!(span=> <#ty as ::core::default::Default>::default()));
            quote_spanned!(span=> __a::DefaultMeta::Computed(#made))
        }
        Default::Database(sql) => {
            let made = made(quote_spanned!(span=> <#ty as __a::Placeholder>::placeholder()));
            quote_spanned!(span=> __a::DefaultMeta::Database { sql: #sql, placeholder: #made })
        }
    }
}

fn indices(columns: &[usize]) -> impl Iterator<Item = Literal> {
    columns.iter().copied().map(index)
}

/// What few models have.
fn further(model: &Model) -> TokenStream {
    let span = Span::mixed_site();
    let column = |name: &str, column: Option<usize>| {
        let (name, index) = (Ident::new(name, span), index(column?));
        Some(quote_spanned!(span=> #name: ::core::option::Option::Some(#index),))
    };
    let connection = model
        .connection
        .as_ref()
        .map(|name| quote_spanned!(span=> connection: ::core::option::Option::Some(#name),));
    let indexes = model.indexes.iter().map(|of| {
        let (columns, unique, without_trashed) = (indices(&of.columns), of.unique, of.without_trashed);
        quote_spanned! {span=>
            __a::IndexMeta { columns: &[#(#columns),*], unique: #unique, without_trashed: #without_trashed }
        }
    });
    let indexes = (!model.indexes.is_empty()).then(|| quote_spanned!(span=> indexes: &[#(#indexes),*],));
    let full_text = model.full_text.iter().map(|of| {
        let (columns, language) = (indices(&of.columns), &of.language);
        quote_spanned!(span=> __a::FullTextMeta { columns: &[#(#columns),*], language: #language })
    });
    let full_text =
        (!model.full_text.is_empty()).then(|| quote_spanned!(span=> full_text: &[#(#full_text),*],));
    let sensitive: Vec<&String> =
        model.columns.iter().filter(|column| column.sensitive).map(|column| &column.name).collect();
    let sensitive = (!sensitive.is_empty()).then(|| quote_spanned!(span=> sensitive: &[#(#sensitive),*],));
    let accessors: Vec<TokenStream> = accessors(model).collect();
    let accessors = (!accessors.is_empty()).then(|| quote_spanned!(span=> accessors: &[#(#accessors),*],));
    let strict = model.strict.then(|| quote_spanned!(span=> strict: true,));
    let case = model.case.variant().map(|case| {
        let case = Ident::new(case, span);
        quote_spanned!(span=> case: __a::NameCase::#case,)
    });
    let deferred = model.deferred().map(|(place, _)| index(place)).collect::<Vec<_>>();
    let deferred = (!deferred.is_empty()).then(|| quote_spanned!(span=> deferred: &[#(#deferred),*],));
    let columns = [
        column("created_at", model.created_at),
        column("updated_at", model.updated_at),
        column("soft_deletes", model.soft_deletes),
        column("version", model.version),
        column("tenant", model.tenant),
    ];
    let observers = observers(model).into_iter().chain(scopes(model));
    connection
        .into_iter()
        .chain(observers)
        .chain(indexes)
        .chain(full_text)
        .chain(columns.into_iter().flatten())
        .chain(sensitive)
        .chain(deferred)
        .chain(accessors)
        .chain(case)
        .chain(strict)
        .collect()
}

/// The global scopes, whose conditions are made for each statement.
fn scopes(model: &Model) -> Option<TokenStream> {
    let (span, ident) = (Span::mixed_site(), &model.ident);
    let scopes = model.scopes.iter().map(|scope| {
        let name = scope.segments.last().map(|last| last.ident.unraw().to_string()).unwrap_or_default();
        let function = match scope.get_ident() {
            Some(alone) => quote_spanned!(scope.span()=> <#ident>::#alone),
            None => scope.to_token_stream(),
        };
        let condition =
            quote_spanned!(located(scope)=> ::atlas::bounds::scope_condition::<#ident>(#name, #function));
        quote_spanned! {span=>
            __a::GlobalScope { name: #name, id: || __a::scope_id(#function), condition: || #condition }
        }
    });
    let list = quote_spanned!(span=> __a::GlobalScopes(&[#(#scopes),*]));
    (!model.scopes.is_empty()).then(|| quote_spanned!(span=> global_scopes: #list,))
}

/// Each is made when the first record is written or read.
fn observers(model: &Model) -> Option<TokenStream> {
    let span = Span::mixed_site();
    let ident = &model.ident;
    let observers = model.observers.iter().map(|observer| {
        let by = quote_spanned!(located(observer)=> ::atlas::bounds::Observed::by::<#ident>(#observer));
        quote_spanned! {span=> || {
            static __OBSERVED: ::std::sync::LazyLock<::atlas::bounds::Observed> = ::std::sync::LazyLock::new(|| #by);
            &__OBSERVED
        }}
    });
    (!model.observers.is_empty()).then(|| quote_spanned!(span=> observers: &[#(#observers),*],))
}

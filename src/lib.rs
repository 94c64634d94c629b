#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

#[cfg(feature = "hashing")]
pub use atlas_core::Hashed;
#[cfg(feature = "cache")]
pub use atlas_core::MemoryCache;
pub use atlas_core::model::{Complete, ModelMeta};
#[cfg(feature = "encryption")]
pub use atlas_core::new_encryption_key;
#[cfg(feature = "chrono")]
pub use atlas_core::now;
pub use atlas_core::{
    AfterCommit, Array, Assign, Assignment, Attribute, BelongsTo, BelongsToMany, Cache, CacheKey, CachedRows,
    Cast, Changed, Column, Config, Connections, ConstraintKind, Cursor, CursorPage, DB, Db, Deferred, DynRow,
    Embed, Error, Event, Expr, Expression, Fields, Fill, FromRow, HasMany, HasManyThrough, HasOne,
    HasOneThrough, Health, HealthStatus, Isolation, Json, Model, ModelEvent, MorphMany, MorphOne,
    MorphTarget, MorphTo, MorphToMany, Observer, Order, Page, PageUrl, Pending, Prunable, Query, Record,
    RecordEvent, Records, Related, Relation, Result, Scalar, SimplePage, Sql, TenantDatabases, TlsMode,
    Transaction, Truncate, With, case_when, casts, col, count_all, cume_dist, db, dense_rank, excluded,
    full_text, models, ntile, percent_rank, rank, register_driver, relations, row, row_number, table, val,
    value, values,
};
#[cfg(feature = "runtime")]
pub use atlas_derive::main;
pub use atlas_derive::{Attribute, Embed, FromRow, Model, MorphTarget, sql};

/// The kinds of relations, as types: the third parameter of a [`Relation`].
pub use atlas_core::relation::kind;

/// Whole records among what a query selects.
pub use atlas_core::query::{exists, fields, record};

/// What a driver is made of: for those who write one.
pub use atlas_core::{driver, schema, statement};

/// The SQLite driver, with its builder.
#[cfg(feature = "sqlite")]
pub use atlas_sqlite as sqlite;

/// The PostgreSQL driver, with its builder.
#[cfg(feature = "postgres")]
pub use atlas_postgres as postgres;

/// The MySQL and MariaDB driver, with its builder.
#[cfg(feature = "mysql")]
pub use atlas_mysql as mysql;

/// Factories: made-up rows.
#[cfg(feature = "factory")]
pub use atlas_factory as factory;

/// The schema builder, and migrations.
#[cfg(feature = "migrate")]
pub mod migrate {
    pub use atlas_derive::embed_migrations;
    pub use atlas_migrate::*;
}

/// What calls ask of their arguments: the traits that compile errors name, and the types in them.
pub mod bounds {
    #[doc(hidden)]
    pub use atlas_core::query::{scope_condition, select_field};
    pub use atlas_core::{
        db::Retryable,
        model::{
            Aggregated, Alike, Always, AlwaysRead, Anywhere, Append, ArrayExpression, ArrayValue, As,
            Assignments, Base, Both, Case, CastsTo, Choice, Columns, Complete, DateExpression, Deferrable,
            DeferredColumns, Excluded, Found, FullTextColumns, In, Integer, IntoKey, IntoOrder, IsArray,
            JsonDocument, JsonExpression, JsonPath, Keeps, Key, Made, Maybe, Missing, Named, NotNull, Null,
            NumberExpression, Operand, OrNull, Outer, Plain, RowOperand, RowParts, RowValue, Search, Set,
            SoftDeletes, Subquery, Tenanted, Term, Text, TextExpression, Upserts, Window, WindowExpression,
            Windowed,
        },
        query::{
            Filled, Filling, Fills, Fits, Inner, IntoFlow, NamesScope, Returned, Returning, ReturningQuery,
            Rooted, RowOf, ScopeOf, ScopePart, SelectAs, Selection, SqlList, SqlValue, Takes, Whole, Within,
        },
        record::{FieldNames, Observed},
        relation::{
            Asked, Attaching, AttributesOf, Creates, Dissociates, FilterOf, HasPivot, IntoLoad, KeyedBy,
            LeadsTo, Link, Linked, MorphLoad, MorphVariant, OneModel, OrderOf, Pivot, PivotColumn,
            PivotValues, Present, Question, RefersToOne, SameKey, Sortable, ToMany, Touched,
        },
        value::{
            Binds, Encrypted, Encryption, HasDate, HasTime, IntoValue, Item, Mutator, Nullable, Number,
            Placeholder, Serde, Stamp,
        },
    };
}

/// Everything that a program with models needs: `use atlas::prelude::*;`.
pub mod prelude {
    pub use atlas_core::{
        BelongsTo, BelongsToMany, Cast, Column, DB, Db, Deferred, Error, Expression as _, HasMany,
        HasManyThrough, HasOne, HasOneThrough, Isolation, Json, ModelEvent, MorphMany, MorphOne, MorphTo,
        MorphToMany, Observer, Pending, Prunable, Query, Record, Relation, Result, With, models,
    };

    pub use crate::{Attribute, Embed, Model, MorphTarget};
    pub use atlas_core::model::{
        ArrayExpression as _, Choice as _, DateExpression as _, JsonExpression as _, NumberExpression as _,
        TextExpression as _, WindowExpression as _,
    };
}

/// The crates whose types can be columns, in the versions that Atlas was built with.
pub mod types {
    #[cfg(feature = "chrono")]
    pub use atlas_core::types::chrono;
    #[cfg(feature = "decimal")]
    pub use atlas_core::types::rust_decimal;
    pub use atlas_core::types::serde_json;
    #[cfg(feature = "uuid")]
    pub use atlas_core::types::uuid;
}

/// Runs a future to its end, on a runtime made for it: for a `main` without a runtime of its own.
///
/// ```
/// let answer = atlas::block_on(async { 6 * 7 });
/// assert_eq!(answer, 42);
/// ```
///
/// # Panics
///
/// Where the operating system gives no threads, and inside of another runtime.
#[cfg(feature = "runtime")]
pub fn block_on<F: Future>(work: F) -> F::Output {
    #[allow(clippy::expect_used)]
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("the operating system gives threads to a runtime");
    runtime.block_on(work)
}

/// What the derives name. Not for use by hand: it changes with them.
#[doc(hidden)]
pub mod __private {
    pub use atlas_core::{
        Assign, Attribute, Cast, Column, Db, Deferred, Embed, Error, Fill, Json, Model, Pending, Record,
        Result, With,
        driver::{BoxFuture, Row},
        inventory,
        model::{
            Accessor, ColumnMeta, Complete, DefaultMeta, Deferrable, DraftData, FullTextMeta, IndexMeta,
            KeyKind, Known, Missing, ModelMeta, NameCase, Reader, Set, SoftDeletes, Tenanted, create, locate,
            names_of, prefixed, prefixed_length, prefixed_text, read, with_embedded, written,
        },
        query::{Filled, Loader, Part, Places, RowOf, SelectAs, place_fields, read_field, scope_id},
        relation::{
            Between, IntoLoad, Link, Loaded, Morph, MorphTarget, MorphTo, MorphVariant, NthLoaded, NthSlot,
            RelationKind, SameKey, Touched, Wanted, eager, no_variant, nothing_to_push, nth_loaded, nth_slot,
            push_variant, show_variant, with_child, with_children, with_parent,
        },
        schema::Action,
        statement::Selected,
        statement::{GlobalScope, GlobalScopes},
        value::{ColumnType, Mutator, Placeholder, Stamp, Value, ValueRef},
    };
}

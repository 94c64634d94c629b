//! End-to-end tests of Atlas, through its public API only, on every configured database.
//!
//! A module per capability; each test makes its own database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]
#![allow(clippy::needless_borrows_for_generic_args, reason = "what may be borrowed is tested")]

mod support;

mod after_connect;
mod aggregates;
mod alike;
mod arrays;
mod bad_input;
mod bulk;
mod caching;
mod casts;
mod chinook;
mod chunks;
mod conditions;
mod connections;
mod conversions;
mod cursors;
mod drafts;
mod dynamic;
mod events;
mod every_kind;
mod expressions;
mod faults;
mod filters;
mod find_or_write;
mod full_text;
mod graphs;
mod joins;
mod json_paths;
mod keys;
mod locks;
mod mass_assignment;
mod modifiers;
mod multi_tenant_api;
mod observers;
mod orders;
mod own_types;
mod pages;
mod random;
mod raw;
mod reads;
mod records;
mod related;
mod related_morphs;
mod related_pivots;
mod relation_conditions;
mod relation_defaults;
mod relation_kinds;
mod relation_names;
mod relation_questions;
mod relation_scale;
mod relations;
mod schema;
mod scopes;
mod secrets;
mod select_as;
mod serialization;
mod soft_deletes;
mod strict;
mod subqueries;
mod tables;
mod tenant_attacks;
mod tenant_databases;
mod tenants;
mod timestamps;
mod touches;
mod transaction_options;
mod transactions;
mod upserts;
mod versions;
mod wide;
mod windows;
mod writes;

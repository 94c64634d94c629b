//! Atlas beside the bare drivers, in one process, taking turns: `cargo xtask bench sqlite`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod associations;
mod measure;
#[cfg(feature = "postgres")]
mod postgres;
mod report;
mod sqlite;
mod texts;

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let only =
        arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1));
    match arguments.first().map(String::as_str) {
        Some("sqlite") => sqlite::run(if quick { 7 } else { 61 }, only.map(String::as_str)),
        Some("texts") => texts::run(if quick { 21 } else { 201 }),
        #[cfg(feature = "postgres")]
        Some("postgres") => postgres::run(if quick { 7 } else { 41 }, only.map(String::as_str)),
        _ => {
            eprintln!("usage: atlas-bench sqlite|texts|postgres [--quick] [--only WORK]");
            eprintln!("`postgres` takes the feature of that name, and libpq for Diesel");
            std::process::exit(2);
        }
    }
}

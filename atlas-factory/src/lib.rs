//! Factories: made-up rows, for tests and for databases to try things on.
//!
//! A [`Factory`] says what a row of a model is like, a [`FactoryBuilder`] how many there are to be and in what they
//! differ. Everything ends in drafts: `steps` are what is done to each of them, `run` makes and inserts them all,
//! `children` and `parents` are the steps that bring other models' rows along, `hooks` those that see what was made.
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

mod builder;
mod children;
mod factory;
mod hooks;
mod making;
mod parents;
mod run;
mod steps;

pub use builder::FactoryBuilder;
pub use factory::Factory;
pub use making::{Fakes, Making};
pub use parents::Parent;

/// A draft with every required column, which is what a definition gives.
pub use atlas_core::model::Complete;
/// What makes up names, addresses and the like: `fake::faker::name::en::Name()`.
pub use fake;

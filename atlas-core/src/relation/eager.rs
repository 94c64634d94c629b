//! Relations that a model's every query loads. Where two models load each other so, it ends there: what a
//! model loads by itself, it does not load within that.

use std::{any::TypeId, cell::RefCell};

use crate::{model::Model, query::Loader, record::Record};

thread_local! {
    /// The models whose relations are being gathered, each for the one before it.
    static GATHERED: RefCell<Vec<TypeId>> = const { RefCell::new(Vec::new()) };
}

/// For the derive: what loads the relations marked `#[eager]`.
pub fn eager<M: Model>(gather: fn(&mut Vec<Loader<Record<M>>>)) -> Vec<Loader<Record<M>>> {
    let mut models = Within::here();
    let mut loaders = Vec::new();
    if !models.0.contains(&TypeId::of::<M>()) {
        models.0.push(TypeId::of::<M>());
        models.run(|| gather(&mut loaders));
    }
    loaders
}

/// The models whose relations are being gathered at some place.
#[derive(Clone)]
pub(super) struct Within(Vec<TypeId>);

impl Within {
    /// Those at this place.
    pub(super) fn here() -> Self {
        Self(GATHERED.with_borrow(Clone::clone))
    }

    /// Does something as it would be done at that place.
    pub(super) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Back(Vec<TypeId>);
        impl Drop for Back {
            fn drop(&mut self) {
                GATHERED.set(std::mem::take(&mut self.0));
            }
        }
        let _back = Back(GATHERED.replace(self.0.clone()));
        work()
    }
}

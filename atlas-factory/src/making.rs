use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use atlas_core::{Error, Result, model::ModelMeta, value::Value};
use fake::{
    Dummy,
    rand::{RngExt, SeedableRng, make_rng, rngs::StdRng},
};

use crate::{Factory, FactoryBuilder};

/// The making of rows: what a definition makes things up with, and what it may know of the row.
pub struct Making {
    rng: StdRng,
    index: usize,
    /// Rows that are there, to be referred to.
    recycled: Vec<(&'static ModelMeta, Rows)>,
    /// What went wrong where nothing could be said.
    failed: Option<Error>,
}

/// Rows of a model: the values of its columns.
pub(crate) type Rows = Arc<[Vec<Value>]>;

/// What makes up a `T`: everything that the crate `fake` can.
#[diagnostic::on_unimplemented(
    message = "nothing makes up a `{T}` out of this",
    label = "no `fake::Dummy<{Self}>` for `{T}`"
)]
pub trait Fakes<T> {
    /// Makes one up.
    fn fake(&self, rng: &mut StdRng) -> T;
}

#[diagnostic::do_not_recommend]
impl<T: Dummy<F>, F> Fakes<T> for F {
    fn fake(&self, rng: &mut StdRng) -> T {
        T::dummy_with_rng(self, rng)
    }
}

impl Making {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let rng = seed.map_or_else(make_rng, StdRng::seed_from_u64);
        Self { rng, index: 0, recycled: Vec::new(), failed: None }
    }

    /// Makes something up: `making.fake::<String>(Name())`, `making.fake::<i32>(18..80)`.
    pub fn fake<T>(&mut self, faker: impl Fakes<T>) -> T {
        faker.fake(&mut self.rng)
    }

    /// The place of the row among those that its factory makes, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// A number that no other row of this program gets: for columns whose values differ.
    pub fn number(&self) -> u64 {
        static LAST: AtomicU64 = AtomicU64::new(0);
        LAST.fetch_add(1, Relaxed) + 1
    }

    /// A draft of another model, for the row to bring along: `Post::draft().author(making.draft(User::factory()))`. What
    /// the row is said to refer to, or what is to be [recycled](FactoryBuilder::recycle), comes in its place.
    pub fn draft<N: Factory>(&mut self, factory: FactoryBuilder<N>) -> N::CompleteDraft {
        N::complete(factory.begin(self).draft(self))
    }

    /// What chance is asked: for what the crate `fake` does not make up.
    pub fn rng(&mut self) -> &mut StdRng {
        &mut self.rng
    }

    /// Says which place the next row has: the one that was said before.
    pub(crate) fn set_index(&mut self, index: usize) -> usize {
        std::mem::replace(&mut self.index, index)
    }

    /// Lets rows be referred to.
    pub(crate) fn recycle(&mut self, model: &'static ModelMeta, rows: &Rows) {
        if !self.recycled.iter().any(|(_, there)| Arc::ptr_eq(there, rows)) {
            self.recycled.push((model, rows.clone()));
        }
    }

    /// One of the rows of a model that are to be referred to.
    pub(crate) fn choose(&mut self, model: &'static ModelMeta) -> Option<Vec<Value>> {
        let Self { rng, recycled, .. } = self;
        let of = || {
            recycled.iter().filter(|(meta, _)| std::ptr::eq(*meta, model)).flat_map(|(_, rows)| rows.iter())
        };
        let count = of().count();
        if count == 0 {
            return None;
        }
        of().nth(rng.random_range(0..count)).cloned()
    }

    pub(crate) fn fail(&mut self, error: Error) {
        self.failed.get_or_insert(error);
    }

    /// What went wrong since it was asked last.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

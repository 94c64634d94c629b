//! Two sides of the same work, measured in turn.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use stats_alloc::Region;

use crate::ALLOCATOR;

/// The medians of one side.
#[derive(Clone, Copy, Default)]
pub struct Side {
    /// Time for one operation.
    pub time: Duration,
    /// Allocations (with reallocations) of one operation.
    pub allocations: f64,
}

/// A row of the report: the same work, done by Atlas and by the bare driver.
pub struct Comparison {
    /// What was done.
    pub work: &'static str,
    /// How many rows one operation reads or writes.
    pub rows: u32,
    /// What it may cost, in words, and whether the medians hold to it.
    pub target: Target,
    /// Atlas.
    pub atlas: Side,
    /// The bare driver.
    pub bare: Side,
}

/// What Atlas may cost.
#[derive(Clone, Copy)]
pub enum Target {
    /// So many times the bare driver's time.
    Ratio(f64),
    /// So much more than the bare driver.
    Above(Duration),
}

impl Comparison {
    /// Atlas's time over the bare driver's.
    pub fn ratio(&self) -> f64 {
        self.atlas.time.as_secs_f64() / self.bare.time.as_secs_f64()
    }

    /// Whether the target is met.
    pub fn is_met(&self) -> bool {
        match self.target {
            Target::Ratio(most) => self.ratio() <= most,
            Target::Above(most) => self.atlas.time <= self.bare.time + most,
        }
    }
}

/// Measures both sides, a round of the one after a round of the other, and gives the medians of one
/// operation. A round is as many operations as `operations`.
pub async fn compare<A, B>(
    rounds: usize,
    operations: u32,
    mut atlas: impl FnMut() -> A,
    mut bare: impl FnMut() -> B,
) -> (Side, Side)
where
    A: Future<Output = ()>,
    B: Future<Output = ()>,
{
    let (mut of_atlas, mut of_bare) = (Vec::new(), Vec::new());
    // The first rounds warm caches and prepared statements up.
    for round in 0..rounds + 3 {
        let (one, other) = (time(operations, &mut atlas).await, time(operations, &mut bare).await);
        if round >= 3 {
            of_atlas.push(one);
            of_bare.push(other);
        }
    }
    (median(of_atlas), median(of_bare))
}

/// Measures two sides that wait for nothing, a round of the one after a round of the other.
pub fn alternate(
    rounds: usize,
    operations: u32,
    mut one: impl FnMut(),
    mut other: impl FnMut(),
) -> (Side, Side) {
    let (mut of_one, mut of_other) = (Vec::new(), Vec::new());
    for round in 0..rounds + 3 {
        let sides = (time_now(operations, &mut one), time_now(operations, &mut other));
        if round >= 3 {
            of_one.push(sides.0);
            of_other.push(sides.1);
        }
    }
    (median(of_one), median(of_other))
}

fn time_now(operations: u32, work: &mut impl FnMut()) -> Side {
    let region = Region::new(ALLOCATOR);
    let start = Instant::now();
    (0..operations).for_each(|_| work());
    let time = start.elapsed() / operations;
    let change = region.change();
    let allocations = (change.allocations + change.reallocations) as f64 / f64::from(operations);
    Side { time, allocations }
}

/// Measures several sides, a round of each after a round of the others, and gives the medians of one
/// operation of each.
#[cfg(feature = "postgres")]
pub async fn turns<F: Future<Output = ()>>(
    rounds: usize,
    operations: u32,
    mut sides: Vec<(&'static str, impl FnMut() -> F)>,
) -> Vec<(&'static str, Side)> {
    let mut measured = vec![Vec::new(); sides.len()];
    for round in 0..rounds + 3 {
        for ((_, work), measured) in sides.iter_mut().zip(&mut measured) {
            let side = time(operations, work).await;
            if round >= 3 {
                measured.push(side);
            }
        }
    }
    sides.iter().zip(measured).map(|((name, _), measured)| (*name, median(measured))).collect()
}

async fn time<F: Future<Output = ()>>(operations: u32, work: &mut impl FnMut() -> F) -> Side {
    let region = Region::new(ALLOCATOR);
    let start = Instant::now();
    for _ in 0..operations {
        work().await;
    }
    let time = start.elapsed() / operations;
    let change = region.change();
    let allocations = (change.allocations + change.reallocations) as f64 / f64::from(operations);
    Side { time, allocations }
}

fn median(mut sides: Vec<Side>) -> Side {
    sides.sort_by_key(|side| side.time);
    sides.get(sides.len() / 2).copied().unwrap_or_default()
}

//! Everybody does the same work, a round of each after a round of the others.

use std::time::{Duration, Instant};

use stats_alloc::Region;

use crate::{
    ALLOCATOR,
    database::Database,
    peers::{Side, fill},
    work::{Rows, Work},
};

/// What one side took for one operation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// The median of the rounds.
    pub time: Duration,
    /// How far the middle half of the rounds is apart, as a part of the median.
    pub noise: f64,
    /// Allocations (with reallocations).
    pub allocations: f64,
}

/// One piece of work, done by everybody.
pub struct Measured {
    pub work: Work,
    /// In the order of `peers::names`; `None` has no way to do it.
    pub took: Vec<Option<Took>>,
}

/// How long and how often.
#[derive(Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    /// How long a round of one side is to be.
    pub round: Duration,
}

/// Measures one piece of work. `there` is what the tables hold.
pub async fn measure(
    sides: &mut [Box<dyn Side>],
    names: &[&str],
    database: &Database,
    work: Work,
    effort: Effort,
    there: &mut Option<Rows>,
) -> Measured {
    if work.grows() || *there != Some(work.rows()) {
        fill(sides, database, work.rows()).await;
        *there = (!work.grows()).then_some(work.rows());
    }
    let found = agree(sides, names, database, work).await;
    let mut operations = Vec::new();
    for (side, found) in sides.iter_mut().zip(&found) {
        operations.push(if found.is_some() { calibrate(side, work, effort.round).await } else { 0 });
    }
    if work.grows() {
        // The same number of rows for everybody: a table that grows gets slower.
        let least = operations.iter().copied().filter(|count| *count > 0).min().unwrap_or(1);
        operations.iter_mut().for_each(|count| *count = (*count).min(least.clamp(1, 100)));
    }
    let mut rounds = vec![Vec::new(); sides.len()];
    for round in 0..effort.rounds + 2 {
        for at in 0..sides.len() {
            if operations[at] == 0 {
                continue;
            }
            if work.grows() {
                fill(
                    if database.url.is_none() { &mut sides[at..=at] } else { &mut *sides },
                    database,
                    Rows::Nothing,
                )
                .await;
            }
            let took = time(&mut sides[at], work, operations[at]).await;
            // The first rounds warm caches and prepared statements up.
            if round >= 2 {
                rounds[at].push(took);
            }
        }
    }
    Measured { work, took: rounds.into_iter().map(median).collect() }
}

/// Once, before anything is measured: everybody finds the same.
async fn agree(
    sides: &mut [Box<dyn Side>],
    names: &[&str],
    database: &Database,
    work: Work,
) -> Vec<Option<u64>> {
    let mut found = Vec::new();
    for at in 0..sides.len() {
        if work.grows() && database.url.is_some() {
            fill(sides, database, Rows::Nothing).await;
        }
        found.push(sides[at].round(work, 1).await);
    }
    let bare = found[1];
    for (name, found) in names.iter().zip(&found) {
        assert!(found.is_none() || *found == bare, "{work}: {name} found {found:?}, others {bare:?}");
    }
    found
}

async fn calibrate(side: &mut Box<dyn Side>, work: Work, round: Duration) -> u32 {
    let mut operations = 1;
    loop {
        let start = Instant::now();
        side.round(work, operations).await;
        let took = start.elapsed();
        if took >= round / 4 || operations >= 20_000 {
            let wanted = round.as_secs_f64() / took.as_secs_f64() * f64::from(operations);
            return (wanted as u32).clamp(1, 20_000);
        }
        operations *= 4;
    }
}

async fn time(side: &mut Box<dyn Side>, work: Work, operations: u32) -> Took {
    let region = Region::new(ALLOCATOR);
    let start = Instant::now();
    side.round(work, operations).await;
    let time = start.elapsed() / operations;
    let change = region.change();
    let allocations = (change.allocations + change.reallocations) as f64 / f64::from(operations);
    Took { time, noise: 0.0, allocations }
}

fn median(mut rounds: Vec<Took>) -> Option<Took> {
    rounds.sort_by_key(|took| took.time);
    let middle = *rounds.get(rounds.len() / 2)?;
    let quarter = |part: usize| rounds[(rounds.len() * part / 4).min(rounds.len() - 1)].time.as_secs_f64();
    Some(Took { noise: (quarter(3) - quarter(1)) / middle.time.as_secs_f64(), ..middle })
}

//! What Atlas has to reach, as `docs/performance.md` says it.

use std::{fmt, time::Duration};

use crate::{
    database::Dialect,
    peers::{bare, names},
    turns::Measured,
    work::Work::{self, *},
};

/// What Atlas may take.
#[derive(Clone, Copy)]
pub enum Target {
    /// So many times the bare driver.
    Bare(f64),
    /// So much more than the bare driver.
    Above(Duration),
    /// So many times the fastest of all others.
    Fastest(f64),
    /// No more than Diesel, or than the fastest where there is no Diesel.
    Diesel,
}

/// Whether it did.
#[derive(Clone, Copy, PartialEq)]
pub enum Verdict {
    Met,
    /// By no more than the rounds are apart.
    Noise,
    Missed,
}

/// The target of a piece of work on a database.
pub fn of(dialect: Dialect, work: Work) -> Target {
    let lookup = Target::Above(Duration::from_nanos(1_500));
    match (dialect, work) {
        (Dialect::Sqlite, Trivial(n) | Medium(n)) if n >= 100 => Target::Bare(1.0),
        (Dialect::Sqlite, Trivial(_) | Medium(_) | Find | Update) => lookup,
        (Dialect::Sqlite, Insert(_) | Bulk(_)) => Target::Bare(1.2),
        (Dialect::Sqlite, Associations) => Target::Bare(1.25),
        (_, Trivial(n) | Medium(n)) if n >= 1_000 => Target::Diesel,
        (_, Trivial(_) | Medium(_) | Find | Update) => Target::Fastest(1.05),
        (_, Insert(_) | Bulk(_) | Associations | Page | Cursor(_)) => Target::Fastest(1.0),
    }
}

impl Target {
    /// Compares.
    pub fn verdict(self, dialect: Dialect, measured: &Measured) -> Verdict {
        let seconds = |at: usize| measured.took[at].map_or(f64::INFINITY, |took| took.time.as_secs_f64());
        let named = |name: &str| names(dialect).iter().position(|other| *other == name);
        let fastest = (1..measured.took.len()).map(seconds).fold(f64::INFINITY, f64::min);
        let most = match self {
            Target::Bare(times) => seconds(named(bare(dialect)).unwrap_or(1)) * times,
            Target::Above(more) => seconds(1) + more.as_secs_f64(),
            Target::Fastest(times) => fastest * times,
            Target::Diesel => named("Diesel").map_or(fastest, seconds),
        };
        match seconds(0) {
            atlas if atlas <= most => Verdict::Met,
            atlas if atlas <= most * (1.0 + noise(measured)) => Verdict::Noise,
            _ => Verdict::Missed,
        }
    }
}

/// How far rounds are apart: the mean of all sides.
pub fn noise(measured: &Measured) -> f64 {
    let noises: Vec<f64> = measured.took.iter().flatten().map(|took| took.noise).collect();
    noises.iter().sum::<f64>() / noises.len().max(1) as f64
}

/// Everyone but the bare driver who is ahead by more than the noise.
pub fn ahead(dialect: Dialect, measured: &Measured) -> Vec<&'static str> {
    let Some(atlas) = measured.took[0] else { return Vec::new() };
    let least = atlas.time.as_secs_f64() / (1.0 + noise(measured));
    let is_ahead = |at: usize| measured.took[at].is_some_and(|took| took.time.as_secs_f64() < least);
    (2..measured.took.len()).filter(|at| is_ahead(*at)).map(|at| names(dialect)[at]).collect()
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Bare(times) => write!(f, "≤ {times:.2} × bare"),
            Target::Above(more) => write!(f, "≤ bare + {more:?}"),
            Target::Fastest(times) => write!(f, "≤ {times:.2} × fastest"),
            Target::Diesel => write!(f, "≤ Diesel"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Met => "met",
            Verdict::Noise => "met, within noise",
            Verdict::Missed => "**missed**",
        })
    }
}

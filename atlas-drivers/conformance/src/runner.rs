use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use atlas_core::driver::Driver;
use tokio::time::timeout;

use crate::{
    case::{Definition, Failure, Verdict},
    cases,
    report::{Case, Outcome, Report},
    subject::Subject,
};

/// How long a case may take before the driver counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// Holds a driver to its contract. The driver is closed at the end.
///
/// The driver's database is written to, in tables whose names begin with `atlas_`; each is dropped
/// after its case.
pub async fn run(driver: Arc<dyn Driver>) -> Report {
    run_some(driver, |_| true).await
}

/// The same with the cases whose names contain a text alone: `read_only::`, `values::texts`. The driver
/// stays open, unless the case that closes it is among them.
pub async fn run_matching(driver: Arc<dyn Driver>, part: &str) -> Report {
    run_some(driver, |case| case.contains(part)).await
}

async fn run_some(driver: Arc<dyn Driver>, wanted: impl Fn(&str) -> bool) -> Report {
    let name = driver.name();
    let subject = Subject::new(driver, prefix());
    let mut done = Vec::new();
    for case in cases::all().filter(|case| wanted(case.name())) {
        let start = Instant::now();
        let outcome = run_case(case, subject.for_case()).await;
        done.push(Case { name: case.name(), outcome, took: start.elapsed() });
    }
    Report { driver: name, cases: done }
}

/// What the names of this run's tables begin with: others may use the same database at the same time.
fn prefix() -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    format!("atlas_{:x}_{:x}_{run:x}", since.as_micros(), process::id())
}

async fn run_case(case: &Definition, subject: Subject) -> Outcome {
    let capabilities = subject.driver().capabilities();
    if let Some(lacking) = case.needs.iter().copied().find(|need| !need.is_in(capabilities)) {
        return Outcome::Skipped {
            why: format!("the database lacks `{lacking}`"),
            capability: Some(lacking),
            instead: None,
        };
    }
    let verdict = finish((case.run)(subject.clone())).await;
    let cleaned = finish(Box::pin(async move { subject.clean().await })).await;
    match verdict.and(cleaned.map_err(|failure| failure.during("dropping the case's tables"))) {
        Ok(()) => Outcome::Passed,
        Err(Failure::Unsupported { why, instead }) => {
            Outcome::Skipped { why, capability: None, instead: Some(instead) }
        }
        Err(Failure::Broken(reason)) => Outcome::Failed(reason),
    }
}

/// Runs it in a task of its own, so that neither a panic nor a hang ends the suite.
async fn finish(case: atlas_core::driver::BoxFuture<'static, Verdict>) -> Verdict {
    let mut task = tokio::spawn(case);
    match timeout(PATIENCE, &mut task).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(panicked)) => Err(Failure::broken(format_args!("panicked: {panicked}"))),
        Err(_) => {
            task.abort();
            Err(Failure::broken(format_args!("did not end within {} s", PATIENCE.as_secs())))
        }
    }
}

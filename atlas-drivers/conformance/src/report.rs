use std::{
    fmt,
    io::{Write, stderr},
    time::Duration,
};

use crate::case::Capability;

/// How a driver did.
#[derive(Clone, Debug)]
pub struct Report {
    /// The driver's name.
    pub driver: &'static str,
    /// Every case, in the order in which they ran.
    pub cases: Vec<Case>,
}

/// A case, and how it ended.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name: the idea that it belongs to, and what it holds.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The driver keeps the promise.
    Passed,
    /// The promise is not made.
    Skipped {
        /// What the database lacks, or the driver's own sentence.
        why: String,
        /// The capability that it lacks.
        capability: Option<Capability>,
        /// What the driver says is to be done instead.
        instead: Option<String>,
    },
    /// The driver breaks the promise: what was expected, and what was found.
    Failed(String),
}

impl Report {
    /// The cases that the driver failed.
    pub fn failures(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Failed(_)))
    }

    /// The cases that did not apply.
    pub fn skipped(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Skipped { .. }))
    }

    /// One line: `conformance of sqlite: 90 passed, 0 failed, 3 skipped`.
    pub fn summary(&self) -> String {
        let (failed, skipped) = (self.failures().count(), self.skipped().count());
        let passed = self.cases.len() - failed - skipped;
        format!("conformance of {}: {passed} passed, {failed} failed, {skipped} skipped", self.driver)
    }

    /// Ends a test: prints the summary, which the test harness does not capture.
    ///
    /// # Panics
    ///
    /// With the whole report, where a case failed.
    #[allow(clippy::panic)] // This is an assertion.
    #[track_caller]
    pub fn assert(&self) {
        // A closed stderr is no reason to fail a driver.
        let _ = writeln!(stderr(), "{}", self.summary());
        assert!(self.failures().next().is_none(), "\n{self}");
    }
}

/// A table of the cases, what failed last, and the summary.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.cases.iter().map(|case| case.name.len()).max().unwrap_or(0);
        for Case { name, outcome, took } in &self.cases {
            let took = took.as_millis();
            match outcome {
                Outcome::Passed => writeln!(f, "{name:width$}  {took:>6} ms  passed")?,
                Outcome::Skipped { why, .. } => writeln!(f, "{name:width$}  {took:>6} ms  skipped: {why}")?,
                Outcome::Failed(_) => writeln!(f, "{name:width$}  {took:>6} ms  FAILED")?,
            }
        }
        for Case { name, outcome, .. } in self.failures() {
            if let Outcome::Failed(reason) = outcome {
                writeln!(f, "\n{name}\n    {}", reason.replace('\n', "\n    "))?;
            }
        }
        write!(f, "\n{}", self.summary())
    }
}

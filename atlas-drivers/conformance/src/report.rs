use std::{
    env,
    ffi::OsStr,
    fmt,
    fs::OpenOptions,
    io::{self, Write, stderr},
    time::Duration,
};

use crate::case::Capability;

/// Names the file that [`Report::assert`] adds its findings to.
const FINDINGS: &str = "ATLAS_TEST_CAPABILITIES";

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

    /// What the database can do and what not, a line for each case: the driver, the case, `yes` or `no`,
    /// and what to do instead, with tabs between them. The table of capabilities is made of it.
    ///
    /// Cases without an answer of their own, since they failed or build on a capability that the
    /// database lacks, have no third and no fourth part.
    pub fn findings(&self) -> String {
        let line = |case: &Case| {
            let found = match &case.outcome {
                Outcome::Passed => "\tyes".to_owned(),
                Outcome::Skipped { instead: Some(instead), .. } => {
                    format!("\tno\t{}", instead.replace(['\t', '\n'], " "))
                }
                Outcome::Skipped { .. } | Outcome::Failed(_) => String::new(),
            };
            format!("{}\t{}{found}\n", self.driver, case.name)
        };
        self.cases.iter().map(line).collect()
    }

    /// Adds the findings to a file, at once: other tests do so too.
    fn add_findings(&self, file: &OsStr) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).open(file)?.write_all(self.findings().as_bytes())
    }

    /// Ends a test: prints the summary, which the test harness does not capture, and adds the
    /// [findings](Self::findings) to the file that `ATLAS_TEST_CAPABILITIES` names, if it does.
    ///
    /// # Panics
    ///
    /// With the whole report, where a case failed; where that file cannot be written.
    #[allow(clippy::panic)] // This is an assertion.
    #[track_caller]
    pub fn assert(&self) {
        // A closed stderr is no reason to fail a driver.
        let _ = writeln!(stderr(), "{}", self.summary());
        if let Some(file) = env::var_os(FINDINGS)
            && let Err(reason) = self.add_findings(&file)
        {
            panic!("cannot write {}: {reason}", file.display());
        }
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

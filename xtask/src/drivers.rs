//! How each driver fared: in its conformance suite, and in tests/it.

use std::{collections::BTreeMap, fmt};

use crate::{
    outcomes::{Counts, Outcomes},
    services::{ForTests, Missing},
};

/// A row for each driver.
pub(crate) struct Drivers {
    rows: Vec<Row>,
    /// The services that do not run here, each with the reason.
    missing: Vec<String>,
    /// Whether one of them should.
    unexcused: bool,
}

struct Row {
    driver: String,
    conformance: Counts,
    end_to_end: Counts,
    /// Whether its server is not on this machine.
    excused: bool,
}

impl Drivers {
    /// Reads what tests/it reported: a line `driver passed|failed|skipped test` for each test and database.
    pub(crate) fn new(drivers: &[String], outcomes: &Outcomes, report: &str, services: &ForTests) -> Self {
        let row = |driver: &String| Row {
            driver: driver.clone(),
            conformance: outcomes.conformance(&format!("atlas-{driver}")),
            end_to_end: end_to_end(driver, report),
            excused: services.missing.iter().any(|Missing { service, excused, .. }| {
                // The driver can be tested without the pooler.
                *excused && service.driver == driver && service.needs.is_none()
            }),
        };
        Self {
            rows: drivers.iter().map(row).collect(),
            missing: services.missing.iter().map(Missing::line).collect(),
            unexcused: services.missing.iter().any(|missing| !missing.excused),
        }
    }

    /// Whether each driver that can run did, without a failure.
    pub(crate) fn passed(&self) -> bool {
        !self.unexcused && self.rows.iter().all(|row| row.fault().is_none())
    }
}

impl Missing {
    fn line(&self) -> String {
        if self.excused { format!("SKIPPED: {}", self.reason) } else { format!("FAILED: {}", self.reason) }
    }
}

impl Row {
    /// What is wrong with it.
    fn fault(&self) -> Option<&'static str> {
        let ran = |counts: Counts| counts.passed + counts.failed > 0;
        match self {
            Self { conformance, .. } if conformance.failed > 0 => Some("FAILED: the conformance suite"),
            Self { end_to_end, .. } if end_to_end.failed > 0 => Some("FAILED: tests/it"),
            Self { excused: true, .. } => None,
            Self { conformance, .. } if !ran(*conformance) => {
                Some("FAILED: its conformance suite did not run")
            }
            Self { end_to_end, .. } if !ran(*end_to_end) => Some("FAILED: tests/it did not run on it"),
            _ => None,
        }
    }
}

/// The table, and what is missing.
impl fmt::Display for Drivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<10}  {:>24}  {:>24}", "", "conformance", "tests/it")?;
        let head = format!("{:>8}{:>8}{:>8}", "passed", "failed", "skipped");
        writeln!(f, "{:<10}  {head}  {head}", "driver")?;
        for row in &self.rows {
            let counts = |Counts { passed, failed, skipped }| format!("{passed:>8}{failed:>8}{skipped:>8}");
            let (conformance, end_to_end) = (counts(row.conformance), counts(row.end_to_end));
            let excuse = if row.excused { "SKIPPED: its server is not here" } else { "" };
            let fault = row.fault().unwrap_or(excuse);
            let line = format!("{:<10}  {conformance}  {end_to_end}  {fault}", row.driver);
            writeln!(f, "{}", line.trim_end())?;
        }
        self.missing.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A test that asked for databases twice counts once, and as failed if it failed once.
fn end_to_end(driver: &str, report: &str) -> Counts {
    let mut tests: BTreeMap<&str, Counts> = BTreeMap::new();
    for line in report.lines() {
        let mut words = line.splitn(3, ' ');
        if words.next() != Some(driver) {
            continue;
        }
        let (Some(outcome), Some(test)) = (words.next(), words.next()) else { continue };
        let counts = tests.entry(test).or_default();
        match outcome {
            "failed" => *counts = Counts { failed: 1, ..Counts::default() },
            "passed" if counts.failed == 0 => *counts = Counts { passed: 1, ..Counts::default() },
            "skipped" if counts.failed + counts.passed == 0 => counts.skipped = 1,
            _ => {}
        }
    }
    tests.into_values().sum()
}

#[cfg(test)]
mod tests {
    use super::{Counts, Drivers, Row, end_to_end};

    #[test]
    fn each_test_counts_once() {
        let report = "sqlite passed a::b\nsqlite failed a::b\nsqlite passed a::b\nsqlite passed c\n\
                      postgres skipped c\nsqlite skipped d";
        let Counts { passed, failed, skipped } = end_to_end("sqlite", report);
        assert_eq!((passed, failed, skipped), (1, 1, 1));
    }

    #[test]
    fn a_driver_that_did_not_run_fails_unless_its_server_is_not_here() {
        let ran = Counts { passed: 1, ..Counts::default() };
        let row = |conformance, end_to_end, excused| Row {
            driver: "x".to_owned(),
            conformance,
            end_to_end,
            excused,
        };
        for (row, passed) in [
            (row(ran, ran, false), true),
            (row(Counts::default(), ran, false), false),
            (row(ran, Counts::default(), false), false),
            (row(Counts::default(), Counts::default(), true), true),
            (row(ran, Counts { failed: 1, ..ran }, true), false),
        ] {
            let drivers = Drivers { rows: vec![row], missing: Vec::new(), unexcused: false };
            assert_eq!(drivers.passed(), passed, "{drivers}");
        }
    }
}

//! What cargo's output says about the tests, as a table.

use std::{collections::HashMap, iter::Sum};

/// How each suite of tests went.
#[derive(Default)]
pub(crate) struct Outcomes {
    /// The package of each test program, by the program's file name.
    packages: HashMap<String, String>,
    suites: Vec<Suite>,
    /// The tests that failed, each after its package.
    failed: Vec<String>,
    /// Whether cargo itself was content.
    succeeded: bool,
}

/// One test program, the documentation of one package, or a driver's run of the conformance suite.
struct Suite {
    package: String,
    name: String,
    counts: Option<Counts>,
    /// Cargo's own `test result` line.
    line: String,
}

/// How many tests.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Outcomes {
    /// Takes a line of cargo's JSON, and remembers whose test program it tells of.
    pub(crate) fn learn(&mut self, json: &str) {
        let (Some(program), Some(id)) = (text_of(json, "executable"), text_of(json, "package_id")) else {
            return;
        };
        let package = match id.split_once('#') {
            Some((path, version)) => match version.split_once('@') {
                Some((name, _)) => name,
                None => file_name(path),
            },
            None => id,
        };
        self.packages.insert(file_name(program).to_owned(), package.to_owned());
    }

    /// Takes a line of what `cargo test` prints.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("Running ") {
            let (source, program) = rest.rsplit_once(" (").unwrap_or((rest, ""));
            let program = file_name(program.trim_end_matches(')'));
            let package = self.packages.get(program).map_or("?", String::as_str).to_owned();
            let name =
                if source.starts_with("unittests") { "unit".to_owned() } else { integration_test(source) };
            self.begin(package, name);
        } else if let Some(package) = line.strip_prefix("Doc-tests ") {
            self.begin(package.replace('_', "-"), "docs".to_owned());
        } else if line.starts_with("test result: ") {
            if let Some(suite) = self.suites.iter_mut().rfind(|suite| !suite.name.starts_with(CONFORMANCE)) {
                suite.add(Counts::of(line, "ignored"));
                line.clone_into(&mut suite.line);
            }
        } else if let Some(test) =
            line.strip_prefix("test ").and_then(|test| test.strip_suffix(" ... FAILED"))
        {
            let package = self.suites.last().map_or("?", |suite| &suite.package);
            self.failed.push(format!("{package}: {test}"));
        } else if let Some((driver, rest)) =
            line.strip_prefix(CONFORMANCE).and_then(|rest| rest.split_once(": "))
        {
            let package = self.suites.last().map_or_else(String::new, |suite| suite.package.clone());
            let counts = Some(Counts::of(rest, "skipped"));
            self.suites.push(Suite {
                package,
                name: format!("{CONFORMANCE}{driver}"),
                counts,
                line: String::new(),
            });
        }
    }

    /// Takes whether cargo succeeded.
    pub(crate) fn end(&mut self, succeeded: bool) {
        self.succeeded = succeeded;
    }

    /// Whether tests ran, and every one passed.
    pub(crate) fn passed(&self) -> bool {
        let passed = |suite: &Suite| suite.counts.as_ref().is_some_and(|counts| counts.failed == 0);
        self.succeeded && !self.suites.is_empty() && self.suites.iter().all(passed)
    }

    /// What the conformance suite found in all its runs by a package.
    pub(crate) fn conformance(&self, package: &str) -> Counts {
        let runs = self.suites.iter().filter(|suite| suite.package == package);
        let runs = runs.filter(|suite| suite.name.starts_with(CONFORMANCE));
        runs.filter_map(|suite| suite.counts).sum()
    }

    fn begin(&mut self, package: String, name: String) {
        self.suites.push(Suite { package, name, counts: None, line: String::new() });
    }
}

/// What the conformance suite's own line starts with.
const CONFORMANCE: &str = "conformance of ";

impl Suite {
    /// Adds counts: the documentation of one package has two result lines, one for merged examples.
    fn add(&mut self, more: Counts) {
        self.counts = Some([self.counts.unwrap_or_default(), more].into_iter().sum());
    }
}

impl Counts {
    /// Reads `12 passed; 0 failed; 1 ignored`, with commas or semicolons.
    fn of(line: &str, skipped: &str) -> Self {
        let words: Vec<&str> = line.split([' ', ';', ',', '.']).filter(|word| !word.is_empty()).collect();
        let before = |label: &str| {
            let at = words.iter().position(|word| *word == label);
            at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
        };
        Self { passed: before("passed"), failed: before("failed"), skipped: before(skipped) }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, more| Self {
            passed: sum.passed + more.passed,
            failed: sum.failed + more.failed,
            skipped: sum.skipped + more.skipped,
        })
    }
}

impl Outcomes {
    /// A row for each suite that has tests.
    pub(crate) fn table(&self) -> String {
        let shown: Vec<&Suite> = self.suites.iter().filter(|suite| !suite.is_empty()).collect();
        let width =
            |of: fn(&Suite) -> &str| shown.iter().map(|suite| of(suite).len()).max().unwrap_or(0).max(8);
        let (package, name) = (width(|suite| &suite.package), width(|suite| &suite.name));
        let mut text = format!(
            "{:package$}  {:name$}  {:>7}  {:>7}  {:>7}\n",
            "package", "tests", "passed", "failed", "skipped"
        );
        for suite in &shown {
            text += &format!("{:package$}  {:name$}  ", suite.package, suite.name);
            text += &suite.counts.map_or("ended without a result\n".to_owned(), |counts| {
                format!("{:>7}  {:>7}  {:>7}\n", counts.passed, counts.failed, counts.skipped)
            });
        }
        text
    }

    /// The tests that failed, and cargo's own lines.
    pub(crate) fn lines(&self) -> String {
        let failed = self.failed.iter().map(|test| format!("FAILED: {test}\n"));
        let shown = self.suites.iter().filter(|suite| !suite.is_empty() && !suite.line.is_empty());
        failed.chain(shown.map(|suite| format!("{}\n", suite.line))).collect()
    }
}

impl Suite {
    /// Whether it has no tests at all, which is worth no line.
    fn is_empty(&self) -> bool {
        self.counts.as_ref().is_some_and(|counts| counts.passed + counts.failed + counts.skipped == 0)
    }
}

/// `it` for `tests/it/main.rs` and `it/main.rs`; `ui` for `tests/ui.rs`.
fn integration_test(source: &str) -> String {
    let path = source.trim_end_matches(".rs").trim_end_matches("/main");
    file_name(path).to_owned()
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The text of a field of a JSON object: enough for cargo's messages, whose paths have no escapes.
fn text_of<'a>(json: &'a str, field: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{field}\":\""))?;
    rest.split_once('"').map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::Outcomes;

    const OUTPUT: &str = "
     Running unittests src/lib.rs (target/debug/deps/atlas_core-01)
test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s
     Running it/main.rs (target/debug/deps/it-02)
test result: ok. 30 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 1.02s
     Running tests/conformance.rs (target/debug/deps/conformance-03)
conformance of sqlite: 90 passed, 0 failed, 4 skipped
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.02s
   Doc-tests atlas_core
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s";

    fn outcomes(output: &str, succeeded: bool) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for (id, program) in [
            ("path+file:///work/main/atlas-core#0.1.0", "atlas_core-01"),
            ("path+file:///work/main/tests#atlas-tests@0.1.0", "it-02"),
            ("path+file:///work/main/atlas-drivers/sqlite#atlas-sqlite@0.1.0", "conformance-03"),
        ] {
            outcomes
                .learn(&format!(r#"{{"package_id":"{id}","executable":"/target/debug/deps/{program}"}}"#));
        }
        output.lines().for_each(|line| outcomes.read(line));
        outcomes.end(succeeded);
        outcomes
    }

    #[test]
    fn the_table_names_packages_and_counts() {
        let outcomes = outcomes(OUTPUT, true);
        assert!(outcomes.passed());
        let table = outcomes.table();
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        for row in [
            ["atlas-core unit", "7 0 0"],
            ["atlas-tests it", "30 0 2"],
            ["atlas-sqlite conformance", "1 0 0"],
            ["atlas-sqlite conformance of sqlite", "90 0 4"],
            ["atlas-core docs", "5 0 0"],
        ] {
            let row = row.join(" ");
            assert!(rows.iter().any(|found| found.join(" ") == row), "{row}\n{table}");
        }
        assert_eq!(
            outcomes.lines().lines().count(),
            5 - 1,
            "the conformance suite's own line is in the table"
        );
        assert_eq!(
            (outcomes.conformance("atlas-sqlite").passed, outcomes.conformance("atlas-it").passed),
            (90, 0)
        );
    }

    #[test]
    fn failed_tests_are_named_below_the_table() {
        let output = OUTPUT.replace("test result: ok. 30", "test a::b ... FAILED\ntest result: FAILED. 30");
        assert!(outcomes(&output, false).lines().starts_with("FAILED: atlas-tests: a::b\n"));
    }

    #[test]
    fn a_failure_anywhere_fails() {
        assert!(!outcomes(OUTPUT, false).passed());
        assert!(!outcomes(&OUTPUT.replace("30 passed; 0 failed", "29 passed; 1 failed"), true).passed());
        assert!(!outcomes("", true).passed());
        assert!(
            !outcomes("     Running unittests src/lib.rs (target/debug/deps/atlas_core-01)", true).passed()
        );
    }
}

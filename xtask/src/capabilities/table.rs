use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::Result;

/// What each database can do: a row for each capability, and for each case of the conformance suite to
/// which one of them says that it cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    drivers: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    label: String,
    /// A cell for each driver.
    cells: Vec<String>,
}

/// What a database that can has in its cell.
const YES: &str = "yes";

/// What a database has in its cell that lacks a capability on which the row builds.
const NONE: &str = "–";

/// The answers of a driver's runs to a case.
#[derive(Default)]
struct Answers {
    yes: bool,
    instead: BTreeSet<String>,
}

impl Answers {
    fn cell(&self) -> String {
        let instead = self.instead.iter().map(String::as_str).collect::<Vec<_>>().join("; ");
        match (self.yes, instead.is_empty()) {
            (true, true) => YES.to_owned(),
            (false, true) => NONE.to_owned(),
            (false, false) => instead,
            // The driver is for several servers.
            (true, false) => format!("not everywhere; where not, {instead}"),
        }
    }
}

impl Table {
    /// Reads a table of Markdown's.
    pub(super) fn parse(text: &str) -> Self {
        let mut lines = text.lines().filter(|line| line.starts_with('|')).map(cells);
        let drivers = lines.next().unwrap_or_default().into_iter().skip(1).collect();
        let rows = lines.skip(1).filter_map(|cells| {
            let mut cells = cells.into_iter();
            Some(Row { label: cells.next()?, cells: cells.collect() })
        });
        Self { drivers, rows: rows.collect() }
    }

    /// The same with what the conformance suite found, a line for each driver and case. The columns of
    /// other drivers stay as they are.
    pub(super) fn with(&self, findings: &str) -> Result<Self> {
        let mut cases: Vec<&str> = Vec::new();
        let mut found: BTreeMap<(&str, &str), Answers> = BTreeMap::new();
        for line in findings.lines() {
            let mut parts = line.split('\t');
            let (Some(driver), Some(case)) = (parts.next(), parts.next()) else {
                return Err(format!("the conformance suite wrote a line that is not understood: {line}"));
            };
            if !cases.contains(&case) {
                cases.push(case);
            }
            let answers = found.entry((driver, case)).or_default();
            match (parts.next(), parts.next()) {
                (Some("yes"), _) => answers.yes = true,
                (Some(_), Some(instead)) => drop(answers.instead.insert(instead.to_owned())),
                _ => {}
            }
        }
        if cases.is_empty() {
            return Ok(self.clone());
        }

        let ran: BTreeSet<&str> = found.keys().map(|(driver, _)| *driver).collect();
        let drivers: BTreeSet<&str> =
            ran.iter().copied().chain(self.drivers.iter().map(String::as_str)).collect();
        let mut table =
            Self { drivers: drivers.iter().map(|driver| (*driver).to_owned()).collect(), rows: Vec::new() };
        for case in cases {
            let label = label(case);
            let cell = |driver: &&str| {
                if ran.contains(driver) {
                    found.get(&(*driver, case)).map_or(NONE.to_owned(), Answers::cell)
                } else {
                    self.cell(&label, driver).unwrap_or(YES).to_owned()
                }
            };
            let cells = drivers.iter().map(cell).collect();
            table.add(Row { label, cells }, case.starts_with(CAPABILITY));
        }
        Ok(table)
    }

    /// Adds a row, where it says something new.
    fn add(&mut self, row: Row, always: bool) {
        let tells = row.cells.iter().any(|cell| cell != YES && cell != NONE);
        let is_new = || self.rows.iter().all(|other| other.cells != row.cells);
        if always || (tells && is_new()) {
            self.rows.push(row);
        }
    }

    fn cell(&self, label: &str, driver: &str) -> Option<&str> {
        let at = self.drivers.iter().position(|known| known == driver)?;
        let row = self.rows.iter().find(|row| row.label == label)?;
        row.cells.get(at).map(String::as_str)
    }
}

/// The module of the cases that each have a row.
const CAPABILITY: &str = "capability::";

/// `read only: deferrable transactions` for `read_only::deferrable_transactions`.
fn label(case: &str) -> String {
    case.trim_start_matches(CAPABILITY).replace("::", ": ").replace('_', " ")
}

/// The cells of a line.
fn cells(line: &str) -> Vec<String> {
    // A bar within a cell is written `\|`.
    let line = line.trim().replace("\\|", "\0");
    let line = line.trim_start_matches('|').trim_end_matches('|');
    line.split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
}

/// In Markdown, with empty lines around it.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n| | {} |", self.drivers.join(" | "))?;
        writeln!(f, "|---{}|", "|---".repeat(self.drivers.len()))?;
        for Row { label, cells } in &self.rows {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            writeln!(f, "| {label} | {} |", cells.join(" | "))?;
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    const FINDINGS: &str = "\
sqlite\tcapability::raw_statements\tyes
sqlite\tread_only::deferrable\tno\tleave it out
sqlite\tvalues::nul\tyes
sqlite\tlike::nul\tyes
sqlite\tupdate::rows_back
postgres\tcapability::raw_statements\tyes
postgres\tread_only::deferrable\tyes
postgres\tvalues::nul\tno\tuse bytes | take it out
postgres\tlike::nul\tno\tuse bytes | take it out
postgres\tupdate::rows_back\tyes
";

    const TABLE: &str = "
| | postgres | sqlite |
|---|---|---|
| raw statements | yes | yes |
| read only: deferrable | yes | leave it out |
| values: nul | use bytes \\| take it out | yes |
";

    #[test]
    fn what_a_database_cannot_do_is_a_row() {
        let table = Table::default().with(FINDINGS).unwrap();
        // The cells of `like: nul` say nothing new.
        assert_eq!(table.to_string(), format!("{TABLE}\n"));
        assert_eq!(Table::parse(&table.to_string()), table);
    }

    #[test]
    fn a_driver_that_did_not_run_keeps_its_column() {
        let table = Table::parse(TABLE);
        assert_eq!(table.with("").unwrap(), table);
        let sqlite: String = FINDINGS
            .lines()
            .filter(|line| line.starts_with("sqlite"))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(table.with(&sqlite).unwrap(), table);
        let changed = table.with(&sqlite.replace("no\tleave it out", "yes")).unwrap();
        assert_ne!(changed, table);
        assert!(!changed.to_string().contains("deferrable"), "{changed}");
        assert!(changed.to_string().contains("use bytes"), "{changed}");
    }

    #[test]
    fn a_driver_of_several_servers_says_so() {
        let findings = "mysql\tcapability::returning\tyes\nmysql\tcapability::returning\tno\tgive a key\n";
        let table = Table::default().with(findings).unwrap().to_string();
        assert!(table.contains("| returning | not everywhere; where not, give a key |"), "{table}");
    }

    #[test]
    fn what_is_not_a_finding_is_an_error() {
        assert!(Table::default().with("nonsense").is_err());
    }
}

//! The report, as Markdown, and its place in `docs/performance.md`.

use std::{fmt::Write as _, fs, path::PathBuf, process::Command, time::Duration};

use crate::{
    database::Dialect,
    peers::names,
    pool::{self, Throughput},
    target::{self, Verdict},
    turns::Measured,
    work::{Work, number},
};

/// What was measured on one database.
pub struct Results {
    pub dialect: Dialect,
    /// The server's version.
    pub version: String,
    pub rounds: usize,
    pub measured: Vec<Measured>,
    /// In the order of the names, as everything of each side.
    pub pool: Vec<Throughput>,
    pub beside: Vec<Beside>,
    /// How many rows the cursor and the bulk insert of `beside` have.
    pub large: u32,
}

/// What each side took in processes of its own.
#[derive(Clone, Copy)]
pub struct Beside {
    pub cursor: Duration,
    pub cursor_memory: u64,
    pub bulk: Duration,
    pub bulk_memory: u64,
    pub first_query: Duration,
    pub instructions: Option<u64>,
}

/// A time, as one reads it.
pub fn duration(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    match nanos {
        _ if nanos < 1e4 => format!("{:.2} µs", nanos / 1e3),
        _ if nanos < 1e6 => format!("{:.1} µs", nanos / 1e3),
        _ if nanos < 1e9 => format!("{:.2} ms", nanos / 1e6),
        _ => format!("{:.2} s", nanos / 1e9),
    }
}

impl Results {
    /// All of it.
    pub fn text(&self) -> String {
        let mut text = format!("{}. {}, {} rounds.\n\n", machine(), self.version, self.rounds);
        self.write_times(&mut text);
        text += "\nAllocations, of one statement or of one row of many:\n\n";
        self.write_allocations(&mut text);
        if !self.beside.is_empty() {
            text += "\nEach in a process of its own, and ";
            let _ = writeln!(text, "{}:\n", pool::title());
            self.write_beside(&mut text);
        }
        text
    }

    fn write_times(&self, text: &mut String) {
        let names = names(self.dialect);
        let _ = writeln!(
            text,
            "| work | Atlas | to the fastest | to {} | target | {} |",
            names[1],
            names[1..].join(" | ")
        );
        let _ = writeln!(text, "|---|---:|---:|---:|---|{}", "---:|".repeat(names.len() - 1));
        for measured in &self.measured {
            let times: Vec<Option<Duration>> =
                measured.took.iter().map(|took| took.map(|took| took.time)).collect();
            let fastest = times.iter().flatten().min().copied().unwrap_or_default();
            let atlas = times[0].unwrap_or_default();
            let ratio = |other: Option<Duration>| {
                other
                    .map_or("–".into(), |other| format!("{:.2}", atlas.as_secs_f64() / other.as_secs_f64()))
            };
            let cell = |time: &Option<Duration>| match time {
                Some(time) if *time == fastest => format!("**{}**", duration(*time)),
                Some(time) => duration(*time),
                None => "–".to_owned(),
            };
            let fastest_other = times[1..].iter().flatten().min().copied();
            let target = target::of(self.dialect, measured.work);
            let verdict = target.verdict(self.dialect, measured);
            let cells: Vec<String> = times[1..].iter().map(cell).collect();
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {target}, {verdict} | {} |",
                measured.work,
                cell(&times[0]),
                ratio(fastest_other),
                ratio(times[1]),
                cells.join(" | "),
            );
        }
    }

    fn write_allocations(&self, text: &mut String) {
        let names = names(self.dialect);
        let _ = writeln!(text, "| work | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()));
        for measured in &self.measured {
            let users = self.dialect.nested_users();
            let rows = match measured.work {
                work @ (Work::Trivial(10_000) | Work::Medium(10_000) | Work::Insert(100) | Work::Bulk(_)) => {
                    work.size(users)
                }
                work @ Work::Associations => work.size(users),
                work if work.is_small() => 1,
                _ => continue,
            };
            let cells: Vec<String> = measured
                .took
                .iter()
                .map(|took| {
                    took.map_or("–".into(), |took| format!("{:.2}", took.allocations / f64::from(rows)))
                })
                .collect();
            let of = if rows == 1 { "" } else { ", a row" };
            let _ = writeln!(text, "| {}{of} | {} |", measured.work, cells.join(" | "));
        }
    }

    fn write_beside(&self, text: &mut String) {
        let large = number(self.large);
        let _ = writeln!(
            text,
            "| | cursor over {large} | its memory | {large} rows in bulk | its memory | look-ups a second | 99 of 100 \
             within | first query after the start | instructions of find by key |\n|---|{}",
            "---:|".repeat(8)
        );
        for ((name, beside), pool) in names(self.dialect).iter().zip(&self.beside).zip(&self.pool) {
            let memory = |kilobytes: u64| format!("{:.1} MB", kilobytes as f64 / 1024.0);
            let instructions = beside
                .instructions
                .map_or("–".into(), |count| number(u32::try_from(count).unwrap_or(u32::MAX)));
            let _ = writeln!(
                text,
                "| {name} | {} | {} | {} | {} | {} | {} | {} | {instructions} |",
                duration(beside.cursor),
                memory(beside.cursor_memory),
                duration(beside.bulk),
                memory(beside.bulk_memory),
                number(pool.per_second as u32),
                duration(pool.p99),
                duration(beside.first_query),
            );
        }
    }

    /// Every target that is missed, and every peer that is ahead, in words.
    pub fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        for measured in &self.measured {
            let target = target::of(self.dialect, measured.work);
            if target.verdict(self.dialect, measured) == Verdict::Missed {
                missed.push(format!("{}, {}: {target}", self.dialect.name(), measured.work));
            }
            let ahead = target::ahead(self.dialect, measured);
            if !ahead.is_empty() {
                missed.push(format!(
                    "{}, {}: {} ahead",
                    self.dialect.name(),
                    measured.work,
                    ahead.join(", ")
                ));
            }
        }
        missed
    }

    /// How far the asynchronous peers are behind on small reads.
    pub fn behind(&self) -> Vec<String> {
        let asynchronous = ["diesel-async", "sqlx", "SeaORM", "Toasty"];
        let small =
            self.measured.iter().filter(|measured| matches!(measured.work, Work::Trivial(1) | Work::Find));
        small
            .flat_map(|measured| {
                let atlas = measured.took[0].map_or(f64::NAN, |took| took.time.as_secs_f64());
                names(self.dialect).iter().zip(&measured.took).filter_map(move |(name, took)| {
                    let times = (*took)?.time.as_secs_f64() / atlas;
                    (asynchronous.contains(name) && times < 10.0)
                        .then(|| format!("{}: {name} is only {times:.1} × behind", measured.work))
                })
            })
            .collect()
    }
}

/// The machine and the compiler, in a line.
pub fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc =
        rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    format!("{}, {cores} cores, {rustc}", model.trim_start_matches([' ', '\t', ':']).trim())
}

/// The versions of everyone, from the lock file.
pub fn versions() -> String {
    let lock = include_str!("../Cargo.lock");
    let crates = [
        "diesel",
        "diesel-async",
        "sea-orm",
        "sqlx",
        "toasty",
        "rusqlite",
        "libsqlite3-sys",
        "tokio-postgres",
        "mysql_async",
    ];
    let version = |name: &str| {
        // Toasty brings an older mysql_async: the last is the newest.
        let (_, after) = lock.rsplit_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", after.split_once('"')?.0))
    };
    crates.into_iter().filter_map(version).collect::<Vec<_>>().join(", ")
}

fn docs() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs"))
}

/// The charts of a database, for the page.
pub fn charts(dialect: Dialect) -> String {
    let name = dialect.name().to_lowercase();
    let chart = |about: &str, kind: &str| format!("![{about}](performance/{name}-{kind}.svg)\n");
    chart("the time of a row of the trivial query, by the number of rows", "rows")
        + "\n"
        + &chart("the times of small work", "small")
}

/// Where charts go.
pub fn chart(dialect: Dialect, name: &str) -> PathBuf {
    let folder = docs().join("performance");
    fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{}-{name}.svg", dialect.name().to_lowercase()))
}

/// Puts what was measured between the marks of `docs/performance.md`.
pub fn write(dialect: Dialect, measured: &str) {
    let begin = format!("<!-- measured by `cargo xtask bench peers`: {} -->", dialect.name());
    let path = docs().join("performance.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) =
        page.split_once(&begin).expect("docs/performance.md has the mark where the tables begin");
    let (_, after) =
        rest.split_once("<!-- end -->").expect("docs/performance.md has the mark where they end");
    fs::write(&path, format!("{before}{begin}\n{}\n<!-- end -->{after}", measured.trim_end())).unwrap();
    println!("written to {}", path.display());
}

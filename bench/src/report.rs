//! The report, as the Markdown of `docs/performance.md`.

use std::{fmt::Write as _, process::Command};

use crate::measure::{Comparison, Target};

/// The table of comparisons.
pub fn table(comparisons: &[Comparison]) -> String {
    let mut text = String::from(
        "| work | Atlas | bare | ratio | target | allocations a row: Atlas | bare |\n|---|---:|---:|---:|---|---:|---:|\n",
    );
    for row in comparisons {
        let target = match row.target {
            Target::Ratio(most) => format!("≤ {most:.2} ×"),
            Target::Above(most) => format!("≤ bare + {most:?}"),
        };
        let met = if row.is_met() { "met" } else { "**missed**" };
        let per_row = |allocations: f64| allocations / f64::from(row.rows);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.2} | {target}, {met} | {:.2} | {:.2} |",
            row.work,
            duration(row.atlas.time),
            duration(row.bare.time),
            row.ratio(),
            per_row(row.atlas.allocations),
            per_row(row.bare.allocations),
        );
    }
    text
}

/// A time, as one reads it.
pub fn duration(time: std::time::Duration) -> String {
    let nanos = time.as_nanos() as f64;
    match nanos {
        _ if nanos < 1e4 => format!("{:.2} µs", nanos / 1e3),
        _ if nanos < 1e6 => format!("{:.1} µs", nanos / 1e3),
        _ => format!("{:.2} ms", nanos / 1e6),
    }
}

/// The machine and the compiler, in a line.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc =
        rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    format!("{}, {cores} cores, {rustc}", model.trim_start_matches([' ', '\t', ':']).trim())
}

/// Puts what was measured between the marks of `docs/performance.md`.
#[cfg(feature = "postgres")]
pub fn write(what: &str, measured: &str) {
    let begin = format!("<!-- measured by `cargo xtask bench {what}` -->");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) =
        page.split_once(&begin).expect("docs/performance.md has the mark where the table begins");
    let (_, after) = rest.split_once("<!-- end -->").expect("docs/performance.md has the mark where it ends");
    std::fs::write(&path, format!("{before}{begin}\n{measured}\n<!-- end -->{after}")).unwrap();
    println!("written to {}", path.display());
}

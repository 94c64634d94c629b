//! How things are shown: tables, colours where somebody sees them, progress on a terminal.

use std::{
    env,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

/// Writes lines; where nobody reads them any more, nothing is wrong.
pub(crate) fn say(text: impl AsRef<str>) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{}", text.as_ref());
}

/// What is written while something is done, which is no part of what a command gives.
pub(crate) fn note(text: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
}

/// Says why a command did not succeed.
pub(crate) fn failed(failure: &Failure) {
    note(format!("{} {failure}", paint("error:", Colour::Red, io::stderr().is_terminal())));
}

/// Colours, by what they mean.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
    Dim,
}

/// A word in a colour, where standard output is a terminal and `NO_COLOR` is not set.
pub(crate) fn coloured(text: &str, colour: Colour) -> String {
    paint(text, colour, io::stdout().is_terminal())
}

fn paint(text: &str, colour: Colour, terminal: bool) -> String {
    if !terminal || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Red => 31,
        Colour::Green => 32,
        Colour::Yellow => 33,
        Colour::Dim => 2,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// A table of texts, its columns side by side. Numbers stand to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cells =
        || std::iter::once(head.iter().map(|cell| (*cell).to_owned()).collect()).chain(rows.iter().cloned());
    let mut widths = vec![0; head.len()];
    for row in cells() {
        let row: Vec<String> = row;
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let numeric: Vec<bool> = (0..head.len())
        .map(|column| {
            let mut of =
                rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty()).peekable();
            of.peek().is_some() && of.all(|cell| cell.parse::<f64>().is_ok())
        })
        .collect();
    let line = |row: Vec<String>| {
        let cells = row.iter().zip(&widths).zip(&numeric).map(|((cell, width), numeric)| {
            let space = " ".repeat(width.saturating_sub(cell.chars().count()));
            if *numeric { format!("{space}{cell}") } else { format!("{cell}{space}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines: Vec<String> = cells().map(line).collect();
    let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  ");
    lines.insert(1, rule);
    lines.join("\n")
}

/// A bar for so many steps, which is seen on a terminal alone.
pub(crate) fn progress(steps: usize) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{pos}/{len}] {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_table_is_as_wide_as_its_cells() {
        let rows = [vec!["ann".to_owned(), "7".to_owned()], vec!["bo".to_owned(), "12".to_owned()]];
        assert_eq!(super::table(&["name", "n"], &rows), "name   n\n----  --\nann    7\nbo    12");
        assert_eq!(super::table(&["a"], &[]), "a\n-");
    }
}

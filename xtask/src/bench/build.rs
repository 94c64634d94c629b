//! `cargo xtask bench build`: what it costs to build a program.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::programs::{LIBRARIES, Library};
use crate::{
    Result,
    command::{cargo, root},
    services::target,
};

/// What one program takes.
struct Built {
    library: Library,
    models: usize,
    clean: Duration,
    again: Duration,
    /// Lines of LLVM's language, where `cargo llvm-lines` is on the machine.
    lines: Option<u64>,
    /// Bytes of the program, in release mode and without symbols.
    size: u64,
}

/// Builds all programs, prints the table and writes it to `docs/performance.md`.
pub(super) fn run(arguments: &[String]) -> Result {
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let mut libraries = Vec::new();
    for argument in arguments.iter().filter(|argument| *argument != "--quick") {
        let library = LIBRARIES.into_iter().find(|library| library.name() == argument);
        libraries.push(library.ok_or_else(|| format!("`{argument}` is no library that is built here"))?);
    }
    let all = libraries.is_empty();
    if all {
        libraries = LIBRARIES.to_vec();
    }
    let sizes: &[usize] = if quick { &[5, 50] } else { &[5, 50, 200] };
    let mut built = Vec::new();
    for &models in sizes {
        for &library in &libraries {
            built.push(build(library, models)?);
            println!("{}", row(&built[built.len() - 1]));
        }
    }
    let table = table(&built);
    println!("\n{table}");
    if all { write(&table) } else { Ok(()) }
}

/// Writes the program, and builds it.
fn build(library: Library, models: usize) -> Result<Built> {
    let folder = target().join("bench-build").join(format!("{}-{models}", library.name()));
    let source = folder.join("src");
    fs::create_dir_all(&source).map_err(|reason| format!("cannot make {}: {reason}", source.display()))?;
    write_file(&folder.join("Cargo.toml"), &library.manifest(models))?;
    write_file(&source.join("main.rs"), &library.main(models))?;
    if let Some(schema) = library.schema(models) {
        write_file(&source.join("schema.rs"), &schema)?;
    }
    for n in 0..models {
        write_file(&source.join(format!("m{n}.rs")), &library.model(n, models))?;
    }
    // Nothing of an earlier run, and nothing to be downloaded while the clock runs.
    let _ = fs::remove_dir_all(folder.join("target"));
    timed(&folder, &["fetch"])?;
    let clean = timed(&folder, &["build"])?;
    // Twice, since the first one also fills what later ones find.
    let model = source.join("m1.rs");
    let mut again = Vec::new();
    for turn in 0..4 {
        let changed = format!("{}\npub fn turn() -> u32 {{\n    {turn}\n}}\n", library.model(1, models));
        write_file(&model, &changed)?;
        again.push(timed(&folder, &["build"])?);
    }
    again.remove(0);
    again.sort();
    let lines = llvm_lines(&folder);
    timed(&folder, &["build", "--release", "--config", "profile.release.strip=true"])?;
    let binary = folder.join("target/release").join(format!("{}-{models}", library.name()));
    let size = fs::metadata(&binary).map_err(|reason| format!("no {}: {reason}", binary.display()))?.len();
    let _ = fs::remove_dir_all(folder.join("target"));
    Ok(Built { library, models, clean, again: again[1], lines, size })
}

fn write_file(path: &Path, text: &str) -> Result {
    fs::write(path, text).map_err(|reason| format!("cannot write {}: {reason}", path.display()))
}

/// Cargo in the program's folder, as its author would run it.
fn in_folder(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command
        .current_dir(folder)
        .env_remove("CARGO_INCREMENTAL")
        .env("CARGO_TARGET_DIR", folder.join("target"));
    command.env("RUSTFLAGS", "-A warnings");
    command
}

fn timed(folder: &Path, arguments: &[&str]) -> Result<Duration> {
    let start = Instant::now();
    let output = in_folder(folder, arguments).arg("--quiet").output();
    let output = output.map_err(|reason| format!("cargo did not start: {reason}"))?;
    if output.status.success() {
        return Ok(start.elapsed());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: cargo {} failed:\n{said}", folder.display(), arguments.join(" ")))
}

/// The total of `cargo llvm-lines`.
fn llvm_lines(folder: &Path) -> Option<u64> {
    let output = in_folder(folder, &["llvm-lines"]).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let total = text.lines().find(|line| line.contains("(TOTAL)"))?;
    total.split_whitespace().next()?.parse().ok()
}

fn row(built: &Built) -> String {
    let lines = built.lines.map_or("–".to_owned(), |lines| format!("{:.2} M", lines as f64 / 1e6));
    format!(
        "| {} | {} | {:.1} s | {:.2} s | {lines} | {:.1} MB |",
        built.models,
        built.library.title(),
        built.clean.as_secs_f64(),
        built.again.as_secs_f64(),
        built.size as f64 / 1e6,
    )
}

fn table(built: &[Built]) -> String {
    let mut text =
        "| models | library | clean build | after a change to one model | lines of LLVM | program (release, \
                    stripped) |\n|---:|---|---:|---:|---:|---:|\n"
            .to_owned();
    for built in built {
        let _ = writeln!(text, "{}", row(built));
    }
    text
}

/// Puts the table between the marks of `docs/performance.md`.
fn write(table: &str) -> Result {
    const BEGIN: &str = "<!-- measured by `cargo xtask bench build` -->";
    const END: &str = "<!-- end -->";
    let path: PathBuf = root().join("docs/performance.md");
    let page = fs::read_to_string(&path).map_err(|reason| format!("no {}: {reason}", path.display()))?;
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or("docs/performance.md has no mark where the table of builds goes")?;
    write_file(&path, &format!("{before}{BEGIN}\n{table}{END}{after}"))?;
    println!("written to {}", path.display());
    Ok(())
}

//! Running cargo: loudly, or line by line.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader, pipe},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Result;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Cargo in the workspace's folder, without what the terminal would add.
///
/// Incremental builds are off: a run of everything would fill the disk with state that nothing reads.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).env("CARGO_INCREMENTAL", "0").stdin(Stdio::null());
    command
}

/// Runs a command with its output on the terminal.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|reason| format!("{} did not start: {reason}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", shown(command))) }
}

/// Runs a command and hands over each line of its output, and of its errors, in their order. Says
/// whether it succeeded.
pub(crate) fn each_line(command: &mut Command, mut take: impl FnMut(&str)) -> Result<bool> {
    let started = |reason: std::io::Error| format!("a command did not start: {reason}");
    let (reader, writer) = pipe().map_err(started)?;
    let mut child = command
        .stdout(writer.try_clone().map_err(started)?)
        .stderr(writer)
        .spawn()
        .map_err(|reason| format!("{} did not start: {reason}", shown(command)))?;
    // The command holds the pipe's other end too, which would keep the reader waiting for ever.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(started)? > 0 {
        take(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        line.clear();
    }
    Ok(child.wait().map_err(started)?.success())
}

/// A command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    format!("`cargo {}`", arguments.collect::<Vec<_>>().join(" "))
}

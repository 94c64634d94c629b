//! Processes: starting, asking, ending.

use std::{
    fs,
    io::Write,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::Result;

/// How often a process is looked at.
const MOMENT: Duration = Duration::from_millis(20);

/// Runs a command with this input, and shows what it said only where it failed.
pub(super) fn run_quietly(command: &mut Command, input: &str) -> Result {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |reason: std::io::Error| format!("`{name}` did not start: {reason}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // Who ends before it has read everything says why by itself.
        let _ = stdin.write_all(input.as_bytes());
    }
    let said = child.wait_with_output().map_err(failed)?;
    if said.status.success() {
        return Ok(());
    }
    let text = [said.stdout, said.stderr].concat();
    Err(format!("`{name}` failed ({}):\n{}", said.status, last_lines(&String::from_utf8_lossy(&text))))
}

/// Starts a server that outlives us and this terminal, and writes to a log.
pub(super) fn spawn(command: &mut Command, log: &Path) -> Result<Child> {
    let failed = |reason| format!("cannot write {}: {reason}", log.display());
    let file = fs::File::create(log).map_err(failed)?;
    command.stdin(Stdio::null()).stdout(file.try_clone().map_err(failed)?).stderr(file);
    command.process_group(0);
    command.spawn().map_err(|reason| format!("{} did not start: {reason}", command.get_program().display()))
}

/// The command line of a process that lives.
pub(super) fn arguments(pid: u32) -> Option<Vec<String>> {
    let text = if Path::new("/proc/self").exists() {
        fs::read(format!("/proc/{pid}/cmdline")).ok()?
    } else {
        let said = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().ok()?;
        said.stdout.iter().map(|byte| if byte.is_ascii_whitespace() { 0 } else { *byte }).collect()
    };
    let text = String::from_utf8_lossy(&text);
    let words: Vec<String> = text.split_terminator('\0').map(str::to_owned).collect();
    // A process that has ended, and that nobody asked about yet, has no command line.
    (!words.is_empty()).then_some(words)
}

/// Every process, as far as the system says.
pub(super) fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Ends a process and those that it started, at once.
pub(super) fn kill(pid: u32) -> Result {
    let mut tree = vec![pid];
    tree.extend(children(pid));
    signal(&tree, "KILL");
    for pid in tree {
        if !gone(pid, Duration::from_secs(10)) {
            return Err(format!("the process {pid} cannot be killed"));
        }
    }
    Ok(())
}

/// Asks a process to end, and says whether it did.
pub(super) fn end(pid: u32, name: &str, patience: Duration) -> Result<bool> {
    signal(&[pid], name);
    Ok(gone(pid, patience))
}

/// The last lines of a text, which say why a program ended.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

/// A process that is gone already is no failure.
fn signal(pids: &[u32], name: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", "kill -s \"$@\"", "sh", name]).args(pids.iter().map(u32::to_string));
    let _ = command.stderr(Stdio::null()).status();
}

fn gone(pid: u32, patience: Duration) -> bool {
    let start = Instant::now();
    while arguments(pid).is_some() {
        if start.elapsed() > patience {
            return false;
        }
        thread::sleep(MOMENT);
    }
    true
}

/// The processes that a process has started.
fn children(pid: u32) -> Vec<u32> {
    let parent = |stat: &str| -> Option<u32> {
        // The name, which comes before, may have spaces and parentheses itself.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let ours = |child: &u32| {
        fs::read_to_string(format!("/proc/{child}/stat")).ok().and_then(|stat| parent(&stat)) == Some(pid)
    };
    all().into_iter().filter(ours).collect()
}

//! Finding the servers' programs, and installing them where that is allowed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{owner, process::run_quietly, service::Service};
use crate::Result;

/// The file that forbids package scripts to start what they install.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// The path of a program.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    // Debian keeps PostgreSQL's programs out of the path. The newest comes first.
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev().map(|(_, folder)| folder));
    folders.into_iter().map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// What a service lacks: the Debian packages with its missing programs.
pub(super) fn lacking(service: &Service) -> Vec<&'static str> {
    let mut packages = Vec::new();
    if service.programs.iter().any(|program| find(program).is_none()) {
        packages.extend(service.packages);
    }
    if find("openssl").is_none() {
        packages.push("openssl");
    }
    packages
}

/// Whether packages may be installed.
pub(super) fn allowed() -> bool {
    owner::root() && find("apt-get").is_some()
}

/// What to do by hand, in a sentence.
pub(super) fn by_hand(service: &Service, packages: &[&str]) -> String {
    format!(
        "{} is not on this machine: `sudo apt-get install {}`, or the like; or set {} to the URL of a \
         server of your own",
        service.name,
        packages.join(" "),
        service.variable
    )
}

/// Installs packages, without starting the servers in them.
pub(super) fn install(packages: &[&str]) -> Result {
    eprintln!("installing {} (apt-get)", packages.join(", "));
    let _policy = Policy::forbid()?;
    let install = || {
        let mut command = apt_get("install");
        run_quietly(command.args(["--no-install-recommends"]).args(packages), "")
    };
    // The lists are missing on a new machine, and old on others.
    install().or_else(|_| run_quietly(&mut apt_get("update"), "").and_then(|()| install()))
}

fn apt_get(verb: &str) -> Command {
    let mut command = Command::new("apt-get");
    command.args(["-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold", verb]);
    command.env("DEBIAN_FRONTEND", "noninteractive").env("NEEDRESTART_MODE", "l").env("LC_ALL", "C");
    command
}

/// Forbids package scripts to start servers, as long as it lives.
struct Policy {
    /// Whether the file is ours to remove.
    ours: bool,
}

impl Policy {
    fn forbid() -> Result<Self> {
        use std::os::unix::fs::PermissionsExt;
        if Path::new(POLICY).exists() {
            return Ok(Self { ours: false });
        }
        let failed = |reason| format!("cannot write {POLICY}: {reason}");
        fs::write(POLICY, "#!/bin/sh\nexit 101\n").map_err(failed)?;
        let policy = Self { ours: true };
        fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755)).map_err(failed)?;
        Ok(policy)
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(POLICY);
        }
    }
}

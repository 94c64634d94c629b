//! The system user that a server runs as: none of them runs as root.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
    sync::OnceLock,
};

use super::service::Service;
use crate::Result;

/// A system user.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// The user of a service where we are root, and otherwise nobody but ourselves.
    pub(super) fn of(service: &Service) -> Result<Option<Self>> {
        if !root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").map_err(|reason| format!("/etc/passwd: {reason}"))?;
        let user = users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let named = fields.next() == Some(service.user);
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            named.then_some(Self { uid, gid })
        });
        let missing =
            || format!("{} does not run as root, and there is no user `{}`", service.name, service.user);
        user.map(Some).ok_or_else(missing)
    }

    /// Makes a command run as this user.
    pub(super) fn runs(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Makes a file or a folder this user's.
    pub(super) fn take(self, path: &Path) -> Result {
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(|reason| format!("cannot give {} away: {reason}", path.display()))
    }

    /// Whether the user gets into a folder.
    pub(super) fn may_enter(self, folder: &Path) -> bool {
        let mut command = Command::new("sh");
        command.args(["-c", "cd \"$1\"", "sh"]).arg(folder).current_dir("/").stderr(Stdio::null());
        self.runs(&mut command);
        command.status().is_ok_and(|status| status.success())
    }
}

/// Whether we are root.
pub(super) fn root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout == b"0\n"))
}

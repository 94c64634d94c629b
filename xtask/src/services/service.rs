//! What the servers have in common.

use std::{path::PathBuf, process::Command};

use super::{instance::Instance, mariadb, pgbouncer, postgres};
use crate::Result;

/// The user, the password and the database in every URL. The password is a word that no log has by
/// chance.
pub(super) const USER: &str = "atlas";
pub(super) const PASSWORD: &str = "open-sesame";
pub(super) const DATABASE: &str = "atlas";

/// A server program, and how to run one of it.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// The driver whose tests it is for.
    pub(crate) driver: &'static str,
    /// The variable with its URL.
    pub(crate) variable: &'static str,
    /// The Debian packages with its programs.
    pub(super) packages: &'static [&'static str],
    /// The programs that it takes to run one and to ask it.
    pub(super) programs: &'static [&'static str],
    /// The system user that it runs as where we are root.
    pub(super) user: &'static str,
    /// The service that has to run first.
    pub(crate) needs: Option<&'static str>,
    /// The start of its URL.
    pub(super) scheme: &'static str,
    /// The signal that ends it in an orderly way.
    pub(super) stop: &'static str,
    /// Makes its data, where there are none.
    pub(super) create: fn(&Instance) -> Result,
    /// The command that runs it on a port.
    pub(super) command: fn(&Instance, u16) -> Result<Command>,
    /// Whether it answers on that port. An error is what it says instead.
    pub(super) ask: fn(&Instance, u16) -> Result,
}

/// All of them, each after what it needs.
pub(crate) static SERVICES: [Service; 3] = [postgres::SERVICE, pgbouncer::SERVICE, mariadb::SERVICE];

impl Service {
    /// Its URL on a port.
    pub(super) fn url(&self, port: u16) -> String {
        format!("{}://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}", self.scheme)
    }

    /// The path of one of its programs.
    pub(super) fn program(&self, name: &str) -> Result<PathBuf> {
        super::install::find(name).ok_or_else(|| format!("{} lacks the program `{name}`", self.name))
    }
}

impl PartialEq for Service {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

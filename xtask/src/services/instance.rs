//! A set of servers, and what is known about each: its folder, and the file of its state.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{make_folder, owner::Owner, process, service::Service, target, write};
use crate::Result;

/// How long a server may take to stop in an orderly way.
const PATIENCE: Duration = Duration::from_secs(20);

/// The servers below one folder.
#[derive(Clone)]
pub(super) struct Instance {
    name: Option<String>,
    folder: PathBuf,
}

/// What was noted about a server: lines `NAME=VALUE`.
pub(super) struct State(Vec<(String, String)>);

impl Instance {
    /// The instance of a name, or the one for all tests.
    pub(super) fn open(name: Option<&str>) -> Result<Self> {
        let folder = match name {
            None => services(),
            Some(name) => services().join("instances").join(name),
        };
        make_folder(&folder)?;
        Ok(Self { name: name.map(str::to_owned), folder })
    }

    /// Every instance with a name.
    pub(super) fn others() -> Result<Vec<Self>> {
        let Ok(entries) = fs::read_dir(services().join("instances")) else { return Ok(Vec::new()) };
        entries.flatten().map(|entry| Self::open(entry.file_name().to_str())).collect()
    }

    /// Keeps other processes from changing servers, as long as the file is held.
    pub(super) fn lock(&self) -> Result<File> {
        let path = services().join("lock");
        let failed = |reason| format!("cannot lock {}: {reason}", path.display());
        let file = File::create(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    /// What messages put in front of a service's name.
    pub(super) fn prefix(&self) -> String {
        self.name.as_ref().map_or_else(String::new, |name| format!("{name}/"))
    }

    /// The folder with a service's files, which its user may enter and write.
    pub(super) fn home(&self, service: &Service) -> Result<PathBuf> {
        let near = self.folder.join(service.name);
        let Some(owner) = Owner::of(service)? else {
            make_folder(&near)?;
            return Ok(near);
        };
        // Below a home folder that only root enters, the server's own user gets nowhere.
        let far = Path::new("/var/lib/atlas-services").join(near.strip_prefix("/").unwrap_or(&near));
        for home in [near, far] {
            make_folder(&home)?;
            owner.take(&home)?;
            if owner.may_enter(&home) {
                return Ok(home);
            }
        }
        Err(format!("the user `{}` can enter neither the target folder nor /var/lib", service.user))
    }

    /// Gives a file to the user of a service.
    pub(super) fn hand_over(&self, service: &Service, file: &Path) -> Result {
        Owner::of(service)?.map_or(Ok(()), |owner| owner.take(file))
    }

    /// Makes a command run as the user of a service, in its folder.
    pub(super) fn as_user<'a>(&self, service: &Service, command: &'a mut Command) -> Result<&'a mut Command> {
        command.current_dir(self.home(service)?);
        if let Some(owner) = Owner::of(service)? {
            owner.runs(command);
        }
        Ok(command)
    }

    /// What is known about a service.
    pub(super) fn state(&self, service: &Service) -> Option<State> {
        let text = fs::read_to_string(self.state_file(service)).ok()?;
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Some(State(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }

    /// Notes where a service runs.
    pub(super) fn note(&self, service: &Service, pid: u32, port: u16) -> Result {
        let home = self.home(service)?;
        let (url, home) = (service.url(port), home.display());
        let text = format!("URL={url}\nPORT={port}\nPID={pid}\nLOG={home}/log\nDATA={home}\n");
        write(&self.state_file(service), &text)
    }

    /// The process of a service, if it lives: the one that was noted, or another with its folder on the
    /// command line, such as one that outlived `cargo clean`.
    pub(super) fn running(&self, service: &Service) -> Option<u32> {
        let folder = self.folder.join(service.name).display().to_string();
        let ours = |pid: &u32| {
            process::arguments(*pid).is_some_and(|arguments| {
                arguments.first().is_some_and(|program| program.ends_with(service.programs[0]))
                    && arguments.iter().any(|argument| argument.contains(&folder))
            })
        };
        let noted = self.state(service).and_then(|state| state.get("PID").parse().ok());
        noted.into_iter().chain(process::all()).find(ours)
    }

    /// Ends a service at once. Says whether it ran.
    pub(super) fn kill(&self, service: &Service) -> Result<bool> {
        let Some(pid) = self.running(service) else { return Ok(false) };
        process::kill(pid)?;
        Ok(true)
    }

    /// Ends a service in an orderly way, or else at once. Says whether it ran.
    pub(super) fn stop(&self, service: &Service) -> Result<bool> {
        let Some(pid) = self.running(service) else { return Ok(false) };
        if !process::end(pid, service.stop, PATIENCE)? {
            process::kill(pid)?;
        }
        Ok(true)
    }

    /// Removes everything that a service has written.
    pub(super) fn wipe(&self, service: &Service) -> Result {
        let mut homes = vec![self.folder.join(service.name)];
        homes.extend(self.state(service).map(|state| PathBuf::from(state.get("DATA"))));
        for home in homes.iter().filter(|home| home.exists()) {
            fs::remove_dir_all(home)
                .map_err(|reason| format!("cannot remove {}: {reason}", home.display()))?;
        }
        let _ = fs::remove_file(self.state_file(service));
        Ok(())
    }

    /// Removes the folder of an instance with a name.
    pub(super) fn remove(&self) -> Result {
        if self.name.is_some() {
            fs::remove_dir_all(&self.folder)
                .map_err(|reason| format!("cannot remove {}: {reason}", self.folder.display()))?;
        }
        Ok(())
    }

    fn state_file(&self, service: &Service) -> PathBuf {
        self.folder.join(format!("{}.env", service.name))
    }
}

impl State {
    /// A value, or nothing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }
}

/// The folder of all instances.
pub(super) fn services() -> PathBuf {
    target().join("services")
}

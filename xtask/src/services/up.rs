//! Starting what does not run, and waiting until all answer.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use super::{
    certificates, install,
    instance::Instance,
    process::{self, last_lines, spawn},
    service::{SERVICES, Service},
};
use crate::Result;

/// How long a server may take to answer. One that was killed has to recover first.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ports that the system does not hand to clients, so that a server finds its own free after a restart.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// A server that answers.
pub(crate) struct Started {
    pub(crate) service: &'static Service,
    pub(crate) url: String,
    /// The certificate of the authority behind its own.
    pub(crate) ca: PathBuf,
}

/// What a run of the tests gets.
#[derive(Default)]
pub(crate) struct ForTests {
    pub(crate) started: Vec<Started>,
    pub(crate) missing: Vec<Missing>,
}

/// A service that does not run, and why.
pub(crate) struct Missing {
    pub(crate) service: &'static Service,
    pub(crate) reason: String,
    /// Whether it cannot: it is not on this machine, and we may not install it.
    pub(crate) excused: bool,
}

/// Those of the services that no variable points elsewhere for, and what they need.
pub(super) fn not_elsewhere(instance: &Instance, services: &[&'static Service]) -> Vec<&'static Service> {
    let (other, ours): (Vec<&'static Service>, Vec<&'static Service>) =
        services.iter().partition(|service| elsewhere(instance, service));
    for service in &other {
        eprintln!("{}: not started: {} names a server", service.name, service.variable);
    }
    with_what_they_need(&ours)
}

/// Whether the variable of a service names another server than ours: it is ours where a shell took over
/// what `up` printed.
fn elsewhere(instance: &Instance, service: &Service) -> bool {
    let ours = instance.state(service);
    env::var(service.variable).is_ok_and(|url| ours.is_none_or(|state| state.get("URL") != url))
}

/// The services and what they need, in the order in which they start.
pub(super) fn with_what_they_need(services: &[&'static Service]) -> Vec<&'static Service> {
    let needed = |service: &&Service| {
        services.contains(service) || services.iter().any(|other| other.needs == Some(service.name))
    };
    SERVICES.iter().filter(needed).collect()
}

/// Starts what can run on this machine. What does not start keeps nothing else from being tested.
pub(super) fn for_tests(instance: &Instance, wanted: &[&'static Service]) -> ForTests {
    let mut result = ForTests::default();
    for service in not_elsewhere(instance, wanted) {
        let lacking = install::lacking(service);
        let without = result.missing.iter().find(|missing| service.needs == Some(missing.service.name));
        let (reason, excused) = if let Some(without) = without {
            (format!("{} needs {}", service.name, without.service.name), without.excused)
        } else if !lacking.is_empty() && !install::allowed() {
            (install::by_hand(service, &lacking), true)
        } else {
            match all(instance, &[service]) {
                Ok(started) => {
                    result.started.extend(started);
                    continue;
                }
                Err(reason) => (reason, false),
            }
        };
        result.missing.push(Missing { service, reason, excused });
    }
    // Where the server is somebody's own, ours runs for the pooler alone.
    result.started.retain(|started| !elsewhere(instance, started.service));
    result
}

/// Starts the services that do not run as they should, and waits until all answer.
pub(super) fn all(instance: &Instance, services: &[&'static Service]) -> Result<Vec<Started>> {
    install_all(services)?;
    let mut starting = Vec::new();
    for service in services {
        (service.create)(instance)?;
        starting.push(start(instance, service)?);
    }
    let mut started = Vec::new();
    for server in starting {
        let Server { service, port, .. } = server;
        let done = if server.child.is_some() { "started" } else { "runs" };
        let pid = server.wait(instance)?;
        eprintln!("{}{}: {done} on port {port} (process {pid})", instance.prefix(), service.name);
        started.push(Started { service, url: service.url(port), ca: certificates::authority() });
    }
    Ok(started)
}

fn install_all(services: &[&'static Service]) -> Result {
    let lacking: Vec<_> = services.iter().map(|service| (*service, install::lacking(service))).collect();
    let lacking: Vec<_> = lacking.into_iter().filter(|(_, packages)| !packages.is_empty()).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    if !install::allowed() {
        let reasons = lacking.iter().map(|(service, packages)| install::by_hand(service, packages));
        return Err(reasons.collect::<Vec<_>>().join("\n"));
    }
    let mut packages: Vec<&str> = lacking.into_iter().flat_map(|(_, packages)| packages).collect();
    packages.sort_unstable();
    packages.dedup();
    install::install(&packages)
}

/// A server on its way.
struct Server {
    service: &'static Service,
    port: u16,
    /// Where it did not run before.
    child: Option<Child>,
}

/// Starts a server, unless it runs with the very arguments that it would get.
fn start(instance: &Instance, service: &'static Service) -> Result<Server> {
    let known = instance.state(service);
    let port = known.as_ref().and_then(|state| state.get("PORT").parse().ok());
    if let Some(pid) = instance.running(service) {
        if let Some(port) = port
            && process::arguments(pid).as_ref() == Some(&words(&(service.command)(instance, port)?))
        {
            return Ok(Server { service, port, child: None });
        }
        eprintln!("{}{}: runs with other settings, and is restarted", instance.prefix(), service.name);
        instance.stop(service)?;
    }
    let port = match port {
        Some(port) if free(port) => port,
        _ => new_port(instance, service)?,
    };
    let child = launch(instance, service, port)?;
    Ok(Server { service, port, child: Some(child) })
}

fn launch(instance: &Instance, service: &Service, port: u16) -> Result<Child> {
    let mut command = (service.command)(instance, port)?;
    let log = instance.home(service)?.join("log");
    let child = spawn(instance.as_user(service, &mut command)?, &log)?;
    instance.note(service, child.id(), port)?;
    Ok(child)
}

impl Server {
    /// Waits until the server answers, and gives its process.
    fn wait(mut self, instance: &Instance) -> Result<u32> {
        let start = Instant::now();
        while let Err(reason) = (self.service.ask)(instance, self.port) {
            let ended = self.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)));
            if start.elapsed() > PATIENCE || (ended && start.elapsed() > PATIENCE / 10) {
                return Err(self.failed(instance, &reason));
            }
            if ended {
                // What was left of one that was killed is in its way for a moment.
                thread::sleep(Duration::from_millis(200));
                self.child = Some(launch(instance, self.service, self.port)?);
            }
            thread::sleep(Duration::from_millis(20));
        }
        instance.running(self.service).ok_or_else(|| {
            format!("another server answers on port {} in the place of {}", self.port, self.service.name)
        })
    }

    fn failed(&self, instance: &Instance, reason: &str) -> String {
        let name = self.service.name;
        let log = instance.home(self.service).map(|home| home.join("log")).unwrap_or_default();
        let said = fs::read_to_string(&log).unwrap_or_default();
        format!(
            "{name} does not answer on port {}: {reason}\n\nThe end of {}:\n{}\n\n`cargo xtask services \
             down {name} --wipe` begins anew",
            self.port,
            log.display(),
            last_lines(&said)
        )
    }
}

/// A command line as the system shows it.
fn words(command: &Command) -> Vec<String> {
    let program = std::iter::once(command.get_program());
    program.chain(command.get_args()).map(|word| word.to_string_lossy().into_owned()).collect()
}

/// A port that is free. Different folders begin to look at different ports.
fn new_port(instance: &Instance, service: &Service) -> Result<u16> {
    let mut hasher = DefaultHasher::new();
    instance.home(service)?.hash(&mut hasher);
    let count = PORTS.end - PORTS.start;
    let first = u16::try_from(hasher.finish() % u64::from(count)).unwrap_or(0);
    let ports = (0..count).map(|n| PORTS.start + first.wrapping_add(n) % count);
    ports.into_iter().find(|port| free(*port)).ok_or_else(|| "no port is free".to_owned())
}

fn free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

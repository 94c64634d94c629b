//! `cargo xtask services`: private database servers for the tests.

mod certificates;
mod install;
mod instance;
mod mariadb;
mod owner;
mod pgbouncer;
mod postgres;
mod process;
mod service;
mod up;

use std::{env, fs};

use crate::{Result, command::root};
use instance::Instance;
use service::{SERVICES, Service};

pub(crate) use up::{ForTests, Missing, Started};

/// The help text.
pub(crate) const HELP: &str = "\
Usage: cargo xtask services <up | down | status | kill | restart> [SERVICE ...] [--instance NAME] [--wipe]

Private servers for the tests: postgres, mariadb and pgbouncer (in transaction mode, in front of that
postgres). They listen on 127.0.0.1 alone, forget nothing but a power cut, and live in the target
folder, under services/. Without a SERVICE, all are meant.

  up        start what does not run, install Debian packages where that is allowed (root), and wait
            until all answer. What happens goes to stderr; stdout gets a line NAME=VALUE for each
            variable that the tests read, so that a shell takes them over with
                export $(cargo xtask services up)
  status    print a table of what runs
  kill      end at once, as kill -9 does; what clients had in flight is lost. `up` starts it again, on
            the same port as long as that is free
  restart   stop in an orderly way, and start again on the same port
  down      stop; the data stay for the next `up`
  --wipe    with down: remove the data too

The variables: ATLAS_TEST_POSTGRES_URL, ATLAS_TEST_MYSQL_URL and ATLAS_TEST_PGBOUNCER_URL. Where one is
set when `up` or `cargo xtask test` begins, that server is used, and none is started in its place.
ATLAS_TEST_CA is the certificate of the authority behind the servers' own, which is for `localhost`:
verify-full passes with that name and fails with 127.0.0.1, where verify-ca passes. An authority that
signed nothing lies beside it (other-ca.pem). ATLAS_TEST_XTASK is the path of this program.

A test that kills its server has one of its own, under a name of its own, beside the others:
    $ATLAS_TEST_XTASK services up postgres --instance faults        (its URL is on stdout)
    $ATLAS_TEST_XTASK services kill postgres --instance faults
    $ATLAS_TEST_XTASK services down --instance faults --wipe
An instance costs about a second, and the variables in the environment do not touch it. Each running
server has a file of lines NAME=VALUE beside its data: services/postgres.env, or
services/instances/NAME/postgres.env, with URL, PORT, PID, LOG and DATA. `down` without an instance
stops those of all instances.";

/// What is asked for, and of which servers.
struct Asked<'a> {
    verb: &'a str,
    services: Vec<&'static Service>,
    instance: Option<&'a str>,
    wipe: bool,
}

/// Does what the arguments ask for.
pub(crate) fn run(arguments: &[String]) -> Result {
    let asked = parse(arguments)?;
    let instance = Instance::open(asked.instance)?;
    let _lock = instance.lock()?;
    match asked.verb {
        "up" => {
            // Tests of an instance mean to have their own server, wherever the others are.
            let services = match asked.instance {
                Some(_) => up::with_what_they_need(&asked.services),
                None => up::not_elsewhere(&instance, &asked.services),
            };
            let started = up::all(&instance, &services)?;
            let shown = started.into_iter().filter(|started| asked.services.contains(&started.service));
            for (name, value) in variables(&shown.collect::<Vec<_>>()) {
                println!("{name}={value}");
            }
            Ok(())
        }
        "status" => status(&instance, &asked.services),
        "kill" => {
            for service in asked.services {
                let killed = instance.kill(service)?;
                eprintln!(
                    "{}{}: {}",
                    instance.prefix(),
                    service.name,
                    if killed { "killed" } else { "did not run" }
                );
            }
            Ok(())
        }
        "restart" => {
            for service in &asked.services {
                instance.stop(service)?;
            }
            up::all(&instance, &asked.services).map(drop)
        }
        "down" => down(&instance, &asked),
        other => Err(format!("there is no `services {other}`: see `cargo xtask help services`")),
    }
}

/// Starts the servers that the tests of these drivers need. What does not run is named with the reason.
pub(crate) fn for_tests(drivers: &[String]) -> Result<ForTests> {
    let instance = Instance::open(None)?;
    let _lock = instance.lock()?;
    let wanted: Vec<&'static Service> =
        SERVICES.iter().filter(|service| drivers.iter().any(|driver| driver == service.driver)).collect();
    Ok(up::for_tests(&instance, &wanted))
}

/// The variables that tell tests about servers.
pub(crate) fn variables(started: &[Started]) -> Vec<(&'static str, String)> {
    let mut variables: Vec<_> =
        started.iter().map(|started| (started.service.variable, started.url.clone())).collect();
    if let Some(started) = started.first() {
        variables.push(("ATLAS_TEST_CA", started.ca.display().to_string()));
    }
    if let Ok(program) = env::current_exe() {
        variables.push(("ATLAS_TEST_XTASK", program.display().to_string()));
    }
    variables
}

/// The variables of the services that are for other drivers than these.
pub(crate) fn variables_of_others(drivers: &[String]) -> impl Iterator<Item = &'static str> {
    let others = SERVICES.iter().filter(|service| drivers.iter().all(|driver| driver != service.driver));
    others.map(|service| service.variable)
}

fn parse(arguments: &[String]) -> Result<Asked<'_>> {
    let Some((verb, rest)) = arguments.split_first() else {
        return Err(format!("what about the services?\n\n{HELP}"));
    };
    let mut asked = Asked { verb, services: Vec::new(), instance: None, wipe: false };
    let mut rest = rest.iter();
    while let Some(argument) = rest.next() {
        if let Some(service) = SERVICES.iter().find(|service| service.name == argument) {
            asked.services.push(service);
        } else if argument == "--instance" {
            let name = rest.next().ok_or("`--instance` takes a name")?;
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') || name.is_empty() {
                return Err(format!("`{name}` is no name for an instance: use letters, digits, - and _"));
            }
            asked.instance = Some(name);
        } else if argument == "--wipe" && verb == "down" {
            asked.wipe = true;
        } else {
            return Err(format!("`{argument}` is not understood: see `cargo xtask help services`"));
        }
    }
    if asked.services.is_empty() {
        if matches!(asked.verb, "kill" | "restart") {
            return Err(format!("`services {}` takes the names of services", asked.verb));
        }
        asked.services = SERVICES.iter().collect();
    }
    Ok(asked)
}

fn status(instance: &Instance, services: &[&'static Service]) -> Result {
    println!("{:<10}  {:<8}  {:>7}  {:>5}  url", "service", "state", "pid", "port");
    for service in services {
        let known = instance.state(service);
        let (pid, port, url) = known
            .as_ref()
            .map_or(("", "", ""), |state| (state.get("PID"), state.get("PORT"), state.get("URL")));
        let state = match &known {
            None => "none",
            Some(_) if instance.running(service).is_none() => "stopped",
            Some(_) if (service.ask)(instance, port.parse().unwrap_or(0)).is_err() => "silent",
            Some(_) => "answers",
        };
        let line = format!("{:<10}  {state:<8}  {pid:>7}  {port:>5}  {url}", service.name);
        println!("{}", line.trim_end());
    }
    Ok(())
}

fn down(instance: &Instance, asked: &Asked<'_>) -> Result {
    let mut instances = vec![instance.clone()];
    if asked.instance.is_none() {
        instances.extend(Instance::others()?);
    }
    for instance in instances {
        // A pooler goes before its server.
        for service in asked.services.iter().rev() {
            let stopped = if asked.wipe { instance.kill(service)? } else { instance.stop(service)? };
            if asked.wipe {
                instance.wipe(service)?;
            }
            let wiped = if asked.wipe { ", its data removed" } else { "" };
            if stopped || asked.wipe {
                eprintln!("{}{}: stopped{wiped}", instance.prefix(), service.name);
            }
        }
        if asked.wipe && asked.services.len() == SERVICES.len() {
            instance.remove()?;
        }
    }
    Ok(())
}

/// Makes a folder, and those above it.
fn make_folder(folder: &std::path::Path) -> Result {
    fs::create_dir_all(folder).map_err(|reason| format!("cannot make {}: {reason}", folder.display()))
}

/// Writes a file.
fn write(path: &std::path::Path, text: &str) -> Result {
    fs::write(path, text).map_err(|reason| format!("cannot write {}: {reason}", path.display()))
}

/// Where builds go.
pub(crate) fn target() -> std::path::PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    std::path::absolute(&target).unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use super::{parse, variables_of_others};

    fn arguments(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        let line = arguments("up mariadb --instance faults");
        let asked = parse(&line).unwrap();
        assert_eq!((asked.verb, asked.instance, asked.wipe), ("up", Some("faults"), false));
        assert_eq!(asked.services.iter().map(|service| service.name).collect::<Vec<_>>(), ["mariadb"]);
        let line = arguments("down --wipe");
        let asked = parse(&line).unwrap();
        assert!(asked.wipe && asked.services.len() == 3);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, named) in [
            ("up oracle", "`oracle`"),
            ("up --wipe", "`--wipe`"),
            ("up --instance ../x", "`../x`"),
            ("up --instance", "a name"),
            ("kill", "names of services"),
        ] {
            let reason = parse(&arguments(line)).err().unwrap_or_default();
            assert!(reason.contains(named), "{line}: {reason}");
        }
    }

    #[test]
    fn the_variables_of_a_driver_are_its_own() {
        let others: Vec<&str> = variables_of_others(&["postgres".to_owned()]).collect();
        assert_eq!(others, ["ATLAS_TEST_MYSQL_URL"]);
    }
}

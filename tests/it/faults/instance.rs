//! A server of the test's own, which it may kill.

use std::{
    env,
    io::ErrorKind,
    net::TcpStream,
    process::{self, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::asking::PATIENCE;

/// A server that runs until the value is dropped.
pub struct Instance {
    xtask: String,
    service: &'static str,
    name: String,
    pub url: String,
}

impl Instance {
    /// Starts one, where a variable says that tests run on this server and another which program starts
    /// servers.
    pub async fn start(service: &'static str, variable: &str) -> Option<Self> {
        let (Ok(xtask), true) = (env::var("ATLAS_TEST_XTASK"), env::var(variable).is_ok()) else {
            return None;
        };
        let name = format!("faults-{service}-{}", process::id());
        let mut instance = Self { xtask, service, name, url: String::new() };
        let started = instance.ask(&["up", service]).await;
        let url = started.lines().find_map(|line| line.strip_prefix(&format!("{variable}=")));
        instance.url = url.expect("the instance's URL").to_owned();
        Some(instance)
    }

    /// Kills it, and waits until nobody listens there any more: the system closes its sockets a little later.
    pub async fn kill(&self) {
        self.ask(&["kill", self.service]).await;
        let after = &self.url[self.url.find('@').unwrap() + 1..];
        let address = &after[..after.find('/').unwrap()];
        let address = address.to_owned();
        tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            while !matches!(TcpStream::connect(&address), Err(error) if error.kind() == ErrorKind::ConnectionRefused) {
                assert!(began.elapsed() < PATIENCE, "somebody still listens at {address}");
                thread::sleep(Duration::from_millis(5));
            }
        })
        .await
        .unwrap();
    }

    /// Starts it again, on the same port, and waits until it answers.
    pub async fn start_again(&self) {
        let started = self.ask(&["up", self.service]).await;
        assert!(started.contains(&self.url), "it listens elsewhere now: {started}");
    }

    async fn ask(&self, what: &[&str]) -> String {
        let mut command = self.command(what);
        tokio::task::spawn_blocking(move || {
            let output = command.output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{command:?}: {errors}");
            String::from_utf8(output.stdout).unwrap()
        })
        .await
        .unwrap()
    }

    fn command(&self, what: &[&str]) -> Command {
        let mut command = Command::new(&self.xtask);
        command.arg("services").args(what).args(["--instance", &self.name]).stdin(Stdio::null());
        command
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.command(&["down", "--wipe"]).output();
    }
}

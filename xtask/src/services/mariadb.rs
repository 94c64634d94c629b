//! MariaDB.

use std::{fs, process::Command};

use super::{
    certificates::{self, Certificates},
    instance::Instance,
    process::run_quietly,
    service::{DATABASE, PASSWORD, Service, USER},
    write,
};
use crate::Result;

pub(super) const SERVICE: Service = Service {
    name: "mariadb",
    driver: "mysql",
    variable: "ATLAS_TEST_MYSQL_URL",
    packages: &["mariadb-server"],
    programs: &["mariadbd", "mariadb-install-db", "mariadb"],
    user: "mysql",
    needs: None,
    scheme: "mysql",
    stop: "TERM",
    create,
    command,
    ask: |_, port| ask(port),
};

/// Makes the system tables in a folder beside, and renames that: half of them is never taken for all.
fn create(instance: &Instance) -> Result {
    let home = instance.home(&SERVICE)?;
    let data = home.join("data");
    if data.exists() {
        return Ok(());
    }
    let new = home.join("data.new");
    let _ = fs::remove_dir_all(&new);
    let mut install = Command::new(SERVICE.program("mariadb-install-db")?);
    install.arg("--no-defaults").arg(format!("--datadir={}", new.display()));
    // Leaves out the account without a password.
    install.args(["--skip-test-db", "--auth-root-authentication-method=socket"]);
    run_quietly(instance.as_user(&SERVICE, &mut install)?, "")?;
    fs::rename(&new, &data).map_err(|reason| format!("cannot rename {}: {reason}", new.display()))
}

fn command(instance: &Instance, port: u16) -> Result<Command> {
    let home = instance.home(&SERVICE)?;
    let Certificates { authority, certificate, key } = certificates::server(instance, &SERVICE)?;
    // The server runs these whenever it starts, before it lets anybody in.
    let first = home.join("first.sql");
    write(
        &first,
        &format!(
            "\
CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}');
GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS {DATABASE};
"
        ),
    )?;
    instance.hand_over(&SERVICE, &first)?;
    let mut command = Command::new(SERVICE.program("mariadbd")?);
    command.arg("--no-defaults").arg(format!("--datadir={}", home.join("data").display()));
    command.args(["--bind-address=127.0.0.1", &format!("--port={port}")]);
    command.args([
        // In the data folder: the path of a socket may have 107 bytes at most.
        "--socket=mariadb.sock",
        "--skip-name-resolve",
        "--character-set-server=utf8mb4",
        // Many tests at once, each with a pool.
        "--max-connections=400",
        "--max-allowed-packet=16M",
        // Quick: a power cut may lose everything. A kill loses nothing that was committed.
        "--innodb-flush-log-at-trx-commit=2",
        "--innodb-doublewrite=0",
        "--innodb-buffer-pool-size=128M",
    ]);
    command.arg(format!("--init-file={}", first.display()));
    command.arg(format!("--ssl-ca={}", authority.display()));
    command.arg(format!("--ssl-cert={}", certificate.display()));
    command.arg(format!("--ssl-key={}", key.display()));
    Ok(command)
}

fn ask(port: u16) -> Result {
    let mut client = Command::new(SERVICE.program("mariadb")?);
    client.args(["--no-defaults", "--host=127.0.0.1", "--connect-timeout=5"]);
    client.args([&format!("--port={port}"), &format!("--user={USER}"), DATABASE, "--execute=SELECT 1"]);
    run_quietly(client.env("MYSQL_PWD", PASSWORD), "")
}

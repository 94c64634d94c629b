//! PostgreSQL.

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
    name: "postgres",
    driver: "postgres",
    variable: "ATLAS_TEST_POSTGRES_URL",
    packages: &["postgresql"],
    programs: &["postgres", "initdb", "psql"],
    user: "postgres",
    needs: None,
    scheme: "postgres",
    // Ends the sessions of clients, and waits for none.
    stop: "INT",
    create,
    command,
    ask: |_, port| ask(port),
};

/// What the server keeps of [`PASSWORD`]: with 16 rounds of hashing in the place of 4096, which take a
/// client that is built for debugging 20 ms for each connection.
const VERIFIER: &str = "SCRAM-SHA-256$16:YXRsYXMtdGVzdC1zYWx0IQ==$aXXM/1JJxBcgKN6E1zXr7kWdKA9wNHBsa7svg2pXMoE=:\
                        cMOiI2qCNbfIyPS7MyU1UN+Ua+VxbWEKX6gaN88Uj68=";

/// Makes a cluster in a folder beside, and renames that: half a cluster is never taken for one.
fn create(instance: &Instance) -> Result {
    let home = instance.home(&SERVICE)?;
    let data = home.join("data");
    if data.exists() {
        return Ok(());
    }
    let new = home.join("data.new");
    let _ = fs::remove_dir_all(&new);
    let password = home.join("password");
    write(&password, VERIFIER)?;
    instance.hand_over(&SERVICE, &password)?;

    let mut initdb = Command::new(SERVICE.program("initdb")?);
    initdb.arg("--pgdata").arg(&new).arg("--pwfile").arg(&password);
    initdb.args(["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]);
    initdb.arg("--no-sync");
    run_quietly(instance.as_user(&SERVICE, &mut initdb)?, "")?;

    let mut single = Command::new(SERVICE.program("postgres")?);
    single.args(["--single", "-c", "fsync=off", "-D"]).arg(&new).arg("postgres");
    run_quietly(instance.as_user(&SERVICE, &mut single)?, &format!("CREATE DATABASE {DATABASE}\n"))?;
    fs::rename(&new, &data).map_err(|reason| format!("cannot rename {}: {reason}", new.display()))
}

fn command(instance: &Instance, port: u16) -> Result<Command> {
    let home = instance.home(&SERVICE)?;
    let Certificates { certificate, key, .. } = certificates::server(instance, &SERVICE)?;
    let mut command = Command::new(SERVICE.program("postgres")?);
    command.arg("-D").arg(home.join("data")).arg("-p").arg(port.to_string());
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        // Many tests at once, each with a pool.
        "max_connections=400",
        "max_locks_per_transaction=256",
        // Quick: a power cut may lose everything. A kill loses nothing that was committed.
        "fsync=off",
        "full_page_writes=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "ssl=on",
    ] {
        command.arg("-c").arg(setting);
    }
    command.arg("-c").arg(format!("ssl_cert_file={}", certificate.display()));
    command.arg("-c").arg(format!("ssl_key_file={}", key.display()));
    Ok(command)
}

/// Runs a query. PgBouncer is asked in the same way.
pub(super) fn ask(port: u16) -> Result {
    let mut psql = Command::new(SERVICE.program("psql")?);
    psql.args(["-X", "-A", "-t", "-h", "127.0.0.1", "-p"]).arg(port.to_string());
    psql.args(["-U", USER, "-d", DATABASE, "-c", "SELECT 1"]);
    psql.env("PGPASSWORD", PASSWORD).env("PGCONNECT_TIMEOUT", "5");
    run_quietly(&mut psql, "")
}

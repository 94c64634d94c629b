//! PgBouncer, in transaction mode, in front of our PostgreSQL.

use std::process::Command;

use super::{
    instance::Instance,
    postgres,
    service::{PASSWORD, Service, USER},
    write,
};
use crate::Result;

pub(super) const SERVICE: Service = Service {
    name: "pgbouncer",
    driver: "postgres",
    variable: "ATLAS_TEST_PGBOUNCER_URL",
    packages: &["pgbouncer", "postgresql-client"],
    programs: &["pgbouncer", "psql"],
    user: "postgres",
    needs: Some("postgres"),
    scheme: "postgres",
    stop: "TERM",
    create: |_| Ok(()),
    command,
    ask: |_, port| postgres::ask(port),
};

/// The names of the files have the ports, so that a server that runs with another is seen to be another.
fn command(instance: &Instance, port: u16) -> Result<Command> {
    let home = instance.home(&SERVICE)?;
    let behind =
        instance.state(&postgres::SERVICE).map_or_else(String::new, |state| state.get("PORT").to_owned());
    let users = home.join("users");
    write(&users, &format!("\"{USER}\" \"{PASSWORD}\"\n"))?;
    let settings = home.join(format!("pgbouncer-{port}-{behind}.ini"));
    let text = format!(
        "\
[databases]
* = host=127.0.0.1 port={behind}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
admin_users = {USER}
pool_mode = transaction
default_pool_size = 20
max_client_conn = 500
ignore_startup_parameters = extra_float_digits,options
",
        users = users.display()
    );
    write(&settings, &text)?;
    instance.hand_over(&SERVICE, &users)?;
    instance.hand_over(&SERVICE, &settings)?;
    let mut command = Command::new(SERVICE.program("pgbouncer")?);
    command.arg(settings);
    Ok(command)
}

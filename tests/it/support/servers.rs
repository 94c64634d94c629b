//! A place of its own for each test, on the servers.

use std::{
    env, process,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use atlas::prelude::*;
use tokio::{runtime::Runtime, sync::OnceCell};

/// A database server that tests make places on.
pub struct Server {
    /// The driver's name.
    pub driver: &'static str,
    variable: &'static str,
    /// What makes a place, up to its name.
    create: &'static str,
    /// Drops the places whose names say that they were made before the second `{}`.
    tidy: &'static str,
    /// The URL of a place.
    url: fn(&str, &str) -> String,
    admin: OnceCell<Result<Db>>,
}

/// A place on PostgreSQL is a schema: that takes 2 ms, and a database 80. Its sessions are listed under its name.
pub static POSTGRES: Server = Server {
    driver: "postgres",
    variable: "ATLAS_TEST_POSTGRES_URL",
    create: "CREATE SCHEMA ",
    tidy: r"DO $$ DECLARE place text; BEGIN
        FOR place IN
            SELECT nspname FROM pg_namespace
            WHERE nspname ~ '^it_\d+_' AND split_part(nspname, '_', 2)::bigint < {} LIMIT 200
        LOOP EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', place); END LOOP;
    END $$",
    url: |url, name| with_parameters(url, &format!("options=-csearch_path%3D{name}&application_name={name}")),
    admin: OnceCell::const_new(),
};

/// A place on MariaDB is a database.
pub static MARIADB: Server = Server {
    driver: "mysql",
    variable: "ATLAS_TEST_MYSQL_URL",
    create: "CREATE DATABASE ",
    tidy: r"BEGIN NOT ATOMIC
        FOR place IN (
            SELECT schema_name AS name FROM information_schema.schemata
            WHERE schema_name LIKE 'it\_%' AND CAST(SUBSTRING_INDEX(SUBSTRING(schema_name, 4), '_', 1) AS UNSIGNED) < {}
        ) DO EXECUTE IMMEDIATE CONCAT('DROP DATABASE IF EXISTS ', place.name); END FOR;
    END",
    url: |url, name| {
        let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
        let host = address.find("://").map_or(0, |at| at + 3);
        let end = address[host..].find('/').map_or(address.len(), |at| host + at);
        with_parameters(&format!("{}/{name}", &address[..end]), parameters)
    },
    admin: OnceCell::const_new(),
};

/// After how long what a run has left behind is dropped. No run takes that long.
const STALE: u64 = 15 * 60;

/// Each test has a runtime of its own, which ends with it; what lives longer is on this one.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
});

impl Server {
    /// A new, empty place: its URL. The error says why there is none.
    pub async fn place(&'static self) -> Result<String, String> {
        let Ok(url) = env::var(self.variable) else {
            return Err(format!("{} is not set; `cargo xtask test` starts the servers", self.variable));
        };
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("it_{}_{}_{count}", seconds(), process::id());
        let place = (self.url)(&url, &name);
        let made = RUNTIME.spawn(async move {
            let admin =
                self.admin.get_or_init(|| self.connect(url)).await.as_ref().map_err(ToString::to_string)?;
            admin.execute(format!("{}{name}", self.create), ()).await.unwrap();
            Ok::<_, String>(())
        });
        made.await.unwrap()?;
        Ok(place)
    }

    /// A new, empty place, opened. The error says why there is none.
    pub async fn database(&'static self) -> Result<Db, String> {
        let place = self.place().await?;
        Ok(Db::connect(&with_parameters(&place, "max_connections=5")).await.unwrap())
    }

    /// A handle for making places. The first drops what earlier runs have left, beside the tests.
    async fn connect(&'static self, url: String) -> Result<Db> {
        let admin = Db::connect(&with_parameters(&url, "max_connections=2")).await;
        match admin {
            Ok(admin) => {
                let stale = self.tidy.replace("{}", &seconds().saturating_sub(STALE).to_string());
                let handle = admin.clone();
                // Another run may be at it too: what is left, the next one drops.
                RUNTIME.spawn(async move { handle.execute(stale, ()).await });
                Ok(admin)
            }
            // There is a variable, and no driver yet for its URL.
            Err(error) if error.to_string().starts_with("no driver answers") => Err(error),
            Err(error) => panic!("{}: {error}", self.variable),
        }
    }
}

/// The seconds since 1970.
fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A URL with more parameters.
pub fn with_parameters(url: &str, parameters: &str) -> String {
    let joint = if url.contains('?') { "&" } else { "?" };
    if parameters.is_empty() { url.to_owned() } else { format!("{url}{joint}{parameters}") }
}

#[test]
fn the_url_of_a_place() {
    let postgres = (POSTGRES.url)("postgres://u:p@h:1/atlas?sslmode=require", "it_1");
    assert_eq!(
        postgres,
        "postgres://u:p@h:1/atlas?sslmode=require&options=-csearch_path%3Dit_1&application_name=it_1"
    );
    for (url, place) in [
        ("mysql://u:p@h:1/atlas", "mysql://u:p@h:1/it_1"),
        ("mysql://u:p@h:1/atlas?lazy&ssl-mode=required", "mysql://u:p@h:1/it_1?lazy&ssl-mode=required"),
        ("mysql://u:p@h:1?lazy", "mysql://u:p@h:1/it_1?lazy"),
    ] {
        assert_eq!((MARIADB.url)(url, "it_1"), place);
    }
}

//! Asking a server, beside the handle that is tested, what its other sessions are doing.

use std::time::{Duration, Instant};

use atlas::{DynRow, prelude::*};
use tokio::time::{sleep, timeout};

use crate::support::{Place, with_parameters};

/// For how long something is waited for that should be so soon: a slow machine needs longer than a fast one.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something is so.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match ask().await {
            Ok(found) => return found,
            Err(reason) => assert!(began.elapsed() < PATIENCE, "{what}, after {PATIENCE:?}: {reason}"),
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// What should end soon.
pub async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what}: it took more than {PATIENCE:?}"))
}

/// One who looks at a place from a connection of its own.
pub struct Watcher {
    driver: &'static str,
    db: Option<Db>,
}

impl Watcher {
    pub async fn of(place: &Place) -> Self {
        let db = match place.driver {
            "sqlite" => None,
            _ => Some(Db::connect(&with_parameters(&place.url, "max_connections=1")).await.unwrap()),
        };
        Self { driver: place.driver, db }
    }

    /// What other sessions of the place are running or hold open.
    pub async fn busy(&self) -> Vec<String> {
        // A place on PostgreSQL is a schema, by which the server does not list its sessions; but they have its
        // name.
        let Some(db) = &self.db else { return Vec::new() };
        let text = match self.driver {
            "postgres" => {
                "select pid || ': ' || state || ': ' || query as busy from pg_stat_activity
                 where application_name = current_setting('application_name')
                 and pid <> pg_backend_pid() and state <> 'idle'"
            }
            _ => {
                "select concat(id, ': ', command, ': ', coalesce(info, '')) as busy
                 from information_schema.processlist
                 where db = database() and id <> connection_id()"
            }
        };
        let rows: Vec<DynRow> = db.raw(text, ()).get().await.unwrap();
        let mut busy: Vec<String> = rows.iter().map(|row| row.get("busy").unwrap()).collect();
        if self.driver == "mysql" {
            let open = transactions(db).await;
            busy.retain(|busy| {
                let id = busy.split(':').next().unwrap_or_default();
                !busy.contains(": Sleep: ") || open.iter().any(|open| open == id)
            });
        }
        busy
    }

    /// Waits until the handle holds no connection, and the server has nothing running or open for it.
    pub async fn at_rest(&self, db: &Db) {
        until("the pool and the server are at rest", async || {
            let pool = db.health().await.pool;
            let busy = self.busy().await;
            if pool.in_use() == 0 && pool.waiting == 0 && busy.is_empty() {
                Ok(())
            } else {
                Err(format!("{pool:?}, {busy:?}"))
            }
        })
        .await;
    }
}

/// The sessions of MariaDB that have a transaction open. `information_schema.innodb_trx` is as old as it likes
/// where several ask for it.
async fn transactions(db: &Db) -> Vec<String> {
    let rows = db.raw("show engine innodb status", ()).get().await.unwrap();
    let status: String = rows[0].get("Status").unwrap();
    let open = status.split("---TRANSACTION ").skip(1).filter(|one| !one.contains("not started"));
    let id = |one: &str| Some(one.split_once("thread id ")?.1.split_once(',')?.0.to_owned());
    open.filter_map(id).collect()
}

/// Waits until the handle holds no connection: none is in use, and none is being cleaned.
pub async fn settled(db: &Db) {
    until("no connection is in use", async || {
        let pool = db.health().await.pool;
        if pool.in_use() == 0 { Ok(()) } else { Err(format!("{pool:?}")) }
    })
    .await;
}

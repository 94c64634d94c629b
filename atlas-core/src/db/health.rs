use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    db::{Db, database::Database},
    driver::{PoolFigures, within},
    error::{Error, Result},
};

/// How long a check waits for the database to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// How a database is doing: see [`Db::health`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// Whether it answers.
    pub status: HealthStatus,
    /// How long the answer took, or how long was waited for none.
    pub latency: Duration,
    /// What the pool is doing.
    pub pool: PoolFigures,
    /// What the server calls its version, where it answered.
    pub server_version: Option<String>,
    /// The driver's name; empty where nothing is configured.
    pub driver: &'static str,
    /// The connection's name, where it has one.
    pub connection: Option<Arc<str>>,
    /// Why it is unhealthy, where it is.
    pub error: Option<String>,
}

/// Whether a database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HealthStatus {
    /// It does.
    Healthy,
    /// It does not.
    Unhealthy,
}

impl Health {
    /// Whether the database answers.
    pub fn is_healthy(&self) -> bool {
        self.status == HealthStatus::Healthy
    }
}

impl Db {
    /// How the database is doing, for a health check: asks it for its version, and waits 5 seconds at
    /// most. It never fails; what is wrong is in [`Health::error`].
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let health = db.health().await;
    /// assert!(health.is_healthy());
    /// assert!(health.server_version.is_some_and(|version| version.starts_with("SQLite 3")));
    /// # Ok(())
    /// # });
    /// ```
    pub async fn health(&self) -> Health {
        self.health_within(LIMIT).await
    }

    /// As [`health`](Self::health), with a time limit of your own.
    pub async fn health_within(&self, limit: Duration) -> Health {
        let began = Instant::now();
        match self.database() {
            Ok(database) => {
                let version = version(&database, limit).await;
                report(Some(&database), began, version)
            }
            Err(error) => report(None, began, Err(error)),
        }
    }
}

async fn version(database: &Database, limit: Duration) -> Result<String> {
    let timed_out = || Error::Timeout {
        waiting_for: "the database to say its version: check that the server is there and not overloaded"
            .to_owned(),
        after: limit,
    };
    within(limit, database.driver.server_version()).await.unwrap_or_else(|| Err(timed_out()))
}

fn report(database: Option<&Database>, began: Instant, version: Result<String>) -> Health {
    let (server_version, error) = match version {
        Ok(version) => (Some(version), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Health {
        status: if error.is_none() { HealthStatus::Healthy } else { HealthStatus::Unhealthy },
        latency: began.elapsed(),
        pool: database.map(|database| database.driver.pool()).unwrap_or_default(),
        server_version,
        driver: database.map_or("", |database| database.driver.name()),
        connection: database.and_then(|database| database.name.clone()),
        error,
    }
}

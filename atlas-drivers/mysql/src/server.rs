use std::time::Duration;

use atlas_core::error::{Error, Result};
use sqlx::{Column, MySqlConnection, Row, mysql::MySqlTypeInfo};

use crate::dialect::{MySqlDialect, Uuids};

/// What a connection's server is and can do: asked once a connection.
#[derive(Debug)]
pub(crate) struct Server {
    /// What it calls its version.
    pub(crate) version: String,
    pub(crate) mariadb: bool,
    /// Whether an insert can give its rows back.
    pub(crate) returning: bool,
    /// How many bytes one message to it may have.
    pub(crate) max_packet: usize,
    /// How long a statement waits for a lock there.
    pub(crate) lock_wait: Duration,
    /// Whether a statement that waited too long for a lock takes its transaction with it.
    pub(crate) lock_wait_ends_transaction: bool,
    /// How far apart the keys are that it generates.
    pub(crate) key_step: i64,
    pub(crate) dialect: MySqlDialect,
    pub(crate) types: Types,
}

/// The types of values that `sqlx` has no Rust type for without a library of dates or decimals: those
/// that the server gave to some columns.
#[derive(Debug)]
pub(crate) struct Types {
    pub(crate) decimal: MySqlTypeInfo,
    pub(crate) date: MySqlTypeInfo,
    pub(crate) time: MySqlTypeInfo,
    pub(crate) date_time: MySqlTypeInfo,
}

/// The question that [`Server`] is the answer to.
const ASK: &str = "SELECT VERSION(), CONNECTION_ID(), @@max_allowed_packet, @@innodb_lock_wait_timeout, \
    @@innodb_rollback_on_timeout, @@auto_increment_increment, \
    CAST(1 AS DECIMAL(65, 28)), DATE'2000-01-01', TIME'00:00:00', TIMESTAMP'2000-01-01 00:00:00'";

impl Server {
    /// Asks the server what it is, and for the number of the connection.
    pub(crate) async fn ask(
        connection: &mut MySqlConnection,
        uuids: Uuids,
        returning: bool,
    ) -> Result<(Self, u64), sqlx::Error> {
        let row = sqlx::raw_sql(ASK).fetch_one(connection).await?;
        let text = |index: usize| row.try_get_unchecked::<String, _>(index);
        let number = |index: usize| text(index).map(|text| text.parse::<u64>().unwrap_or_default());
        let ty = |index: usize| {
            let column = row.columns().get(index);
            column.map(|column| column.type_info().clone()).ok_or(sqlx::Error::RowNotFound)
        };
        let version = text(0)?;
        let mariadb = version.contains("MariaDB");
        let server = Self {
            mariadb,
            returning: mariadb && returning,
            max_packet: usize::try_from(number(2)?).unwrap_or(usize::MAX),
            lock_wait: Duration::from_secs(number(3)?),
            lock_wait_ends_transaction: number(4)? == 1,
            key_step: i64::try_from(number(5)?).unwrap_or(1).max(1),
            dialect: MySqlDialect { mariadb, uuids },
            types: Types { decimal: ty(6)?, date: ty(7)?, time: ty(8)?, date_time: ty(9)? },
            version,
        };
        Ok((server, number(1)?))
    }

    /// What a connection is set to, so that every server means the same by the same statement.
    pub(crate) fn settings(&self, statement_timeout: Option<Duration>) -> String {
        let mode = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
             ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO";
        let mode = if self.mariadb { format!("{mode},SIMULTANEOUS_ASSIGNMENT") } else { mode.to_owned() };
        let limit = match statement_timeout {
            None => String::new(),
            Some(limit) if self.mariadb => format!(", max_statement_time = {}", limit.as_secs_f64()),
            Some(limit) => format!(", max_execution_time = {}", limit.as_millis().max(1)),
        };
        format!(
            "SET SESSION sql_mode = '{mode}', time_zone = '+00:00', autocommit = 1, foreign_key_checks = 1, \
             unique_checks = 1, max_error_count = 65535, \
             div_precision_increment = 30{limit}, NAMES utf8mb4 COLLATE {}",
            self.dialect.collation()
        )
    }

    /// Refuses servers that are too old.
    pub(crate) fn check(&self) -> Result<()> {
        let mut numbers = self.version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or_default());
        let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
        let old = if self.mariadb { (major, minor) < (10, 6) } else { major < 8 };
        if old {
            return Err(Error::config(format!(
                "the server's version is {}: this driver needs MySQL 8.0 or MariaDB 10.6, or a later one",
                self.version
            )));
        }
        Ok(())
    }
}

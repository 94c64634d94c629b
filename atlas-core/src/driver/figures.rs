use std::time::Duration;

/// What a pool of connections is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolFigures {
    /// How many connections may be open.
    pub max: u32,
    /// How many connections are open: idle, in use, or being cleaned.
    pub open: u32,
    /// How many connections wait for a user.
    pub idle: u32,
    /// How many users wait for a connection.
    pub waiting: u32,
    /// For how long the connection that was lent first of those in use has been in use.
    pub oldest_use: Option<Duration>,
    /// Why the last attempt to connect failed, where it did.
    pub last_connect_error: Option<String>,
}

impl PoolFigures {
    /// How many connections are in use.
    pub fn in_use(&self) -> u32 {
        self.open.saturating_sub(self.idle)
    }
}

//! What Atlas's drivers for database servers share: the options of their URLs, and a lean pool of
//! connections.
//!
//! The pool is a semaphore and a stack. Nothing is sent when a connection is lent or given back: a
//! look-up through it costs what it costs on a connection of one's own. A connection that turns out to
//! be dead is replaced by whoever finds it so, and puts all connections that were idle meanwhile under
//! suspicion: those are asked before they are lent. One that was idle for a while is asked before it gets
//! what must not be sent twice.
#![forbid(unsafe_code)]

mod options;
mod pool;

pub use options::{Parameters, PoolOptions, ServerUrl, Tls};
pub use pool::{Condition, Lent, Manager, Pool, within};

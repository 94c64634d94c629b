//! Steps that may have to wait for others, as a database has it.

use std::time::Duration;

use tokio::{task::JoinHandle, time::timeout};

use crate::case::{Failure, Verdict};

/// How long a step may take that waits for nobody.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(10);

/// How long a step is given to show that it waits for somebody.
const MOMENT: Duration = Duration::from_millis(300);

/// A step of somebody else's, in a task of its own.
pub(crate) struct Step<T> {
    task: JoinHandle<Verdict<T>>,
    done: Option<T>,
}

impl<T: Send + 'static> Step<T> {
    /// Starts it, and gives it a moment.
    pub(crate) async fn start(step: impl Future<Output = Verdict<T>> + Send + 'static) -> Verdict<Self> {
        let mut task = tokio::spawn(step);
        let done = match timeout(MOMENT, &mut task).await {
            Ok(done) => Some(done.map_err(panicked)??),
            Err(_) => None,
        };
        Ok(Self { task, done })
    }

    /// What it came to, where it did not have to wait.
    pub(crate) fn done(&self) -> Option<&T> {
        self.done.as_ref()
    }

    /// Waits for its end, which nothing must be in the way of any more.
    pub(crate) async fn end(self) -> Verdict<T> {
        let Self { task, done } = self;
        match done {
            Some(done) => Ok(done),
            None => match timeout(AT_ONCE, task).await {
                Ok(done) => done.map_err(panicked)?,
                Err(_) => {
                    Err(Failure::broken("a step that nothing is in the way of any more waits for ever"))
                }
            },
        }
    }
}

/// Holds that a step waits for nobody.
pub(crate) async fn at_once<T>(what: &str, step: impl Future<Output = Verdict<T>>) -> Verdict<T> {
    match timeout(AT_ONCE, step).await {
        Ok(done) => done.map_err(|failure| failure.during(what)),
        Err(_) => Err(Failure::broken(format_args!("{what}: expected it to be done at once, it waits"))),
    }
}

fn panicked(error: tokio::task::JoinError) -> Failure {
    Failure::broken(format_args!("a task panicked: {error}"))
}

//! The suite itself: it must fail the drivers that deserve it, and survive them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod breaking;

use std::sync::Arc;

use atlas_conformance::{Outcome, run};
use atlas_core::{
    Error, Result,
    driver::{
        BoxFuture, Capabilities, Connection, Driver, PoolFigures, Ran, Rendered, RowSink, TransactionOptions,
    },
    statement::Statement,
};

/// A driver that says yes to everything and does nothing, or no to everything, or panics.
#[derive(Clone, Copy)]
enum Bad {
    Idle,
    Refusing,
    Panicking,
}

struct Badly {
    bad: Bad,
    capabilities: Capabilities,
}

impl Bad {
    fn answer(self) -> Result<()> {
        match self {
            Self::Idle => Ok(()),
            Self::Refusing => Err(Error::config("no")),
            Self::Panicking => panic!("a driver must not do this"),
        }
    }
}

impl Driver for Badly {
    fn name(&self) -> &'static str {
        "bad"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn acquire(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        let connection: Box<dyn Connection> = Box::new(self.bad);
        Box::pin(async move { Ok(connection) })
    }

    fn render(&self, _: &Statement) -> Result<Rendered> {
        Ok(Rendered { text: String::new(), binds: Vec::new() })
    }

    fn server_version(&self) -> BoxFuture<'_, Result<String>> {
        Box::pin(async { Ok(String::new()) })
    }

    fn pool(&self) -> PoolFigures {
        PoolFigures::default()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

impl Connection for Bad {
    fn run<'a>(&'a mut self, _: &'a Statement, sink: Box<dyn RowSink>) -> BoxFuture<'a, Ran> {
        Box::pin(async move { self.answer().map(|()| (sink, Default::default())) })
    }

    fn begin<'a>(&'a mut self, _: &'a TransactionOptions) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.answer() })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.answer() })
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.answer() })
    }
}

#[tokio::test]
async fn a_driver_that_does_nothing_passes_nothing() {
    let mut everything = Capabilities::NONE;
    everything.returning = true;
    everything.update_returning = true;
    everything.delete_returning = true;
    everything.transactions = true;
    everything.savepoints = true;
    everything.transactional_schema = true;
    everything.foreign_keys = true;
    everything.raw = true;
    for bad in [Bad::Idle, Bad::Refusing, Bad::Panicking] {
        let report = run(Arc::new(Badly { bad, capabilities: everything })).await;
        let passed: Vec<_> = report.cases.iter().filter(|case| case.outcome == Outcome::Passed).collect();
        assert!(passed.is_empty(), "{passed:?}");
        assert_eq!(report.skipped().count(), 0, "{report}");
    }
}

#[tokio::test]
async fn cases_are_skipped_by_capability_and_say_so() {
    let report = run(Arc::new(Badly { bad: Bad::Idle, capabilities: Capabilities::NONE })).await;
    assert!(report.skipped().count() > 10, "{report}");
    for case in report.skipped() {
        let Outcome::Skipped { why, capability, .. } = &case.outcome else { continue };
        assert!(why.contains(&capability.unwrap().to_string()), "{why}");
    }
    assert!(report.to_string().ends_with(&report.summary()));
}

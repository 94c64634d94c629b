//! Every kind of relation: declared, and loaded with one statement for each level.

pub mod blog;
mod crowd;
mod eager;
pub mod media;
pub mod tenants;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use atlas::prelude::*;

/// What work gives, and how many statements it sent.
async fn counted<T>(db: &Db, work: impl Future<Output = Result<T>>) -> (T, usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let listening = db.listen(move |event| {
        if event.as_statement().is_some() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let done = work.await.unwrap();
    listening.stop();
    (done, count.load(Ordering::Relaxed))
}

fn listed<T: Model>(records: &[Record<T>], name: impl Fn(&Record<T>) -> &str) -> String {
    records.iter().map(name).collect::<Vec<_>>().join(" ")
}

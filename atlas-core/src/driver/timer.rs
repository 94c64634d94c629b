//! A limit to waiting that needs no runtime: tokio's own timer panics in a runtime without one.
//!
//! One thread sleeps until the first alarm of the process is due. It is started when somebody has to
//! wait, and ends when nobody has for a while.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    pin::pin,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

/// How long the thread stays without an alarm.
const IDLE: Duration = Duration::from_secs(10);

static TIMER: Mutex<Timer> =
    Mutex::new(Timer { alarms: BTreeMap::new(), last: 0, sleeps_until: None, runs: false });
static EARLIER: Condvar = Condvar::new();

struct Timer {
    alarms: BTreeMap<Place, Waker>,
    last: u64,
    sleeps_until: Option<Instant>,
    runs: bool,
}

/// When an alarm is due, and which one it is.
type Place = (Instant, u64);

/// What the future gives, or `None` where the limit ran out before.
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    // A limit beyond all clocks is none.
    let mut alarm = Instant::now().checked_add(limit).map(|at| Alarm { at, place: None });
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        let is_due = alarm.as_mut().is_some_and(|alarm| alarm.is_due(context));
        if is_due { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

/// Waits.
pub(crate) async fn pause(length: Duration) {
    let _ = within(length, std::future::pending::<()>()).await;
}

struct Alarm {
    at: Instant,
    place: Option<Place>,
}

impl Alarm {
    /// Whether it is due; otherwise the task is woken when it is.
    fn is_due(&mut self, context: &Context<'_>) -> bool {
        if Instant::now() >= self.at {
            return true;
        }
        let mut timer = timer();
        let place = *self.place.get_or_insert_with(|| {
            timer.last += 1;
            (self.at, timer.last)
        });
        let before = timer.alarms.insert(place, context.waker().clone());
        if !timer.runs {
            // Without a thread, there is no limit.
            let started = thread::Builder::new().name("atlas-timer".to_owned()).spawn(keep_time);
            timer.runs = started.is_ok();
        } else if timer.sleeps_until.is_none_or(|until| self.at < until) {
            EARLIER.notify_one();
        }
        drop(timer);
        drop(before);
        false
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            // Dropping a waker can run code of the runtime's: not under the lock.
            let waker = timer().alarms.remove(&place);
            drop(waker);
        }
    }
}

fn timer() -> MutexGuard<'static, Timer> {
    TIMER.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep_time() {
    let mut timer = timer();
    loop {
        let now = Instant::now();
        let later = timer.alarms.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut timer.alarms, later);
        if !due.is_empty() {
            // Waking runs code of the runtime's: not under the lock.
            drop(timer);
            due.into_values().for_each(Waker::wake);
            timer = self::timer();
            continue;
        }
        let first = timer.alarms.first_key_value().map(|((at, _), _)| *at);
        let pause = first.map_or(IDLE, |at| at.saturating_duration_since(now));
        timer.sleeps_until = Some(now + pause);
        let (woken, slept) = EARLIER.wait_timeout(timer, pause).unwrap_or_else(PoisonError::into_inner);
        timer = woken;
        if slept.timed_out() && first.is_none() && timer.alarms.is_empty() {
            timer.runs = false;
            return;
        }
    }
}

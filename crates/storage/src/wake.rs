//! How appends wake the background work.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A bell that several threads hear.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    state: Mutex<State>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rings: u64,
    stopped: bool,
}

/// How far one thread has heard a bell.
#[derive(Debug, Default)]
pub(crate) struct Heard(u64);

impl Wake {
    /// Rings.
    pub(crate) fn wake(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rings += 1;
        self.rung.notify_all();
    }

    /// Rings for the last time.
    pub(crate) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.rung.notify_all();
    }

    /// Waits until it has rung since the thread heard it last, or the time is over; whether the work goes on.
    pub(crate) fn wait(&self, heard: &mut Heard, time: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited =
            self.rung.wait_timeout_while(state, time, |state| state.rings == heard.0 && !state.stopped);
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        heard.0 = state.rings;
        !state.stopped
    }
}

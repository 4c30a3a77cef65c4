//! Processor time of a server by what its threads are for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::error::Result;
use crate::process::{Process, threads};

/// Threads of Tokio's blocking pool end when they are idle for ten seconds: they are looked at more often.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// How the names of all of Tokio's threads begin.
const TOKIO_PREFIX: &str = "tokio-r";

/// Nanoseconds by thread id, with the thread's name.
type Threads = BTreeMap<u32, (String, u64)>;

/// Milliseconds of processor time since a [`Watch`] began.
#[derive(Clone, Debug, Default)]
pub struct Cpu {
    /// By stage: `http`, `blocking`, or the thread's own name without a number at its end.
    pub by_stage: BTreeMap<String, f64>,
    /// Of the whole process, as the kernel counts it: the stages' sum but for its coarser clock.
    pub process_ms: f64,
}

/// Watches the threads of a server until it is dropped.
#[derive(Debug)]
pub struct Watch<'a> {
    server: &'a Process,
    http_threads: usize,
    before: Threads,
    before_process_ms: f64,
    /// The last that was seen of each thread, also of those that have ended.
    seen: Arc<Mutex<Threads>>,
    task: JoinHandle<()>,
}

impl<'a> Watch<'a> {
    /// Begins. `http_threads`: so many of Tokio's threads serve HTTP. They are the first ones; the others, which have the
    /// same name, are the blocking pool's.
    ///
    /// # Errors
    /// The server has ended.
    pub fn start(server: &'a Process, http_threads: usize) -> Result<Watch<'a>> {
        let before = threads(server.id());
        let seen = Arc::new(Mutex::new(before.clone()));
        let (id, into) = (server.id(), seen.clone());
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_INTERVAL).await;
                into.lock().unwrap_or_else(PoisonError::into_inner).extend(threads(id));
            }
        });
        let before_process_ms = server.cpu_ms()?;
        Ok(Watch { server, http_threads, before, before_process_ms, seen, task })
    }

    /// What was used since the beginning.
    ///
    /// # Errors
    /// The server has ended.
    pub fn cpu(&self) -> Result<Cpu> {
        let process_ms = self.server.cpu_ms()? - self.before_process_ms;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(threads(self.server.id()));
        let mut by_stage = BTreeMap::new();
        for (name, (id, ns)) in stages(&seen, self.http_threads) {
            let before_ns = self.before.get(&id).map_or(0, |(_, ns)| *ns);
            *by_stage.entry(name).or_default() += (ns - before_ns.min(ns)) as f64 / 1e6;
        }
        Ok(Cpu { by_stage, process_ms })
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The stage of each thread.
fn stages(threads: &Threads, http_threads: usize) -> Vec<(String, (u32, u64))> {
    let mut tokio_threads = 0;
    let stage = |(&id, (name, ns)): (&u32, &(String, u64))| {
        let is_tokio = name.starts_with(TOKIO_PREFIX);
        tokio_threads += usize::from(is_tokio);
        let stage = match is_tokio {
            true if tokio_threads <= http_threads => "http",
            true => "blocking",
            false => name.trim_end_matches(|character: char| character.is_ascii_digit() || character == '-'),
        };
        (stage.to_owned(), (id, *ns))
    };
    threads.iter().map(stage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_tokios_threads_serve_http_and_names_lose_their_numbers() {
        let names = [
            "rockhopper",
            "tokio-rt-worker",
            "tokio-rt-worker",
            "query-1",
            "tokio-rt-worker",
            "storage-seal",
        ];
        let threads = names.iter().zip(1..).map(|(name, id)| (id, ((*name).to_owned(), 7))).collect();
        let stages: Vec<String> = stages(&threads, 2).into_iter().map(|(name, _)| name).collect();
        assert_eq!(stages, ["rockhopper", "http", "http", "query", "blocking", "storage-seal"]);
    }
}

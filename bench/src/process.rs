//! A child process: stopped when dropped, and what the kernel counts about it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::error::{Error, Result, io};

/// A process is quiet when it uses less than this share of one core ..
const QUIET_SHARE: f64 = 0.05;
/// .. in so many looks in a row ..
const QUIET_LOOKS: usize = 3;
/// .. this far apart.
const QUIET_INTERVAL: Duration = Duration::from_millis(700);
/// Background work that goes on longer than this is an error.
const QUIET_TIMEOUT: Duration = Duration::from_secs(1200);
/// `/proc/PID/stat` counts in hundredths of a second on every Linux.
const TICK_MS: f64 = 10.0;

/// A child process. Killed when dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a command.
    ///
    /// # Errors
    /// `what` cannot be started.
    pub fn start(command: &mut Command, what: &str) -> Result<Process> {
        command.spawn().map(Process).map_err(io(format!("start {what}")))
    }

    /// The child, for its pipes and its end.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Milliseconds of processor time since its start, with threads that have ended.
    ///
    /// # Errors
    /// The process has ended.
    pub fn cpu_ms(&self) -> Result<f64> {
        let path = format!("/proc/{}/stat", self.0.id());
        let text = std::fs::read_to_string(&path).map_err(io(format!("read {path}")))?;
        // The name, in parentheses, may have blanks. User and system time are the 12th and 13th field after it.
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks =
            |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
        Ok((ticks(11) + ticks(12)) * TICK_MS)
    }

    /// Bytes of memory that are in RAM: its own and those of files it has mapped.
    pub fn resident_bytes(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let kib = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0").trim();
        kib.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() * 1024
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits until the process does nothing any more.
    ///
    /// # Errors
    /// It ended, or is still busy after 20 minutes.
    pub async fn wait_until_quiet(&self) -> Result<()> {
        let started = Instant::now();
        let (mut before, mut looks) = (self.cpu_ms()?, 0);
        while looks < QUIET_LOOKS {
            tokio::time::sleep(QUIET_INTERVAL).await;
            let now = self.cpu_ms()?;
            let is_quiet = now - before < QUIET_INTERVAL.as_secs_f64() * 1000.0 * QUIET_SHARE;
            looks = if is_quiet { looks + 1 } else { 0 };
            before = now;
            if started.elapsed() > QUIET_TIMEOUT {
                return Err(Error::Process(format!("background work did not end within {QUIET_TIMEOUT:?}")));
            }
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Nanoseconds of processor time of each thread of a process that runs now, by its id, with its name.
pub fn threads(process: u32) -> BTreeMap<u32, (String, u64)> {
    let folder = format!("/proc/{}/task", process);
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let threads = entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let name = std::fs::read_to_string(entry.path().join("comm")).ok()?.trim().to_owned();
        let schedstat = std::fs::read_to_string(entry.path().join("schedstat")).ok()?;
        Some((id, (name, schedstat.split(' ').next()?.parse().ok()?)))
    });
    threads.collect()
}

/// Binds all threads of this process, and those it starts later, to some cores: `1`, `0-1`.
///
/// # Errors
/// `taskset` is missing or refuses.
pub fn pin_own(cores: &str) -> Result<()> {
    let id = std::process::id().to_string();
    let ran = Command::new("taskset").args(["-acp", cores, &id]).output();
    let output = ran.map_err(io("run taskset (of the package util-linux)"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Process(format!("taskset failed: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

/// Bytes that all files in a folder take on disk whose names begin with a prefix; `""` for all.
pub fn folder_bytes(folder: &Path, prefix: &str) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path(), prefix),
        Ok(metadata) if entry.file_name().to_string_lossy().starts_with(prefix) => metadata.blocks() * 512,
        _ => 0,
    });
    bytes.sum()
}

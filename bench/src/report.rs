//! Figures of repeated runs, and where they were measured.

use std::process::Command;

/// Milliseconds of repeated runs.
pub struct Runs {
    /// The first run.
    pub cold_ms: f64,
    /// The others, sorted.
    warm_ms: Vec<f64>,
}

impl Runs {
    /// The first run is cold, all others are warm.
    pub fn new(mut all_ms: Vec<f64>) -> Runs {
        let cold_ms = if all_ms.is_empty() { 0.0 } else { all_ms.remove(0) };
        all_ms.sort_by(f64::total_cmp);
        Runs { cold_ms, warm_ms: all_ms }
    }

    /// The share of warm runs that were not slower: 0.5 is the median.
    pub fn at(&self, share: f64) -> f64 {
        let place = (self.warm_ms.len() as f64 * share).ceil() as usize;
        self.warm_ms.get(place.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// One line about the machine.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or("0").trim();
    let gib = kib.split(' ').next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1048576.0;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    let date = Command::new("date").arg("+%Y-%m-%d").output().map(|out| out.stdout).unwrap_or_default();
    format!(
        "{}, {cores} cores, {gib:.0} GiB, load {load}, {}",
        model.trim_start_matches([' ', '\t', ':']),
        String::from_utf8_lossy(&date).trim()
    )
}

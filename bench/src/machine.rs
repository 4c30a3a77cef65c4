//! Where and when a benchmark ran.

use std::process::Command;

/// One line: processor, cores, memory, load before the run, day.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let gib = memory_bytes("MemTotal:") as f64 / f64::from(1 << 30);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    let date = Command::new("date").arg("+%Y-%m-%d").output().map(|out| out.stdout).unwrap_or_default();
    format!(
        "{}, {} cores, {gib:.0} GiB, load {load} before the run, {}",
        model.trim_start_matches([' ', '\t', ':']),
        cores(),
        String::from_utf8_lossy(&date).trim()
    )
}

/// Processors that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A line of `/proc/meminfo`, such as `MemAvailable:`, in bytes; 0 where it is not there.
pub fn memory_bytes(name: &str) -> u64 {
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0").trim();
    kib.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// The command as a user would repeat it: without what `bench/bench` adds.
pub fn command_line(subcommand: &str) -> String {
    let words = std::env::args().skip_while(|word| word != subcommand);
    std::iter::once("bench/bench".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_millis() as i64)
}

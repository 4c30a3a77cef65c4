//! The `rockhopper` binary.

use std::process::ExitCode;

/// Queries take and give back megabytes each few milliseconds. The system's allocator may give them to the kernel each
/// time, by thresholds that depend on what ran before, and the kernel then clears them anew; this one keeps them a while.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rockhopper_server::cli::run()
}

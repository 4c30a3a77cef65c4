//! The `rockhopper` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    rockhopper_server::cli::run()
}

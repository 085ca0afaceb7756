//! argv to exit status.
#![forbid(unsafe_code)]

use exifkit::{cli::Cli, commands, output};
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run(Cli::read()) {
        Ok(status) => ExitCode::from(status.0),
        Err(error) => {
            output::message(&format!("{error:#}"));
            ExitCode::from(commands::status_of(&error))
        }
    }
}

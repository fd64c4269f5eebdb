//! The binary `allmende`: command line, configuration, wiring. Nobody imports it.

mod assemble;
mod authenticate;
mod cli;
mod commands;
mod config;
mod control;
mod fail;
mod log;
mod messages;
mod operate;
mod operator;
mod out;
mod player;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

/// Fewer pages fault and fewer cores wait for each other than with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    messages::choose_language();
    let command = match cli::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(exit) => return exit,
    };
    match commands::run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out::error(&format!("allmende: {}", fail::told(&failure)));
            ExitCode::FAILURE
        }
    }
}

//! Asking for a password: hidden at a terminal, one line of a pipe otherwise.

use std::io::{self, BufRead, IsTerminal};

use anyhow::bail;
use rustix::termios::{self, LocalModes, OptionalActions};

use crate::messages::say;
use crate::out;

/// Asks, twice at a terminal.
///
/// # Errors
/// When nothing comes or the two differ.
pub(super) fn ask() -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        return one_line();
    }
    out::note(&say("password.ask", &[]));
    let first = hidden()?;
    out::note(&say("password.again", &[]));
    if hidden()? != first {
        bail!(say("password.differ", &[]));
    }
    Ok(first)
}

fn hidden() -> anyhow::Result<String> {
    let terminal = io::stdin();
    let before = termios::tcgetattr(&terminal)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    termios::tcsetattr(&terminal, OptionalActions::Now, &silent)?;
    let line = one_line();
    termios::tcsetattr(&terminal, OptionalActions::Now, &before)?;
    line
}

fn one_line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!(say("password.none", &[]));
    }
    Ok(password.to_owned())
}

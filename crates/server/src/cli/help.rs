//! Help and mistakes in the language chosen.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;
use crate::messages::{find, say};
use crate::out;

/// The command line with its texts.
pub(crate) fn localized() -> Command {
    dress(Cli::command(), "cli")
}

/// Puts texts on a command and those below it. `key` is its path in the message files.
fn dress(command: Command, key: &str) -> Command {
    let mut command = command
        .about(text(key))
        .help_template(say("cli.template", &[]))
        .subcommand_help_heading(text("cli.commands"))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help).help(text("cli.argument.help")));
    if let Some(more) = find(&format!("{key}.more")) {
        command = command.after_help(more);
    }
    // A command that does something by itself may have others below it.
    if command.has_subcommands() && command.get_positionals().next().is_none() {
        command = command.subcommand_required(true).arg_required_else_help(true);
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let own = format!("{key}.{name}");
        command = command.mut_subcommand(&name, |sub| dress(sub, &own));
    }
    let key = key.to_owned();
    command.mut_args(move |arg| {
        let id = arg.get_id().to_string();
        let help = find(&format!("{key}.{id}")).unwrap_or_else(|| text(&format!("cli.argument.{id}")));
        let heading = text(if arg.is_positional() { "cli.arguments" } else { "cli.options" });
        let arg = arg.help(help).help_heading(heading);
        let takes_value = arg.get_action().takes_values();
        if takes_value { arg.hide_default_value(true).hide_possible_values(true) } else { arg }
    })
}

/// A text that has to be there; a test walks all commands and arguments.
fn text(key: &str) -> &'static str {
    find(key).unwrap_or("?")
}

/// Prints help where help was asked for, one sentence where a mistake was made.
pub(super) fn explain(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out::line(error.render().to_string().trim_end());
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            out::error(error.render().to_string().trim_end());
            ExitCode::from(2)
        }
        _ => {
            out::error(&format!("allmende: {}", sentence(error)));
            ExitCode::from(2)
        }
    }
}

fn sentence(error: &clap::Error) -> String {
    let part = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let (argument, value, command) = (part(ContextKind::InvalidArg), part(ContextKind::InvalidValue), part(ContextKind::InvalidSubcommand));
    match error.kind() {
        ErrorKind::UnknownArgument => say("cli.unknown-argument", &[("argument", &argument)]),
        ErrorKind::InvalidSubcommand => say("cli.unknown-command", &[("command", &command)]),
        ErrorKind::MissingRequiredArgument => say("cli.missing", &[("argument", &argument)]),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if value.is_empty() => say("cli.no-value", &[("argument", &argument)]),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let expected = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            say("cli.value", &[("argument", &argument), ("value", &value), ("expected", &expected)])
        }
        _ => {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    }
}

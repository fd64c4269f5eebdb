//! The command line. The shape stands here, every text in the message files:
//! `cli.<command>` says what a command is for, `cli.<command>.more` teaches
//! by example, `cli.<command>.<argument>` or `cli.argument.<argument>`
//! explains an argument.

mod help;
#[cfg(test)]
pub(crate) use help::localized;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, FromArgMatches, Parser, Subcommand};
use engine::Role;
use engine::transfer::HistoryForm;
use jiff::civil::Date;
use model::Instant;

/// `allmende …`.
#[derive(Parser)]
#[command(name = "allmende", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
    Demo(Demo),
    #[command(subcommand)]
    Source(Source),
    #[command(subcommand)]
    Dashboard(Dashboard),
    #[command(subcommand)]
    Retention(Retention),
    #[command(subcommand)]
    Erasure(Erasure),
    Status(Status),
    Check(Check),
    Backup(Backup),
    Restore(Restore),
    Export(Export),
    ExportHistory(ExportHistory),
    Import(Import),
    #[command(subcommand)]
    Tenant(Tenant),
    #[command(subcommand)]
    User(User),
    #[command(subcommand)]
    Token(Token),
    Version,
}

/// Which installation.
#[derive(Args, Clone, Default)]
pub(crate) struct Place {
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Which tenant of which installation.
#[derive(Args, Clone, Default)]
pub(crate) struct InTenant {
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) place: Place,
    #[arg(long, value_name = "HOST:PORT", value_parser = listen)]
    pub(crate) listen: Option<String>,
}

#[derive(Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) serve: Serve,
    #[arg(long)]
    pub(crate) reset: bool,
    #[arg(long)]
    pub(crate) still: bool,
}

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) place: Place,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) place: Place,
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Backup {
    #[command(subcommand)]
    pub(crate) look: Option<LookAtBackup>,
    #[arg(value_name = "DIR", required = true)]
    pub(crate) target: Option<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// What a backup is asked, which needs no installation.
#[derive(Subcommand)]
pub(crate) enum LookAtBackup {
    List {
        #[arg(value_name = "DIR")]
        backup: PathBuf,
        #[arg(long)]
        json: bool,
    },
    Verify {
        #[arg(value_name = "DIR")]
        backup: PathBuf,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(crate) struct Restore {
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) at: Option<Instant>,
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct Export {
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    #[arg(long, value_name = "TEXT")]
    pub(crate) personal: Option<String>,
    #[command(flatten)]
    pub(crate) tenant: InTenant,
}

#[derive(Args)]
pub(crate) struct ExportHistory {
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    #[arg(long, value_name = "FORM", value_parser = form)]
    pub(crate) format: Option<HistoryForm>,
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    #[arg(long, value_name = "ID")]
    pub(crate) entity: Vec<String>,
    #[arg(long = "type", value_name = "NAME")]
    pub(crate) entity_type: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub(crate) attribute: Vec<String>,
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) from: Option<Date>,
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) until: Option<Date>,
    #[arg(long)]
    pub(crate) versions: bool,
    #[arg(long, value_name = "TEXT")]
    pub(crate) personal: Option<String>,
    #[command(flatten)]
    pub(crate) tenant: InTenant,
}

#[derive(Args)]
pub(crate) struct Import {
    #[arg(long, value_name = "DIR")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) tenant: InTenant,
}

#[derive(Subcommand)]
pub(crate) enum Source {
    Check {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    Preview {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[arg(long, value_name = "INPUT")]
        input: Option<PathBuf>,
        #[command(flatten)]
        tenant: InTenant,
    },
    Put {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        tenant: InTenant,
    },
    Run {
        #[arg(value_name = "NAME")]
        name: String,
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
        #[command(flatten)]
        tenant: InTenant,
    },
    Replay {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        tenant: InTenant,
    },
    Pause {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        tenant: InTenant,
    },
    Resume {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        tenant: InTenant,
    },
    List {
        #[command(flatten)]
        tenant: InTenant,
    },
}

#[derive(Subcommand)]
pub(crate) enum Dashboard {
    Put {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        tenant: InTenant,
    },
    List {
        #[command(flatten)]
        tenant: InTenant,
    },
    Remove {
        #[arg(value_name = "NAME")]
        slug: String,
        #[command(flatten)]
        tenant: InTenant,
    },
}

#[derive(Subcommand)]
pub(crate) enum Retention {
    Plan {
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        tenant: InTenant,
    },
    Run {
        #[command(flatten)]
        tenant: InTenant,
    },
    Confirm {
        #[arg(value_name = "DATASET")]
        dataset: String,
        #[arg(value_name = "PLAN")]
        plan: String,
        #[arg(long, value_name = "TEXT")]
        name: String,
        #[command(flatten)]
        tenant: InTenant,
    },
    Receipts {
        #[arg(value_name = "DATASET")]
        dataset: String,
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        tenant: InTenant,
    },
}

#[derive(Subcommand)]
pub(crate) enum Erasure {
    Plan {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(long, value_name = "TEXT")]
        contains: Vec<String>,
        #[command(flatten)]
        tenant: InTenant,
    },
    Run {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(long, value_name = "TEXT")]
        contains: Vec<String>,
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        tenant: InTenant,
    },
    List {
        #[command(flatten)]
        tenant: InTenant,
    },
}

#[derive(Subcommand)]
pub(crate) enum Tenant {
    Create {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        place: Place,
    },
    List {
        #[command(flatten)]
        place: Place,
    },
    ReplaceKeys {
        #[arg(value_name = "NAME")]
        name: String,
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand)]
pub(crate) enum User {
    Add {
        #[arg(value_name = "NAME")]
        name: String,
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
        #[command(flatten)]
        tenant: InTenant,
    },
    List {
        #[command(flatten)]
        tenant: InTenant,
    },
    Password {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        tenant: InTenant,
    },
    Disable {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        tenant: InTenant,
    },
    Remove {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        tenant: InTenant,
    },
}

#[derive(Subcommand)]
pub(crate) enum Token {
    Create {
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=366), default_value_t = 366)]
        days: u32,
        #[command(flatten)]
        tenant: InTenant,
    },
    List {
        #[command(flatten)]
        tenant: InTenant,
    },
    Revoke {
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        tenant: InTenant,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let words = || Role::GRANTABLE.map(Role::word).join(", ");
    Role::GRANTABLE.into_iter().find(|role| role.word() == text).ok_or_else(words)
}

fn form(text: &str) -> Result<HistoryForm, String> {
    let words = || HistoryForm::ALL.map(HistoryForm::word).join(", ");
    HistoryForm::ALL.into_iter().find(|form| form.word() == text).ok_or_else(words)
}

fn day(text: &str) -> Result<Date, String> {
    let day = text.parse::<Date>().ok().filter(|date| text.len() == 10 && date.year() >= 0);
    day.ok_or_else(|| "2026-05-01".to_owned())
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse_any_precision(text).ok_or_else(|| "2026-11-23T14:30:00+01:00, 2026-11-23T13:30Z, 2026-11-23".to_owned())
}

fn listen(text: &str) -> Result<String, String> {
    crate::config::parse_address(text)
}

/// Reads the command line. Help and mistakes are printed here.
///
/// # Errors
/// The code to leave with: 0 after help, 2 after a mistake.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, ExitCode> {
    let command = help::localized();
    let matches = command.try_get_matches_from(arguments).map_err(|error| help::explain(&error))?;
    Cli::from_arg_matches(&matches).map(|cli| cli.command).map_err(|error| help::explain(&error))
}

//! `allmende export-history`.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use engine::transfer::HistoryForm;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Instant, TimeWindow};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::cli::ExportHistory;
use crate::control::{HistoryRequest, Request};
use crate::messages::say;
use crate::{fail, out};

/// Writes values of the past as one table, while the server runs or not.
pub(super) fn export(export: ExportHistory) -> anyhow::Result<()> {
    if export.personal.as_ref().is_some_and(|purpose| purpose.trim().is_empty()) {
        bail!(say("export.no-purpose", &[]));
    }
    let form = form(&export)?;
    let window = window(export.from, export.until)?;
    let mut target = Target::open(export.to.as_deref(), form)?;
    let request = Request::ExportHistory(HistoryRequest {
        tenant: export.tenant.tenant,
        dataset: export.dataset,
        entities: export.entity,
        entity_type: export.entity_type,
        attributes: export.attribute,
        window: (window.start.micros(), window.end.micros()),
        versions: export.versions,
        personal: export.personal,
        form: form.word().to_owned(),
    });
    let done = super::perform_into(&export.tenant.place, request, &mut |piece| target.write(piece));
    if target.has_gone() {
        return Ok(());
    }
    let report = done?;
    let size_bytes = target.finish()?;
    tell(&report, export.to.as_deref(), size_bytes);
    Ok(())
}

/// As named, else what the ending of the file's name says.
fn form(export: &ExportHistory) -> anyhow::Result<HistoryForm> {
    let ending = export.to.as_deref().and_then(Path::extension).map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let by_ending = match ending.as_deref() {
        Some("parquet") => Some(HistoryForm::Parquet),
        Some("csv") => Some(HistoryForm::Csv),
        Some("json" | "ndjson" | "jsonl") => Some(HistoryForm::Json),
        _ => None,
    };
    export.format.or(by_ending).ok_or_else(|| anyhow!(say("history.no-form", &[])))
}

/// From the first midnight in Germany to the one after the last day.
fn window(from: Option<Date>, until: Option<Date>) -> anyhow::Result<TimeWindow> {
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        bail!(say("history.turned", &[("from", &from), ("until", &until)]));
    }
    let berlin = TimeZone::get("Europe/Berlin")?;
    // The last days of the calendar reach beyond all time that can be written.
    let start_of = |date: Date| {
        let midnight = date.to_zoned(berlin.clone()).and_then(|day| day.start_of_day());
        midnight.map_or(TimeWindow::ALL.end, |midnight| Instant::from_micros(midnight.timestamp().as_microsecond()))
    };
    Ok(TimeWindow {
        start: from.map_or(TimeWindow::ALL.start, start_of),
        end: until.map_or(TimeWindow::ALL.end, |date| date.tomorrow().map_or(TimeWindow::ALL.end, start_of)),
    })
}

/// What there is to say beside the values.
fn tell(report: &Value, to: Option<&Path>, size_bytes: u64) {
    let count = |kind: &str| report[kind].as_u64().unwrap_or_default();
    let (values, things, kibibytes) = (count("values"), count("things"), size_bytes.div_ceil(1024));
    match to {
        Some(path) => {
            let path = path.display();
            out::line(&say("history.done", &[("values", &values), ("things", &things), ("size", &kibibytes), ("path", &path)]));
        }
        None => out::note(&say("history.given", &[("values", &values), ("things", &things)])),
    }
    let (personal, erased) = (count("personal"), count("erased"));
    if personal > 0 {
        out::note(&say("history.left-out", &[("values", &personal)]));
    }
    if erased > 0 {
        out::note(&say("export.erased", &[("values", &erased)]));
    }
}

/// Where the table goes. A file has its name only once it is whole.
enum Target {
    File { file: NamedTempFile, path: PathBuf, size_bytes: u64 },
    Out { has_gone: bool },
}

impl Target {
    fn open(path: Option<&Path>, form: HistoryForm) -> anyhow::Result<Self> {
        let Some(path) = path else {
            if form == HistoryForm::Parquet && io::stdout().is_terminal() {
                bail!(say("history.terminal", &[]));
            }
            return Ok(Self::Out { has_gone: false });
        };
        let path = super::absolute(path)?;
        if path.symlink_metadata().is_ok() {
            bail!(say("history.exists", &[("path", &path.display())]));
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            bail!(say("fail.not-found", &[("path", &path.display())]))
        };
        let prefix = format!(".{}.", name.to_string_lossy());
        let file = tempfile::Builder::new().prefix(&prefix).suffix(".part").tempfile_in(folder);
        Ok(Self::File { file: file.map_err(|error| fail::of_path(&error, folder))?, path, size_bytes: 0 })
    }

    fn write(&mut self, piece: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::File { file, path, size_bytes } => {
                *size_bytes += piece.len() as u64;
                file.write_all(piece).map_err(|error| fail::of_path(&error, path))
            }
            Self::Out { has_gone } => {
                let mut out = io::stdout().lock();
                out.write_all(piece).and_then(|()| out.flush()).map_err(|error| {
                    *has_gone = error.kind() == ErrorKind::BrokenPipe;
                    fail::of_path(&error, Path::new("/dev/stdout"))
                })
            }
        }
    }

    /// Whether the reader went before the end (`| head`), which is no fault.
    fn has_gone(&self) -> bool {
        matches!(self, Self::Out { has_gone: true })
    }

    /// Gives a file its name once it is durable; answers its size.
    fn finish(self) -> anyhow::Result<u64> {
        let Self::File { file, path, size_bytes } = self else { return Ok(0) };
        file.as_file().sync_all().map_err(|error| fail::of_path(&error, &path))?;
        file.persist_noclobber(&path).map_err(|refused| match refused.error.kind() {
            ErrorKind::AlreadyExists => anyhow!(say("history.exists", &[("path", &path.display())])),
            _ => fail::of_path(&refused.error, &path),
        })?;
        Ok(size_bytes)
    }
}

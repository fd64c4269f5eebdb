//! Rows of the small tables as lines of JSON, and back.

use model::{Header, Instant, Json};
use store::{
    Account, Kept, LoggedHeader, QuarantineItem, QuarantineRow, QuarantineState, RemovedFile, RunRow, RunState, ScheduleRow, SourceRow,
    SourceState,
};

use super::{hex, instant, unhex};

/// The hash of an account that has to be given a password first: no password makes it.
const NO_PASSWORD: &str = "imported";

/// A line of one of the tables' files.
pub(super) fn write(row: &Kept) -> Json {
    match row {
        Kept::Header(row) => header(row),
        Kept::Source(row) => source(row),
        Kept::Schedule(row) => schedule(row),
        Kept::Run(row) => run(row),
        Kept::Quarantine(row) => quarantine(row),
        Kept::Removal(row) => Json::object([("sha256", text(&hex(&row.checksum))), ("at", instant(row.at)), ("actor", text(&row.actor))]),
        Kept::Account(row) => Json::object([
            ("name", text(&row.name)),
            ("role", text(&row.role)),
            ("createdAt", instant(row.created_at)),
            ("mustChange", Json::from(row.must_change)),
            ("disabled", Json::from(row.password_hash.is_empty())),
        ]),
    }
}

fn header(row: &LoggedHeader) -> Json {
    Json::object([
        ("seq", number(row.header.seq)),
        ("at", instant(row.header.at)),
        ("actor", text(&row.header.actor)),
        ("purpose", optional(row.header.purpose.as_ref(), |purpose| text(purpose))),
        ("run", optional(row.header.run, number)),
        ("payloadSha256", text(&hex(&row.payload))),
        ("hash", text(&hex(&row.hash))),
    ])
}

/// The text of the definition stands in a file of its own.
fn source(row: &SourceRow) -> Json {
    Json::object([
        ("name", text(&row.name)),
        ("version", number(row.version)),
        ("at", instant(row.at)),
        ("actor", text(&row.actor)),
        ("paused", Json::from(row.paused)),
    ])
}

fn schedule(row: &ScheduleRow) -> Json {
    let state = &row.state;
    Json::object([
        ("source", text(&row.source)),
        ("version", number(state.version)),
        ("dueAt", optional(state.due_at, instant)),
        ("checkedAt", optional(state.checked_at, instant)),
        ("succeededAt", optional(state.succeeded_at, instant)),
        ("newsAt", optional(state.news_at, instant)),
        ("observedAt", optional(state.observed_at, instant)),
        ("failures", number(state.failures)),
        ("trouble", optional(state.trouble.as_ref(), |trouble| text(trouble))),
        ("memo", text(&state.memo)),
    ])
}

/// A run that is at work is one that was interrupted, for whoever reads it.
fn run(row: &RunRow) -> Json {
    let state = if row.state == RunState::Running { RunState::Interrupted } else { row.state };
    Json::object([
        ("id", number(row.id)),
        ("source", text(&row.source)),
        ("version", number(row.version)),
        ("input", text(&row.input)),
        ("inputSha256", text(&hex(&row.checksum))),
        ("at", instant(row.at)),
        ("finishedAt", optional(row.finished_at, instant)),
        ("state", text(state.word())),
        ("records", number(row.records)),
        ("written", number(row.written)),
        ("unchanged", number(row.unchanged)),
        ("corrected", number(row.corrected)),
        ("flagged", number(row.flagged)),
        ("quarantined", number(row.quarantined)),
        ("message", optional(row.message.as_ref(), |message| text(message))),
        ("repeats", number(row.repeats)),
        ("repeatedAt", optional(row.repeated_at, instant)),
    ])
}

/// Bytes that are no text are written in hexadecimal.
fn quarantine(row: &QuarantineRow) -> Json {
    let item = &row.item;
    let (member, raw) = match std::str::from_utf8(&item.raw) {
        Ok(plain) => ("raw", text(plain)),
        Err(_) => ("rawHex", text(&hex(&item.raw))),
    };
    Json::object([
        ("id", number(row.id)),
        ("source", text(&item.source)),
        ("run", number(item.run)),
        ("record", number(item.record)),
        ("field", optional(item.field.as_ref(), |field| text(field))),
        ("reason", text(&item.reason)),
        ("context", text(&item.context)),
        (member, raw),
        ("at", instant(item.at)),
        ("state", text(row.state.word())),
        ("settledRun", optional(row.settled_run, number)),
        ("settledAt", optional(row.settled_at, instant)),
    ])
}

fn text(text: &str) -> Json {
    Json::from(text)
}

fn number(number: u64) -> Json {
    Json::from(number.cast_signed())
}

fn optional<T>(value: Option<T>, write: impl FnOnce(T) -> Json) -> Json {
    value.map_or(Json::Null, write)
}

/// A line that is being read: every member it must have, or its name.
pub(super) struct Line(Json);

type Read<T> = Result<T, String>;

impl Line {
    pub(super) fn parse(line: &[u8]) -> Read<Self> {
        model::json::parse_with(line, model::json::Limits { depth_max: 8, members_max: 100 }).map(Self).map_err(|error| error.to_string())
    }

    fn get<'a, T>(&'a self, member: &str, read: impl FnOnce(&'a Json) -> Option<T>) -> Read<T> {
        self.0.get(member).and_then(read).ok_or_else(|| format!("`{member}` is missing or has another shape"))
    }

    fn maybe<'a, T>(&'a self, member: &str, read: impl FnOnce(&'a Json) -> Option<T>) -> Read<Option<T>> {
        self.get(member, |json| if *json == Json::Null { Some(None) } else { read(json).map(Some) })
    }

    fn text(&self, member: &str) -> Read<String> {
        self.get(member, as_text)
    }

    fn number(&self, member: &str) -> Read<u64> {
        self.get(member, as_number)
    }

    fn instant(&self, member: &str) -> Read<Instant> {
        self.get(member, as_instant)
    }

    fn flag(&self, member: &str) -> Read<bool> {
        self.get(member, |json| if let Json::Bool(value) = json { Some(*value) } else { None })
    }

    fn hash(&self, member: &str) -> Read<[u8; 32]> {
        self.get(member, |json| unhex(json.as_str()?)?.try_into().ok())
    }

    pub(super) fn header(&self) -> Read<Kept> {
        let header = Header {
            seq: self.number("seq")?,
            at: self.instant("at")?,
            actor: self.text("actor")?.into(),
            purpose: self.maybe("purpose", as_text)?.map(Into::into),
            run: self.maybe("run", as_number)?,
        };
        Ok(Kept::Header(LoggedHeader { header, payload: self.hash("payloadSha256")?, hash: self.hash("hash")? }))
    }

    /// A version of a source; its text is put in later.
    pub(super) fn source(&self) -> Read<SourceRow> {
        Ok(SourceRow {
            name: self.text("name")?,
            version: self.number("version")?,
            text: String::new(),
            at: self.instant("at")?,
            actor: self.text("actor")?,
            paused: self.flag("paused")?,
        })
    }

    pub(super) fn schedule(&self) -> Read<Kept> {
        let state = SourceState {
            version: self.number("version")?,
            due_at: self.maybe("dueAt", as_instant)?,
            checked_at: self.maybe("checkedAt", as_instant)?,
            succeeded_at: self.maybe("succeededAt", as_instant)?,
            news_at: self.maybe("newsAt", as_instant)?,
            observed_at: self.maybe("observedAt", as_instant)?,
            failures: self.number("failures")?,
            trouble: self.maybe("trouble", as_text)?,
            memo: self.text("memo")?,
        };
        Ok(Kept::Schedule(ScheduleRow { source: self.text("source")?, version: state.version, paused: false, state }))
    }

    pub(super) fn run(&self) -> Read<Kept> {
        let state = self.get("state", |json| {
            [RunState::Done, RunState::Failed, RunState::Interrupted].into_iter().find(|state| json.as_str() == Some(state.word()))
        })?;
        Ok(Kept::Run(RunRow {
            id: self.number("id")?,
            source: self.text("source")?,
            version: self.number("version")?,
            input: self.text("input")?,
            checksum: self.hash("inputSha256")?,
            at: self.instant("at")?,
            finished_at: self.maybe("finishedAt", as_instant)?,
            state,
            records: self.number("records")?,
            written: self.number("written")?,
            unchanged: self.number("unchanged")?,
            corrected: self.number("corrected")?,
            flagged: self.number("flagged")?,
            quarantined: self.number("quarantined")?,
            message: self.maybe("message", as_text)?,
            repeats: self.number("repeats")?,
            repeated_at: self.maybe("repeatedAt", as_instant)?,
        }))
    }

    pub(super) fn quarantine(&self) -> Read<Kept> {
        let states = [QuarantineState::Open, QuarantineState::Replayed, QuarantineState::Discarded];
        let raw = match self.0.get("rawHex") {
            Some(hex) => hex.as_str().and_then(unhex).ok_or("`rawHex` is not hexadecimal")?,
            None => self.text("raw")?.into_bytes(),
        };
        let item = QuarantineItem {
            source: self.text("source")?,
            run: self.number("run")?,
            record: self.number("record")?,
            raw,
            context: self.text("context")?,
            reason: self.text("reason")?,
            field: self.maybe("field", as_text)?,
            at: self.instant("at")?,
        };
        Ok(Kept::Quarantine(QuarantineRow {
            id: self.number("id")?,
            item,
            state: self.get("state", |json| states.into_iter().find(|state| json.as_str() == Some(state.word())))?,
            settled_run: self.maybe("settledRun", as_number)?,
            settled_at: self.maybe("settledAt", as_instant)?,
        }))
    }

    pub(super) fn removal(&self) -> Read<Kept> {
        Ok(Kept::Removal(RemovedFile { checksum: self.hash("sha256")?, at: self.instant("at")?, actor: self.text("actor")? }))
    }

    pub(super) fn account(&self) -> Read<Kept> {
        let hash = if self.flag("disabled")? { "" } else { NO_PASSWORD };
        Ok(Kept::Account(Account {
            name: self.text("name")?,
            role: self.text("role")?,
            password_hash: hash.to_owned(),
            created_at: self.instant("createdAt")?,
            must_change: self.flag("mustChange")?,
        }))
    }
}

fn as_text(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn as_number(json: &Json) -> Option<u64> {
    match json {
        Json::Number(number) => number.as_i64().map(i64::cast_unsigned),
        _ => None,
    }
}

fn as_instant(json: &Json) -> Option<Instant> {
    Instant::parse(json.as_str()?).ok()
}

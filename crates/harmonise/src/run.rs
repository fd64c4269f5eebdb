//! Running a definition over an input, looking at one, reading one record
//! again, and mapping what was refused once more.

mod context;
mod found;

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

use model::{Crs, Entity, Instant, Text};

use crate::columns::{ColumnLook, Columns};
use crate::definition::{Definition, Encoding, Kind};
use crate::fields::{Base, Fields};
use crate::issue::{Issue, Reason};
use crate::map::{Mapped, Mapper, parts};
use crate::message::{Code, Message};
use crate::read::{self, Body, Fatal, Raw, Shape, Visitor};
use context::{Context, body_again};
pub use found::{Found, record_at};

/// Something to read.
pub struct Input<'a> {
    /// Its name: the path relative to the source's folder, or what the sender called it.
    pub name: &'a str,
    /// Its bytes.
    pub reader: &'a mut dyn Read,
}

/// Where records go. A failure stops the run: nothing may be lost.
pub trait Sink {
    /// Takes a mapped record.
    ///
    /// # Errors
    /// When the record could not be kept.
    fn accept(&mut self, record: Record) -> Result<(), SinkError>;
    /// Takes a refused record, whole or in part.
    ///
    /// # Errors
    /// When the record could not be kept.
    fn reject(&mut self, rejected: Rejected) -> Result<(), SinkError>;
}

/// A sink could not keep a record.
#[derive(Debug, thiserror::Error)]
#[error("the record could not be kept: {0}")]
pub struct SinkError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A mapped record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Line of a text file, row of a sheet, index in an array; from 1.
    pub record: u64,
    /// Partial entities: id, type, attributes with time, unit and sub-attributes.
    pub updates: Vec<Entity>,
    /// What quality rules found; nothing was dropped.
    pub flags: Vec<Issue>,
}

/// A refused record, or one of which some values were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Line of a text file, row of a sheet, index in an array; from 1.
    pub record: u64,
    /// Its bytes as they came; of a spreadsheet's row its cells as a JSON array.
    pub raw: Vec<u8>,
    /// What [`replay`] needs beside the bytes (file name, header, …); opaque text, to be kept with them.
    pub context: String,
    /// The first field at fault.
    pub field: Option<String>,
    /// What is wrong: names the value and what was expected.
    pub reason: Reason,
    /// Whether good values of the same record were accepted.
    pub partly: bool,
}

/// A record taken out of quarantine.
#[derive(Debug, Clone, Copy)]
pub struct Quarantined<'a> {
    /// Its place in the input it came from.
    pub record: u64,
    /// [`Rejected::raw`].
    pub raw: &'a [u8],
    /// [`Rejected::context`].
    pub context: &'a str,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Records read.
    pub records: u64,
    /// Records that gave at least one value.
    pub accepted: u64,
    /// Records refused, whole or in part.
    pub rejected: u64,
    /// Records in which nothing was wrong and nothing was said.
    pub empty: u64,
    /// Lines the definition passes over.
    pub ignored: u64,
    /// Attribute instances given to the sink.
    pub values: u64,
    /// How often each quality rule spoke, by its word.
    pub flags: BTreeMap<String, u64>,
    /// Earliest and latest observation.
    pub observed: Option<(Instant, Instant)>,
    /// What was found out about the input.
    pub facts: Facts,
    /// What its columns look like, or the members of its records; from the first ones.
    pub columns: BTreeMap<String, ColumnLook>,
    /// What is noteworthy about the input as a whole.
    pub issues: Vec<Issue>,
}

/// What was found out about an input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The encoding, as definitions name it.
    pub encoding: Option<&'static str>,
    /// What separates fields.
    pub delimiter: Option<char>,
    /// The columns.
    pub columns: Vec<Text>,
    /// The sheet.
    pub sheet: Option<String>,
    /// The coordinate reference system the file names.
    pub crs: Option<&'static str>,
}

/// The first records of an input and what can be said about it.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The first mapped records.
    pub records: Vec<Record>,
    /// Refused records among the first.
    pub rejected: Vec<Rejected>,
    /// What was found out.
    pub summary: Summary,
    /// Why the input cannot be used, if so.
    pub fatal: Option<Message>,
}

/// Reads an input to its end. Memory is bounded by the largest record.
///
/// # Errors
/// [`Fatal`] when the input as a whole cannot be used, cannot be read, or the
/// sink fails. What the sink took before stays; running again is harmless,
/// because equal values are no change.
pub fn run(definition: &Definition, input: Input<'_>, now: Instant, sink: &mut dyn Sink) -> Result<Summary, Fatal> {
    let mut running = Running::new(definition, input.name, None, now, u64::MAX, sink)?;
    let shape = read::read(definition, input.reader, &mut running)?;
    Ok(running.finish(&shape))
}

/// Maps one refused record again, after the definition was mended.
///
/// # Errors
/// [`Fatal`] when the context was not made by [`run`], or the sink fails.
pub fn replay(definition: &Definition, quarantined: Quarantined<'_>, now: Instant, sink: &mut dyn Sink) -> Result<Summary, Fatal> {
    let context = Context::parse(quarantined.context)?;
    let mut running = Running::new(definition, &context.file, Some(context.repeated), now, u64::MAX, sink)?;
    let body = body_again(definition, quarantined.raw, &context);
    running.mapper.begin(&context.shape)?;
    let raw = Raw { record: quarantined.record, bytes: quarantined.raw.to_vec(), body };
    let _ = running.record(&context.shape, raw)?;
    Ok(running.finish(&context.shape))
}

/// Reads the first records and tells what can be said about the input.
#[must_use]
pub fn preview(definition: &Definition, input: Input<'_>, limit: usize, now: Instant) -> Preview {
    let mut kept = Kept::default();
    let outcome = preview_into(definition, input, limit, now, &mut kept);
    let (summary, fatal) = match outcome {
        Ok(summary) => (summary, None),
        Err(fatal) => (Summary::default(), Some(fatal.message())),
    };
    Preview { records: kept.records, rejected: kept.rejected, summary, fatal }
}

fn preview_into(definition: &Definition, input: Input<'_>, limit: usize, now: Instant, kept: &mut Kept) -> Result<Summary, Fatal> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut running = Running::new(definition, input.name, None, now, limit, kept)?;
    let shape = read::read(definition, input.reader, &mut running)?;
    Ok(running.finish(&shape))
}

#[derive(Default)]
struct Kept {
    records: Vec<Record>,
    rejected: Vec<Rejected>,
}

impl Sink for Kept {
    fn accept(&mut self, record: Record) -> Result<(), SinkError> {
        self.records.push(record);
        Ok(())
    }

    fn reject(&mut self, rejected: Rejected) -> Result<(), SinkError> {
        self.rejected.push(rejected);
        Ok(())
    }
}

/// A run under way.
struct Running<'d, 's> {
    definition: &'d Definition,
    file: String,
    mapper: Mapper<'d>,
    /// Fields of a tree that no record has shown yet.
    unseen: Vec<&'d str>,
    columns: Columns,
    summary: Summary,
    limit: u64,
    sink: &'s mut dyn Sink,
}

impl<'d, 's> Running<'d, 's> {
    fn new(
        definition: &'d Definition,
        file: &str,
        repeated: Option<bool>,
        now: Instant,
        limit: u64,
        sink: &'s mut dyn Sink,
    ) -> Result<Self, Fatal> {
        let mapper = Mapper::new(definition, file, repeated, now)?;
        let is_tree = matches!(definition.format.kind, Kind::Json { .. });
        let unseen = if is_tree { definition.needed_columns() } else { Vec::new() };
        Ok(Self {
            definition,
            file: file.to_owned(),
            mapper,
            unseen,
            columns: Columns::default(),
            summary: Summary::default(),
            limit,
            sink,
        })
    }

    fn finish(mut self, shape: &Shape) -> Summary {
        self.summary.facts = facts(shape);
        self.summary.columns = self.columns.finish();
        if self.summary.records > 0 {
            let notes = self.unseen.iter().map(|field| Issue::new("never-seen", *field, Code::NeverSeen).remedy(Code::NeverSeenRemedy));
            self.summary.issues.extend(notes);
        }
        self.summary
    }

    fn count(&mut self, record: &Record) {
        for attribute in record.updates.iter().flat_map(|entity| &entity.attributes) {
            self.summary.values += 1;
            let Some(at) = attribute.observed_at else { continue };
            let (first, last) = self.summary.observed.unwrap_or((at, at));
            self.summary.observed = Some((first.min(at), last.max(at)));
        }
    }

    fn rejected(&self, raw: &Raw, shape: &Shape, mapped: &Mapped) -> Rejected {
        let context = Context { file: self.file.clone(), repeated: mapped.repeated, key: key_of(&raw.body), shape: shape.clone() };
        Rejected {
            record: raw.record,
            raw: raw.bytes.clone(),
            context: context.to_json().to_string(),
            field: mapped.faults.first().map(|fault| fault.place.clone()).filter(|field| !field.is_empty()),
            reason: Reason::of(&mapped.faults),
            partly: !mapped.updates.is_empty(),
        }
    }

    fn see(&mut self, body: &Body) {
        let Body::Tree { value, .. } = body else { return };
        for (at, members) in parts(self.definition, value) {
            let fields = Fields::new(Base::Tree { root: value, members, at: &at });
            self.unseen.retain(|field| fields.get(field).is_none());
        }
    }
}

impl Visitor for Running<'_, '_> {
    fn begin(&mut self, shape: &Shape) -> Result<(), Fatal> {
        self.mapper.begin(shape)
    }

    fn record(&mut self, shape: &Shape, raw: Raw) -> Result<ControlFlow<()>, Fatal> {
        self.summary.records += 1;
        if !self.unseen.is_empty() {
            self.see(&raw.body);
        }
        self.columns.see(&self.definition.format, shape, &raw.body);
        let mapped = self.mapper.map(shape, raw.record, &raw.body);
        if !mapped.faults.is_empty() {
            self.summary.rejected += 1;
            self.sink.reject(self.rejected(&raw, shape, &mapped))?;
        }
        for flag in &mapped.flags {
            *self.summary.flags.entry(flag.code.to_string()).or_default() += 1;
        }
        if mapped.updates.is_empty() {
            self.summary.empty += u64::from(mapped.faults.is_empty());
        } else {
            let record = Record { record: raw.record, updates: mapped.updates, flags: mapped.flags };
            self.summary.accepted += 1;
            self.count(&record);
            self.sink.accept(record)?;
        }
        Ok(if self.summary.records >= self.limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn ignored(&mut self) {
        self.summary.ignored += 1;
    }
}

fn key_of(body: &Body) -> Option<Text> {
    match body {
        Body::Tree { key, .. } => key.clone(),
        _ => None,
    }
}

fn facts(shape: &Shape) -> Facts {
    Facts {
        encoding: shape.encoding.map(Encoding::word),
        delimiter: shape.delimiter.map(char::from),
        columns: shape.header.iter().flat_map(|header| header.names.iter().cloned()).collect(),
        sheet: shape.sheet.clone(),
        crs: shape.crs.map(Crs::code),
    }
}

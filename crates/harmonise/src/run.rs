//! Running a definition over an input, looking at one, reading one record
//! again, and mapping what was refused once more.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

use model::{Crs, Entity, Instant, Json, Number, Text};

use crate::definition::{Definition, Encoding, Kind};
use crate::fields::{Base, Fields, Header};
use crate::issue::Issue;
use crate::map::{Fault, Mapped, Mapper};
use crate::read::{self, Body, Fatal, Raw, Shape, Visitor, unusable};

/// How many faults of one record a reason lists.
const FAULTS_SHOWN: usize = 5;

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
    pub reason: String,
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
    pub fatal: Option<String>,
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

/// The bytes of one record as they came, as in [`Rejected::raw`]: the way back
/// from a value to its source. Without header; [`preview`] tells the columns.
///
/// # Errors
/// [`Fatal`] when the input cannot be read up to there.
pub fn record_at(definition: &Definition, input: Input<'_>, record: u64) -> Result<Option<Vec<u8>>, Fatal> {
    let mut finder = Finder { wanted: record, found: None };
    read::read(definition, input.reader, &mut finder)?;
    Ok(finder.found)
}

/// Reads the first records and tells what can be said about the input.
#[must_use]
pub fn preview(definition: &Definition, input: Input<'_>, limit: usize, now: Instant) -> Preview {
    let mut kept = Kept::default();
    let outcome = preview_into(definition, input, limit, now, &mut kept);
    let (summary, fatal) = match outcome {
        Ok(summary) => (summary, None),
        Err(fatal) => (Summary::default(), Some(fatal.to_string())),
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

struct Finder {
    wanted: u64,
    found: Option<Vec<u8>>,
}

impl Visitor for Finder {
    fn begin(&mut self, _: &Shape) -> Result<(), Fatal> {
        Ok(())
    }

    fn record(&mut self, _: &Shape, raw: Raw) -> Result<ControlFlow<()>, Fatal> {
        if raw.record < self.wanted {
            return Ok(ControlFlow::Continue(()));
        }
        self.found = (raw.record == self.wanted).then_some(raw.bytes);
        Ok(ControlFlow::Break(()))
    }

    fn ignored(&mut self) {}
}

/// A run under way.
struct Running<'d, 's> {
    definition: &'d Definition,
    file: String,
    mapper: Mapper<'d>,
    /// Fields of a tree that no record has shown yet.
    unseen: Vec<&'d str>,
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
        Ok(Self { definition, file: file.to_owned(), mapper, unseen, summary: Summary::default(), limit, sink })
    }

    fn finish(mut self, shape: &Shape) -> Summary {
        self.summary.facts = facts(shape);
        if self.summary.records > 0 {
            let notes = self.unseen.iter().map(|field| {
                Issue::new("never-seen", *field, "no record has this field")
                    .remedy("mend the name of the field in the definition, or set `optional = true`")
            });
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
            field: mapped.faults.first().and_then(|fault| fault.field.clone()),
            reason: reason(&mapped.faults),
            partly: !mapped.updates.is_empty(),
        }
    }

    fn see(&mut self, body: &Body) {
        let Body::Tree { value, .. } = body else { return };
        let Kind::Json { geo, .. } = &self.definition.format.kind else { return };
        let members = if *geo { value.get("properties").unwrap_or(&Json::Null) } else { value };
        let fields = Fields::new(Base::Tree { root: value, members });
        self.unseen.retain(|field| fields.get(field).is_none());
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
        let mapped = self.mapper.map(shape, &raw.body);
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

/// The faults of a record as one sentence.
fn reason(faults: &[Fault]) -> String {
    let shown = faults.iter().take(FAULTS_SHOWN).map(|fault| match &fault.field {
        Some(field) => format!("`{field}`: {}", fault.reason),
        None => fault.reason.clone(),
    });
    let mut text = shown.collect::<Vec<_>>().join("; ");
    if faults.len() > FAULTS_SHOWN {
        text.push_str(&format!("; and {} more", faults.len() - FAULTS_SHOWN));
    }
    text
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

/// What must be known beside the raw bytes of a record to read it again.
struct Context {
    file: String,
    repeated: bool,
    key: Option<Text>,
    shape: Shape,
}

impl Context {
    fn to_json(&self) -> Json {
        let mut members: Vec<(Text, Json)> = vec![("file".into(), Json::from(self.file.as_str()))];
        let mut add = |name: &str, value: Json| members.push((name.into(), value));
        if self.repeated {
            add("repeated", Json::from(true));
        }
        if let Some(key) = &self.key {
            add("key", Json::String(key.clone()));
        }
        if let Some(header) = &self.shape.header {
            add("header", Json::Array(header.names.iter().cloned().map(Json::String).collect()));
            if !header.second.is_empty() {
                add("second", Json::Array(header.second.iter().map(|cell| cell.clone().map_or(Json::Null, Json::String)).collect()));
            }
        }
        if let Some(encoding) = self.shape.encoding {
            add("encoding", Json::from(encoding.word()));
        }
        if let Some(delimiter) = self.shape.delimiter {
            add("delimiter", Json::Number(Number::from(i64::from(delimiter))));
        }
        if let Some(crs) = self.shape.crs {
            add("crs", Json::from(crs.code()));
        }
        Json::Object(members)
    }

    fn parse(text: &str) -> Result<Self, Fatal> {
        let json = model::json::parse(text.as_bytes()).map_err(|error| unusable(format!("the record's context is damaged: {error}")))?;
        let word = |name: &str| json.get(name).and_then(Json::as_str);
        let texts = |name: &str| {
            json.get(name).and_then(Json::as_array).map(|cells| cells.iter().map(|cell| cell.as_str().map(Text::from)).collect::<Vec<_>>())
        };
        let header = texts("header").map(|names| {
            let mut header = Header::new(names.into_iter().map(Option::unwrap_or_default));
            header.second = texts("second").unwrap_or_default();
            header
        });
        let encoding =
            word("encoding").and_then(|word| Encoding::WORDS.iter().find(|(known, _)| *known == word)).map(|(_, encoding)| *encoding);
        let delimiter = json.get("delimiter").and_then(Json::as_f64).filter(|code| (0.0..128.0).contains(code)).map(|code| code as u8);
        let crs = word("crs").and_then(|code| Crs::find(code).ok());
        Ok(Self {
            file: word("file").unwrap_or_default().to_owned(),
            repeated: json.get("repeated") == Some(&Json::Bool(true)),
            key: word("key").map(Text::from),
            shape: Shape { header, encoding, delimiter, sheet: None, crs },
        })
    }
}

/// Reads a refused record's bytes again, by the definition as it is now.
fn body_again(definition: &Definition, raw: &[u8], context: &Context) -> Body {
    let empty = Header::default();
    let header = context.shape.header.as_ref().unwrap_or(&empty);
    match &definition.format.kind {
        Kind::Csv { encoding, delimiter, quote, table, .. } => {
            let declared = Some(*encoding).filter(|encoding| *encoding != Encoding::Auto);
            let encoding = declared.or(context.shape.encoding).unwrap_or(Encoding::Auto);
            let delimiter = delimiter.or(context.shape.delimiter).unwrap_or(b';');
            read::csv::again(raw, encoding, delimiter, *quote, header, table)
        }
        Kind::Xlsx { table, .. } => read::xlsx::again(raw, header, table),
        Kind::Json { .. } => read::json::tree(raw, context.key.clone()),
    }
}

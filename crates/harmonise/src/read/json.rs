//! JSON and GeoJSON: an array of records, an object whose members are
//! records, one record, or several one after the other.

use std::io::Read;
use std::ops::ControlFlow;

use model::{Crs, Json, Text};

use super::stream::{Captured, Stream};
use super::{Body, Fatal, Raw, Shape, Visitor, unusable};
use crate::fields::pointer_steps;
use crate::message::Code;

/// How to read.
pub(crate) struct Options<'a> {
    /// JSON pointer to the records.
    pub(crate) records: &'a str,
    /// The records are members of an object.
    pub(crate) keyed: bool,
    /// The file may declare its coordinate reference system.
    pub(crate) geo: bool,
    pub(crate) record_bytes_max: usize,
}

/// How many members' names a complaint lists.
const NAMES_SHOWN: usize = 12;

/// Reads JSON.
pub(crate) fn read(options: &Options<'_>, reader: &mut dyn Read, visitor: &mut dyn Visitor) -> Result<Shape, Fatal> {
    let mut stream = Stream::new(reader);
    stream.skip_mark()?;
    let mut shape = Shape::default();
    let mut path = Vec::new();
    for step in pointer_steps(options.records) {
        descend(&mut stream, &step, options, &mut shape, &path)?;
        path.push(step);
    }
    visitor.begin(&shape)?;
    let mut records = Records { stream, options, count: 0 };
    let flow = match records.stream.peek_token()? {
        None => return Err(unusable(Code::JsonEmpty)),
        Some(b'[') if !options.keyed => records.array(&shape, visitor)?,
        Some(b'{') if options.keyed => records.map(&shape, visitor)?,
        Some(_) if options.keyed => return Err(records.stream.fail(Code::JsonKeyed)),
        Some(_) => records.sequence(&shape, visitor)?,
    };
    if flow.is_continue() {
        records.finish(path.len(), &shape)?;
    }
    Ok(shape)
}

/// Goes to a member of the object that begins here.
fn descend(stream: &mut Stream<'_>, step: &str, options: &Options<'_>, shape: &mut Shape, path: &[String]) -> Result<(), Fatal> {
    if stream.peek_token()?.is_none() {
        return Err(unusable(Code::JsonEmpty));
    }
    stream.expect(b'{')?;
    let mut found = Vec::new();
    if !stream.take(b'}')? {
        loop {
            let name = stream.member_name()?;
            if name == step {
                return Ok(());
            }
            if options.geo && path.is_empty() && name == "crs" {
                shape.crs = crs_of(&stream.value(10_000)?)?;
            } else {
                stream.value(0)?;
            }
            if found.len() < NAMES_SHOWN {
                found.push(name);
            }
            if stream.take(b'}')? {
                break;
            }
            stream.expect(b',')?;
        }
    }
    let place: String = path.iter().map(|step| format!("/{step}")).collect();
    let members: Vec<&str> = found.iter().map(String::as_str).collect();
    Err(unusable(Code::JsonNoRecords.with("pointer", options.records).with("place", place).with("members", members)))
}

/// The system an old GeoJSON file names in `crs`.
fn crs_of(captured: &Captured) -> Result<Option<Crs>, Fatal> {
    let Ok(json) = model::json::parse(&captured.bytes) else { return Ok(None) };
    let Some(name) = json.get("properties").and_then(|properties| properties.get("name")).and_then(Json::as_str) else { return Ok(None) };
    Crs::find(name).map(Some).map_err(|_| unusable(Code::CrsUnknown.with("value", name)))
}

struct Records<'a, 'o> {
    stream: Stream<'a>,
    options: &'o Options<'o>,
    count: u64,
}

impl Records<'_, '_> {
    fn array(&mut self, shape: &Shape, visitor: &mut dyn Visitor) -> Result<ControlFlow<()>, Fatal> {
        self.stream.expect(b'[')?;
        if self.stream.take(b']')? {
            return Ok(ControlFlow::Continue(()));
        }
        loop {
            let captured = self.stream.value(self.options.record_bytes_max)?;
            if self.visit(captured, None, shape, visitor)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if self.stream.take(b']')? {
                return Ok(ControlFlow::Continue(()));
            }
            self.stream.expect(b',')?;
        }
    }

    fn map(&mut self, shape: &Shape, visitor: &mut dyn Visitor) -> Result<ControlFlow<()>, Fatal> {
        self.stream.expect(b'{')?;
        if self.stream.take(b'}')? {
            return Ok(ControlFlow::Continue(()));
        }
        loop {
            let key = self.stream.member_name()?;
            let captured = self.stream.value(self.options.record_bytes_max)?;
            if self.visit(captured, Some(key), shape, visitor)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if self.stream.take(b'}')? {
                return Ok(ControlFlow::Continue(()));
            }
            self.stream.expect(b',')?;
        }
    }

    /// One value, or several one after the other, as in JSON Lines.
    fn sequence(&mut self, shape: &Shape, visitor: &mut dyn Visitor) -> Result<ControlFlow<()>, Fatal> {
        let several = self.options.records.is_empty();
        while self.stream.peek_token()?.is_some() {
            let captured = self.stream.value(self.options.record_bytes_max)?;
            if self.visit(captured, None, shape, visitor)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if !several {
                break;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn visit(
        &mut self,
        captured: Captured,
        key: Option<String>,
        shape: &Shape,
        visitor: &mut dyn Visitor,
    ) -> Result<ControlFlow<()>, Fatal> {
        self.count += 1;
        let body = if captured.too_long {
            Body::Broken(Code::RecordTooLong.with("max", self.options.record_bytes_max))
        } else {
            tree(&captured.bytes, key.map(Text::from))
        };
        visitor.record(shape, Raw { record: self.count, bytes: captured.bytes, body })
    }

    /// Reads what follows the records: the file must end properly, and a
    /// coordinate reference system that comes last would have been needed first.
    fn finish(&mut self, depth: usize, shape: &Shape) -> Result<(), Fatal> {
        for level in (0..depth).rev() {
            while self.stream.take(b',')? {
                let name = self.stream.member_name()?;
                let captured = self.stream.value(if level == 0 { 10_000 } else { 0 })?;
                if self.options.geo && level == 0 && name == "crs" && crs_of(&captured)? != shape.crs {
                    return Err(unusable(Code::JsonCrsLate));
                }
            }
            self.stream.expect(b'}')?;
        }
        if self.stream.peek_token()?.is_some() {
            return Err(self.stream.fail(Code::JsonMoreText));
        }
        Ok(())
    }
}

/// Reads one record from its bytes.
pub(crate) fn tree(bytes: &[u8], key: Option<Text>) -> Body {
    match model::json::parse(bytes) {
        Ok(value) => Body::Tree { key, value },
        Err(error) => Body::Broken(Code::RecordNoJson.with("line", error.line).with("column", error.column).with("detail", error.reason)),
    }
}

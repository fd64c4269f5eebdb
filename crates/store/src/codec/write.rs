//! Writing: plain appends to a buffer, with a table of strings seen so far.

use std::collections::HashMap;

use model::geo::{Geometry, Position};
use model::{Attribute, Change, Class, Effect, Entity, Header, Instant, Json, Number, Origin, Removal, RemovedSeries, Scope, Value};

use super::DEPTH_MAX;
use crate::Error;

/// An encoding that grows.
pub(super) struct Encoder<'a> {
    out: Vec<u8>,
    strings: HashMap<&'a str, u64>,
    /// Instants are written as the difference to the one before.
    last_micros: i64,
}

impl<'a> Encoder<'a> {
    pub(super) fn new() -> Self {
        Self { out: Vec::with_capacity(512), strings: HashMap::new(), last_micros: 0 }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn count(&mut self, count: usize) {
        self.varint(count as u64);
    }

    /// Seven bits per byte, lowest first; the high bit says that more follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    /// Small magnitudes of either sign become small numbers.
    fn signed(&mut self, value: i64) {
        self.varint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    /// A string that is likely to come again: 0 and the text the first time,
    /// then its number from 1.
    fn shared(&mut self, text: &'a str) {
        let next = self.strings.len() as u64 + 1;
        let number = *self.strings.entry(text).or_insert(next);
        if number == next {
            self.byte(0);
            self.text(text);
        } else {
            self.varint(number);
        }
    }

    fn instant(&mut self, instant: Instant) {
        self.signed(instant.micros().wrapping_sub(self.last_micros));
        self.last_micros = instant.micros();
    }

    fn optional_instant(&mut self, instant: Option<Instant>) {
        self.byte(u8::from(instant.is_some()));
        if let Some(instant) = instant {
            self.instant(instant);
        }
    }

    pub(super) fn header(&mut self, header: &'a Header) {
        self.varint(header.seq);
        self.instant(header.at);
        self.text(&header.actor);
        self.byte(u8::from(header.purpose.is_some()) | u8::from(header.run.is_some()) << 1);
        if let Some(purpose) = &header.purpose {
            self.text(purpose);
        }
        if let Some(run) = header.run {
            self.varint(run);
        }
    }

    pub(super) fn effect(&mut self, effect: &'a Effect) -> Result<(), Error> {
        let subject = if effect.subject.is_some() { 0x80 } else { 0 };
        let tag = match &effect.change {
            Change::EntitySet { .. } => 0,
            Change::EntityRemoved => 1,
            Change::AttributeSet { .. } => 2,
            Change::AttributeRemoved { .. } => 3,
            Change::Observed { .. } => 4,
            Change::Retracted { .. } => 5,
            Change::HistoryRemoved { upto: None, .. } => 6,
            Change::HistoryRemoved { upto: Some(_), .. } => 7,
        };
        self.byte(tag | subject);
        self.shared(effect.entity.as_str());
        if let Some(subject) = &effect.subject {
            self.bytes(subject);
        }
        self.change(&effect.change)
    }

    fn change(&mut self, change: &'a Change) -> Result<(), Error> {
        match change {
            Change::EntitySet { types, scopes, created_at, expires_at } => {
                self.names(types);
                self.scopes(scopes);
                self.instant(*created_at);
                self.optional_instant(*expires_at);
            }
            Change::EntityRemoved => {}
            Change::AttributeSet { attribute, class, origin } | Change::Observed { attribute, class, origin } => {
                self.byte(class_number(*class) | u8::from(origin.is_some()) << 7);
                if let Some(Origin { run, record }) = origin {
                    self.varint(*run);
                    self.varint(*record);
                }
                self.attribute(attribute, 0)?;
            }
            Change::AttributeRemoved { name, dataset } => {
                self.shared(name.iri());
                self.byte(u8::from(dataset.is_some()));
                if let Some(dataset) = dataset {
                    self.shared(dataset.as_str());
                }
            }
            Change::Retracted { attribute, class } => {
                self.byte(class_number(*class));
                self.attribute(attribute, 0)?;
            }
            Change::HistoryRemoved { series, window, upto } => {
                self.removed_series(series);
                self.instant(window.start);
                self.instant(window.end);
                if let Some(upto) = upto {
                    self.varint(*upto);
                }
            }
        }
        Ok(())
    }

    pub(super) fn removal(&mut self, removal: &'a Removal) {
        self.shared(removal.entity.as_str());
        self.removed_series(&removal.series);
        self.instant(removal.window.start);
        self.instant(removal.window.end);
        self.varint(removal.seq);
    }

    fn removed_series(&mut self, series: &'a RemovedSeries) {
        match series {
            RemovedSeries::All => self.byte(0),
            RemovedSeries::Attribute(name) => {
                self.byte(1);
                self.shared(name.iri());
            }
            RemovedSeries::Instance(name, dataset) => {
                self.byte(if dataset.is_some() { 3 } else { 2 });
                self.shared(name.iri());
                if let Some(dataset) = dataset {
                    self.shared(dataset.as_str());
                }
            }
        }
    }

    fn names(&mut self, names: &'a [model::Name]) {
        self.count(names.len());
        for name in names {
            self.shared(name.iri());
        }
    }

    fn scopes(&mut self, scopes: &'a [Scope]) {
        self.count(scopes.len());
        for scope in scopes {
            self.shared(scope.as_str());
        }
    }

    pub(super) fn entity(&mut self, entity: &'a Entity) -> Result<(), Error> {
        // Ids differ from entity to entity: they would only fill the table.
        self.text(entity.id.as_str());
        self.names(&entity.types);
        self.scopes(&entity.scopes);
        self.instant(entity.created_at);
        self.instant(entity.modified_at);
        self.optional_instant(entity.expires_at);
        self.count(entity.attributes.len());
        entity.attributes.iter().try_for_each(|attribute| self.attribute(attribute, 0))
    }

    fn attribute(&mut self, attribute: &'a Attribute, depth: usize) -> Result<(), Error> {
        let flags = u8::from(attribute.dataset.is_some())
            | u8::from(attribute.observed_at.is_some()) << 1
            | u8::from(attribute.unit.is_some()) << 2
            | u8::from(!attribute.sub.is_empty()) << 3
            | u8::from(attribute.expires_at.is_some()) << 4;
        self.byte(flags);
        self.shared(attribute.name.iri());
        if let Some(dataset) = &attribute.dataset {
            self.shared(dataset.as_str());
        }
        self.value(&attribute.value, depth)?;
        if let Some(unit) = &attribute.unit {
            self.shared(unit.code());
        }
        self.instant(attribute.created_at);
        self.instant(attribute.modified_at);
        for instant in [attribute.observed_at, attribute.expires_at].into_iter().flatten() {
            self.instant(instant);
        }
        self.sub(&attribute.sub, depth)
    }

    pub(super) fn content(&mut self, value: &'a Value, sub: &'a [Attribute]) -> Result<(), Error> {
        self.value(value, 0)?;
        self.sub(sub, 0)
    }

    /// Sub-attributes, or nothing where there are none.
    fn sub(&mut self, sub: &'a [Attribute], depth: usize) -> Result<(), Error> {
        if sub.is_empty() {
            return Ok(());
        }
        self.count(sub.len());
        let deeper = deeper(depth)?;
        sub.iter().try_for_each(|sub| self.attribute(sub, deeper))
    }

    fn value(&mut self, value: &'a Value, depth: usize) -> Result<(), Error> {
        match value {
            Value::Property(json) => {
                self.byte(0);
                self.json(json, depth)
            }
            Value::Geo(geometry) => {
                self.byte(1);
                self.geometry(geometry);
                Ok(())
            }
            Value::Relationship(targets) => self.targets(2, targets),
            Value::Language(map) => {
                self.byte(3);
                self.count(map.len());
                for (tag, texts) in map {
                    self.shared(tag);
                    self.count(texts.len());
                    texts.iter().for_each(|text| self.text(text));
                }
                Ok(())
            }
            Value::Vocab(names) => {
                self.byte(4);
                self.names(names);
                Ok(())
            }
            Value::List(items) => {
                self.byte(5);
                self.count(items.len());
                let deeper = deeper(depth)?;
                items.iter().try_for_each(|item| self.json(item, deeper))
            }
            Value::ListRelationship(targets) => self.targets(6, targets),
            Value::JsonProperty(json) => {
                self.byte(7);
                self.json(json, depth)
            }
            Value::Sealed(sealed) => {
                self.byte(8);
                self.varint(sealed.key);
                self.bytes(&sealed.blind);
                self.count(sealed.ciphertext.len());
                self.bytes(&sealed.ciphertext);
                Ok(())
            }
        }
    }

    fn targets(&mut self, tag: u8, targets: &'a [model::Iri]) -> Result<(), Error> {
        self.byte(tag);
        self.count(targets.len());
        targets.iter().for_each(|target| self.shared(target.as_str()));
        Ok(())
    }

    fn json(&mut self, json: &'a Json, depth: usize) -> Result<(), Error> {
        match json {
            Json::Null => self.byte(0),
            Json::Bool(false) => self.byte(1),
            Json::Bool(true) => self.byte(2),
            Json::Number(number) => self.number(number),
            Json::String(text) => {
                self.byte(6);
                self.text(text);
            }
            Json::Array(items) => {
                self.byte(7);
                self.count(items.len());
                let deeper = deeper(depth)?;
                return items.iter().try_for_each(|item| self.json(item, deeper));
            }
            Json::Object(members) => {
                self.byte(8);
                self.count(members.len());
                let deeper = deeper(depth)?;
                return members.iter().try_for_each(|(name, value)| {
                    self.shared(name);
                    self.json(value, deeper)
                });
            }
        }
        Ok(())
    }

    /// Digits and the place of the point where that says everything, else the text.
    fn number(&mut self, number: &Number) {
        match digits(number.text()) {
            Some((digits, 0)) => {
                self.byte(3);
                self.signed(digits);
            }
            Some((digits, decimals)) => {
                self.byte(4);
                self.byte(decimals);
                self.signed(digits);
            }
            None => {
                self.byte(5);
                self.text(number.text());
            }
        }
    }

    fn geometry(&mut self, geometry: &Geometry) {
        match geometry {
            Geometry::Point(position) => {
                self.byte(0);
                self.position(position);
            }
            Geometry::MultiPoint(positions) => self.tagged_positions(1, positions),
            Geometry::LineString(positions) => self.tagged_positions(2, positions),
            Geometry::MultiLineString(lines) => self.tagged_lines(3, lines),
            Geometry::Polygon(rings) => self.tagged_lines(4, rings),
            Geometry::MultiPolygon(polygons) => {
                self.byte(5);
                self.count(polygons.len());
                polygons.iter().for_each(|rings| self.lines(rings));
            }
        }
    }

    fn tagged_positions(&mut self, tag: u8, positions: &[Position]) {
        self.byte(tag);
        self.positions(positions);
    }

    fn tagged_lines(&mut self, tag: u8, lines: &[Vec<Position>]) {
        self.byte(tag);
        self.lines(lines);
    }

    fn lines(&mut self, lines: &[Vec<Position>]) {
        self.count(lines.len());
        lines.iter().for_each(|line| self.positions(line));
    }

    fn positions(&mut self, positions: &[Position]) {
        self.count(positions.len());
        positions.iter().for_each(|position| self.position(position));
    }

    fn position(&mut self, position: &Position) {
        self.byte(u8::from(position.height_m.is_some()));
        for number in [Some(position.lon), Some(position.lat), position.height_m].into_iter().flatten() {
            self.bytes(&number.to_le_bytes());
        }
    }
}

fn deeper(depth: usize) -> Result<usize, Error> {
    if depth >= DEPTH_MAX {
        return Err(Error::invalid(format!("a value nests deeper than {DEPTH_MAX} levels; flatten it")));
    }
    Ok(depth + 1)
}

/// The number of a class in files; the order of `Class` may change, this must not.
fn class_number(class: Class) -> u8 {
    match class {
        Class::Open => 0,
        Class::Internal => 1,
        Class::Restricted => 2,
        Class::Paid => 3,
        Class::ConfidentialBusiness => 4,
        Class::Personal => 5,
        Class::Special => 6,
    }
}

/// `-12.30` → (-1230, 2), when digits and point tell the whole text: no
/// exponent, no lost sign of zero, at most 18 digits.
fn digits(text: &str) -> Option<(i64, u8)> {
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.is_empty() || whole.len() + decimals.len() > 18 || (decimals.is_empty() && unsigned.contains('.')) {
        return None;
    }
    let mut value: i64 = 0;
    for byte in whole.bytes().chain(decimals.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    if negative && value == 0 {
        return None;
    }
    let places = u8::try_from(decimals.len()).ok()?;
    Some((if negative { -value } else { value }, places))
}

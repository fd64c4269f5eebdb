//! Reading: a cursor that trusts nothing it meets.

use model::geo::{Geometry, Position};
use model::{
    Attribute, Change, Class, Effect, Entity, Header, Instant, Iri, Json, Name, Number, Origin, Removal, RemovedSeries, Scope, Sealed,
    Text, TimeWindow, UnitCode, Value,
};

use super::{DEPTH_MAX, Damage};

const SHORT: Damage = Damage("the content ends too early");
const UNKNOWN: Damage = Damage("unknown tag; was it written by a newer version?");

/// A cursor over an encoding.
pub(super) struct Decoder<'a> {
    rest: &'a [u8],
    strings: Vec<Known<'a>>,
    last_micros: i64,
}

/// A string of the table, and what it was read as already.
struct Known<'a> {
    text: &'a str,
    iri: Option<Iri>,
    name: Option<Name>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, strings: Vec::new(), last_micros: 0 }
    }

    pub(super) fn end(&self) -> Result<(), Damage> {
        if self.rest.is_empty() { Ok(()) } else { Err(Damage("more content follows than expected")) }
    }

    pub(super) fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.rest.split_first().ok_or(SHORT)?;
        self.rest = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        self.take(N)?.try_into().map_err(|_| SHORT)
    }

    pub(super) fn hash(&mut self) -> Result<[u8; 32], Damage> {
        self.array()
    }

    fn varint(&mut self) -> Result<u64, Damage> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damage("a number has too many bytes"))
    }

    fn signed(&mut self) -> Result<i64, Damage> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A count of things of one byte or more each: never more than is left.
    fn count(&mut self) -> Result<usize, Damage> {
        let count = usize::try_from(self.varint()?).map_err(|_| SHORT)?;
        if count > self.rest.len() { Err(SHORT) } else { Ok(count) }
    }

    pub(super) fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Damage>) -> Result<Vec<T>, Damage> {
        let count = self.count()?;
        // A forged count may be as large as the content; what it would reserve is many times that.
        let mut items = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn flag(&mut self) -> Result<bool, Damage> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(UNKNOWN),
        }
    }

    fn text(&mut self) -> Result<&'a str, Damage> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Damage("a text is not UTF-8"))
    }

    fn shared(&mut self) -> Result<&mut Known<'a>, Damage> {
        let number = usize::try_from(self.varint()?).map_err(|_| SHORT)?;
        let index = if number == 0 {
            let text = self.text()?;
            self.strings.push(Known { text, iri: None, name: None });
            self.strings.len() - 1
        } else {
            number - 1
        };
        self.strings.get_mut(index).ok_or(Damage("a reference to a string that was not written"))
    }

    fn iri(&mut self) -> Result<Iri, Damage> {
        let known = self.shared()?;
        if let Some(iri) = &known.iri {
            return Ok(iri.clone());
        }
        let iri = parse_iri(known.text)?;
        known.iri = Some(iri.clone());
        Ok(iri)
    }

    fn name(&mut self) -> Result<Name, Damage> {
        let known = self.shared()?;
        if let Some(name) = known.name {
            return Ok(name);
        }
        let name = Name::intern(known.text).map_err(|_| Damage("more different names than one process keeps"))?;
        known.name = Some(name);
        Ok(name)
    }

    fn scope(&mut self) -> Result<Scope, Damage> {
        Scope::parse(self.shared()?.text).map_err(|_| Damage("a scope is not well-formed"))
    }

    fn instant(&mut self) -> Result<Instant, Damage> {
        self.last_micros = self.last_micros.wrapping_add(self.signed()?);
        Ok(Instant::from_micros(self.last_micros))
    }

    fn optional_instant(&mut self) -> Result<Option<Instant>, Damage> {
        if self.flag()? { self.instant().map(Some) } else { Ok(None) }
    }

    pub(super) fn header(&mut self) -> Result<Header, Damage> {
        let seq = self.varint()?;
        let at = self.instant()?;
        let actor = Text::from(self.text()?);
        let flags = self.byte()?;
        if flags > 3 {
            return Err(UNKNOWN);
        }
        let purpose = if flags & 1 != 0 { Some(Text::from(self.text()?)) } else { None };
        let run = if flags & 2 != 0 { Some(self.varint()?) } else { None };
        Ok(Header { seq, at, actor, purpose, run })
    }

    pub(super) fn effect(&mut self) -> Result<Effect, Damage> {
        let tag = self.byte()?;
        let entity = self.iri()?;
        let subject = if tag & 0x80 != 0 { Some(self.hash()?) } else { None };
        let change = self.change(tag & 0x7f)?;
        Ok(Effect { entity, subject, change })
    }

    fn change(&mut self, tag: u8) -> Result<Change, Damage> {
        Ok(match tag {
            0 => Change::EntitySet {
                types: self.list(Self::name)?,
                scopes: self.list(Self::scope)?,
                created_at: self.instant()?,
                expires_at: self.optional_instant()?,
            },
            1 => Change::EntityRemoved,
            2 => {
                let (attribute, class, origin) = self.written()?;
                Change::AttributeSet { attribute, class, origin }
            }
            3 => {
                let name = self.name()?;
                let dataset = if self.flag()? { Some(self.iri()?) } else { None };
                Change::AttributeRemoved { name, dataset }
            }
            4 => {
                let (attribute, class, origin) = self.written()?;
                Change::Observed { attribute, class, origin }
            }
            5 => {
                let class = class_of(self.byte()?)?;
                Change::Retracted { attribute: self.attribute(0)?, class }
            }
            6 => Change::HistoryRemoved { series: self.removed_series()?, window: self.window()?, upto: None },
            7 => Change::HistoryRemoved { series: self.removed_series()?, window: self.window()?, upto: Some(self.varint()?) },
            _ => return Err(UNKNOWN),
        })
    }

    pub(super) fn removal(&mut self) -> Result<Removal, Damage> {
        let entity = self.iri()?;
        let series = self.removed_series()?;
        let window = self.window()?;
        Ok(Removal { entity, series, window, seq: self.varint()? })
    }

    fn removed_series(&mut self) -> Result<RemovedSeries, Damage> {
        Ok(match self.byte()? {
            0 => RemovedSeries::All,
            1 => RemovedSeries::Attribute(self.name()?),
            2 => RemovedSeries::Instance(self.name()?, None),
            3 => RemovedSeries::Instance(self.name()?, Some(self.iri()?)),
            _ => return Err(UNKNOWN),
        })
    }

    fn window(&mut self) -> Result<TimeWindow, Damage> {
        Ok(TimeWindow { start: self.instant()?, end: self.instant()? })
    }

    fn written(&mut self) -> Result<(Attribute, Class, Option<Origin>), Damage> {
        let byte = self.byte()?;
        let class = class_of(byte & 0x7f)?;
        let origin = if byte & 0x80 != 0 { Some(Origin { run: self.varint()?, record: self.varint()? }) } else { None };
        Ok((self.attribute(0)?, class, origin))
    }

    pub(super) fn entity(&mut self) -> Result<Entity, Damage> {
        let id = parse_iri(self.text()?)?;
        let types = self.list(Self::name)?;
        let scopes = self.list(Self::scope)?;
        let created_at = self.instant()?;
        let modified_at = self.instant()?;
        let expires_at = self.optional_instant()?;
        let attributes = self.list(|decoder| decoder.attribute(0))?;
        Ok(Entity { id, types, scopes, attributes, expires_at, created_at, modified_at })
    }

    fn attribute(&mut self, depth: usize) -> Result<Attribute, Damage> {
        let flags = self.byte()?;
        if flags > 0x1f {
            return Err(UNKNOWN);
        }
        let has = |bit: u8| flags & (1 << bit) != 0;
        let name = self.name()?;
        let dataset = if has(0) { Some(self.iri()?) } else { None };
        let value = self.value(depth)?;
        let unit = if has(2) { Some(UnitCode::new(self.shared()?.text)) } else { None };
        let created_at = self.instant()?;
        let modified_at = self.instant()?;
        let observed_at = if has(1) { Some(self.instant()?) } else { None };
        let expires_at = if has(4) { Some(self.instant()?) } else { None };
        let sub = if has(3) { self.sub(depth)? } else { Vec::new() };
        Ok(Attribute { name, dataset, value, observed_at, unit, sub, expires_at, created_at, modified_at })
    }

    pub(super) fn content(&mut self) -> Result<(Value, Vec<Attribute>), Damage> {
        let value = self.value(0)?;
        let sub = if self.rest.is_empty() { Vec::new() } else { self.sub(0)? };
        Ok((value, sub))
    }

    fn sub(&mut self, depth: usize) -> Result<Vec<Attribute>, Damage> {
        let deeper = deeper(depth)?;
        self.list(|decoder| decoder.attribute(deeper))
    }

    fn value(&mut self, depth: usize) -> Result<Value, Damage> {
        Ok(match self.byte()? {
            0 => Value::Property(self.json(depth)?),
            1 => Value::Geo(self.geometry()?),
            2 => Value::Relationship(self.list(Self::iri)?),
            3 => Value::Language(self.list(|decoder| {
                let tag = Text::from(decoder.shared()?.text);
                Ok((tag, decoder.list(|decoder| decoder.text().map(Text::from))?))
            })?),
            4 => Value::Vocab(self.list(Self::name)?),
            5 => {
                let deeper = deeper(depth)?;
                Value::List(self.list(|decoder| decoder.json(deeper))?)
            }
            6 => Value::ListRelationship(self.list(Self::iri)?),
            7 => Value::JsonProperty(self.json(depth)?),
            8 => Value::Sealed(Box::new(self.sealed()?)),
            _ => return Err(UNKNOWN),
        })
    }

    fn sealed(&mut self) -> Result<Sealed, Damage> {
        let key = self.varint()?;
        let blind = self.hash()?;
        let length = self.count()?;
        Ok(Sealed { key, ciphertext: self.take(length)?.to_vec(), blind })
    }

    fn json(&mut self, depth: usize) -> Result<Json, Damage> {
        Ok(match self.byte()? {
            0 => Json::Null,
            1 => Json::Bool(false),
            2 => Json::Bool(true),
            3 => Json::Number(Number::from(self.signed()?)),
            4 => Json::Number(self.decimal()?),
            5 => Json::Number(Number::parse(self.text()?).ok_or(Damage("a number is not well-formed"))?),
            6 => Json::String(Text::from(self.text()?)),
            7 => {
                let deeper = deeper(depth)?;
                Json::Array(self.list(|decoder| decoder.json(deeper))?)
            }
            8 => {
                let deeper = deeper(depth)?;
                Json::Object(self.list(|decoder| Ok((Text::from(decoder.shared()?.text), decoder.json(deeper)?)))?)
            }
            _ => return Err(UNKNOWN),
        })
    }

    fn decimal(&mut self) -> Result<Number, Damage> {
        let places = usize::from(self.byte()?);
        let digits = self.signed()?;
        if places == 0 || places > 18 {
            return Err(Damage("a number has too many decimals"));
        }
        let sign = if digits < 0 { "-" } else { "" };
        let text = format!("{:0width$}", digits.unsigned_abs(), width = places + 1);
        let (whole, decimals) = text.split_at(text.len() - places);
        Number::parse(&format!("{sign}{whole}.{decimals}")).ok_or(Damage("a number is not well-formed"))
    }

    fn geometry(&mut self) -> Result<Geometry, Damage> {
        Ok(match self.byte()? {
            0 => Geometry::Point(self.position()?),
            1 => Geometry::MultiPoint(self.positions()?),
            2 => Geometry::LineString(self.positions()?),
            3 => Geometry::MultiLineString(self.list(Self::positions)?),
            4 => Geometry::Polygon(self.list(Self::positions)?),
            5 => Geometry::MultiPolygon(self.list(|decoder| decoder.list(Self::positions))?),
            _ => return Err(UNKNOWN),
        })
    }

    fn positions(&mut self) -> Result<Vec<Position>, Damage> {
        self.list(Self::position)
    }

    fn position(&mut self) -> Result<Position, Damage> {
        let has_height = self.flag()?;
        let (lon, lat) = (self.double()?, self.double()?);
        let height_m = if has_height { Some(self.double()?) } else { None };
        Ok(Position { lon, lat, height_m })
    }

    fn double(&mut self) -> Result<f64, Damage> {
        self.array().map(f64::from_le_bytes)
    }
}

fn parse_iri(text: &str) -> Result<Iri, Damage> {
    Iri::parse(text).map_err(|_| Damage("an id is no absolute IRI"))
}

fn deeper(depth: usize) -> Result<usize, Damage> {
    if depth >= DEPTH_MAX { Err(Damage("the content nests too deep")) } else { Ok(depth + 1) }
}

fn class_of(number: u8) -> Result<Class, Damage> {
    Ok(match number {
        0 => Class::Open,
        1 => Class::Internal,
        2 => Class::Restricted,
        3 => Class::Paid,
        4 => Class::ConfidentialBusiness,
        5 => Class::Personal,
        6 => Class::Special,
        _ => return Err(UNKNOWN),
    })
}

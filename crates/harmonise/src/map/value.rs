//! One value: missing tokens, code lists, numbers, units, coordinates.

use std::borrow::Cow;

use model::geo::{CrsError, InvalidGeometry, Position};
use model::{Crs, Geometry, Instant, Iri, Json, Name, Number, Text, Value};

use super::{bad_iri, fill};
use crate::definition::codes::Otherwise;
use crate::definition::{AttributeRule, Definition, From, Scalar, Shape};
use crate::fields::{Fields, as_text};
use crate::issue::Issue;
use crate::local::Moment;
use crate::message::{Code, Message};
use crate::number::{self, Style};
use crate::read;

/// Reads a value; `None` when it is missing.
pub(super) fn read(
    rule: &AttributeRule,
    fields: &Fields<'_>,
    definition: &Definition,
    shape: &read::Shape,
) -> Result<Option<Value>, Issue> {
    let reader = Reader { rule, definition, crs: rule.crs.or(shape.crs).unwrap_or(Crs::Epsg4326) };
    match &rule.from {
        From::Constant(json) => reader.shaped(json).map_err(|reason| Issue::refused(&rule.term, reason)),
        From::Template(template) => match fill(template, fields, Code::TheTemplate) {
            Ok(text) => reader.coded(&Json::from(text.as_str())).map_err(|reason| Issue::refused(&rule.term, reason)),
            Err(_) => Ok(None),
        },
        From::Field(field) => match fields.get(field) {
            Some(json) => reader.coded(json).map_err(|reason| Issue::refused(field, reason)),
            None => Ok(None),
        },
        From::Languages(languages) => Ok(reader.languages(languages, fields)),
        From::Point { x, y } => reader.point(x, y, fields),
    }
}

struct Reader<'a> {
    rule: &'a AttributeRule,
    definition: &'a Definition,
    crs: Crs,
}

impl Reader<'_> {
    fn style(&self) -> Style {
        self.rule.numbers.unwrap_or(self.definition.format.numbers)
    }

    fn is_missing(&self, text: &str) -> bool {
        text.is_empty() || self.rule.missing.iter().chain(&self.definition.format.missing).any(|token| token == text)
    }

    /// A value from the record: missing tokens and code lists come first, for each item where it is several.
    fn coded(&self, json: &Json) -> Result<Option<Value>, Message> {
        if !self.rule.shape.is_several() {
            return self.meant(json)?.map_or(Ok(None), |meant| self.shaped(&meant));
        }
        let items = self.items(json);
        let meant: Vec<Json> =
            items.iter().filter_map(|item| self.meant(item).transpose()).map(|item| item.map(Cow::into_owned)).collect::<Result<_, _>>()?;
        if meant.is_empty() { Ok(None) } else { self.shaped(&Json::Array(meant)) }
    }

    /// The items of a list, or of a text that is parted by the separator.
    fn items<'j>(&self, json: &'j Json) -> Cow<'j, [Json]> {
        match (json, &self.rule.separator) {
            (Json::Array(items), _) => Cow::Borrowed(items),
            (Json::String(text), Some(separator)) => {
                Cow::Owned(text.split(separator.as_str()).map(|item| Json::from(item.trim())).collect())
            }
            (one, _) => Cow::Borrowed(std::slice::from_ref(one)),
        }
    }

    /// What a value means; `None` when it is missing.
    fn meant<'j>(&'j self, json: &'j Json) -> Result<Option<Cow<'j, Json>>, Message> {
        let scalar = matches!(json, Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null);
        if !scalar {
            return Ok(Some(Cow::Borrowed(json)));
        }
        let text = as_text(json).unwrap_or(Cow::Borrowed(""));
        if self.is_missing(&text) {
            return Ok(None);
        }
        if let Some(meaning) = self.rule.codes.meaning(&text) {
            return Ok(Some(Cow::Borrowed(meaning)));
        }
        match &self.rule.codes.otherwise {
            Otherwise::Keep => Ok(Some(Cow::Borrowed(json))),
            Otherwise::Missing => Ok(None),
            Otherwise::Value(value) => Ok(Some(Cow::Borrowed(value))),
            Otherwise::Reject => Err(Code::CodeUnknown.with("value", text.as_ref()).with("known", self.rule.codes.known())),
        }
    }

    fn shaped(&self, json: &Json) -> Result<Option<Value>, Message> {
        if matches!(json, Json::Null) || json.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(None);
        }
        let items = || self.items(json);
        let value = match self.rule.shape {
            Shape::Property(scalar) => Value::Property(self.scalar(scalar, json)?),
            Shape::List(scalar) => Value::List(items().iter().map(|item| self.scalar(scalar, item)).collect::<Result<_, _>>()?),
            Shape::JsonProperty => Value::JsonProperty(tree(json)?),
            Shape::Geometry => Value::Geo(self.geometry(json)?),
            Shape::Relationship => Value::Relationship(items().iter().map(target).collect::<Result<_, _>>()?),
            Shape::ListRelationship => Value::ListRelationship(items().iter().map(target).collect::<Result<_, _>>()?),
            Shape::Language => Value::Language(language_map(json)),
            Shape::Vocab => Value::Vocab(items().iter().map(|item| self.term(item)).collect::<Result<_, _>>()?),
        };
        Ok(Some(value))
    }

    fn scalar(&self, scalar: Scalar, json: &Json) -> Result<Json, Message> {
        let text = || as_text(json).unwrap_or(Cow::Borrowed(""));
        Ok(match scalar {
            Scalar::Number => Json::Number(self.number(json)?),
            Scalar::Text => Json::from(text().as_ref()),
            Scalar::Bool => Json::from(boolean(&text())?),
            Scalar::Instant => Json::from(self.instant(&text())?.to_string().as_str()),
            Scalar::Json => json.clone(),
        })
    }

    /// A value that is a term: one of the definition's own, or an IRI.
    fn term(&self, json: &Json) -> Result<Name, Message> {
        let text = as_text(json).unwrap_or_default();
        let own = self.rule.vocabulary.iter().find(|(term, _)| *term == text).map(|(_, iri)| iri.as_str());
        let iri = own.unwrap_or(&text);
        if !model::id::is_absolute_iri(iri) {
            return Err(Code::NotATerm.with("value", text.as_ref()));
        }
        Name::intern(iri).map_err(|_| Code::TooManyNames.with("name", iri))
    }

    fn number(&self, json: &Json) -> Result<Number, Message> {
        let number = match json {
            Json::Number(number) => number.clone(),
            Json::String(text) => self.style().read(text)?,
            other => return Err(Code::NumberExpected.with("found", noun(other))),
        };
        match (&self.rule.unit, &self.rule.target_unit) {
            (Some(from), Some(to)) if from != to => number::convert(&number, from, to),
            _ => Ok(number),
        }
    }

    /// A time that is a value of its own: never moved to the start of an interval.
    fn instant(&self, text: &str) -> Result<Instant, Message> {
        if let Ok(instant) = Instant::parse(text) {
            return Ok(instant);
        }
        let Some(rule) = &self.definition.time else { return Err(Code::NotAnInstant.with("value", text)) };
        let plain = crate::local::TimeRule { interval: None, ..rule.clone() };
        match plain.read(text)? {
            Moment::Plain(instant) | Moment::Twice { first: instant, .. } => Ok(instant),
        }
    }

    fn point(&self, x: &str, y: &str, fields: &Fields<'_>) -> Result<Option<Value>, Issue> {
        let mut pair = [0.0; 2];
        for (place, field) in pair.iter_mut().zip([x, y]) {
            let json = fields.get(field).unwrap_or(&Json::Null);
            if as_text(json).is_none_or(|text| self.is_missing(&text)) {
                return Ok(None);
            }
            *place = match json {
                Json::Number(number) => number.as_f64(),
                other => self.style().read(&as_text(other).unwrap_or_default()).map_err(|reason| Issue::refused(field, reason))?.as_f64(),
            };
        }
        let position = to_wgs84(self.crs, pair[0], pair[1]).map_err(|reason| Issue::refused(x, reason))?;
        let converted = Position::new(rounded(position.lon), rounded(position.lat));
        Ok(Some(Value::Geo(Geometry::Point(if self.crs == Crs::Epsg4326 { position } else { converted }))))
    }

    fn geometry(&self, json: &Json) -> Result<Geometry, Message> {
        let parsed;
        let json = match json {
            Json::String(text) => {
                parsed = model::json::parse(text.as_bytes()).map_err(|error| Code::GeojsonExpected.with("detail", error.to_string()))?;
                &parsed
            }
            other => other,
        };
        if self.crs == Crs::Epsg4326 {
            return Geometry::from_json(json).map_err(|error| of_geometry(&error));
        }
        let kind = json.get("type").and_then(Json::as_str).unwrap_or("");
        let coordinates = transformed(self.crs, json.get("coordinates").unwrap_or(&Json::Null))?;
        Geometry::from_coordinates(kind, &coordinates).map_err(|error| of_geometry(&error))
    }

    fn languages(&self, languages: &[(String, String)], fields: &Fields<'_>) -> Option<Value> {
        let texts = languages.iter().filter_map(|(tag, field)| {
            let text = fields.text(field).filter(|text| !self.is_missing(text))?;
            Some((Text::from(tag.as_str()), vec![Text::from(text.as_ref())]))
        });
        let map: Vec<_> = texts.collect();
        (!map.is_empty()).then_some(Value::Language(map))
    }
}

/// What stands there, as a noun.
fn noun(json: &Json) -> Code {
    match json {
        Json::Null => Code::NounNull,
        Json::Bool(_) => Code::NounBool,
        Json::Number(_) => Code::NounNumber,
        Json::String(_) => Code::NounText,
        Json::Array(_) => Code::NounList,
        Json::Object(_) => Code::NounObject,
    }
}

fn of_geometry(error: &InvalidGeometry) -> Message {
    match error {
        InvalidGeometry::Type(kind) => Code::GeometryKind.with("value", kind.as_str()),
        InvalidGeometry::Coordinates(kind, detail) => Code::GeometryShape.with("kind", *kind).with("detail", *detail),
        InvalidGeometry::OutOfRange(position) => Code::GeometryOutside.with("value", position.as_str()),
        InvalidGeometry::Crs(error) => of_crs(error),
    }
}

/// Coordinates that a system does not have.
fn of_crs(error: &CrsError) -> Message {
    match error {
        CrsError::Unknown(name) => Code::CrsUnknown.with("value", name.as_str()),
        CrsError::OutOfRange { x, y, crs, expected } => {
            Code::CrsOutside.with("x", x.as_str()).with("y", y.as_str()).with("crs", *crs).with("detail", *expected)
        }
        CrsError::Swapped { x, y, crs, expected } => {
            Code::CrsSwapped.with("x", x.as_str()).with("y", y.as_str()).with("crs", *crs).with("detail", *expected)
        }
    }
}

fn boolean(text: &str) -> Result<bool, Message> {
    match text.to_lowercase().as_str() {
        "true" | "wahr" | "ja" | "j" | "yes" | "y" | "1" | "x" => Ok(true),
        "false" | "falsch" | "nein" | "n" | "no" | "0" => Ok(false),
        _ => Err(Code::NotABool.with("value", text)),
    }
}

fn target(json: &Json) -> Result<Iri, Message> {
    let text = as_text(json).unwrap_or_default();
    Iri::parse(&text).map_err(|_| bad_iri(&text))
}

/// An object or array of any structure; a text is JSON that a table holds.
fn tree(json: &Json) -> Result<Json, Message> {
    let parsed = match json {
        Json::String(text) => model::json::parse(text.as_bytes()).map_err(|error| Code::NotJson.with("detail", error.to_string()))?,
        other => other.clone(),
    };
    match parsed {
        Json::Object(_) | Json::Array(_) => Ok(parsed),
        scalar => Err(Code::NotJson.with("detail", scalar.to_string())),
    }
}

/// A text without language, or texts by language.
fn language_map(json: &Json) -> Vec<(Text, Vec<Text>)> {
    match json {
        Json::Object(members) => {
            members.iter().filter_map(|(tag, text)| as_text(text).map(|text| (tag.clone(), vec![Text::from(text.as_ref())]))).collect()
        }
        other => vec![("@none".into(), vec![Text::from(as_text(other).unwrap_or_default().as_ref())])],
    }
}

/// Converts coordinates, and refuses degrees where metres should be: they
/// would be taken for a place off the coast of Africa.
fn to_wgs84(crs: Crs, x: f64, y: f64) -> Result<Position, Message> {
    if crs != Crs::Epsg4326 && x.abs() <= 180.0 && y.abs() <= 90.0 && (x, y) != (0.0, 0.0) {
        return Err(Code::CrsDegrees.with("x", x.to_string()).with("y", y.to_string()).with("crs", crs.code()));
    }
    crs.to_wgs84(x, y).map_err(|error| of_crs(&error))
}

/// Eight decimals of a degree are a millimetre; more would be invented.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e8).round() / 1e8
}

/// Coordinates of any nesting converted to WGS 84.
fn transformed(crs: Crs, json: &Json) -> Result<Json, Message> {
    let Some(items) = json.as_array() else { return Err(Code::GeometryEmpty.into()) };
    let pair = match items {
        [Json::Number(x), Json::Number(y), ..] => Some((x.as_f64(), y.as_f64())),
        _ => None,
    };
    let Some((x, y)) = pair else {
        return items.iter().map(|item| transformed(crs, item)).collect::<Result<_, _>>().map(Json::Array);
    };
    let position = to_wgs84(crs, x, y)?;
    let number = |value: f64| Number::from_f64(rounded(value)).map_or(Json::Null, Json::Number);
    let mut converted = vec![number(position.lon), number(position.lat)];
    converted.extend(items.get(2).cloned());
    Ok(Json::Array(converted))
}

//! One value: missing tokens, code lists, numbers, units, coordinates.

use std::borrow::Cow;

use model::geo::Position;
use model::{Crs, Geometry, Instant, Iri, Json, Number, Text, Value};

use super::{Fault, fault, fill};
use crate::definition::{AttributeRule, Definition, From, Otherwise, Shape};
use crate::fields::{Fields, as_text};
use crate::issue::shorten;
use crate::local::Moment;
use crate::number::{self, Style};
use crate::read;

/// Reads a value; `None` when it is missing.
pub(super) fn read(
    rule: &AttributeRule,
    fields: &Fields<'_>,
    definition: &Definition,
    shape: &read::Shape,
) -> Result<Option<Value>, Fault> {
    let reader = Reader { rule, definition, crs: rule.crs.or(shape.crs).unwrap_or(Crs::Epsg4326) };
    match &rule.from {
        From::Constant(json) => reader.shaped(json).map_err(|reason| fault(&rule.term, reason)),
        From::Template(template) => match fill(template, fields, "the template") {
            Ok(text) => reader.shaped(&Json::from(text.as_str())).map_err(|reason| fault(&rule.term, reason)),
            Err(_) => Ok(None),
        },
        From::Field(field) => match fields.get(field) {
            Some(json) => reader.coded(json).map_err(|reason| fault(field, reason)),
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

    /// A value from the record: missing tokens and code lists come first.
    fn coded(&self, json: &Json) -> Result<Option<Value>, String> {
        let scalar = matches!(json, Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null);
        if !scalar {
            return self.shaped(json);
        }
        let text = as_text(json).unwrap_or(Cow::Borrowed(""));
        if self.is_missing(&text) {
            return Ok(None);
        }
        if let Some((_, meant)) = self.rule.codes.iter().find(|(code, _)| *code == text) {
            return self.shaped(meant);
        }
        match &self.rule.otherwise {
            Otherwise::Keep => self.shaped(json),
            Otherwise::Missing => Ok(None),
            Otherwise::Value(value) => self.shaped(value),
            Otherwise::Reject => {
                let known: Vec<&str> = self.rule.codes.iter().map(|(code, _)| code.as_str()).collect();
                Err(format!("the code `{}` is not known; known are `{}`", shorten(&text), known.join("`, `")))
            }
        }
    }

    fn shaped(&self, json: &Json) -> Result<Option<Value>, String> {
        if matches!(json, Json::Null) || json.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(None);
        }
        let text = || as_text(json).unwrap_or(Cow::Borrowed(""));
        let value = match self.rule.shape {
            Shape::Number => Value::Property(Json::Number(self.number(json)?)),
            Shape::Text => Value::Property(Json::from(text().as_ref())),
            Shape::Bool => Value::Property(Json::from(boolean(&text())?)),
            Shape::Instant => Value::Property(Json::from(self.instant(&text())?.to_string().as_str())),
            Shape::Json => Value::Property(json.clone()),
            Shape::Geometry => Value::Geo(self.geometry(json)?),
            Shape::Relationship => Value::Relationship(targets(json)?),
            Shape::Language => Value::Language(language_map(json)),
        };
        Ok(Some(value))
    }

    fn number(&self, json: &Json) -> Result<Number, String> {
        let number = match json {
            Json::Number(number) => number.clone(),
            Json::String(text) => self.style().read(text)?,
            other => return Err(format!("a number is expected, and {} stands there", other.kind())),
        };
        match (&self.rule.unit, &self.rule.target_unit) {
            (Some(from), Some(to)) if from != to => number::convert(&number, from, to),
            _ => Ok(number),
        }
    }

    /// A time that is a value of its own: never moved to the start of an interval.
    fn instant(&self, text: &str) -> Result<Instant, String> {
        if let Ok(instant) = Instant::parse(text) {
            return Ok(instant);
        }
        let Some(rule) = &self.definition.time else { return Err(model::time::InvalidInstant(shorten(text)).to_string()) };
        let plain = crate::local::TimeRule { interval: None, ..rule.clone() };
        match plain.read(text)? {
            Moment::Plain(instant) | Moment::Twice { first: instant, .. } => Ok(instant),
        }
    }

    fn point(&self, x: &str, y: &str, fields: &Fields<'_>) -> Result<Option<Value>, Fault> {
        let mut pair = [0.0; 2];
        for (place, field) in pair.iter_mut().zip([x, y]) {
            let json = fields.get(field).unwrap_or(&Json::Null);
            if as_text(json).is_none_or(|text| self.is_missing(&text)) {
                return Ok(None);
            }
            *place = match json {
                Json::Number(number) => number.as_f64(),
                other => self.style().read(&as_text(other).unwrap_or_default()).map_err(|reason| fault(field, reason))?.as_f64(),
            };
        }
        let position = to_wgs84(self.crs, pair[0], pair[1]).map_err(|reason| fault(x, reason))?;
        let converted = Position::new(rounded(position.lon), rounded(position.lat));
        Ok(Some(Value::Geo(Geometry::Point(if self.crs == Crs::Epsg4326 { position } else { converted }))))
    }

    fn geometry(&self, json: &Json) -> Result<Geometry, String> {
        let parsed;
        let json = match json {
            Json::String(text) => {
                parsed = model::json::parse(text.as_bytes()).map_err(|error| format!("a GeoJSON geometry is expected: {error}"))?;
                &parsed
            }
            other => other,
        };
        if self.crs == Crs::Epsg4326 {
            return Geometry::from_json(json).map_err(|error| error.to_string());
        }
        let kind = json.get("type").and_then(Json::as_str).unwrap_or("");
        let coordinates = transformed(self.crs, json.get("coordinates").unwrap_or(&Json::Null))?;
        Geometry::from_coordinates(kind, &coordinates).map_err(|error| error.to_string())
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

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "wahr" | "ja" | "j" | "yes" | "y" | "1" | "x" => Ok(true),
        "false" | "falsch" | "nein" | "n" | "no" | "0" => Ok(false),
        _ => Err(format!("`{}` is neither yes nor no", shorten(text))),
    }
}

fn targets(json: &Json) -> Result<Vec<Iri>, String> {
    let one = |json: &Json| {
        let text = as_text(json).unwrap_or_default();
        Iri::parse(&text).map_err(|error| error.to_string())
    };
    match json {
        Json::Array(items) => items.iter().map(one).collect(),
        other => one(other).map(|target| vec![target]),
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
fn to_wgs84(crs: Crs, x: f64, y: f64) -> Result<Position, String> {
    if crs != Crs::Epsg4326 && x.abs() <= 180.0 && y.abs() <= 90.0 && (x, y) != (0.0, 0.0) {
        return Err(format!("the coordinates ({x}, {y}) are degrees, and {} is in metres; declare `crs = \"EPSG:4326\"`", crs.code()));
    }
    crs.to_wgs84(x, y).map_err(|error| error.to_string())
}

/// Eight decimals of a degree are a millimetre; more would be invented.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e8).round() / 1e8
}

/// Coordinates of any nesting converted to WGS 84.
fn transformed(crs: Crs, json: &Json) -> Result<Json, String> {
    let Some(items) = json.as_array() else { return Err("the geometry has no coordinates".to_owned()) };
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

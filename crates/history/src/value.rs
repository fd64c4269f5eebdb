//! Values and sub-attributes as JSON text, and back without loss.

use model::json::{Limits, parse_with};
use model::{Attribute, Fact, Geometry, Instant, Iri, Json, Name, Number, Sealed, Text, UnitCode, Value};

use crate::error::Reason;

/// The `kind` of a value that is kept as ciphertext.
const SEALED: &str = "Sealed";

/// Values were bounded when they came in; here they only come back. The depth
/// keeps a forged file from exhausting the stack.
const LIMITS: Limits = Limits { depth_max: 256, members_max: usize::MAX };

/// The word for the kind of a value: its NGSI-LD attribute type, or `Sealed`.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Sealed(_) => SEALED,
        open => open.type_name(),
    }
}

/// The word for a statement; a value that held needs none.
pub(crate) fn fact(fact: Fact) -> Option<&'static str> {
    match fact {
        Fact::Value => None,
        Fact::Retracted => Some("retracted"),
        Fact::Deleted => Some("deleted"),
    }
}

/// Reads what [`fact`] wrote.
pub(crate) fn read_fact(word: Option<&str>) -> Result<Fact, Reason> {
    let known = Fact::ALL.into_iter().find(|one| fact(*one) == word);
    known.ok_or_else(|| format!("`{}` is no statement", word.unwrap_or_default()))
}

/// A number as double and digits after the point, when these two give back its text.
pub(crate) fn decimals(number: &Number) -> Option<i8> {
    let text = number.text();
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    // A double keeps any fifteen significant decimal digits.
    let is_short = text.len() <= 15 && !text.contains(['e', 'E']);
    let exact = is_short || (digits <= 30 && format!("{:.digits$}", number.as_f64()) == text);
    exact.then(|| i8::try_from(digits).ok()).flatten()
}

/// The number of a double and its digits after the point.
pub(crate) fn number(value: f64, decimals: i8) -> Result<Number, Reason> {
    let digits = usize::from(decimals.unsigned_abs());
    Number::parse(&format!("{value:.digits$}")).ok_or_else(|| format!("`{value}` is not a number JSON knows"))
}

/// A value as text; a sealed one has none outside its own columns.
pub(crate) fn write(value: &Value) -> String {
    match value {
        Value::Property(Json::Number(number)) => number.text().to_owned(),
        Value::Property(json) | Value::JsonProperty(json) => json.to_string(),
        other => to_json(other).to_string(),
    }
}

/// Reads what [`write`] wrote.
pub(crate) fn read(kind: &str, text: &str) -> Result<Value, Reason> {
    if kind == "Property"
        && let Some(number) = Number::parse(text)
    {
        return Ok(Value::Property(Json::Number(number)));
    }
    from_json(kind, parse(text)?)
}

/// Sub-attributes as text. Times that equal those of the attribute they belong
/// to are left out: the same sub-attributes are the same text in every row.
pub(crate) fn write_sub(parent: &Attribute) -> Option<String> {
    (!parent.sub.is_empty()).then(|| Json::Array(parent.sub.iter().map(|sub| sub_to_json(sub, parent)).collect()).to_string())
}

/// The JSON of sub-attributes, to be given to [`read_sub`] once per row.
pub(crate) fn parse(text: &str) -> Result<Json, Reason> {
    parse_with(text.as_bytes(), LIMITS).map_err(|error| format!("`{}` is not JSON: {error}", text.chars().take(60).collect::<String>()))
}

/// Reads what [`write_sub`] wrote, for an attribute that has everything but these.
pub(crate) fn read_sub(json: &Json, parent: &Attribute) -> Result<Vec<Attribute>, Reason> {
    let items = json.as_array().ok_or("sub-attributes are not an array")?;
    items.iter().map(|item| sub_from_json(item, parent)).collect()
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Property(json) | Value::JsonProperty(json) => json.clone(),
        Value::Geo(geometry) => geometry.to_json(),
        Value::Relationship(targets) | Value::ListRelationship(targets) => strings(targets.iter().map(Iri::as_str)),
        Value::Language(map) => language_to_json(map),
        Value::Vocab(terms) => strings(terms.iter().map(|term| term.iri())),
        Value::List(items) => Json::Array(items.clone()),
        Value::Sealed(sealed) => Json::object([
            ("key", Json::from(sealed.key.to_string().as_str())),
            ("blind", Json::from(hex(&sealed.blind).as_str())),
            ("ciphertext", Json::from(hex(&sealed.ciphertext).as_str())),
        ]),
    }
}

fn from_json(kind: &str, json: Json) -> Result<Value, Reason> {
    Ok(match kind {
        "Property" => Value::Property(json),
        "JsonProperty" => Value::JsonProperty(json),
        "GeoProperty" => Value::Geo(Geometry::from_json(&json).map_err(|error| error.to_string())?),
        "Relationship" => Value::Relationship(iris(&json)?),
        "ListRelationship" => Value::ListRelationship(iris(&json)?),
        "LanguageProperty" => Value::Language(language_from_json(&json)?),
        "VocabProperty" => Value::Vocab(texts(&json)?.map(name).collect::<Result<_, _>>()?),
        "ListProperty" => match json {
            Json::Array(items) => Value::List(items),
            other => return Err(format!("a list is {}", other.kind())),
        },
        SEALED => Value::Sealed(Box::new(sealed_from_json(&json)?)),
        other => return Err(format!("`{other}` is no kind of value")),
    })
}

/// A language map is an object, or pairs when a tag occurs twice.
fn language_to_json(map: &[(Text, Vec<Text>)]) -> Json {
    let entries = map.iter().map(|(tag, list)| (tag.clone(), strings(list.iter().map(Text::as_str))));
    let unique = map.iter().enumerate().all(|(index, (tag, _))| map[..index].iter().all(|(before, _)| before != tag));
    if unique {
        Json::Object(entries.collect())
    } else {
        Json::Array(entries.map(|(tag, list)| Json::Array(vec![Json::String(tag), list])).collect())
    }
}

fn language_from_json(json: &Json) -> Result<Vec<(Text, Vec<Text>)>, Reason> {
    let list = |json: &Json| texts(json).map(|list| list.map(Text::from).collect());
    match json {
        Json::Object(members) => members.iter().map(|(tag, value)| Ok((tag.clone(), list(value)?))).collect(),
        Json::Array(pairs) => pairs
            .iter()
            .map(|pair| match pair.as_array() {
                Some([Json::String(tag), value]) => Ok((tag.clone(), list(value)?)),
                _ => Err("a language map holds something else than pairs".into()),
            })
            .collect(),
        other => Err(format!("a language map is {}", other.kind())),
    }
}

fn sub_to_json(sub: &Attribute, parent: &Attribute) -> Json {
    let mut members: Vec<(Text, Json)> = Vec::new();
    let mut member = |name: &str, value: Json| members.push((name.into(), value));
    member("name", sub.name.iri().into());
    member("type", kind(&sub.value).into());
    member("value", to_json(&sub.value));
    if let Some(dataset) = &sub.dataset {
        member("datasetId", dataset.as_str().into());
    }
    if let Some(unit) = &sub.unit {
        member("unitCode", unit.code().into());
    }
    if let Some(at) = sub.observed_at {
        member("observedAt", if parent.observed_at == Some(at) { "same".into() } else { at.micros().into() });
    }
    if let Some(at) = sub.expires_at {
        member("expiresAt", at.micros().into());
    }
    if sub.modified_at != parent.modified_at {
        member("modifiedAt", sub.modified_at.micros().into());
    }
    if sub.created_at != parent.created_at {
        member("createdAt", sub.created_at.micros().into());
    }
    if !sub.sub.is_empty() {
        member("sub", Json::Array(sub.sub.iter().map(|inner| sub_to_json(inner, sub)).collect()));
    }
    Json::Object(members)
}

fn sub_from_json(json: &Json, parent: &Attribute) -> Result<Attribute, Reason> {
    let text = |member: &str| json.get(member).and_then(Json::as_str);
    let required = |member: &str| text(member).ok_or_else(|| format!("a sub-attribute has no `{member}`"));
    let value = json.get("value").ok_or("a sub-attribute has no `value`")?;
    let mut sub = Attribute::new(name(required("name")?)?, from_json(required("type")?, value.clone())?);
    sub.dataset = text("datasetId").map(iri).transpose()?;
    sub.unit = text("unitCode").map(UnitCode::new);
    sub.observed_at = match text("observedAt") {
        Some(_) => parent.observed_at,
        None => instant(json, "observedAt")?,
    };
    sub.expires_at = instant(json, "expiresAt")?;
    sub.modified_at = instant(json, "modifiedAt")?.unwrap_or(parent.modified_at);
    sub.created_at = instant(json, "createdAt")?.unwrap_or(parent.created_at);
    if let Some(inner) = json.get("sub") {
        sub.sub = read_sub(inner, &sub)?;
    }
    Ok(sub)
}

fn instant(json: &Json, member: &str) -> Result<Option<Instant>, Reason> {
    match json.get(member) {
        None => Ok(None),
        Some(Json::Number(number)) if number.as_i64().is_some() => Ok(number.as_i64().map(Instant::from_micros)),
        Some(other) => Err(format!("`{member}` of a sub-attribute is {}", other.kind())),
    }
}

fn sealed_from_json(json: &Json) -> Result<Sealed, Reason> {
    let text = |member: &str| json.get(member).and_then(Json::as_str).ok_or_else(|| format!("a sealed value has no `{member}`"));
    let key = text("key")?.parse().map_err(|_| "the key of a sealed value is no number".to_owned())?;
    let blind = unhex(text("blind")?)?.try_into().map_err(|_| "the blind of a sealed value has not 32 bytes".to_owned())?;
    Ok(Sealed { key, ciphertext: unhex(text("ciphertext")?)?, blind })
}

fn strings<'a>(items: impl Iterator<Item = &'a str>) -> Json {
    Json::Array(items.map(Json::from).collect())
}

fn texts(json: &Json) -> Result<impl Iterator<Item = &str>, Reason> {
    let items = json.as_array().filter(|items| items.iter().all(|item| item.as_str().is_some()));
    Ok(items.ok_or("an array of texts is expected")?.iter().filter_map(Json::as_str))
}

fn iris(json: &Json) -> Result<Vec<Iri>, Reason> {
    texts(json)?.map(iri).collect()
}

pub(crate) fn iri(text: &str) -> Result<Iri, Reason> {
    Iri::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn name(iri: &str) -> Result<Name, Reason> {
    Name::intern(iri).map_err(|error| error.to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>, Reason> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<_>>().ok_or_else(|| "a sealed value is not hexadecimal".to_owned())
}

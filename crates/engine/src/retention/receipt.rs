//! The receipt of a deletion: an instance of an entity of the dataset, in the
//! same commit as the deletion. Its past is the list of all receipts; so it is
//! durable, audited, saved and exported like any other data, and costs memory
//! once per dataset.

use std::sync::LazyLock;

use model::dataset::Keep;
use model::{Attribute, Class, Dataset, Entity, EntityId, Instant, Json, Name, Observation, Rollup, Text, Value};

use super::{Due, Reason};
use crate::{Error, Kind};

/// How the ids of entities with receipts begin.
const IDS: &str = "urn:ngsi-ld:Retention:";

/// What was deleted of a dataset, by which rules, and when it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionReceipt {
    /// The dataset's slug.
    pub dataset: Text,
    /// When it was deleted for readers.
    pub at: Instant,
    /// What, by attribute.
    pub parts: Vec<Due>,
    /// Of how many values of the dataset.
    pub total: u64,
    /// Who confirmed it, where that was needed.
    pub confirmed_by: Option<Text>,
    /// Why it was needed.
    pub reasons: Vec<Reason>,
    /// When nothing of it was left on the disk any more.
    pub finished_at: Option<Instant>,
}

impl RetentionReceipt {
    /// How many values were deleted.
    #[must_use]
    pub fn values(&self) -> u64 {
        self.parts.iter().map(|part| part.values).sum()
    }

    /// The receipt as an instance of its attribute.
    pub(super) fn attribute(&self) -> Attribute {
        let instant = |at: Option<Instant>| at.map_or(Json::Null, |at| Json::from(at.to_string().as_str()));
        let json = Json::object([
            ("total", number(self.total)),
            ("confirmedBy", self.confirmed_by.as_ref().map_or(Json::Null, |who| Json::String(who.clone()))),
            ("reasons", Json::Array(self.reasons.iter().map(|reason| Json::from(reason.to_string().as_str())).collect())),
            ("finishedAt", instant(self.finished_at)),
            ("parts", Json::Array(self.parts.iter().map(part).collect())),
        ]);
        Attribute::new(run(), Value::JsonProperty(json)).observed(self.at)
    }

    /// The receipt that an instance is.
    pub(super) fn read(dataset: &Text, observation: &Observation) -> Option<Self> {
        let Value::JsonProperty(json) = &observation.attribute.value else { return None };
        let reasons = json.get("reasons")?.as_array()?.iter().map(|reason| Reason::parse(reason.as_str()?)).collect::<Option<_>>()?;
        Some(Self {
            dataset: dataset.clone(),
            at: observation.attribute.observed_at?,
            parts: json.get("parts")?.as_array()?.iter().map(read_part).collect::<Option<_>>()?,
            total: read_number(json, "total")?,
            confirmed_by: json.get("confirmedBy").and_then(Json::as_str).map(Text::from),
            reasons,
            finished_at: json.get("finishedAt").and_then(Json::as_str).and_then(|at| Instant::parse(at).ok()),
        })
    }
}

/// The type of the entities that hold receipts.
pub(super) fn kind() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/Retention"));
    *NAME
}

/// The attribute that holds them.
pub(super) fn run() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/retentionRun"));
    *NAME
}

/// The entity that holds the receipts of a dataset.
pub(super) fn entity(dataset: &Dataset) -> Result<Entity, Error> {
    Ok(Entity::new(id_of(&dataset.slug)?, kind()))
}

pub(super) fn id_of(slug: &str) -> Result<EntityId, Error> {
    EntityId::parse(&format!("{IDS}{slug}")).map_err(|error| Error::invalid(error.to_string()))
}

/// Whether an entity holds receipts or could become one that does: nobody
/// writes it but the engine. What somebody has kept under such an id before
/// there were receipts is theirs.
pub(crate) fn is_receipt(id: &EntityId, there: Option<&Entity>) -> bool {
    id.as_str().starts_with(IDS) && there.is_none_or(|there| there.is_a(kind()))
}

/// What is said to others who would write one.
pub(crate) fn kept_for_receipts(id: &EntityId) -> Error {
    Error::new(Kind::Forbidden, format!("`{id}` is kept for receipts of retention, which only the platform writes"))
}

fn number(number: u64) -> Json {
    Json::from(number.cast_signed())
}

fn read_number(json: &Json, member: &str) -> Option<u64> {
    match json.get(member)? {
        Json::Number(number) => number.as_i64().and_then(|number| u64::try_from(number).ok()),
        _ => None,
    }
}

fn part(due: &Due) -> Json {
    let at = |instant: Instant| Json::from(instant.to_string().as_str());
    let length = |length: Option<Rollup>| length.map_or(Json::Null, |length| Json::from(length.word()));
    Json::object([
        ("attribute", Json::from(due.attribute.iri())),
        ("class", Json::from(due.class.word())),
        ("keep", Json::from(due.keep.to_string().as_str())),
        ("until", at(due.until)),
        ("values", number(due.values)),
        ("series", number(due.series)),
        ("oldest", at(due.oldest)),
        ("newest", at(due.newest)),
        ("becomes", length(due.becomes)),
        ("rolled", length(due.rolled)),
    ])
}

fn read_part(json: &Json) -> Option<Due> {
    let text = |member: &str| json.get(member).and_then(Json::as_str);
    let at = |member: &str| text(member).and_then(|at| Instant::parse(at).ok());
    Some(Due {
        attribute: Name::intern(text("attribute")?).ok()?,
        class: Class::from_word(text("class")?)?,
        keep: Keep::parse(text("keep")?)?,
        until: at("until")?,
        values: read_number(json, "values")?,
        series: read_number(json, "series")?,
        oldest: at("oldest")?,
        newest: at("newest")?,
        becomes: text("becomes").and_then(Rollup::of_word),
        rolled: text("rolled").and_then(Rollup::of_word),
    })
}

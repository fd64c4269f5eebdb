//! Dataset ⇄ entity.

use super::{Agent, Aggregate, Column, ColumnKind, Contact, Dataset, Keep, KeptRollup, Retention, RetentionOf, Spatial, Texts, terms};
use crate::{Attribute, Class, Entity, Instant, Json, Name, Rollup, Text, TimeWindow, UnitCode, Value};

/// An entity of the dataset type that does not say what a dataset must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the dataset `{id}` has no usable `{member}`")]
pub struct InvalidDataset {
    /// Which entity.
    pub id: String,
    /// What is missing or malformed.
    pub member: &'static str,
}

impl Dataset {
    /// The dataset as an entity.
    #[must_use]
    pub fn to_entity(&self) -> Entity {
        let mut entity = Entity::new(self.id.clone(), terms::dataset());
        let mut add = |name: Name, value: Value| entity.attributes.push(Attribute::new(name, value));
        add(terms::slug(), text(&self.slug));
        add(terms::title(), language(&self.title));
        add(terms::summary(), language(&self.summary));
        add(terms::description(), language(&self.description));
        add(terms::publisher(), Value::JsonProperty(agent(&self.publisher)));
        if let Some(known) = &self.contact {
            add(terms::contact(), Value::JsonProperty(contact(known)));
        }
        add(terms::licence(), text(&self.licence));
        if let Some(line) = &self.attribution {
            add(terms::attribution(), text(line));
        }
        add(terms::provenance(), language(&self.provenance));
        if let Some(page) = &self.landing_page {
            add(terms::landing_page(), text(page));
        }
        add(terms::themes(), list(&self.themes));
        add(terms::keywords(), list(&self.keywords));
        if let Some(code) = &self.frequency {
            add(terms::frequency(), text(code));
        }
        if let Some(place) = &self.spatial {
            let json = Json::object([("iri", string(&place.iri)), ("label", string(&place.label))]);
            add(terms::spatial(), Value::JsonProperty(json));
        }
        if !self.temporal.is_empty() {
            add(terms::temporal(), Value::JsonProperty(Json::Array(self.temporal.iter().map(period).collect())));
        }
        let selection =
            Json::object([("type", Json::from(self.entity_type.iri())), ("idPrefix", self.id_prefix.as_ref().map_or(Json::Null, string))]);
        add(terms::selection(), Value::JsonProperty(selection));
        add(terms::columns(), Value::JsonProperty(Json::Array(self.columns.iter().map(column).collect())));
        if !self.retention.is_empty() {
            add(terms::retention(), Value::JsonProperty(Json::Array(self.retention.iter().map(retention).collect())));
        }
        add(terms::published(), Value::Property(Json::Bool(self.published)));
        entity
    }

    /// The dataset that an entity describes.
    ///
    /// # Errors
    /// [`InvalidDataset`] names the entity and the member.
    pub fn from_entity(entity: &Entity) -> Result<Self, InvalidDataset> {
        let missing = |member: &'static str| InvalidDataset { id: entity.id.to_string(), member };
        let text_of = |name: Name| entity.value(name).and_then(Value::as_str).map(Text::from);
        let json_of = |name: Name| match entity.value(name) {
            Some(Value::JsonProperty(json)) => Some(json),
            _ => None,
        };
        let texts_of = |name: Name| entity.value(name).and_then(read_texts).unwrap_or_default();
        let selection = json_of(terms::selection()).ok_or_else(|| missing("selection"))?;
        let entity_type = selection.get("type").and_then(Json::as_str).and_then(|iri| Name::intern(iri).ok());
        let publisher = json_of(terms::publisher()).and_then(read_agent).ok_or_else(|| missing("publisher"))?;
        let columns = json_of(terms::columns()).and_then(Json::as_array).ok_or_else(|| missing("columns"))?;
        Ok(Self {
            id: entity.id.clone(),
            slug: text_of(terms::slug()).ok_or_else(|| missing("slug"))?,
            title: texts_of(terms::title()),
            summary: texts_of(terms::summary()),
            description: texts_of(terms::description()),
            publisher,
            contact: json_of(terms::contact()).and_then(read_contact),
            licence: text_of(terms::licence()).ok_or_else(|| missing("licence"))?,
            attribution: text_of(terms::attribution()),
            provenance: texts_of(terms::provenance()),
            landing_page: text_of(terms::landing_page()),
            themes: entity.value(terms::themes()).map(read_list).unwrap_or_default(),
            keywords: entity.value(terms::keywords()).map(read_list).unwrap_or_default(),
            frequency: text_of(terms::frequency()),
            spatial: json_of(terms::spatial()).and_then(|json| Some(Spatial { iri: member(json, "iri")?, label: member(json, "label")? })),
            temporal: json_of(terms::temporal()).map_or_else(|| Some(Vec::new()), read_periods).ok_or_else(|| missing("temporal"))?,
            entity_type: entity_type.ok_or_else(|| missing("selection"))?,
            id_prefix: member(selection, "idPrefix"),
            columns: columns.iter().map(read_column).collect::<Option<_>>().ok_or_else(|| missing("columns"))?,
            retention: json_of(terms::retention()).map_or_else(|| Some(Vec::new()), read_retention).ok_or_else(|| missing("retention"))?,
            published: entity.value(terms::published()) == Some(&Value::Property(Json::Bool(true))),
        })
    }
}

fn string(text: &Text) -> Json {
    Json::String(text.clone())
}

fn text(text: &Text) -> Value {
    Value::Property(string(text))
}

fn list(texts: &[Text]) -> Value {
    Value::List(texts.iter().map(string).collect())
}

fn language(texts: &Texts) -> Value {
    let mut map = vec![(Text::from("de"), vec![texts.de.clone()])];
    if let Some(english) = &texts.en {
        map.push((Text::from("en"), vec![english.clone()]));
    }
    Value::Language(map)
}

fn texts_json(texts: &Texts) -> Json {
    Json::object([("de", string(&texts.de)), ("en", texts.en.as_ref().map_or(Json::Null, string))])
}

fn agent(agent: &Agent) -> Json {
    Json::object([("name", string(&agent.name)), ("homepage", agent.homepage.as_ref().map_or(Json::Null, string))])
}

fn contact(contact: &Contact) -> Json {
    Json::object([
        ("name", string(&contact.name)),
        ("email", contact.email.as_ref().map_or(Json::Null, string)),
        ("url", contact.url.as_ref().map_or(Json::Null, string)),
    ])
}

fn period(period: &TimeWindow) -> Json {
    let at = |instant: Instant| Json::from(instant.to_string().as_str());
    let goes_on = period.end == TimeWindow::ALL.end;
    Json::object([("start", at(period.start)), ("end", if goes_on { Json::Null } else { at(period.end) })])
}

fn column(column: &Column) -> Json {
    Json::object([
        ("attribute", Json::from(column.attribute.iri())),
        ("label", texts_json(&column.label)),
        ("description", column.description.as_ref().map_or(Json::Null, texts_json)),
        ("kind", Json::from(column.kind.word())),
        ("unit", column.unit.as_ref().map_or(Json::Null, |unit| Json::from(unit.code()))),
        ("aggregate", Json::from(column.aggregate.word())),
        ("class", Json::from(column.class.word())),
    ])
}

fn retention(rule: &Retention) -> Json {
    let words = |words: Vec<&str>| Json::Array(words.into_iter().map(Json::from).collect());
    let keep = |keep: Keep| Json::from(keep.to_string().as_str());
    let mut members = Vec::new();
    match rule.rollup {
        None => members.push(("keep", keep(rule.keep))),
        // A program that knows no roll-ups must not take it for a rule that deletes.
        Some(rollup) => {
            members.push(("keepValues", keep(rule.keep)));
            members.push(("rollup", Json::from(rollup.length.word())));
            members.extend(rollup.keep.map(|kept| ("keepRollup", keep(kept))));
        }
    }
    match &rule.of {
        RetentionOf::Attributes(names) => members.push(("attributes", words(names.iter().map(|name| name.iri()).collect()))),
        RetentionOf::Classes(classes) => members.push(("classes", words(classes.iter().map(|class| class.word()).collect()))),
        RetentionOf::Rest => {}
    }
    Json::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn member(json: &Json, name: &str) -> Option<Text> {
    json.get(name).and_then(Json::as_str).map(Text::from)
}

fn read_texts(value: &Value) -> Option<Texts> {
    let Value::Language(map) = value else { return None };
    let find = |tag: &str| map.iter().find(|(known, _)| known == tag).and_then(|(_, texts)| texts.first().cloned());
    Some(Texts { de: find("de")?, en: find("en") })
}

fn read_texts_json(json: &Json) -> Option<Texts> {
    Some(Texts { de: member(json, "de")?, en: member(json, "en") })
}

fn read_list(value: &Value) -> Vec<Text> {
    match value {
        Value::List(items) => items.iter().filter_map(|item| item.as_str().map(Text::from)).collect(),
        _ => Vec::new(),
    }
}

fn read_agent(json: &Json) -> Option<Agent> {
    Some(Agent { name: member(json, "name")?, homepage: member(json, "homepage") })
}

fn read_contact(json: &Json) -> Option<Contact> {
    Some(Contact { name: member(json, "name")?, email: member(json, "email"), url: member(json, "url") })
}

/// A list, or the one period that earlier versions wrote.
fn read_periods(json: &Json) -> Option<Vec<TimeWindow>> {
    json.as_array().unwrap_or(std::slice::from_ref(json)).iter().map(read_period).collect()
}

fn read_period(json: &Json) -> Option<TimeWindow> {
    let at = |json: &Json| json.as_str().and_then(|text| Instant::parse(text).ok());
    let end = match json.get("end")? {
        Json::Null => TimeWindow::ALL.end,
        end => at(end)?,
    };
    Some(TimeWindow { start: at(json.get("start")?)?, end })
}

/// Nothing when one rule cannot be read: nothing is deleted by half a rule.
fn read_retention(json: &Json) -> Option<Vec<Retention>> {
    let words = |json: &Json, name: &str| json.get(name).map(|list| list.as_array().unwrap_or_default().to_vec());
    let rule = |json: &Json| {
        let of = match (words(json, "attributes"), words(json, "classes")) {
            (Some(names), None) => {
                RetentionOf::Attributes(names.iter().map(|name| Name::intern(name.as_str()?).ok()).collect::<Option<_>>()?)
            }
            (None, Some(classes)) => {
                RetentionOf::Classes(classes.iter().map(|word| Class::from_word(word.as_str()?)).collect::<Option<_>>()?)
            }
            (None, None) => RetentionOf::Rest,
            (Some(_), Some(_)) => return None,
        };
        let keep = |json: &Json| json.as_str().and_then(Keep::parse);
        let Some(length) = json.get("rollup") else { return Some(Retention { of, keep: keep(json.get("keep")?)?, rollup: None }) };
        let kept = match json.get("keepRollup") {
            None => None,
            Some(kept) => Some(keep(kept)?),
        };
        let rollup = KeptRollup { length: Rollup::of_word(length.as_str()?)?, keep: kept };
        Some(Retention { of, keep: keep(json.get("keepValues")?)?, rollup: Some(rollup) })
    };
    json.as_array()?.iter().map(rule).collect()
}

fn read_column(json: &Json) -> Option<Column> {
    Some(Column {
        attribute: json.get("attribute").and_then(Json::as_str).and_then(|iri| Name::intern(iri).ok())?,
        label: json.get("label").and_then(read_texts_json)?,
        description: json.get("description").and_then(read_texts_json),
        kind: json.get("kind").and_then(Json::as_str).and_then(ColumnKind::from_word)?,
        unit: json.get("unit").and_then(Json::as_str).map(UnitCode::new),
        aggregate: json.get("aggregate").and_then(Json::as_str).and_then(Aggregate::from_word)?,
        class: json.get("class").and_then(Json::as_str).and_then(Class::from_word)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Iri;

    #[test]
    fn a_dataset_survives_being_an_entity() {
        let dataset = Dataset {
            id: Iri::parse("urn:ngsi-ld:Dataset:luft").expect("valid"),
            slug: "luft".into(),
            title: Texts { de: "Luftqualität".into(), en: Some("Air quality".into()) },
            summary: Texts { de: "Wie sauber ist die Luft?".into(), en: None },
            description: Texts { de: "Stündliche Werte.".into(), en: None },
            publisher: Agent { name: "Umweltbundesamt".into(), homepage: Some("https://www.umweltbundesamt.de".into()) },
            contact: Some(Contact { name: "Datenstelle".into(), email: Some("daten@musterstadt.example".into()), url: None }),
            licence: "http://dcat-ap.de/def/licenses/dl-by-de/2.0".into(),
            attribution: Some("Umweltbundesamt".into()),
            provenance: Texts { de: "Messnetz der Länder".into(), en: None },
            landing_page: None,
            themes: vec!["ENVI".into()],
            keywords: vec!["Luft".into(), "NO2".into()],
            frequency: Some("HOURLY".into()),
            spatial: Some(Spatial {
                iri: "http://dcat-ap.de/def/politicalGeocoding/stateKey/05".into(),
                label: "Nordrhein-Westfalen".into(),
            }),
            temporal: vec![
                TimeWindow { start: Instant::from_seconds(0), end: Instant::from_seconds(86_400) },
                TimeWindow { start: Instant::from_seconds(172_800), end: TimeWindow::ALL.end },
            ],
            entity_type: Name::known("https://smartdatamodels.org/dataModel.Environment/AirQualityObserved"),
            id_prefix: Some("urn:ngsi-ld:AirQualityObserved:".into()),
            columns: vec![Column {
                attribute: Name::known("https://smartdatamodels.org/dataModel.Environment/no2"),
                label: Texts { de: "Stickstoffdioxid".into(), en: None },
                description: None,
                kind: ColumnKind::Measure,
                unit: Some(UnitCode::new("GQ")),
                aggregate: Aggregate::Mean,
                class: Class::Open,
            }],
            retention: vec![
                Retention {
                    of: RetentionOf::Attributes(vec![Name::known("https://smartdatamodels.org/dataModel.Environment/no2")]),
                    keep: Keep { months: 24, days: 0, seconds: 0 },
                    rollup: Some(KeptRollup { length: Rollup::Hour, keep: Some(Keep { months: 120, days: 0, seconds: 0 }) }),
                },
                Retention {
                    of: RetentionOf::Classes(vec![Class::Personal, Class::Special]),
                    keep: Keep { months: 0, days: 90, seconds: 0 },
                    rollup: None,
                },
                Retention {
                    of: RetentionOf::Rest,
                    keep: Keep { months: 120, days: 0, seconds: 0 },
                    rollup: Some(KeptRollup { length: Rollup::Day, keep: None }),
                },
            ],
            published: true,
        };
        assert_eq!(Dataset::from_entity(&dataset.to_entity()), Ok(dataset));
    }

    #[test]
    fn a_single_period_of_an_earlier_version_is_read_and_a_broken_one_named() {
        let periods = |json: &str| read_periods(&crate::json::parse(json.as_bytes()).expect("JSON"));
        let day = TimeWindow { start: Instant::from_seconds(0), end: Instant::from_seconds(86_400) };
        assert_eq!(periods(r#"{"start":"1970-01-01T00:00:00Z","end":"1970-01-02T00:00:00Z"}"#), Some(vec![day]));
        assert_eq!(periods(r#"[{"start":"1970-01-01T00:00:00Z","end":"morgen"}]"#), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let entity = Entity::new(Iri::parse("urn:x:1").expect("valid"), terms::dataset());
        assert_eq!(Dataset::from_entity(&entity).expect_err("empty").member, "selection");
    }
}

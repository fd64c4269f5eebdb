use engine::Edit;
use model::query::Filter;
use model::{Attribute, Entity, Geometry, Instant, Iri, Json, Name, Number, Scope, Text, UnitCode, Value};
use proptest::prelude::*;

use super::figures::{write_instant, write_number};
use super::parse::{Patch, document, parse_entity, patch};
use super::render::{Form, RenderOptions, render_entity};
use crate::context::Context;

const DEFAULT: &str = "https://uri.etsi.org/ngsi-ld/default-context/";

fn number() -> impl Strategy<Value = Json> {
    "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,6})?(e[0-9])?".prop_map(|text| Json::Number(Number::parse(&text).expect("a number")))
}

fn text() -> impl Strategy<Value = Text> {
    "[a-zA-Zäöü \"\\\\\n<>;=()]{0,12}".prop_map(Text::from)
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![number(), text().prop_map(Json::String), any::<bool>().prop_map(Json::Bool)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            proptest::collection::btree_map("(type|value|x|coordinates|[a-c]{1,2})", inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())),
        ]
    })
}

fn iri() -> impl Strategy<Value = Iri> {
    "urn:x:[a-zA-Z0-9:/?#._-]{1,12}".prop_map(|text| Iri::parse(&text).expect("a URI"))
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof!["[a-z]{1,3}x".prop_map(|short| format!("{DEFAULT}{short}")), "https://[a-c]\\.org/[a-c]{1,3}".prop_map(|iri| iri)]
        .prop_map(|iri| Name::intern(&iri).expect("a name"))
}

fn position() -> impl Strategy<Value = (f64, f64)> {
    (-180_000_000..=180_000_000_i32, -90_000_000..=90_000_000_i32).prop_map(|(lon, lat)| (f64::from(lon) / 1e6, f64::from(lat) / 1e6))
}

fn geometry() -> impl Strategy<Value = Geometry> {
    let point = position().prop_map(|(lon, lat)| Geometry::Point(model::geo::Position::new(lon, lat)));
    let line = proptest::collection::vec(position(), 2..5)
        .prop_map(|all| Geometry::LineString(all.into_iter().map(|(lon, lat)| model::geo::Position::new(lon, lat)).collect()));
    let polygon = proptest::collection::vec(position(), 3..6).prop_map(|all| {
        let mut ring: Vec<_> = all.into_iter().map(|(lon, lat)| model::geo::Position::new(lon, lat)).collect();
        ring.push(ring[0]);
        Geometry::Polygon(vec![ring])
    });
    prop_oneof![point, line, polygon]
}

fn value() -> impl Strategy<Value = Value> {
    let texts = proptest::collection::vec("[a-z]{1,5}".prop_map(Text::from), 1..3);
    prop_oneof![
        3 => json().prop_map(Value::Property),
        1 => geometry().prop_map(Value::Geo),
        1 => proptest::collection::vec(iri(), 1..3).prop_map(Value::Relationship),
        1 => proptest::collection::btree_map("(de|en|fr-CH)", texts, 1..3).prop_map(|map| Value::Language(map.into_iter().map(|(k, v)| (k.into(), v)).collect())),
        1 => proptest::collection::vec(name(), 1..3).prop_map(Value::Vocab),
        1 => proptest::collection::vec(json(), 0..3).prop_map(Value::List),
        1 => proptest::collection::vec(iri(), 0..3).prop_map(Value::ListRelationship),
        1 => json().prop_filter("an object or array", |json| matches!(json, Json::Object(_) | Json::Array(_))).prop_map(Value::JsonProperty),
    ]
}

fn attribute(depth: u32) -> BoxedStrategy<Attribute> {
    let sub = if depth == 0 { Just(Vec::new()).boxed() } else { proptest::collection::vec(attribute(depth - 1), 0..2).boxed() };
    let instant = proptest::option::of((0..4_000_000_000_000_000_i64).prop_map(Instant::from_micros));
    (name(), value(), instant, proptest::option::of(iri()), any::<bool>(), sub)
        .prop_map(|(name, value, observed_at, dataset, unit, sub)| {
            let mut attribute = Attribute::new(name, value);
            attribute.observed_at = observed_at;
            attribute.dataset = dataset;
            attribute.unit = (unit && matches!(attribute.value, Value::Property(_) | Value::List(_))).then(|| UnitCode::new("CEL"));
            attribute.sub = distinct(sub);
            attribute
        })
        .boxed()
}

/// One instance per name and dataset, instances of a name together, as a document has them.
fn distinct(attributes: Vec<Attribute>) -> Vec<Attribute> {
    let mut kept: Vec<Attribute> = Vec::new();
    for attribute in attributes {
        if kept.iter().any(|known| known.name == attribute.name && known.dataset == attribute.dataset) {
            continue;
        }
        match kept.iter().rposition(|known| known.name == attribute.name) {
            Some(index) => kept.insert(index + 1, attribute),
            None => kept.push(attribute),
        }
    }
    kept
}

fn entity() -> impl Strategy<Value = Entity> {
    (
        iri(),
        proptest::collection::hash_set(name(), 1..3),
        proptest::collection::vec("/[a-z]{1,3}(/[a-z]{1,3})?", 0..2),
        proptest::collection::vec(attribute(2), 0..5),
    )
        .prop_map(|(id, types, scopes, attributes)| {
            let mut types: Vec<Name> = types.into_iter().collect();
            types.sort();
            let mut entity = Entity::new(id, types[0]);
            entity.types = types;
            entity.scopes = scopes.iter().map(|scope| Scope::parse(scope).expect("a scope")).collect();
            entity.attributes = distinct(attributes);
            entity
        })
}

proptest! {
    #[test]
    fn what_is_rendered_parses_to_the_same(entity in entity(), concise in any::<bool>()) {
        let context = Context::core();
        let options = RenderOptions { form: if concise { Form::Concise } else { Form::Normalized }, ..RenderOptions::default() };
        let text = render_entity(&entity, &context, &options);
        let parsed = parse_entity(text.as_bytes(), &context).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(parsed, entity, "{}", text);
    }

    #[test]
    fn every_form_is_json(entity in entity()) {
        let context = Context::core();
        for form in [Form::Normalized, Form::Concise, Form::Simplified] {
            let text = render_entity(&entity, &context, &RenderOptions { form, sys_attrs: true, embed_context: true, ..RenderOptions::default() });
            prop_assert!(model::json::parse(text.as_bytes()).is_ok(), "{}", text);
        }
    }

    #[test]
    fn malformed_bodies_never_panic(text in "[\\[\\]{}\":,a-c0-9@. ]{0,60}") {
        let _ = parse_entity(text.as_bytes(), &Context::core());
    }

    /// JSON that looks nearly like an entity.
    #[test]
    fn wrong_members_never_panic(value in json(), key in "(value|object|languageMap|vocab|valueList|objectList|json|type|observedAt|datasetId|unitCode|x)", kind in "(Property|GeoProperty|Relationship|LanguageProperty|VocabProperty|ListProperty|ListRelationship|JsonProperty|Other)") {
        let attribute = Json::object([("type", Json::from(kind.as_str()))]);
        let Json::Object(mut members) = attribute else { unreachable!("an object") };
        if key != "type" {
            members.push((key.as_str().into(), value.clone()));
        }
        let attribute = Json::Object(members);
        let name = Context::core().name("ax").expect("a name");
        let body = attribute.to_string();
        let _ = patch(document(body.as_bytes()).expect("JSON").root(), &Context::core(), name, "ax");
        let entity = Json::object([("id", Json::from("urn:x:1")), ("type", Json::from("A")), ("ax", attribute), (if key == "x" { "y" } else { key.as_str() }, value)]);
        let _ = parse_entity(entity.to_string().as_bytes(), &Context::core());
    }

    #[test]
    fn instants_are_written_as_they_are_displayed(micros in Instant::MIN.micros()..=Instant::MAX.micros()) {
        let instant = Instant::from_micros(micros);
        let mut out = String::new();
        write_instant(instant, &mut out);
        prop_assert_eq!(out, instant.to_string());
    }
}

proptest! {
    #[test]
    fn figures_are_written_as_they_are_displayed(any in any::<f64>(), near in -200.0..200.0_f64, millionths in -2_000_000_000_000_i64..2_000_000_000_000) {
        for value in [any, near, millionths as f64 / 1e6, (millionths / 1_000_000) as f64, near * 1e-8, near * 1e7] {
            let mut out = String::new();
            write_number(value, &mut out);
            prop_assert_eq!(out, if value.is_finite() { value.to_string() } else { "null".to_owned() });
        }
    }
}

#[test]
fn numbers_come_back_digit_for_digit() {
    let text = r#"{"id":"urn:x:1","type":"A","a":{"type":"Property","value":9007199254740993},"b":{"type":"Property","value":1.0}}"#;
    let entity = parse_entity(text.as_bytes(), &Context::core()).expect("valid");
    assert_eq!(render_entity(&entity, &Context::core(), &RenderOptions::default()), text);
}

#[test]
fn a_patch_without_value_keeps_it() {
    let context = Context::core();
    let name = context.name("no2").expect("a name");
    let body =
        document(br#"{"observedAt":"2026-05-04T10:00:00Z","unitCode":"urn:ngsi-ld:null","method":"urn:ngsi-ld:null","accuracy":0.5}"#);
    let Ok(Patch::Members(patch)) = patch(body.expect("JSON").root(), &context, name, "no2") else { panic!("a patch") };
    assert_eq!(patch.value, None);
    assert_eq!((patch.unit, patch.expires_at), (Edit::Remove, Edit::Keep));
    assert_eq!(patch.removed_sub, [context.name("method").expect("a name")]);
    assert_eq!(patch.sub.len(), 1);
}

#[test]
fn a_query_by_another_name_finds_nothing() {
    let entity = parse_entity(br#"{"id":"urn:x:1","type":"A","no2":1}"#, &Context::core()).expect("valid");
    let filter = crate::q::parse("nobodyWroteThis!=3", &Context::core()).expect("valid");
    assert!(!filter.matches(&entity, Instant::from_micros(0), &|_| true));
    assert!(matches!(filter, Filter::Compare(_)));
}

//! The search: facets, remarks, ways on, the answer for programs.

use std::sync::Arc;

use engine::{Freshness, Hit};
use model::dataset::Spatial;
use model::{Dataset, Name};
use serde_json::Value;
use web::Params;

use super::city::{City, at, dataset};
use crate::facets::{Chosen, Columns, Facet};

fn chosen(query: &str) -> Chosen {
    Chosen::of(&Params::of_form(query).expect(query))
}

fn hit(number: u32, dataset: Dataset, newest: Option<&str>) -> Hit {
    let freshness = Freshness { newest: newest.map(at), modified: None };
    Hit { dataset: Arc::new(dataset), score: 1.0, freshness, has_places: false, rows: None, number }
}

/// Three datasets; the second is of another publisher and long, the third of another topic, place and licence, with places.
fn three() -> Vec<Hit> {
    let kind = Name::known("https://example.org/Thing");
    let mut second = dataset("b", "B", kind, Vec::new());
    second.publisher.name = "Wetterdienst".into();
    let third = Dataset {
        themes: vec!["TRAN".into(), "ENVI".into()],
        licence: "http://dcat-ap.de/def/licenses/cc-zero".into(),
        spatial: Some(Spatial { iri: "http://dcat-ap.de/def/politicalGeocoding/stateKey/06".into(), label: "Hessen".into() }),
        ..dataset("c", "C", kind, Vec::new())
    };
    vec![
        hit(0, dataset("a", "A", kind, Vec::new()), Some("2026-05-04T09:00:00Z")),
        Hit { rows: Some(2_000_000), ..hit(1, second, Some("2026-04-30T10:00:00Z")) },
        Hit { has_places: true, ..hit(2, third, Some("2020-01-01T00:00:00Z")) },
    ]
}

/// Slugs left, and the counts of a facet as `value:count`.
fn check(query: &str, facet: Facet) -> (String, String) {
    let (hits, counts) = Columns::default().narrow(three(), &chosen(query), at("2026-05-04T10:00:00Z"));
    let slugs: Vec<&str> = hits.iter().map(|hit| hit.dataset.slug.as_str()).collect();
    let index = Facet::ALL.iter().position(|one| *one == facet).expect("a facet");
    let counts: Vec<String> = counts[index].iter().map(|value| format!("{}:{}", value.value, value.count)).collect();
    (slugs.join(" "), counts.join(" "))
}

#[test]
fn facets_count_what_choosing_them_would_bring() {
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(check("", Facet::Topic), pair("a b c", "umwelt:3 verkehr:1"));
    assert_eq!(check("thema=verkehr", Facet::Topic), pair("c", "umwelt:3 verkehr:1"));
    assert_eq!(check("thema=verkehr", Facet::Publisher), pair("c", "Umweltbundesamt:1"));
    assert_eq!(check("anbieter=Wetterdienst&anbieter=Umweltbundesamt", Facet::Topic), pair("a b c", "umwelt:3 verkehr:1"));
    assert_eq!(check("anbieter=Wetterdienst&thema=verkehr", Facet::Publisher), pair("", "Umweltbundesamt:1 Wetterdienst:0"));
    assert_eq!(check("ort=Hessen", Facet::Licence), pair("c", "cc-zero:1"));
    assert_eq!(check("lizenz=dl-by-de%2F2.0", Facet::Place), pair("a b", ""));
    assert_eq!(check("thema=quatsch", Facet::Topic), pair("", "umwelt:3 verkehr:1 quatsch:0"));
}

#[test]
fn formats_are_those_that_the_page_offers() {
    assert_eq!(check("format=geojson", Facet::Format).0, "c");
    assert_eq!(check("format=xlsx", Facet::Format).0, "a c");
    assert_eq!(check("", Facet::Format).1, "api:3 csv:3 json:3 parquet:3 xlsx:2 geojson:1");
}

#[test]
fn a_dataset_that_changed_is_read_again() {
    let (mut columns, mut hits) = (Columns::default(), three());
    let publishers = |columns: &mut Columns, hits: &[Hit]| {
        let (_, counts) = columns.narrow(hits.to_vec(), &Chosen::default(), at("2026-05-04T10:00:00Z"));
        counts[2].iter().map(|value| format!("{}:{}", value.value, value.count)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(publishers(&mut columns, &hits), "Umweltbundesamt:2 Wetterdienst:1");
    for round in 0..20 {
        let mut next = (*hits[0].dataset).clone();
        next.publisher.name = format!("Amt {round}").into();
        hits[0].dataset = Arc::new(next);
        assert_eq!(publishers(&mut columns, &hits), format!("Amt {round}:1 Umweltbundesamt:1 Wetterdienst:1"));
    }
}

#[test]
fn ages_hold_the_younger_ones_too() {
    assert_eq!(check("", Facet::Freshness).1, "jahr:2 monat:2 woche:2 aelter:1 tag:1");
    assert_eq!(check("stand=tag", Facet::Freshness).0, "a");
    assert_eq!(check("stand=tag&stand=aelter", Facet::Freshness).0, "a c");
}

#[test]
fn a_choice_becomes_an_address_and_comes_back() {
    let all = chosen("thema=umwelt&anbieter=Amt+f%C3%BCr+Umwelt&thema=umwelt&q=x");
    let query = all.query("Rad & Luft", None);
    assert_eq!(query, "q=Rad%20%26%20Luft&thema=umwelt&anbieter=Amt%20f%C3%BCr%20Umwelt&");
    assert_eq!(chosen(&query), all);
    assert_eq!(all.query("", Some((Facet::Topic, "umwelt"))), "anbieter=Amt%20f%C3%BCr%20Umwelt&");
}

async fn machine(city: &City, path: &str) -> Value {
    let answer = city.get(path).await;
    assert_eq!(answer.header("content-type"), "application/json");
    serde_json::from_str(answer.expect(200)).expect("JSON")
}

#[tokio::test]
async fn a_restricted_dataset_is_counted_nowhere() {
    let city = City::new().await;
    let open = machine(&city, "/suche.json").await;
    assert_eq!(open["total"], 2);
    assert_eq!(
        open["facets"]["anbieter"],
        serde_json::json!([{ "value": "Umweltbundesamt", "label": "Umweltbundesamt", "count": 2, "chosen": false }])
    );
    assert!(!open.to_string().to_lowercase().contains("geheim"), "{open}");
    let asked = machine(&city, "/suche.json?q=geheim").await;
    assert_eq!((asked["total"].clone(), asked["missing"][0].clone()), (0.into(), "geheim".into()));
    let inside: Value = serde_json::from_str(&city.get_inside("/suche.json?q=geheim").await.body).expect("JSON");
    assert_eq!(inside["hits"][0]["slug"], "geheim");
    for path in ["/", "/datensaetze", "/suche", "/suche?q=geheim"] {
        let body = city.get(path).await.body;
        assert!(!body.contains("/datensaetze/geheim"), "{path}");
    }
}

#[tokio::test]
async fn the_answer_for_programs_is_the_one_described() {
    let city = City::new().await;
    let document: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).expect("JSON");
    let operation = &document["paths"]["/suche.json"]["get"];
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<std::collections::BTreeSet<_>>();
    let answer = machine(&city, "/suche.json?q=luft&anzahl=1").await;
    assert_eq!(keys(&answer), keys(&schema["properties"]));
    assert_eq!(keys(&answer["hits"][0]), keys(&schema["properties"]["hits"]["items"]["properties"]));
    let parameters: Vec<&str> = operation["parameters"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(keys(&answer["facets"]).iter().all(|facet| parameters.contains(&facet.as_str())), "{parameters:?}");
    let page = machine(&city, "/suche.json?anzahl=1").await;
    assert_eq!(page["next"], "https://daten.musterstadt.example/suche.json?anzahl=1&seite=2");
    assert_eq!(machine(&city, "/suche.json?anzahl=1&seite=2").await["next"], Value::Null);
    let bad = city.get("/suche.json?anzahl=1000").await;
    assert!(bad.expect(400).contains("anzahl"), "{}", bad.body);
    assert_eq!(bad.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn typing_errors_and_unknown_words_are_said() {
    let city = City::new().await;
    let body = city.get("/suche?q=Gemeidnen+qwertz").await.body;
    for part in [
        "„Gemeidnen“ steht in keinem Datensatz. Sie sehen Treffer zu „Gemeinden“.",
        "Kein Datensatz enthält „qwertz“.",
        "href=\"/suche?q=Gemeinden%20qwertz\"",
        "<mark>Gemeinden</mark>",
        "href=\"/datensaetze/gemeinden\"",
    ] {
        assert!(body.contains(part), "{part} is not in\n{body}");
    }
    let english = city.get("/en/suche?q=Gemeidnen").await.body;
    assert!(english.contains("You see hits for “Gemeinden”"), "{english}");
    // The column is named where neither title nor summary has the word.
    let elsewhere = city.get("/suche?q=Stickoxid").await.body;
    assert!(elsewhere.contains("Enthält: <mark>Stickstoffdioxid</mark>"), "{elsewhere}");
}

#[tokio::test]
async fn no_hits_lead_on() {
    let city = City::new().await;
    let body = city.get("/suche?q=qwertz").await.body;
    for part in [
        "Dazu haben wir nichts gefunden",
        "href=\"/datensaetze?thema=umwelt\"",
        "href=\"mailto:daten@musterstadt.example?subject=Fehlender%20Datensatz%3A%20qwertz\"",
    ] {
        assert!(body.contains(part), "{part} is not in\n{body}");
    }
    let near = city.get("/suche?q=Stickstofftank").await.body;
    assert!(near.contains("href=\"/suche?q=Stickstoffdioxid\"") || near.contains("<mark>"), "{near}");
}

#[tokio::test]
async fn filters_are_chips_that_can_be_taken_away() {
    let city = City::new().await;
    let body = city.get("/suche?q=luft&thema=umwelt&format=geojson").await.body;
    for part in [
        "href=\"/suche?q=luft&#38;format=geojson\"",
        "href=\"/suche?q=luft&#38;thema=umwelt\"",
        "href=\"/suche?q=luft\"",
        "name=\"thema\" value=\"umwelt\" checked",
        "Thema: Umwelt entfernen",
    ] {
        assert!(body.contains(part), "{part} is not in\n{body}");
    }
    let none = city.get("/datensaetze?thema=energie").await.body;
    assert!(none.contains("Zu diesen Filtern gibt es keinen Datensatz"), "{none}");
}

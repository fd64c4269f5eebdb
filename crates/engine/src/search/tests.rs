//! Folding, stemming, typing errors, ranking: pure; policy and the log: over a real engine.

mod everyday;

use std::sync::Arc;

use model::dataset::{Agent, Spatial, Texts};
use model::{Attribute, Class, Dataset, EntityId, Json, Value};

use super::index::Index;
use super::near::distance;
use super::rank::{Ranking, Seen, asked};
use super::words::{fold, stem, words};
use crate::classes::{Classes, Visibility};
use crate::tests::{instant, no2, station};
use crate::{Engine, Operation, Role, ScratchEngine};

fn texts(text: &str) -> Texts {
    Texts { de: text.into(), en: None }
}

/// A dataset with a title, and nothing else to be found by.
fn titled(slug: &str, title: &str) -> Dataset {
    Dataset {
        id: EntityId::parse(&format!("urn:ngsi-ld:Dataset:{slug}")).expect("valid"),
        slug: slug.into(),
        title: texts(title),
        summary: texts(""),
        description: texts(""),
        publisher: Agent { name: "".into(), homepage: None },
        keywords: Vec::new(),
        themes: Vec::new(),
        columns: Vec::new(),
        ..crate::tests::dataset(true)
    }
}

/// The slugs that a question finds among datasets, best first.
fn found(datasets: &[Dataset], question: &str) -> Vec<String> {
    let mut index = Index::default();
    let read: Vec<_> = datasets.iter().map(|dataset| (Arc::new(dataset.to_entity()), Arc::new(dataset.clone()))).collect();
    index.follow(&read);
    let ranking = ranked(&index, question);
    ranking.found.into_iter().map(|(slot, _)| datasets[slot as usize].slug.to_string()).collect()
}

/// What a question finds for somebody who may see all that is open.
fn ranked(index: &Index, question: &str) -> Ranking {
    let permit = policy::decide(&policy::Principal::anonymous(), policy::Action::Read).expect("reading is never refused");
    let classes = Classes::default();
    let eyes = Visibility::new(&classes, &permit, instant("2026-05-04T10:00:00Z"));
    Seen { index, sight: &index.sight(&eyes) }.rank(&asked(question), &[])
}

#[track_caller]
fn meets(question: &str, title: &str) {
    assert_eq!(found(&[titled("x1", title)], question), ["x1"], "`{question}` finds `{title}`");
}

#[track_caller]
fn misses(question: &str, title: &str) {
    assert!(found(&[titled("x1", title)], question).is_empty(), "`{question}` does not find `{title}`");
}

#[test]
fn words_are_folded() {
    for (written, folded) in [
        ("Fahrräder", "fahrrader"),
        ("FAHRRAEDER", "fahrrader"),
        ("Straße", "strasse"),
        ("Übergrößen", "ubergrossen"),
        ("neue", "neue"),
        ("Quelle", "quelle"),
        ("a\u{308}rger", "arger"),
        ("CO₂", "co2"),
        ("Café", "cafe"),
    ] {
        assert_eq!(fold(written), folded, "{written}");
    }
    let split = |text| words(text).into_iter().map(|word| word.folded).collect::<Vec<_>>();
    assert_eq!(split("PM₂,₅ und PM2.5, PM10; 3,5 Mio."), ["pm25", "und", "pm25", "pm10", "3", "5", "mio"]);
    assert_eq!(split("Ladesäulen-Register (Stand: 2023)"), ["ladesaulen", "register", "stand", "2023"]);
}

#[test]
fn forms_of_a_word_have_one_stem() {
    for forms in [
        &["Rad", "Räder", "Rades", "Rädern"][..],
        &["Parkhaus", "Parkhäuser", "Parkhäusern", "Parkhauses"],
        &["Gemeinde", "Gemeinden"],
        &["Einwohner", "Einwohnern", "Einwohners"],
        &["Ladesäule", "Ladesäulen"],
        &["Auto", "Autos"],
        &["Museum", "Museen"],
        &["temperature", "temperatures", "Temperatur", "Temperaturen"],
        &["Kindergarten", "Kindergärten"],
    ] {
        let stems: Vec<String> = forms.iter().map(|form| stem(&fold(form)).to_owned()).collect();
        assert!(stems.iter().all(|one| *one == stems[0]), "{forms:?}: {stems:?}");
    }
    for word in ["preis", "haus", "glas", "gas", "no2", "verein", "bahn"] {
        assert_eq!(stem(word), word);
    }
}

#[test]
fn distances_count_letters_and_swaps() {
    assert_eq!(distance("parkhuas", "parkhaus", 2), Some(1));
    assert_eq!(distance("farrad", "fahrrad", 1), Some(1));
    assert_eq!(distance("kitten", "sitting", 2), None);
    assert_eq!(distance("kitten", "sitting", 3), Some(3));
    assert_eq!(distance("ab", "abcd", 1), None);
}

#[test]
fn a_word_finds_the_compounds_it_is_in() {
    for (question, title) in [
        ("Rad", "Radverkehr an Zählstellen"),
        ("Rad", "Fahrradzählung"),
        ("Räder", "Radzählstelle"),
        ("Zählung", "Fahrradzählungen"),
        ("Haus", "Parkhäuser"),
        ("Luft", "Luftqualität"),
        ("Verkehr", "Radverkehrszählung"),
        ("Säule", "Ladesäulenregister"),
        ("Luftmessung", "Messung der Luft"),
        ("Verkehrszählung", "Zählung: Verkehr"),
    ] {
        meets(question, title);
    }
    for (question, title) in [("Ort", "Transportwege"), ("Wein", "Schweinezucht"), ("Eis", "Gleispläne"), ("Rad", "Temperaturgrade")] {
        misses(question, title);
    }
}

#[test]
fn everyday_words_find_the_terms_of_the_field() {
    for (question, title) in [
        ("Rad", "Fahrräder in der Stadt"),
        ("Feinstaub", "PM10 an Messstellen"),
        ("Feinstaub", "PM₂,₅ an Messstellen"),
        ("Parkplatz", "Belegung der Parkhäuser"),
        ("Einwohner", "Bevölkerungszahlen"),
        ("Stromtankstellen", "Ladesäulenregister"),
        ("bike", "Radverkehr"),
        ("bicycles", "Fahrradzählung"),
        ("charging", "Ladepunkte"),
        ("Wie warm wird es?", "Temperaturen"),
        ("Wo finde ich einen Parkplatz?", "Parkhäuser"),
        ("population", "Einwohnerzahlen"),
        ("Muenster", "Münster"),
        ("strasse", "Straßenverzeichnis"),
    ] {
        meets(question, title);
    }
}

#[test]
fn typing_errors_are_forgiven_in_measure() {
    for (question, title) in [
        ("Parkhuas", "Parkhaus"),
        ("Lufqualität", "Luftqualität"),
        ("Fahrad", "Radverkehr"),
        ("Temparatur", "Temperatur"),
        ("Bevölkrung", "Einwohner"),
    ] {
        meets(question, title);
    }
    for (question, title) in [("NO3", "NO2"), ("Bug", "Bus"), ("Luft", "Gruft"), ("2023", "2024")] {
        misses(question, title);
    }
}

#[test]
fn better_fits_come_first() {
    let datasets = [
        Dataset { description: texts("Radverkehr"), ..titled("description", "Zahlen") },
        titled("compound", "Stadtradverkehr"),
        Dataset { keywords: vec!["Radverkehr".into()], ..titled("keyword", "Zählstellen") },
        Dataset { keywords: vec!["Velo".into()], ..titled("synonym", "Zählstellen") },
        titled("title", "Radverkehr"),
    ];
    assert_eq!(found(&datasets, "Radverkehr"), ["title", "keyword", "synonym", "compound", "description"]);
    let all_words = [titled("one", "Luft in Kassel"), titled("both", "Luft in Hanau"), titled("other", "Wetter in Hanau")];
    assert_eq!(found(&all_words, "Luft Hanau"), ["both"]);
    assert_eq!(found(&all_words, "Luft Hanau morgen"), ["both"]);
}

#[test]
fn the_index_follows_one_dataset_at_a_time() {
    let read = |dataset: Dataset| (Arc::new(dataset.to_entity()), Arc::new(dataset));
    let mut index = Index::default();
    let (luft, rad) = (read(titled("luft", "Luft")), read(titled("rad", "Rad")));
    index.follow(&[luft.clone(), rad.clone()]);
    assert!(Arc::ptr_eq(&index.known(&luft.0).expect("read before"), &luft.1));
    index.follow(&[rad.clone(), read(titled("wind", "Wind"))]);
    assert!(index.known(&luft.0).is_none() && !index.holds(&luft.0.id) && index.holds(&rad.0.id));
    let slots = |question: &str| ranked(&index, question).found.len();
    assert_eq!((slots("Luft"), slots("Rad"), slots("Wind")), (0, 1, 1));
}

fn slugs(engine: &ScratchEngine, role: Role, question: &str) -> Vec<String> {
    let found = engine.with_role(role).search(question).expect("answered");
    found.hits.into_iter().map(|hit| hit.dataset.slug.to_string()).collect()
}

#[tokio::test]
async fn what_may_not_be_seen_is_no_hit_and_no_advice() {
    let engine = Engine::scratch();
    let editor = engine.with_role(Role::Editor);
    editor.put_dataset(titled("open", "Brunnen und Brücken")).await.expect("declared");
    let hidden = Dataset { published: false, ..titled("hidden", "Geheimdienstbrunnen Zaubertrank") };
    editor.put_dataset(Dataset { entity_type: crate::tests::name("Other"), ..hidden }).await.expect("declared");
    assert_eq!(slugs(&engine, Role::Editor, "Zaubertrank"), ["hidden"]);
    assert_eq!(slugs(&engine, Role::Public, ""), ["open"]);
    for question in ["Zaubertrank", "Zaubertrnak", "Zauber", "Zaubertranke"] {
        let answer = engine.with_role(Role::Public).search(question).expect("answered");
        assert!(answer.hits.is_empty() && answer.corrections.is_empty() && answer.nearest.is_empty(), "{question}: {answer:?}");
        assert_eq!(answer.missing, [question]);
    }
    // The score must not tell how often hidden datasets have the word.
    let score = |role| engine.with_role(role).search("Brunnen").expect("answered").hits.into_iter().find(|hit| hit.dataset.slug == "open");
    let alone = Engine::scratch();
    alone.with_role(Role::Editor).put_dataset(titled("open", "Brunnen und Brücken")).await.expect("declared");
    let expected = alone.with_role(Role::Public).search("Brunnen").expect("answered").hits[0].score;
    assert_eq!(score(Role::Public).expect("seen").score.to_bits(), expected.to_bits());
}

#[tokio::test]
async fn a_dataset_is_found_once_acknowledged_and_gone_once_withdrawn() {
    let engine = Engine::scratch();
    let editor = engine.with_role(Role::Editor);
    let dataset = titled("brunnen", "Trinkbrunnen");
    assert!(slugs(&engine, Role::Public, "Brunnen").is_empty());
    editor.put_dataset(dataset.clone()).await.expect("acknowledged");
    assert_eq!(slugs(&engine, Role::Public, "Brunnen"), ["brunnen"]);
    editor.put_dataset(Dataset { title: texts("Wasserspender"), ..dataset.clone() }).await.expect("acknowledged");
    assert!(slugs(&engine, Role::Public, "Trinkbrunnen").is_empty());
    assert_eq!(slugs(&engine, Role::Public, "Wasser"), ["brunnen"]);
    editor.put_dataset(Dataset { published: false, ..dataset.clone() }).await.expect("withdrawn");
    assert!(slugs(&engine, Role::Public, "").is_empty());
    assert_eq!(slugs(&engine, Role::Reader, "Brunnen"), ["brunnen"]);
    editor.put_dataset(dataset.clone()).await.expect("published again");
    drop(editor);
    let engine = engine.reopened();
    assert_eq!(slugs(&engine, Role::Public, "Brunnen"), ["brunnen"]);
    engine.with_role(Role::Editor).write(vec![Operation::Delete(dataset.id)]).await.expect("deleted");
    assert!(slugs(&engine, Role::Reader, "Brunnen").is_empty());
}

#[tokio::test]
async fn municipalities_are_found_by_name_and_key_when_they_may_be_seen() {
    let engine = Engine::scratch();
    let editor = engine.with_role(Role::Editor);
    let spatial = |kind: &str, label: &str| {
        Some(Spatial { iri: format!("http://dcat-ap.de/def/politicalGeocoding/{kind}").into(), label: label.into() })
    };
    let column = |iri: &str| model::dataset::Column {
        attribute: model::Name::intern(iri).expect("interned"),
        class: Class::Open,
        ..crate::tests::dataset(true).columns[0].clone()
    };
    let (name, code) = ("https://smartdatamodels.org/name", "https://allmende.eu/def/municipalityCode");
    let towns =
        Dataset { entity_type: *super::place::MUNICIPALITY, columns: vec![column(name), column(code)], ..titled("towns", "Register") };
    let hanau = Dataset { spatial: spatial("municipalityKey/06435014", "Stadtgebiet"), ..titled("pegel", "Pegel") };
    let hesse = Dataset { spatial: spatial("stateKey/06", "Hessen"), ..titled("hesse", "Wälder") };
    let bavaria = Dataset { spatial: spatial("stateKey/09", "Bayern"), ..titled("bavaria", "Berge") };
    for dataset in [towns.clone(), hanau, hesse, bavaria] {
        editor.put_dataset(dataset).await.expect("declared");
    }
    let town = |key: &str, title: &str| {
        let id = EntityId::parse(&format!("urn:ngsi-ld:Municipality:{key}")).expect("valid");
        let text = |iri: &str, value: &str| Attribute::new(model::Name::intern(iri).expect("interned"), Value::Property(Json::from(value)));
        Operation::Create(model::Entity::new(id, *super::place::MUNICIPALITY).with(text(name, title)).with(text(code, key)))
    };
    editor.write(vec![town("06435014", "Hanau, Brüder-Grimm-Stadt"), town("06412000", "Frankfurt am Main, Stadt")]).await.expect("written");
    for question in ["Hanau", "06435014", "6435014", "064350014014"] {
        let answer = engine.with_role(Role::Public).search(question).expect("answered");
        let mut found: Vec<&str> = answer.hits.iter().map(|hit| hit.dataset.slug.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, ["hesse", "pegel", "towns"], "{question}");
        assert_eq!(answer.places.len(), 1, "{question}");
        assert_eq!((answer.places[0].key.as_str(), answer.places[0].name.as_deref()), ("06435014", Some("Hanau, Brüder-Grimm-Stadt")));
    }
    assert_eq!(slugs(&engine, Role::Public, "Pegel Hanau"), ["pegel"]);
    assert_eq!(engine.with_role(Role::Public).search("Frankfurt").expect("answered").places[0].key, "06412000");
    // Withdrawn, the register lends no name.
    editor.put_dataset(Dataset { published: false, ..towns }).await.expect("withdrawn");
    let answer = engine.with_role(Role::Public).search("Hanau").expect("answered");
    assert!(answer.hits.is_empty() && answer.places.is_empty(), "{answer:?}");
}

#[tokio::test]
async fn of_namesakes_the_one_with_data_comes_first() {
    let engine = Engine::scratch();
    let editor = engine.with_role(Role::Editor);
    let column =
        |iri: &'static str| model::dataset::Column { attribute: model::Name::known(iri), ..crate::tests::dataset(true).columns[0].clone() };
    let (name, code) = ("https://smartdatamodels.org/name", "https://allmende.eu/def/municipalityCode");
    let towns =
        Dataset { entity_type: *super::place::MUNICIPALITY, columns: vec![column(name), column(code)], ..titled("towns", "Register") };
    editor.put_dataset(towns).await.expect("declared");
    for (slug, title, key, label) in [
        ("luft", "Luft", "regionalKey/055150000000", "Münster, Stadt"),
        ("rad", "Rad", "municipalityKey/05515000", "Münster, Stadt"),
        ("wald", "Wald", "districtKey/06633", "Landkreis Kassel"),
    ] {
        let spatial = Spatial { iri: format!("http://dcat-ap.de/def/politicalGeocoding/{key}").into(), label: label.into() };
        editor.put_dataset(Dataset { spatial: Some(spatial), ..titled(slug, title) }).await.expect("declared");
    }
    let town = |(key, title): (&str, &str)| {
        let id = EntityId::parse(&format!("urn:ngsi-ld:Municipality:{key}")).expect("valid");
        let text = |iri: &'static str, value: &str| Attribute::new(model::Name::known(iri), Value::Property(Json::from(value)));
        Operation::Create(model::Entity::new(id, *super::place::MUNICIPALITY).with(text(name, title)).with(text(code, key)))
    };
    let places = |question: &str| -> Vec<(String, String)> {
        let answer = engine.with_role(Role::Public).search(question).expect("answered");
        answer.places.into_iter().map(|place| (place.key.to_string(), place.name.unwrap_or_default().to_string())).collect()
    };
    let pair = |key: &str, name: &str| (key.to_owned(), name.to_owned());
    assert_eq!(places("luft münster"), [pair("05515000", "Münster, Stadt")]);
    let namesakes = [("06432015", "Münster"), ("06611000", "Kassel, documenta-Stadt"), ("06633001", "Neustadt"), ("09571001", "Neustadt")];
    editor.write(namesakes.into_iter().map(town).collect()).await.expect("written");
    assert_eq!(places("luft münster"), [pair("05515000", "Münster, Stadt"), pair("06432015", "Münster")]);
    assert_eq!(places("Kassel"), [pair("06633", "Landkreis Kassel"), pair("06611000", "Kassel, documenta-Stadt")]);
    assert_eq!(places("Landkreis"), []);
    // Too many of a name to tell apart: those with data remain.
    editor.write(vec![town(("09572001", "Neustadt")), town(("09573001", "Neustadt"))]).await.expect("written");
    assert_eq!(places("Neustadt"), [pair("06633001", "Neustadt")]);
    // In the register, a city of its own is told once, as the register has it.
    editor.write(vec![town(("05515000", "Münster, Westfalen"))]).await.expect("written");
    assert_eq!(places("münster"), [pair("05515000", "Münster, Westfalen"), pair("06432015", "Münster")]);
}

#[tokio::test]
async fn freshness_follows_the_values_that_may_be_seen() {
    let engine = Engine::scratch();
    let editor = engine.with_role(Role::Editor);
    editor.put_dataset(crate::tests::dataset(true)).await.expect("declared");
    let newest = |role| engine.with_role(role).search("").expect("answered").hits[0].freshness.newest;
    assert_eq!(newest(Role::Public), None);
    editor.write(vec![Operation::Create(station("a").with(no2("40", "2026-05-04T09:00:00Z")))]).await.expect("written");
    assert_eq!(newest(Role::Public), Some(instant("2026-05-04T09:00:00Z")));
    let note = Attribute::new(crate::tests::name("note"), Value::Property(Json::from("innen"))).observed(instant("2026-05-04T09:30:00Z"));
    editor.write(vec![Operation::Create(station("b").with(note))]).await.expect("written");
    assert_eq!(newest(Role::Public), Some(instant("2026-05-04T09:00:00Z")));
    assert_eq!(newest(Role::Reader), Some(instant("2026-05-04T09:30:00Z")));
}

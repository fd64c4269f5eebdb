//! Everyday questions of the start page.

use model::Name;
use model::dataset::ColumnKind;

use engine::{Operation, Role};
use model::{Attribute, Dataset, Entity, EntityId, Json, Number, Value};

use super::city::{City, at, column, dataset};
use crate::messages::Language;
use crate::vocabulary::question;

fn asked(entity_type: &'static str, columns: &[&'static str]) -> Option<&'static str> {
    let columns = columns.iter().map(|iri| column(Name::known(iri), "Spalte", ColumnKind::Measure, None)).collect();
    question(&dataset("x", "X", Name::known(entity_type), columns), Language::De.texts())
}

#[test]
fn a_question_depends_on_what_is_measured() {
    let traffic = "https://smartdatamodels.org/dataModel.Transportation/TrafficFlowObserved";
    assert_eq!(asked(traffic, &["https://allmende.eu/def/intensityCar"]), Some("Wie viele Autos fahren?"));
    assert_eq!(asked(traffic, &["https://smartdatamodels.org/dataModel.Transportation/intensity"]), Some("Wie viel wird Rad gefahren?"));
    let weather = "https://smartdatamodels.org/dataModel.Weather/WeatherObserved";
    assert_eq!(asked(weather, &["https://smartdatamodels.org/dataModel.Weather/temperature"]), Some("Wie warm war es?"));
    assert_eq!(asked(weather, &["https://allmende.eu/def/sunshineDuration"]), None);
}

const AIR: &str = "https://smartdatamodels.org/dataModel.Environment/AirQualityObserved";
const NO2: &str = "https://smartdatamodels.org/dataModel.Environment/no2";

/// Writes a value of an air station.
async fn measure(city: &City, id: &str, time: &str) {
    let value = Value::Property(Json::Number(Number::parse("7").expect("a number")));
    let station = EntityId::parse(&format!("urn:ngsi-ld:AirQualityObserved:{id}")).expect("valid");
    let entity = Entity::new(station, Name::known(AIR)).with(Attribute::new(Name::known(NO2), value).observed(at(time)));
    let access = city.engine.with_role(Role::Administrator);
    let receipt = access.write(vec![Operation::Upsert { entity, replace: false }]).await.expect("written");
    receipt.outcomes.into_iter().for_each(|outcome| drop(outcome.expect("taken")));
}

#[tokio::test]
async fn played_values_answer_no_question_that_recorded_ones_do() {
    let city = City::new().await;
    let played = Dataset {
        keywords: vec!["Vorführdaten".into()],
        id_prefix: Some("urn:ngsi-ld:AirQualityObserved:jetzt".into()),
        ..dataset("jetzt", "Jetzt", Name::known(AIR), vec![column(Name::known(NO2), "Stickstoffdioxid", ColumnKind::Measure, None)])
    };
    city.engine.with_role(Role::Administrator).put_dataset(played).await.expect("declared");
    measure(&city, "jetzt", "2026-06-01T00:00:00Z").await;
    let page = city.get("/").await.body;
    let (_, questions) = page.split_once("id=\"questions\"").expect("questions");
    let (questions, _) = questions.split_once("</section>").expect("an end");
    assert!(questions.contains("/datensaetze/luft\"") && !questions.contains("/datensaetze/jetzt"), "{questions}");
}

#[tokio::test]
async fn the_last_week_with_data_is_that_of_the_place() {
    let city = City::new().await;
    measure(&city, "neu", "2026-06-01T00:00:00Z").await;
    let page = city.get("/datensaetze/luft?ort=AirQualityObserved%3ADENW095&zeitraum=woche").await.body;
    assert!(page.contains("1. Mai 2026 bis 4. Mai 2026"), "{page}");
    let all = city.get("/datensaetze/luft?zeitraum=woche").await.body;
    assert!(all.contains("bis 1. Juni 2026"), "{all}");
}

#[tokio::test]
async fn single_values_of_a_long_time_are_those_that_show_its_course() {
    let city = City::new().await;
    let station = EntityId::parse("urn:ngsi-ld:AirQualityObserved:DENW095").expect("valid");
    // Eighty days before the others, 10 at each hour but one.
    let begin = at("2026-02-01T00:00:00Z");
    let hour = |number: i64| {
        let text = if number == 1000 { "98.7" } else { "10" };
        let value = Value::Property(Json::Number(Number::parse(text).expect("a number")));
        let attribute = Attribute::new(Name::known(NO2), value).observed(begin.plus_micros(number * 3_600_000_000));
        (number.unsigned_abs(), Entity::new(station.clone(), Name::known(AIR)).with(attribute))
    };
    let access = city.engine.with_role(Role::Administrator);
    let run = access.begin_run("luft", 1, "lang.csv", [8; 32]).await.expect("begun");
    for some in (0..80 * 24).map(hour).collect::<Vec<_>>().chunks(500) {
        access.import(run, some.to_vec()).await.expect("imported");
    }
    let address = "/datensaetze/luft?ort=AirQualityObserved%3ADENW095";
    let means = city.get(address).await.body;
    assert!(means.contains("<option value=\"einzeln\">Einzelwerte"), "{means}");
    let page = city.get(&format!("{address}&werte=einzeln")).await.body;
    for part in ["value=\"einzeln\" selected", "Jeder Punkt ist ein Wert, wie er gemessen wurde", "Der höchste Wert ist 98,7"] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    // Several lines have no common instants.
    let all = city.get("/datensaetze/luft?werte=einzeln").await.body;
    assert!(!all.contains("name=\"werte\"") && !all.contains("Jeder Punkt"), "{all}");
    let last = page.split("href=\"").find(|link| link.contains("schritt=instant")).and_then(|link| link.split('"').next()).expect("a link");
    let seen = city.get(&last.replace("&#38;", "&")).await;
    assert!(seen.header("location").contains("/herkunft?") && seen.header("location").contains("zeit="), "{}", seen.body);
}

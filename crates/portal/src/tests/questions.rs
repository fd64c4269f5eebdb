//! Everyday questions of the start page.

use model::Name;
use model::dataset::ColumnKind;

use super::city::{column, dataset};
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

//! What people ask, and what comes first, over the definitions of the demo.

use std::path::Path;

use model::{Attribute, Entity, EntityId, Json, Name, Value};

use crate::search::place::MUNICIPALITY;
use crate::{Engine, Operation, Role, ScratchEngine};

/// The demo's datasets, without their data but for some municipalities.
async fn musterstadt() -> ScratchEngine {
    let engine = Engine::scratch();
    let editor = engine.with_role(Role::Editor);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/quellen");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("the demo").map(|file| file.expect("listed").path()).collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a definition");
        let definition = harmonise::Definition::parse(&text).unwrap_or_else(|issues| panic!("{}: {issues:?}", file.display()));
        if let Some(dataset) = definition.dataset() {
            editor.put_dataset(dataset).await.expect("declared");
        }
    }
    let town = |(key, name): (&str, &str)| {
        let id = EntityId::parse(&format!("urn:ngsi-ld:Municipality:de-{key}")).expect("valid");
        let text = |iri: &'static str, value: &str| Attribute::new(Name::known(iri), Value::Property(Json::from(value)));
        let entity = Entity::new(id, *MUNICIPALITY).with(text("https://smartdatamodels.org/name", name));
        Operation::Create(entity.with(text("https://allmende.eu/def/municipalityCode", key)))
    };
    let towns = [
        ("06412000", "Frankfurt am Main, Stadt"),
        ("06611000", "Kassel, documenta-Stadt"),
        ("06435014", "Hanau, Brüder-Grimm-Stadt"),
        ("06414000", "Wiesbaden, Landeshauptstadt"),
        ("06531005", "Gießen, Universitätsstadt"),
        ("06534018", "Wetter (Hessen), Stadt"),
    ];
    editor.write(towns.into_iter().map(town).collect()).await.expect("written");
    engine
}

/// A question, and the datasets that come first.
const FIRST: &[(&str, &[&str])] = &[
    ("Feinstaub", &["luftqualitaet"]),
    ("Ist die Luft gut?", &["luftqualitaet"]),
    ("Luftverschmutzung", &["luftqualitaet"]),
    ("Stickoxide", &["luftqualitaet"]),
    ("NO2", &["luftqualitaet"]),
    ("PM10", &["luftqualitaet"]),
    ("Abgase", &["luftqualitaet"]),
    ("air quality", &["luftqualitaet"]),
    ("Wo kann ich parken?", &["parken"]),
    ("freie Parkplätze", &["parken"]),
    ("Tiefgarage", &["parken"]),
    ("Parkhuas", &["parken"]),
    ("car parking", &["parken"]),
    ("Wie viele Räder fahren?", &["radverkehr"]),
    ("Fahrad", &["radverkehr"]),
    ("Radweg", &["radverkehr"]),
    ("bike traffic", &["radverkehr"]),
    ("Autos pro Tag", &["verkehr"]),
    ("Stau", &["verkehr"]),
    ("LKW", &["verkehr"]),
    ("Geschwindigkeit", &["verkehr"]),
    ("speed of cars", &["verkehr"]),
    ("Wetter", &["wetter"]),
    ("weather", &["wetter"]),
    ("Regen", &["wetter"]),
    ("rain", &["wetter"]),
    ("Klimawandel", &["wetter"]),
    ("Frost", &["wetter"]),
    ("Niederschlag 1950", &["wetter"]),
    ("Wie warm wird es?", &["sommer-2026"]),
    ("Hitze", &["sommer-2026", "wetter"]),
    ("heißester Tag", &["sommer-2026"]),
    ("Temparatur", &["sommer-2026"]),
    ("how hot was it", &["sommer-2026"]),
    ("Sonne", &["wetter-rohdaten"]),
    ("Photovoltaik", &["wetter-rohdaten"]),
    ("Wind", &["lorawan-tts"]),
    ("Bäume gießen", &["lorawan-chirpstack"]),
    ("LoRaWAN", &["lorawan-tts", "lorawan-chirpstack"]),
    ("Einwohner", &["gemeinden"]),
    ("Wie viele Einwohner hat Frankfurt?", &["gemeinden"]),
    ("Einwohnerzahl Kassel", &["gemeinden"]),
    ("Bevölkrung", &["gemeinden"]),
    ("größte Gemeinde", &["gemeinden"]),
    ("population", &["gemeinden"]),
    ("Hanau", &["bahnhoefe", "gemeinden"]),
    ("06435014", &["bahnhoefe", "gemeinden"]),
    ("6435014", &["bahnhoefe", "gemeinden"]),
    ("Hessen", &["bahnhoefe", "gemeinden"]),
    ("Berlin", &["verkehr"]),
    ("Bahnhof barrierefrei", &["bahnhoefe"]),
    ("Rollstuhl", &["bahnhoefe"]),
    ("train station", &["bahnhoefe"]),
    ("Bushaltestelle", &["haltestellen", "bahnhoefe"]),
    ("Haltestellen in Nürnberg", &["haltestellen"]),
    ("bus stop", &["haltestellen"]),
    ("E-Auto laden", &["ladesaeulen"]),
    ("Ladeseule", &["ladesaeulen"]),
    ("Stromtankstelle", &["ladesaeulen"]),
    ("electric car", &["ladesaeulen"]),
    ("Stromverbrauch", &["lastprofile"]),
    ("electricity consumption", &["lastprofile"]),
    ("Grippe", &["atemwege"]),
    ("Corona", &["atemwege"]),
    ("Husten", &["atemwege"]),
    ("krank", &["atemwege"]),
    ("flu", &["atemwege"]),
];

/// What the demo has nothing about: better no hit than a wrong one.
const NOTHING: &[&str] = &["Lärm", "Schule", "Kindergarten", "Schwimmbad", "Müllabfuhr", "Wahlergebnisse", "Fußgänger", "Offenbach"];

#[tokio::test]
async fn everyday_questions_find_what_they_mean() {
    let engine = musterstadt().await;
    let access = engine.with_role(Role::Public);
    let mut faults = Vec::new();
    for (question, first) in FIRST.iter().copied().chain(NOTHING.iter().map(|question| (*question, &[][..]))) {
        let found = access.search(question).expect("answered");
        let slugs: Vec<&str> = found.hits.iter().map(|hit| hit.dataset.slug.as_str()).collect();
        if !slugs.starts_with(first) || first.is_empty() != slugs.is_empty() {
            faults.push(format!("{question}: {slugs:?} instead of {first:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

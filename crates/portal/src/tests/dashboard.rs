//! Dashboards over a real engine: pages, tiles, what others embed, the stream.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use engine::{Operation, Role};
use futures_util::StreamExt as _;
use model::{Attribute, Entity, EntityId, Json, Name, Number, Value};

use super::city::City;
use crate::Dashboard;
use crate::messages::Language;

pub(super) const TODAY: &str = r#"
[dashboard]
slug = "heute"
title = { de = "Musterstadt heute", en = "Musterstadt today" }
summary = { de = "Fragen an die Stadt." }
notice = { de = "Erfundene Zahlen." }
published = true

[[tile]]
id = "luft"
question = { de = "Ist die Luft gut?", en = "Is the air good?" }
dataset = "luft"
attribute = "no2"
take = "highest"
decimals = 0
stale_after = "2h"
list = 2
sentence = { de = "Am meisten: {place} mit {value}.", en = "Most: {place} with {value}." }
level = [{ upto = 20, tone = "success", text = { de = "Ja" } }, { tone = "warning", text = { de = "Nein", en = "No" } }]

[tile.threshold]
text = { de = "Erlaubt sind 200." }
source = "39. BImSchV"
url = "https://www.gesetze-im-internet.de/bimschv_39/"

[[tile]]
id = "geheim"
question = { de = "Was ist geheim?" }
dataset = "geheim"
attribute = "name"
take = "sum"
stale_after = "1h"
sentence = { de = "{count}" }
"#;

pub(super) async fn city() -> City {
    let city = City::new().await;
    let access = city.engine.with_role(Role::Administrator);
    access.put_dashboard("heute", true, TODAY).await.expect("kept");
    access.put_dashboard("entwurf", false, &TODAY.replace("\"heute\"", "\"entwurf\"")).await.expect("kept");
    city
}

/// Writes a value of now.
pub(super) async fn measure(city: &City, value: &str) {
    let id = EntityId::parse("urn:ngsi-ld:AirQualityObserved:DENW260").expect("valid");
    let name = |iri| Name::known(iri);
    let number = Value::Property(Json::Number(Number::parse(value).expect("a number")));
    let entity = Entity::new(id, name("https://smartdatamodels.org/dataModel.Environment/AirQualityObserved"))
        .with(Attribute::new(name("https://smartdatamodels.org/dataModel.Environment/no2"), number).observed(city.engine.now()));
    let access = city.engine.with_role(Role::Administrator);
    let receipt = access.write(vec![Operation::Upsert { entity, replace: false }]).await.expect("written");
    receipt.outcomes.into_iter().for_each(|outcome| drop(outcome.expect("taken")));
}

#[tokio::test]
async fn tiles_answer_with_value_age_meaning_and_place() {
    let city = city().await;
    measure(&city, "41.6").await;
    city.engine.clock().advance_micros(4 * 60_000_000);
    let body = city.get("/dashboards/heute").await.expect(200).replace('\u{202f}', " ");
    for part in [
        "Ist die Luft gut?",
        "<span class=\"tile__number\">42</span> <span class=\"tile__unit\">µg/m³</span>",
        "Nein</span>",
        "mit 42 µg/m³.",
        "(vor 4 Min.)",
        "Erlaubt sind 200.",
        "href=\"https://www.gesetze-im-internet.de/bimschv_39/\"",
        "href=\"/datensaetze/luft\"",
        "Erfundene Zahlen.",
        // What nobody may see is no value, whoever asks for it.
        "Der Datensatz dazu ist zurzeit nicht veröffentlicht.",
        "&#60;iframe src=&#34;https://daten.musterstadt.example/einbetten/dashboards/heute&#34;",
    ] {
        assert!(body.contains(part), "{part} is not in\n{body}");
    }
    // The other station's value is a day old: it has no say while another is fresh.
    assert!(!body.contains("tile__list"), "{body}");
    let english = city.get("/en/dashboards/heute").await.expect(200).replace(['\u{202f}', '\u{a0}'], " ");
    assert!(english.contains(">No</span>") && english.contains("(4 min ago)") && english.contains("lang=\"de\""), "{english}");
}

#[tokio::test]
async fn old_values_say_that_they_are_old() {
    let city = city().await;
    city.engine.clock().advance_micros(5 * 3_600_000_000);
    let body = city.get("/dashboards/heute/kachel/luft").await.body;
    assert!(body.contains("Veraltet") && body.contains("tile__list"), "{body}");
}

#[tokio::test]
async fn every_view_answers_in_both_languages_and_leads_on() {
    let city = city().await;
    for path in ["/dashboards", "/dashboards/heute", "/dashboards/heute/kachel/luft", "/einbetten/dashboards/heute", "/anzeige/heute"] {
        for prefix in ["", "/en"] {
            let body = city.get(&format!("{prefix}{path}")).await;
            assert!(body.expect(200).contains("<h1"), "{prefix}{path}");
        }
    }
    for path in ["/dashboards/entwurf", "/dashboards/heute/kachel/nichts", "/einbetten/dashboards/heute/kachel/nichts", "/anzeige/nichts"] {
        city.get(path).await.expect(404);
    }
    city.get_inside("/dashboards/entwurf").await.expect(200);
    // The embedded view shows what everybody may see, whoever looks.
    city.get_inside("/einbetten/dashboards/entwurf").await.expect(404);
    assert!(city.get("/datensaetze").await.body.contains("href=\"/dashboards\""));
    let without = City::new().await;
    assert!(!without.get("/datensaetze").await.body.contains("href=\"/dashboards\""));
}

#[tokio::test]
async fn only_embedded_views_may_stand_in_frames_of_others() {
    let city = city().await;
    let policy = |answer: &super::city::Answer| answer.header("content-security-policy").to_owned();
    for path in ["/einbetten/dashboards/heute", "/en/einbetten/dashboards/heute/kachel/luft"] {
        let answer = city.get(path).await;
        assert!(policy(&answer).ends_with("frame-ancestors *"), "{path}: {}", policy(&answer));
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
        assert!(!answer.body.contains("main-nav") && answer.body.contains("target=\"_top\""), "{}", answer.body);
    }
    for path in ["/dashboards/heute", "/anzeige/heute", "/einbetten/dashboards/nichts"] {
        assert!(policy(&city.get(path).await).contains("frame-ancestors 'self'"), "{path}");
    }
}

/// A stream that is open.
struct Events(BodyDataStream);

impl Events {
    async fn open(city: &City, query: &str) -> Self {
        let response = city.open(Request::get(format!("/api/v1/live?{query}")).body(Body::empty()).expect("valid")).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"));
        Self(response.into_body().into_data_stream())
    }

    /// The next event with tiles; `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        loop {
            let bytes = self.0.next().await?.expect("whole");
            let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
            if text.contains("event: tiles\n") {
                return Some(text.replace('\u{202f}', " "));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn viewers_see_what_was_written_and_share_one_drawing() {
    let city = city().await;
    let mut first = Events::open(&city, "themen=dashboards/heute").await;
    let begin = first.next().await.expect("the state at once");
    assert!(begin.starts_with("retry: 3000\nid: ") && begin.ends_with("}\n\n"), "{begin}");
    let mut second = Events::open(&city, "themen=dashboards/heute&sprache=de&sicht=oeffentlich").await;
    assert_eq!(second.next().await.as_deref(), Some(begin.as_str()));
    measure(&city, "55").await;
    let (one, two) = (first.next().await.expect("news"), second.next().await.expect("news"));
    assert!(one.contains("mit 55 µg/m³.") && one.contains("Ist die Luft gut? Nein"), "{one}");
    assert_eq!(one, two);
    // A viewer who was away gets the newest state, once.
    measure(&city, "60").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    measure(&city, "61").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(first.next().await.expect("news").contains("mit 61"));
    // Ages go on without anything being written.
    city.engine.clock().advance_micros(180_000_000);
    assert!(second.next().await.expect("the newest").contains("mit 61"));
    assert!(second.next().await.expect("older").contains("(vor 3 Min.)"));
}

#[tokio::test(start_paused = true)]
async fn streams_end_with_the_platform_with_credentials_and_with_their_dashboard() {
    let city = city().await;
    let mut open = Events::open(&city, "themen=dashboards/heute").await;
    let request = Request::get("/api/v1/live?themen=dashboards/entwurf").header("cookie", "allmende=session-administrator");
    let mut known = Events(city.open(request.body(Body::empty()).expect("valid")).await.into_body().into_data_stream());
    assert!(known.next().await.is_some());
    assert_eq!(known.next().await, None, "credentials are shown again after a while");
    city.engine.with_role(Role::Administrator).remove_dashboard("heute", None).await.expect("gone");
    assert!(open.next().await.is_some());
    assert_eq!(open.next().await, None);
    city.get("/api/v1/live?themen=dashboards/heute").await.expect(404);
    city.engine.with_role(Role::Administrator).put_dashboard("heute", true, TODAY).await.expect("kept");
    let mut again = Events::open(&city, "themen=dashboards/heute").await;
    assert!(again.next().await.is_some());
    city.engine.end_listening();
    assert_eq!(again.next().await, None);
    city.get("/api/v1/live?themen=dashboards/heute&sprache=en").await.expect(503);
}

#[tokio::test]
async fn unusable_questions_for_the_stream_are_named() {
    let city = city().await;
    for (query, said) in [
        ("", "themen"),
        ("themen=alles", "`alles`"),
        ("themen=dashboards/heute&sprache=fr", "sprache"),
        ("themen=dashboards/heute&sicht=x", "sicht"),
    ] {
        assert!(city.get(&format!("/api/v1/live?{query}")).await.expect(400).contains(said), "{query}");
    }
    city.get("/api/v1/live?themen=dashboards/entwurf").await.expect(404);
}

#[test]
fn faults_of_definitions_name_place_value_and_remedy() {
    let said = |text: &str| match Dashboard::parse(text) {
        Ok(_) => String::new(),
        Err(faults) => faults.iter().map(|fault| fault.say(Language::De)).collect::<Vec<_>>().join("\n"),
    };
    assert_eq!(said(TODAY), "");
    for (from, to, expected) in [
        ("take = \"highest\"", "take = \"meist\"", "Zeile 14: take = \"meist\": Das kann nicht gelesen werden"),
        ("decimals", "dezimalen", "dezimalen"),
        ("slug = \"heute\"", "slug = \"Heute!\"", "dashboard.slug: „Heute!“ ist kein Name für Adressen"),
        ("id = \"geheim\"", "id = \"luft\"", "„luft“ steht zweimal da"),
        ("stale_after = \"2h\"", "stale_after = \"bald\"", "tile.luft.stale_after: „bald“ ist keine Dauer"),
        ("{ upto = 20, tone", "{ tone", "tile.luft.level: Die Grenzen"),
        ("https://www", "javascript:www", "tile.luft.threshold.url: „javascript:www"),
    ] {
        let faults = said(&TODAY.replacen(from, to, 1));
        assert!(faults.contains(expected), "{expected} is not in {faults}");
    }
    let empty = said("[dashboard]\nslug = \"x\"\ntitle = { de = \"X\" }\nsummary = { de = \"X\" }\n");
    assert!(empty.contains("Es sind 0 Kacheln"), "{empty}");
    assert!(said("[dashboard").starts_with("Zeile 1"));
}

//! Dashboards in the administration: tiles made, changed, removed; two clerks at once.

use engine::Role;

use super::city::{Answer, City};
use super::dashboard::{TODAY, city, measure};

const LIST: &str = "/verwaltung/dashboards";
const AIR: &str = "/verwaltung/dashboards/heute/kachel/luft";

/// What a hidden field of a page holds, after a mark in the page.
fn hidden(page: &str, mark: &str, name: &str) -> String {
    let (_, rest) = page.split_once(mark).unwrap_or_else(|| panic!("{mark} is not in\n{page}"));
    let (_, rest) = rest.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} behind {mark} in\n{page}"));
    rest.split('"').next().unwrap_or_default().replace("&#34;", "\"")
}

/// A form of a dashboard in the list, as it is seen now.
async fn change(city: &City, slug: &str, form: &str) -> Answer {
    let page = city.get_inside(LIST).await.body;
    let stand = hidden(&page, &format!("id=\"{slug}\""), "stand");
    city.post_inside(&format!("{LIST}/{slug}"), &format!("csrf=csrf&stand={}&{form}", web::params::encode(&stand))).await
}

/// The form of a tile with what is typed; `stand` as it was seen.
async fn tile(city: &City, stand: &str, typed: &[(&str, &str)]) -> Answer {
    let fields: String = typed.iter().map(|(name, text)| format!("&{name}={}", web::params::encode(text))).collect();
    city.post_inside(AIR, &format!("csrf=csrf&stand={}{fields}", web::params::encode(stand))).await
}

async fn stand(city: &City) -> String {
    hidden(city.get_inside(AIR).await.expect(200), "<form class=\"form-wide\"", "stand")
}

#[track_caller]
fn says(answer: &Answer, status: u16, parts: &[&str]) {
    let body = answer.expect(status);
    for part in parts {
        assert!(body.contains(part), "{part} is not in\n{body}");
    }
}

const TYPED: [(&str, &str); 14] = [
    ("frage", "Ist die Luft rein?"),
    ("frage-en", "Is the air clean?"),
    // In any order, and in numbers as people write them.
    ("stufe1-bis", ""),
    ("stufe1-ton", "danger"),
    ("stufe1-wort", "Nein"),
    ("stufe2-bis", "1.000,5"),
    ("stufe2-ton", "success"),
    ("stufe2-wort", "Ja, \"gut\""),
    ("stufe2-wort-en", "Yes"),
    ("stufe3-bis", ""),
    ("stufe3-wort", ""),
    ("regel", "Erlaubt sind 300."),
    ("quelle", "EU 2024/2881"),
    ("adresse", "https://eur-lex.europa.eu/eli/dir/2024/2881/oj"),
];

#[tokio::test]
async fn a_clerk_says_what_values_mean() {
    let city = city().await;
    measure(&city, "41.6").await;
    let form = city.get_inside(AIR).await;
    says(&form, 200, &["value=\"20\"", "Bis (µg/m³)", "Erlaubt sind 200.", "value=\"Is the air good?\"", "Stufe 4", "class=\"tile\""]);
    let seen = stand(&city).await;
    let look = [TYPED.as_slice(), &[("aktion", "ansehen")]].concat();
    let looked = tile(&city, &seen, &look).await;
    says(&looked, 200, &["Ja, &#34;gut&#34;</span>", "Erlaubt sind 300.", "value=\"1.000,5\""]);
    assert!(city.get("/dashboards/heute").await.body.contains("Ist die Luft gut?"), "looking changes nothing");
    assert_eq!(tile(&city, &seen, &TYPED).await.header("location"), "/verwaltung/dashboards?getan=gespeichert#heute");
    let page = city.get("/dashboards/heute").await;
    says(&page, 200, &["Ist die Luft rein?", "Erlaubt sind 300.", "EU 2024/2881</a>"]);
    let kept = city.engine.with_role(Role::Editor).dashboard("heute").expect("there").text;
    let dashboard = crate::Dashboard::parse(&kept).expect("it reads");
    assert_eq!(dashboard.tiles[0].levels.iter().map(|level| level.upto).collect::<Vec<_>>(), [Some(1000.5), None]);
    assert_eq!(dashboard.tiles[0].stale_after.as_hours(), 2, "what the form does not ask stays");
    assert!(kept.contains("notice = { de = \"Erfundene Zahlen.\" }"), "{kept}");
    // Everything empty again: no levels, no limit.
    tile(&city, &stand(&city).await, &[("frage", "Und nun?"), ("stufe1-bis", ""), ("stufe1-wort", "")]).await.expect(303);
    let page = city.get("/dashboards/heute").await.body;
    assert!(page.contains("Und nun?") && !page.contains("kern-badge--danger") && !page.contains("Erlaubt sind"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_meant_is_named_at_its_field_and_stays_typed() {
    let city = city().await;
    let seen = stand(&city).await;
    let wrong = [
        ("frage", ""),
        ("stufe1-bis", "viel"),
        ("stufe1-wort", "Ja"),
        ("stufe2-bis", "20"),
        ("stufe2-wort", ""),
        ("stufe3-bis", "20,0"),
        ("stufe3-wort", "Nein"),
        ("stufe4-bis", ""),
        ("stufe4-wort", "Immer"),
        ("stufe5-bis", ""),
        ("stufe5-wort", "Auch immer"),
        ("adresse", "javascript:alert(1)"),
    ];
    let answer = tile(&city, &seen, &wrong).await;
    for (field, text) in [
        ("frage", "Schreiben Sie die Frage"),
        ("stufe1-bis", "Stufe 1: „viel“ ist keine Zahl."),
        ("stufe2-wort", "Stufe 2: Schreiben Sie, was diese Werte bedeuten."),
        ("stufe3-bis", "Stufe 3: Die Grenze 20,0 hat schon Stufe 2."),
        ("stufe5-bis", "Stufe 5 hat keine Grenze und Stufe 4 auch nicht."),
        ("regel", "Schreiben Sie, wie hoch der Grenzwert ist"),
        ("quelle", "in welcher Vorschrift"),
        ("adresse", "keine Adresse, der man folgen kann"),
    ] {
        says(&answer, 422, &[text, &format!("href=\"#{field}\""), &format!("id=\"{field}-error\"")]);
    }
    says(&answer, 422, &["<title>Fehler: ", "value=\"viel\"", "value=\"Auch immer\"", "value=\"javascript:alert(1)\""]);
    assert!(city.get("/dashboards/heute").await.body.contains("Ist die Luft gut?"));
}

#[tokio::test]
async fn of_two_clerks_the_second_is_told_and_loses_nothing() {
    let city = city().await;
    let seen = stand(&city).await;
    tile(&city, &seen, &[("frage", "Von Anna"), ("stufe1-bis", ""), ("stufe1-wort", "Gut so")]).await.expect(303);
    let late = tile(&city, &seen, &TYPED).await;
    says(
        &late,
        409,
        &[
            "Jemand hat hier am",
            "value=\"Ist die Luft rein?\"",
            "value=\"Ja, &#34;gut&#34;\"",
            ">Welche Frage stellt die Kachel?: „Von Anna“</a>",
            ">Stufe ohne Grenze: „Gut so“, Blau: neutral</a>",
            ">Eine Stufe bis 1.000,5 gibt es nicht.</a>",
            "<title>Fehler: ",
        ],
    );
    assert!(city.get("/dashboards/heute").await.body.contains("Von Anna"));
    // Whoever has read that may save over it.
    let now = hidden(&late.body, "<form class=\"form-wide\"", "stand");
    tile(&city, &now, &TYPED).await.expect(303);
    assert!(city.get("/dashboards/heute").await.body.contains("Ist die Luft rein?"));
    // Another tile may change meanwhile.
    let seen = stand(&city).await;
    change(&city, "heute", "aktion=hoch&kachel=geheim").await.expect(303);
    tile(&city, &seen, &[("frage", "Und nun?"), ("stufe1-bis", "")]).await.expect(303);
    let page = city.get("/dashboards/heute").await.body;
    assert!(page.find("Was ist geheim?") < page.find("Und nun?"), "{page}");
    // It is gone: what was typed is still there.
    change(&city, "heute", "aktion=entfernen&kachel=luft").await.expect(303);
    let gone = tile(&city, &seen, &TYPED).await;
    says(&gone, 409, &["Jemand hat diese Kachel inzwischen entfernt", "value=\"Ist die Luft rein?\""]);
    assert!(!gone.body.contains("value=\"speichern\""), "{}", gone.body);
    city.get_inside(AIR).await.expect(404);
}

#[tokio::test]
async fn what_is_opened_moved_or_removed_is_what_was_seen() {
    let city = city().await;
    let page = city.get_inside(LIST).await.body;
    let old = web::params::encode(&hidden(&page, "id=\"heute\"", "stand"));
    let access = city.engine.with_role(Role::Editor);
    access.put_dashboard("heute", true, &TODAY.replace("gut?", "rein?")).await.expect("kept");
    for form in ["aktion=zurueckziehen", "aktion=hoch&kachel=geheim", "aktion=entfernen&kachel=luft", "aktion=entfernen"] {
        let answer = city.post_inside(&format!("{LIST}/heute"), &format!("csrf=csrf&stand={old}&{form}")).await;
        says(&answer, 409, &["Jemand hat hier am", "Deshalb wurde noch nichts gespeichert."]);
    }
    assert!(city.get("/dashboards/heute").await.expect(200).contains("Ist die Luft rein?"));
}

#[tokio::test]
async fn what_goes_is_asked_first_and_can_be_kept() {
    let city = city().await;
    let one = city.get_inside(&format!("{LIST}/heute/entfernen?kachel=luft")).await;
    says(&one, 200, &["Diese Kachel entfernen?", "Ist die Luft gut?", "name=\"kachel\" value=\"luft\""]);
    city.get_inside(&format!("{LIST}/heute/entfernen?kachel=fehlt")).await.expect(404);
    let whole = city.get_inside(&format!("{LIST}/heute/entfernen")).await;
    says(
        &whole,
        200,
        &[
            "Dieses Dashboard löschen?",
            "Was ist geheim?",
            "https://daten.musterstadt.example/dashboards/heute",
            "href=\"/verwaltung/dashboards#heute\"",
        ],
    );
    let definition = city.get_inside(&format!("{LIST}/heute/definition.toml")).await;
    assert_eq!((definition.expect(200), definition.header("content-type")), (TODAY, "application/toml; charset=utf-8"));
    let stand = web::params::encode(&hidden(
        &whole.body,
        "<form class=\"actions\" method=\"post\" action=\"/verwaltung/dashboards/heute\"",
        "stand",
    ));
    let removed = city.post_inside(&format!("{LIST}/heute"), &format!("csrf=csrf&stand={stand}&aktion=entfernen")).await;
    assert_eq!(removed.header("location"), "/verwaltung/dashboards?getan=entfernt");
    says(&city.get_inside("/verwaltung/dashboards?getan=entfernt").await, 200, &["Das Dashboard ist gelöscht."]);
    city.get("/dashboards/heute").await.expect(404);
    city.get("/datensaetze/luft").await.expect(200);
    for path in [AIR.to_owned(), format!("{LIST}/entwurf/entfernen"), format!("{LIST}/entwurf/definition.toml")] {
        assert_eq!(
            city.get(&path).await.header("location"),
            format!("/verwaltung/anmelden?weiter={}", web::params::encode(&path)),
            "only who is logged in"
        );
    }
}

/// A form of the editor, filled and sent.
async fn made(city: &City, form: &str) -> super::city::Answer {
    city.post_inside("/verwaltung/dashboards", &format!("csrf=csrf&{form}")).await
}

#[tokio::test]
async fn a_clerk_makes_a_dashboard_without_code() {
    let city = City::new().await;
    let empty = made(&city, "dashboard=&name=&frage=&wert=&zahl=highest").await;
    for (field, text) in
        [("name", "Geben Sie dem neuen Dashboard einen Namen"), ("wert", "Wählen Sie einen Wert."), ("frage", "Schreiben Sie die Frage")]
    {
        assert!(empty.expect(422).contains(text) && empty.body.contains(&format!("href=\"#{field}\"")), "{field}: {}", empty.body);
    }
    let first = "dashboard=&name=Unsere+Luft&frage=Ist+die+%22Luft%22+gut%3F&wert=luft+no2&zahl=highest";
    assert_eq!(made(&city, first).await.header("location"), "/verwaltung/dashboards?getan=kachel#unsere-luft");
    assert_eq!(city.get("/dashboards/unsere-luft").await.status.as_u16(), 404, "nobody sees a draft");
    let second = "dashboard=unsere-luft&name=&frage=Wie+viel+im+Mittel%3F&wert=luft+no2&zahl=mean";
    assert_eq!(made(&city, second).await.status.as_u16(), 303);
    let switch = async |form: &str| change(&city, "unsere-luft", form).await;
    switch("aktion=oeffnen").await.expect(303);
    let page = city.get("/dashboards/unsere-luft").await.body;
    let (one, other) =
        (page.find("Ist die &#34;Luft&#34; gut?").expect("the first tile"), page.find("Wie viel im Mittel?").expect("the second"));
    assert!(one < other && page.contains("33,5") && page.contains("Am höchsten: Geist."), "{page}");
    assert!(city.get("/einbetten/dashboards/unsere-luft/kachel/ist-die-luft-gut").await.expect(200).contains("33,5"));
    switch("aktion=hoch&kachel=wie-viel-im-mittel").await.expect(303);
    switch("aktion=entfernen&kachel=ist-die-luft-gut").await.expect(303);
    let english = city.get("/en/dashboards/unsere-luft").await.body;
    assert!(!english.contains("gut?") && english.contains("Mean of 2 places."), "{english}");
    switch("aktion=entfernen&kachel=wie-viel-im-mittel").await.expect(422);
    switch("aktion=zurueckziehen").await.expect(303);
    assert_eq!(city.get("/dashboards/unsere-luft").await.status.as_u16(), 404);
    city.post_inside("/verwaltung/dashboards/fehlt", "csrf=csrf&aktion=oeffnen&stand=").await.expect(404);
}

//! What anybody may read.

use engine::Role;
use model::{Dataset, TimeWindow};

use super::city::{City, at};

#[tokio::test]
async fn every_public_address_answers_in_both_languages() {
    let city = City::new().await;
    let paths = [
        "/",
        "/datensaetze",
        "/datensaetze?thema=umwelt",
        "/datensaetze?anbieter=Umweltbundesamt",
        "/suche",
        "/suche?q=luft",
        "/suche?q=qwertz",
        "/suche?q=luft&thema=umwelt&format=csv&stand=aelter",
        "/datensaetze/luft",
        "/datensaetze/luft?messwert=no2&ort=AirQualityObserved%3ADENW260&zeitraum=woche",
        "/datensaetze/gemeinden",
        "/datensaetze/luft/tabelle",
        "/datensaetze/luft/tabelle?ort=AirQualityObserved%3ADENW260&von=2026-05-01&bis=2026-05-02",
        "/datensaetze/gemeinden/tabelle",
        "/datensaetze/luft/herkunft?id=AirQualityObserved%3ADENW260&spalte=no2",
        "/verwaltung/anmelden",
    ];
    for path in paths.into_iter().map(str::to_owned).chain(crate::pages::document::slugs().map(|slug| format!("/{slug}"))) {
        for prefix in ["", "/en"] {
            let answer = city.get(&format!("{prefix}{path}")).await;
            let body = answer.expect(200);
            let language = if prefix.is_empty() { "de" } else { "en" };
            assert!(body.contains(&format!("<html lang=\"{language}\">")), "{prefix}{path}");
            assert!(!body.contains("<script>"), "{prefix}{path}");
        }
    }
    city.get("/en").await.expect(200);
}

#[tokio::test]
async fn what_does_not_exist_is_a_page_with_a_way_on() {
    let city = City::new().await;
    let bad = [
        "/nichts",
        "/fr/datensaetze",
        "/datensaetze/geheim",
        "/datensaetze/luft/nichts",
        "/datensaetze/luft/herkunft",
        "/datensaetze?seite=99",
        "/id/datensatz/x",
        "/static/app.css",
    ];
    for path in bad {
        let answer = city.get(path).await;
        let body = answer.expect(404);
        if path != "/static/app.css" {
            assert!(body.contains("Diese Seite gibt es nicht oder nicht mehr."), "{path}");
        }
    }
}

#[tokio::test]
async fn unusable_parameters_are_named() {
    let city = City::new().await;
    let answer = city.get("/datensaetze/luft/tabelle?von=gestern").await;
    assert!(answer.expect(400).contains("„gestern“ bei „von“"), "{}", answer.body);
    city.get("/datensaetze?seite=abc").await.expect(400);
    city.get("/datensaetze/luft/herkunft?id=AirQualityObserved:DENW260&spalte=no2&zeit=bald").await.expect(400);
}

#[tokio::test]
async fn the_page_of_a_dataset_answers_at_once() {
    let city = City::new().await;
    let body = city.get("/datensaetze/luft").await.body;
    let expected = [
        "Luft &#60;/title&#62;&#60;script&#62;",
        "class=\"chart chart--wide\"",
        "Geist: Im Mittel 22,0 µg/m³",
        "Von 72 Stunden fehlen 3.",
        "class=\"map\"",
        "Datenlizenz Deutschland – Namensnennung – Version 2.0",
        "pd.read_csv(&#34;https://daten.musterstadt.example/datensaetze/luft/daten.csv&#34;",
        "https://daten.musterstadt.example/id/datensatz/luft",
        "1 Spalte hat keine Beschreibung.",
        "type=\"text/turtle\" href=\"/datensaetze/luft.ttl\"",
    ];
    for part in expected {
        assert!(body.replace('\u{202f}', " ").contains(part), "{part} is not in\n{body}");
    }
}

#[tokio::test]
async fn a_dataset_says_which_periods_it_covers_and_how_many_of_their_values_are_there() {
    let city = City::new().await;
    let access = city.engine.with_role(Role::Administrator);
    let day = |start: &str| TimeWindow { start: at(start), end: at(start).plus_micros(86_400_000_000) };
    let luft = access.dataset("luft").expect("declared");
    let temporal = vec![day("2026-04-30T22:00:00Z"), day("2026-05-02T22:00:00Z")];
    access.put_dataset(Dataset { temporal, ..Dataset::clone(&luft) }).await.expect("declared");
    // Of 24 hours of a day in Germany the first station has 22 and 24, the second, which misses one a day, 21 and 23.
    for (path, periods, share) in [
        ("/datensaetze/luft", "1. Mai 2026; 3. Mai 2026", "93,7 % der Werte sind da."),
        ("/en/datensaetze/luft", "1 May 2026; 3 May 2026", "93.7 % of the values are there."),
    ] {
        let body = city.get(path).await.body.replace('\u{202f}', " ");
        for part in [periods, share, r#""temporalCoverage":["2026-05-01/2026-05-01","2026-05-03/2026-05-03"]"#] {
            assert!(body.contains(part), "{part} is not in\n{body}");
        }
    }
}

#[tokio::test]
async fn a_chart_shows_the_days_that_were_chosen() {
    let city = City::new().await;
    let body = city.get("/datensaetze/luft?von=2026-05-02&bis=2026-05-02").await.body;
    for part in ["2. Mai 2026", "name=\"von\" type=\"date\" value=\"2026-05-02\"", "daten.csv\" aria-labelledby=\"part\""] {
        assert!(body.contains(part), "{part} is not in\n{body}");
    }
    assert!(!body.contains("name=\"zeitraum\""), "days come before it: {body}");
    for nothing in ["von=1970-01-01&bis=1970-01-02", "von=9999-12-31"] {
        let body = city.get(&format!("/datensaetze/luft?{nothing}")).await;
        assert!(body.expect(200).contains("Für diesen Zeitraum gibt es keine Werte."), "{nothing}: {}", body.body);
    }
    let table = city.get("/datensaetze/luft/tabelle?von=2026-05-02&ort=AirQualityObserved%3ADENW095").await.body;
    let file = "/datensaetze/luft/daten.csv?form=excel&#38;ort=AirQualityObserved%3ADENW095&#38;von=2026-05-02";
    assert!(table.contains(file), "{table}");
}

#[tokio::test]
async fn places_without_time_make_a_coloured_map_and_a_table() {
    let city = City::new().await;
    let body = city.get("/datensaetze/gemeinden").await.body;
    assert!(body.contains("area c2") || body.contains("area c1"), "{body}");
    assert!(body.contains("204.687"));
    let table = city.get("/datensaetze/gemeinden/tabelle").await.body;
    assert!(table.contains("162.243"), "{table}");
}

#[tokio::test]
async fn a_value_leads_to_its_run_and_line_but_not_to_the_raw_record() {
    let city = City::new().await;
    let path = "/datensaetze/luft/herkunft?id=AirQualityObserved%3ADENW260&spalte=no2&zeit=2026-05-01T03:00:00Z";
    let open = city.get(path).await.body;
    for part in ["Lauf 1", "luft.csv", "0707070707", "Zeile 5", "außerhalb des üblichen Bereichs", "Anmelden"] {
        assert!(open.contains(part), "{part} is not in\n{open}");
    }
    assert!(open.contains("1. Mai 2026, 5:00 Uhr"), "{open}");
    let utc = city.get(&format!("{path}&uhr=utc")).await.body;
    assert!(utc.contains("1. Mai 2026, 3:00 Uhr (UTC)"), "{utc}");
    let table = city.get("/datensaetze/luft/tabelle?uhr=utc").await.body;
    assert!(table.contains("spalte=no2&#38;zeit=2026-05-03T23:00:00Z&#38;uhr=utc"), "{table}");
    assert!(!open.contains("DENW260;") && !open.contains("Wie der Wert gebildet wurde"), "{open}");
    let inside = city.get_inside(path).await.body;
    for part in [
        "Wie der Wert gebildet wurde",
        "Fehlt der Wert, wird das vermerkt.",
        "DENW260;&#60;b&#62;5&#60;/b&#62;;42",
        "Was in dieser Zeile steht",
        "&#60;i&#62;NO2",
    ] {
        assert!(inside.contains(part), "{part} is not in\n{inside}");
    }
}

#[tokio::test]
async fn the_table_pages_back_in_time() {
    let city = City::new().await;
    let first = city.get("/datensaetze/luft/tabelle").await.body;
    let older =
        first.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("older values").replace("&#38;", "&");
    let second = city.get(&older).await;
    assert!(second.expect(200).contains("Neueste Werte"));
    let rows = |body: &str| body.matches("<tr class=\"kern-table__row\"><th scope=\"row\"").count();
    // Fifty, and the other station of the last hour.
    assert_eq!(rows(&first), 51);
    // Walked to the end, every row was there once.
    let (mut seen, mut body) = (rows(&first), second.body);
    loop {
        seen += rows(&body);
        let Some(next) = body.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()) else { break };
        let next = next.replace("&#38;", "&");
        body = city.get(&next).await.body;
    }
    assert_eq!(seen, 72 + 69);
}

#[tokio::test]
async fn pages_are_not_sent_again_when_nothing_changed() {
    let city = City::new().await;
    let first = city.get("/datensaetze/luft").await;
    let tag = first.header("etag").to_owned();
    let request =
        axum::http::Request::get("/datensaetze/luft").header("if-none-match", tag).body(axum::body::Body::empty()).expect("valid");
    city.send(request).await.expect(304);
}

#[tokio::test]
async fn searching_finds_everyday_words_and_keeps_out_of_indexes() {
    let city = City::new().await;
    let body = city.get("/suche?q=luft").await.body;
    assert!(body.contains("href=\"/datensaetze/luft\""), "{body}");
    assert!(body.contains("content=\"noindex\""));
    assert!(body.contains("value=\"luft\""));
    let nothing = city.get("/suche?q=qwertz").await.body;
    assert!(nothing.contains("Dazu haben wir nichts gefunden"));
}

#[tokio::test]
async fn machines_find_their_way() {
    let city = City::new().await;
    let answer = city.get("/id/datensatz/luft").await;
    answer.expect(303);
    assert_eq!(answer.header("location"), "/datensaetze/luft");
    let sitemap = city.get("/sitemap.xml").await.body;
    assert!(sitemap.contains("<loc>https://daten.musterstadt.example/en/datensaetze/luft</loc><lastmod>2026-05-04</lastmod>"), "{sitemap}");
    assert!(city.get("/robots.txt").await.body.contains("Sitemap: https://daten.musterstadt.example/sitemap.xml"));
}

#[tokio::test]
async fn pages_carry_the_policy_of_content() {
    let city = City::new().await;
    for path in ["/", "/datensaetze/luft", "/nichts", "/verwaltung/anmelden"] {
        assert!(city.get(path).await.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
    }
}

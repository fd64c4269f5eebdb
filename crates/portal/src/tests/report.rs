//! „Fehler melden“: from a value to a report, to its answer, and back to the value.

use axum::body::Body;
use axum::http::Request;

use super::city::{Answer, City};

const VALUE: &str = "datensatz=luft&id=AirQualityObserved%3ADENW095&spalte=no2&zeit=2026-05-01T03:00:00Z";
const ORIGIN: &str = "/datensaetze/luft/herkunft?id=AirQualityObserved%3ADENW095&spalte=no2&zeit=2026-05-01T03:00:00Z";

async fn send(city: &City, form: &str) -> Answer {
    let request = Request::post("/fehler-melden").header("sec-fetch-site", "same-origin").body(Body::from(form.to_owned()));
    city.send(request.expect("valid")).await
}

async fn report(city: &City, form: &str) -> String {
    let sent = send(city, &format!("{VALUE}&{form}")).await;
    sent.expect(303);
    sent.header("location").trim_end_matches("?neu=1").trim_start_matches("/meldungen/").to_owned()
}

/// What a hidden field of a page holds.
pub(super) fn hidden(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect(name);
    rest.split('"').next().expect("closed").to_owned()
}

#[tokio::test]
async fn a_value_leads_to_the_form_from_table_and_origin() {
    let city = City::new().await;
    let origin = city.get(ORIGIN).await.body;
    assert!(
        origin.contains("/fehler-melden?datensatz=luft&#38;id=AirQualityObserved%3ADENW095&#38;spalte=no2&#38;zeit=2026-05-01T03:00:00Z")
    );
    let table = city.get("/datensaetze/luft/tabelle?bis=2026-05-02").await.body;
    assert!(table.contains("href=\"/datensaetze/luft/tabelle?bis=2026-05-02&#38;melden=1\""), "{table}");
    let choosing = city.get("/datensaetze/luft/tabelle?bis=2026-05-02&melden=1").await.body;
    assert!(choosing.contains("href=\"/fehler-melden?datensatz=luft&#38;id=AirQualityObserved%3A"), "{choosing}");
    assert!(choosing.contains("melden=1&#38;vor="), "older values are chosen in the same way: {choosing}");
    let form = city.get(&format!("/fehler-melden?{VALUE}")).await.body.replace('\u{202f}', " ");
    for part in ["13,5 µg/m³", "Stickstoffdioxid", "Geist", "1. Mai 2026, 5:00 Uhr", "name=\"webseite\"", "content=\"noindex\""] {
        assert!(form.contains(part), "{part} is not in\n{form}");
    }
    assert!(city.get("/fehler-melden").await.expect(200).contains("Wählen Sie zuerst den Wert"));
    assert!(city.get(&format!("/en/fehler-melden?{VALUE}")).await.expect(200).contains("Report an error"));
}

#[tokio::test]
async fn a_report_is_followed_answered_and_stands_beside_the_value() {
    let city = City::new().await;
    let key = report(&city, "meldung=Der+%3Cb%3EZ%C3%A4hler%3C%2Fb%3E+war+abgebaut.&email=erika%40beispiel.example").await;
    let status = city.get(&format!("/meldungen/{key}?neu=1")).await.body;
    for part in [
        "Danke. Ihre Meldung ist angekommen.",
        "Offen",
        "Der &#60;b&#62;Zähler&#60;/b&#62; war abgebaut.",
        "180 Tage nach der Antwort oder dem Schließen wird diese Seite gelöscht.",
        &key,
    ] {
        assert!(status.contains(part), "{part} is not in\n{status}");
    }
    assert!(!status.contains("erika"), "{status}");
    assert!(!city.get(ORIGIN).await.body.contains("abgebaut"), "what people report is not public");

    assert!(city.get_inside("/verwaltung").await.body.contains("1 Meldung wartet auf eine Antwort."));
    let list = city.get_inside("/verwaltung/meldungen").await.body;
    assert!(list.contains(&format!("/verwaltung/meldungen/{key}")) && list.contains("1 Meldung"), "{list}");
    let own = format!("/verwaltung/meldungen/{key}");
    let page = city.get_inside(&own).await.body;
    assert!(page.contains("mailto:erika@beispiel.example") && page.contains("/datensaetze/luft/herkunft?id="), "{page}");

    let seen = hidden(&page, "stand");
    let post = |action: &str, answer: &str| format!("csrf=csrf&stand={seen}&aktion={action}&antwort={answer}");
    let silent = city.post_inside(&own, &post("antworten", "")).await;
    assert!(silent.expect(422).contains("href=\"#antwort\""), "{}", silent.body);
    city.engine.clock().advance_micros(1);
    city.post_inside(&own, &post("antworten", "Wir+haben+den+Wert+berichtigt.")).await.expect(303);
    let late = city.post_inside(&own, &post("antworten", "Zu+sp%C3%A4t")).await;
    assert!(late.expect(409).contains("Jemand hat diese Meldung inzwischen geändert.") && late.body.contains("Zu spät</textarea>"));

    let after = city.get_inside(&own).await.body;
    assert!(after.contains("Beantwortet") && !after.contains("erika"), "{after}");
    for path in [format!("/meldungen/{key}"), ORIGIN.to_owned()] {
        let body = city.get(&path).await.body;
        assert!(body.contains("Wir haben den Wert berichtigt."), "{path}: {body}");
    }
    assert!(city.get_inside("/verwaltung/meldungen?stand=beantwortet").await.body.contains(&key));
    assert!(!city.get_inside("/verwaltung/meldungen").await.body.contains(&key));
    assert!(!city.get_inside("/verwaltung").await.body.contains("wartet auf eine Antwort"));
}

#[tokio::test]
async fn a_closed_report_says_so_and_opens_again() {
    let city = City::new().await;
    let key = report(&city, "meldung=Hm.").await;
    let own = format!("/verwaltung/meldungen/{key}");
    for (action, german) in [("schliessen", "Geschlossen"), ("oeffnen", "Offen")] {
        let seen = hidden(&city.get_inside(&own).await.body, "stand");
        city.post_inside(&own, &format!("csrf=csrf&stand={seen}&aktion={action}&antwort=Nein")).await.expect(303);
        assert!(city.get(&format!("/meldungen/{key}")).await.body.contains(german), "{action}");
    }
    assert!(!city.get(ORIGIN).await.body.contains("Nein"));
}

#[tokio::test]
async fn what_cannot_be_taken_says_why_and_keeps_what_was_typed() {
    let city = City::new().await;
    let refused = [
        ("meldung=+&email=", "Schreiben Sie, was nicht stimmt."),
        ("meldung=So+nicht&email=keine", "Das ist keine E-Mail-Adresse."),
        ("meldung=So+nicht&webseite=http%3A%2F%2Fx", "Leeren Sie es und senden Sie noch einmal."),
    ];
    for (form, german) in refused {
        let answer = send(&city, &format!("{VALUE}&{form}")).await;
        assert!(answer.expect(422).contains(german), "{form}: {}", answer.body);
        assert!(form.starts_with("meldung=+") || answer.body.contains("So nicht</textarea>"), "{}", answer.body);
    }
    let long = send(&city, &format!("{VALUE}&meldung={}", "x".repeat(2001))).await;
    assert!(long.expect(422).contains("Ihre Meldung hat 2.001 Zeichen. Möglich sind 2.000."));
    send(&city, "datensatz=luft&id=AirQualityObserved%3ADENW095&spalte=no2&zeit=2020-01-01T00:00:00Z&meldung=x").await.expect(404);
    send(&city, "datensatz=geheim&id=a&spalte=no2&meldung=x").await.expect(404);
    city.get("/meldungen/0").await.expect(404);
    city.get(&format!("/meldungen/{}", "0".repeat(32))).await.expect(404);
    city.get("/verwaltung/meldungen").await.expect(303);
    let foreign = Request::post("/fehler-melden").header("sec-fetch-site", "cross-site").body(Body::from(format!("{VALUE}&meldung=x")));
    city.send(foreign.expect("valid")).await.expect(403);
}

#[tokio::test]
async fn an_address_sends_five_and_waits() {
    let city = City::new().await;
    for _ in 0..5 {
        report(&city, "meldung=x").await;
    }
    let sixth = send(&city, &format!("{VALUE}&meldung=Noch+eine")).await;
    let body = sixth.expect(429);
    assert!(body.contains("Warten Sie zehn Minuten") && body.contains("Noch eine</textarea>"), "{body}");
}

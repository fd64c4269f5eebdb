//! „Barriere melden“: taken from anybody, without a script, kept, answered by a clerk.

use axum::body::Body;
use axum::http::Request;

use super::city::{Answer, City};

const PATH: &str = "/barriere-melden";

async fn send(city: &City, path: &str, form: &str) -> Answer {
    let request = Request::post(path)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()));
    city.send(request.expect("valid")).await
}

#[tokio::test]
async fn a_barrier_is_reported_kept_and_answered() {
    let city = City::new().await;
    let sent =
        send(&city, PATH, "meldung=Die+Karte+<b>fehlt&seite=%2Fdatensaetze%2Fluft&hilfsmittel=NVDA&email=erika%40beispiel.example").await;
    sent.expect(303);
    let own = sent.header("location").to_owned();
    let page = city.get(&own).await.body;
    for part in [
        "Danke. Ihre Meldung ist angekommen.",
        "Die Karte &#60;b&#62;fehlt",
        "Arbeitet mit: NVDA",
        "Barriere auf der Seite /datensaetze/luft",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("erika@"), "{page}");
    // Its own words: it speaks of a page, and leads back to its own form.
    let said = page.split_once("<h1").expect("a heading").1.split_once("<footer").expect("a foot").0;
    assert!(said.contains("Um welche Seite geht es?") && said.contains("Zu dieser Seite</a>") && !said.contains("Wert"), "{said}");
    assert!(page.contains("href=\"/barriere-melden\">Barriere melden</a>") && !page.contains("href=\"/fehler-melden\""), "{page}");
    let list = city.get_inside("/verwaltung/meldungen").await.body;
    assert!(list.contains("Barriere auf der Seite /datensaetze/luft"), "{list}");
    let key = own.trim_start_matches("/meldungen/").trim_end_matches("?neu=1");
    let shown = city.get_inside(&format!("/verwaltung/meldungen/{key}")).await.body;
    assert!(shown.contains("mailto:erika@beispiel.example") && shown.contains("href=\"/datensaetze/luft\""), "{shown}");
    assert!(shown.contains("wer die Adresse der Meldung kennt") && !shown.contains("Wird gelöscht am"), "{shown}");
    // Closed: the day on which it goes is said everywhere.
    city.engine.clock().advance_micros(60_000_000);
    let (_, rest) = shown.split_once("name=\"stand\" value=\"").expect("a form");
    let form = format!("csrf=csrf&stand={}&aktion=schliessen", rest.split('"').next().unwrap_or_default());
    city.post_inside(&format!("/verwaltung/meldungen/{key}"), &form).await.expect(303);
    let day = crate::format::date_long(city.engine.now().plus_micros(180 * 86_400_000_000), crate::messages::Language::De);
    for page in [
        city.get(&own).await,
        city.get_inside("/verwaltung/meldungen?stand=alle").await,
        city.get_inside(&format!("/verwaltung/meldungen/{key}")).await,
    ] {
        assert!(page.expect(200).contains("Wird gelöscht am") && page.body.contains(&format!(">{day}</time>")), "{}", page.body);
    }
    assert!(city.get(&own).await.body.contains("Die Meldung wurde geschlossen, ohne Antwort."));
}

#[tokio::test]
async fn what_is_wrong_is_said_and_the_input_stays() {
    let city = City::new().await;
    for (form, told) in [
        ("meldung=&seite=%2Fx", "Schreiben Sie, was nicht geht."),
        ("meldung=Text&email=erika", "Das ist keine E-Mail-Adresse."),
        ("meldung=Text&webseite=http", "Ein Feld, das leer bleiben soll"),
    ] {
        let answer = send(&city, PATH, form).await;
        let body = answer.expect(422);
        assert!(body.contains(told) && body.contains("<title>Fehler: ") && body.contains("id=\"errors\""), "{told}: {body}");
    }
    let long = send(&city, PATH, &format!("meldung={}&seite=%2Fx", "a".repeat(1601))).await;
    assert!(long.expect(422).contains("value=\"/x\"") && long.body.contains(&"a".repeat(1601)), "{}", long.body);
    let forged = Request::post(PATH).header("sec-fetch-site", "cross-site").body(Body::from("meldung=Text")).expect("valid");
    city.send(forged).await.expect(403);
    assert!(city.get_inside("/verwaltung/meldungen").await.body.contains("Keine Meldung hat diesen Stand."));
}

#[tokio::test]
async fn the_page_one_comes_from_stands_there() {
    let city = City::new().await;
    let from =
        |referer: &str| Request::get(PATH).header("host", "daten.example").header("referer", referer).body(Body::empty()).expect("valid");
    assert!(city.send(from("https://daten.example/datensaetze/luft?x=1")).await.body.contains("value=\"/datensaetze/luft?x=1\""));
    for foreign in ["https://boese.example/datensaetze", "https://daten.example.boese.example/x", "https://daten.example/barriere-melden"] {
        assert!(city.send(from(foreign)).await.body.contains("name=\"seite\" type=\"text\" autocomplete=\"off\" value=\"\""), "{foreign}");
    }
    assert!(city.get("/en/barriere-melden").await.expect(200).contains("What does not work?"));
}

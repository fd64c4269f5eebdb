//! Own data in the browser, on the server's side: who may, what is kept, two clerks at once.

use axum::body::Body;
use axum::http::Request;

use super::city::{Answer, City};

const START: &str = "/verwaltung/hochladen";
const FILE: &str = "Nr;Name;Plätze\n01;Rathaus;1.200\n02;Bahnhof;80\n";

/// A form with a file, as browsers write it (RFC 7578).
fn form(token: &str, name: &str, content: &str) -> String {
    format!(
        "--grenze\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--grenze\r\n\
         Content-Disposition: form-data; name=\"datei\"; filename=\"{name}\"\r\n\
         Content-Type: text/csv\r\n\r\n{content}\r\n--grenze--\r\n"
    )
}

async fn upload(city: &City, body: String) -> Answer {
    let request = Request::post(START)
        .header("cookie", "allmende=session-administrator")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=grenze")
        .body(Body::from(body));
    city.send(request.expect("valid")).await
}

/// Uploads the file; answers the address of its draft.
async fn draft(city: &City) -> String {
    let answer = upload(city, form("csrf", "plaetze.csv", FILE)).await;
    answer.expect(303);
    answer.header("location").to_owned()
}

#[tokio::test]
async fn only_editors_enter() {
    let city = City::new().await;
    city.get(START).await.expect(303);
    let path = draft(&city).await;
    for path in [path.clone(), format!("{path}/angaben")] {
        city.get(&path).await.expect(303);
        let reader = Request::get(&path).header("authorization", "Bearer reader").body(Body::empty()).expect("valid");
        city.send(reader).await.expect(403);
    }
    city.get_inside(&format!("{path}/datensatz")).await.expect(404);
    city.get_inside(&format!("{START}/gibt-es-nicht")).await.expect(404);
}

#[tokio::test]
async fn a_forged_form_keeps_nothing() {
    let city = City::new().await;
    let answer = upload(&city, form("geraten", "plaetze.csv", FILE)).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    // A file before the token is not read either.
    let turned = form("csrf", "plaetze.csv", FILE).replace("name=\"csrf\"", "name=\"x\"");
    assert!(upload(&city, turned).await.status.is_client_error());
    let start = city.get_inside(START).await.body;
    assert!(start.contains("Noch keine Datei.") && !start.contains("plaetze.csv"), "{start}");
}

#[tokio::test]
async fn the_preview_speaks_both_languages() {
    let city = City::new().await;
    let path = draft(&city).await;
    let german = city.get_inside(&path).await;
    let german = german.expect(200);
    assert!(german.contains("Die Spalte „Nr“ bleibt Text, damit führende Nullen wie in „01“ erhalten bleiben."), "{german}");
    let english = city.get_inside(&format!("/en{path}")).await;
    let english = english.expect(200);
    assert!(!english.contains("bleibt Text") && english.contains("leading zero"), "{english}");
}

#[tokio::test]
async fn whoever_saves_second_is_told_and_keeps_the_input() {
    let city = City::new().await;
    let path = draft(&city).await;
    let first = city.post_inside(&path, "csrf=csrf&stand=1&aktion=erneuern&art2=weglassen").await;
    first.expect(200);
    let second = city.post_inside(&path, "csrf=csrf&stand=1&aktion=weiter&art2=text").await;
    assert!(second.body.contains("hat diesen Entwurf um"), "{}", second.body);
    assert!(second.body.contains("value=\"text\" selected"), "{}", second.body);
    // The first one's choice still stands.
    assert!(city.get_inside(&path).await.body.contains("value=\"weglassen\" selected"));
    // With the newer state in the form the second choice holds.
    city.post_inside(&path, "csrf=csrf&stand=2&aktion=weiter&art2=text&kennung=0").await.expect(303);
}

/// How many raw files were removed, by whom.
fn removed(city: &City) -> Vec<String> {
    let access = city.engine.with_role(engine::Role::Editor);
    access.removed_files(99).expect("asked").into_iter().map(|file| file.actor).collect()
}

#[tokio::test]
async fn nothing_is_left_of_what_was_discarded_or_refused() {
    let city = City::new().await;
    let first = draft(&city).await;
    city.engine.clock().advance_micros(1_000_000);
    let second = draft(&city).await;
    let discard = |path: String| {
        let city = &city;
        async move {
            let answer = city.post_inside(&path, "csrf=csrf&aktion=verwerfen").await;
            answer.expect(303);
            city.get_inside(answer.header("location")).await.body
        }
    };
    // The same file twice: the first of them still needs it.
    let told = discard(second.clone()).await;
    assert!(told.contains("Ein anderer Entwurf braucht sie noch."), "{told}");
    assert!(removed(&city).is_empty());
    city.get_inside(&first).await.expect(200);
    assert!(discard(first.clone()).await.contains("Die hochgeladene Datei ist gelöscht."));
    assert_eq!(removed(&city).len(), 1);
    for path in [first, second] {
        city.get_inside(&path).await.expect(404);
    }
    // What is no table is not kept either.
    upload(&city, form("csrf", "kopf.csv", "Nr;Name\n")).await.expect(422);
    assert_eq!(removed(&city).len(), 2);
    assert!(removed(&city).iter().all(|actor| actor.starts_with("user:")), "{:?}", removed(&city));
}

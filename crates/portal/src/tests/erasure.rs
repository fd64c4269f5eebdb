//! Erasure of a person: what there is, the question, the ledger.

use axum::body::Body;
use axum::http::Request;

use super::city::City;

const PATH: &str = "/verwaltung/loeschen";
const PERSON: &str = "urn%3Angsi-ld%3AAirQualityObserved%3ADENW095";

#[tokio::test]
async fn what_there_is_is_shown_erased_and_noted() {
    let city = City::new().await;
    let page = city.get_inside(&format!("{PATH}?id={PERSON}")).await;
    for part in
        ["Es gehört zum aktuellen Stand.", "Werte der Geschichte: 74.", "Läufe, die es aus Dateien gelesen haben: 1.", "Für immer löschen"]
    {
        assert!(page.expect(200).contains(part), "{part} is not in\n{}", page.body);
    }
    let form = |reason: &str| format!("csrf=csrf&person={PERSON}&grund={reason}");
    let refused = city.post_inside(PATH, &form("")).await;
    assert!(refused.expect(422).contains("Nennen Sie einen Grund"), "{}", refused.body);
    city.get("/datensaetze/luft/herkunft?id=AirQualityObserved%3ADENW095&spalte=no2&zeit=2026-05-01T03:00:00Z").await.expect(200);
    let done = city.post_inside(PATH, &form("Az.+%3Cb%3E17")).await;
    done.expect(303);
    let page = city.get_inside(done.header("location")).await.body;
    for part in ["Gelöscht.", "Az. &#60;b&#62;17", "Alle Löschungen"] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("DENW095"), "the ledger does not say whom");
    city.get("/datensaetze/luft/herkunft?id=AirQualityObserved%3ADENW095&spalte=no2&zeit=2026-05-01T03:00:00Z").await.expect(404);
    let again = city.get_inside(&format!("/en{PATH}?id={PERSON}")).await;
    assert!(again.expect(200).contains("There is nothing under this id."), "{}", again.body);
    assert!(city.get_inside(&format!("{PATH}?id=Erika")).await.expect(200).contains("Das ist keine Kennung."));
}

#[tokio::test]
async fn only_administrators_may() {
    let city = City::new().await;
    city.get(PATH).await.expect(303);
    let editor = Request::get(format!("{PATH}?id={PERSON}")).header("authorization", "Bearer editor").body(Body::empty()).expect("valid");
    city.send(editor).await.expect(403);
}

use axum::body::Body;
use axum::http::{Method, Request};
use expect_test::{Expect, expect};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

fn pushed() -> String {
    let push = WEATHER.replace("transport = \"folder\"\npath = \"wetter\"\nglob = \"*.csv\"", "transport = \"push\"");
    assert_ne!(push, WEATHER);
    push
}

impl City {
    async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: &str) -> String {
        self.ask_in("", method, path, token, body).await
    }

    async fn ask_in(&self, language: &str, method: Method, path: &str, token: Option<&str>, body: &str) -> String {
        let mut request = Request::builder().method(method).uri(path).header("accept-language", language);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let app = web::testing::kit("musterstadt").wrap(crate::router(self.ingest.clone()));
        let response = app.oneshot(request.body(Body::from(body.to_owned())).expect("a request")).await.expect("infallible");
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        format!("{status} {}", String::from_utf8_lossy(&bytes))
    }

    async fn get(&self, path: &str, token: Option<&str>) -> String {
        self.ask(Method::GET, path, token, "").await
    }

    async fn send(&self, token: Option<&str>, body: &str) -> String {
        self.ask(Method::POST, "/api/v1/quellen/wetter/daten", token, body).await
    }
}

#[track_caller]
fn check(answer: &str, expected: Expect) {
    expected.assert_eq(answer);
}

#[tokio::test]
async fn a_push_is_durable_when_it_is_answered() {
    let city = City::empty();
    city.put(&pushed()).await;
    check(
        &city.send(Some("editor"), MAY).await,
        expect![[
            r#"200 {"inputs":[{"corrected":0,"created":2,"flagged":0,"input":"push","message":null,"notes":[],"quarantined":0,"records":3,"run":1,"state":"done","unchanged":0,"written":3}],"source":"wetter","version":1}"#
        ]],
    );
    check(
        &city.send(Some("editor"), MAY).await,
        expect![[
            r#"200 {"inputs":[{"corrected":0,"created":0,"flagged":0,"input":"push","message":"these bytes were done already by this run","notes":[],"quarantined":0,"records":0,"run":1,"state":"skipped","unchanged":0,"written":0}],"source":"wetter","version":1}"#
        ]],
    );
    expect!["05-01T10=11.5 05-01T11=13.25"].assert_eq(&city.temperatures("nord").await);
}

#[tokio::test]
async fn a_push_needs_a_role_a_source_and_sense() {
    let city = City::empty();
    city.put(&pushed()).await;
    check(
        &city.send(None, MAY).await,
        expect![[
            r#"401 {"detail":"the role `public` may not manage sources; it takes the role `editor`; send a token as `Authorization: Bearer …`","status":401,"title":"Credentials missing or not valid","type":"urn:allmende:problem:unauthorized"}"#
        ]],
    );
    check(
        &city.send(Some("reader"), MAY).await,
        expect![[
            r#"403 {"detail":"the role `reader` may not manage sources; it takes the role `editor`","status":403,"title":"Not allowed","type":"urn:allmende:problem:forbidden"}"#
        ]],
    );
    check(
        &city.ask(Method::POST, "/api/v1/quellen/luft/daten", Some("editor"), MAY).await,
        expect![[r#"404 {"detail":"there is no source `luft`","status":404,"title":"Not found","type":"urn:allmende:problem:not-found"}"#]],
    );
    let long = format!("{MAY}{}", "x".repeat(5000));
    assert!(city.send(Some("editor"), &long).await.starts_with("413 "));
    let answer = city.send(Some("editor"), "Ort;TEMP\nnord;1\n").await;
    assert!(answer.starts_with("400 ") && answer.contains("`Zeit`") && answer.contains(r#""run":1"#), "{answer}");
    let answer = city.ask(Method::POST, "/api/v1/quellen/wetter/daten?name=../x%0A", Some("editor"), MAY).await;
    assert!(answer.starts_with("400 "), "{answer}");
    city.put(WEATHER).await;
    check(
        &city.send(Some("editor"), MAY).await,
        expect![[
            r#"400 {"detail":"the source `wetter` takes files and no HTTP push","status":400,"title":"Invalid request","type":"urn:allmende:problem:invalid"}"#
        ]],
    );
}

#[tokio::test]
async fn a_push_waits_its_turn_only_so_long() {
    let city = City::empty();
    city.put(&pushed()).await;
    let turn = city.ingest.turn(&city.editor(), "wetter").expect("nobody has it");
    let answer = city.send(Some("editor"), MAY).await;
    drop(turn);
    assert!(answer.starts_with("409 "), "{answer}");
}

#[tokio::test]
async fn runs_and_quarantine_are_listed_and_replayed() {
    let city = City::empty();
    city.put(&pushed()).await;
    city.send(Some("editor"), &MAY.replace("12,0", "warm")).await;
    check(
        &city.get("/api/v1/quellen/wetter/quarantaene", Some("editor")).await,
        expect![[
            r#"200 [{"at":"2026-05-04T10:00:00Z","codes":["not-a-number"],"field":"TEMP","id":1,"raw":"sued;2026-05-01 10:00;warm","rawBytes":26,"reason":"`TEMP`: `warm` is not a number: expected digits with `,` as decimal sign and nothing between thousands","record":3,"run":1,"source":"wetter"}]"#
        ]],
    );
    check(
        &city.get("/api/v1/quellen", Some("editor")).await,
        expect![[
            r#"200 [{"changedAt":"2026-05-04T10:00:00Z","changedBy":"user:test","lastRun":{"checksum":"6be9fadb864146820fd9be088f9256ab3ee2b21f6aea6749149e08c81fbefedb","corrected":0,"finishedAt":"2026-05-04T10:00:00Z","flagged":0,"input":"push","message":null,"quarantined":1,"records":3,"repeatedAt":null,"repeats":0,"run":1,"source":"wetter","startedAt":"2026-05-04T10:00:00Z","state":"done","unchanged":0,"version":1,"written":2},"name":"wetter","paused":false,"quarantined":1,"version":1}]"#
        ]],
    );
    check(
        &city.get("/api/v1/quellen/wetter/laeufe?limit=1", Some("editor")).await,
        expect![[
            r#"200 [{"checksum":"6be9fadb864146820fd9be088f9256ab3ee2b21f6aea6749149e08c81fbefedb","corrected":0,"finishedAt":"2026-05-04T10:00:00Z","flagged":0,"input":"push","message":null,"quarantined":1,"records":3,"repeatedAt":null,"repeats":0,"run":1,"source":"wetter","startedAt":"2026-05-04T10:00:00Z","state":"done","unchanged":0,"version":1,"written":2}]"#
        ]],
    );
    check(
        &city.ask(Method::POST, "/api/v1/quellen/wetter/quarantaene/wiederholen", Some("editor"), "").await,
        expect![[
            r#"200 {"corrected":0,"created":0,"flagged":0,"records":1,"run":2,"settled":0,"source":"wetter","unchanged":0,"version":1,"waiting":1,"written":0}"#
        ]],
    );
    for path in
        ["/api/v1/quellen", "/api/v1/quellen/wetter/laeufe", "/api/v1/quellen/wetter/quarantaene", "/api/v1/quellen/gibtsnicht/laeufe"]
    {
        assert!(city.get(path, None).await.starts_with("401 "), "{path}");
    }
    assert!(city.get("/api/v1/quellen/wetter/laeufe?limit=0", Some("editor")).await.starts_with("400 "));
}

#[tokio::test]
async fn origin_is_told_to_who_sees_the_value() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    city.run().await.expect("runs");
    let path = "/api/v1/herkunft?entity=urn:ngsi-ld:Station:nord&attribute=temperature&at=2026-05-01T11:00:00Z";
    check(
        &city.get(path, None).await,
        expect![[
            r#"200 {"attribute":"https://example.org/temperature","datasetId":null,"entity":"urn:ngsi-ld:Station:nord","fields":null,"observedAt":"2026-05-01T11:00:00Z","raw":null,"record":4,"recordedAt":"2026-05-04T10:00:00Z","run":{"checksum":"cd449c5edce6e9303c6a974637761cc19e0c166092455927f343c698ac01d3f3","corrected":0,"finishedAt":"2026-05-04T10:00:00Z","flagged":0,"input":"mai.csv","message":null,"quarantined":0,"records":3,"repeatedAt":null,"repeats":0,"run":1,"source":"wetter","startedAt":"2026-05-04T10:00:00Z","state":"done","unchanged":0,"version":1,"written":3}}"#
        ]],
    );
    check(
        &city.get(path, Some("editor")).await,
        expect![[
            r#"200 {"attribute":"https://example.org/temperature","datasetId":null,"entity":"urn:ngsi-ld:Station:nord","fields":[["Ort","nord"],["Zeit","2026-05-01 11:00"],["TEMP","13,25"]],"observedAt":"2026-05-01T11:00:00Z","raw":"nord;2026-05-01 11:00;13,25","record":4,"recordedAt":"2026-05-04T10:00:00Z","run":{"checksum":"cd449c5edce6e9303c6a974637761cc19e0c166092455927f343c698ac01d3f3","corrected":0,"finishedAt":"2026-05-04T10:00:00Z","flagged":0,"input":"mai.csv","message":null,"quarantined":0,"records":3,"repeatedAt":null,"repeats":0,"run":1,"source":"wetter","startedAt":"2026-05-04T10:00:00Z","state":"done","unchanged":0,"version":1,"written":3}}"#
        ]],
    );
    for wrong in [
        "/api/v1/herkunft",
        "/api/v1/herkunft?entity=nord&attribute=temperature",
        "/api/v1/herkunft?entity=urn:ngsi-ld:Station:nord&attribute=temperature&at=gestern",
    ] {
        assert!(city.get(wrong, None).await.starts_with("400 "), "{wrong}");
    }
    for missing in [
        "/api/v1/herkunft?entity=urn:ngsi-ld:Station:west&attribute=temperature",
        "/api/v1/herkunft?entity=urn:ngsi-ld:Station:nord&attribute=wind",
        "/api/v1/herkunft?entity=urn:ngsi-ld:Station:nord&attribute=temperature&at=2026-05-02T11:00:00Z",
    ] {
        assert!(city.get(missing, None).await.starts_with("404 "), "{missing}");
    }
}

#[tokio::test]
async fn faults_are_said_in_the_language_that_is_preferred() {
    let city = City::empty();
    city.put(&pushed()).await;
    let path = "/api/v1/quellen/wetter/daten";
    let answer = city.ask_in("de-DE, en;q=0.5", Method::POST, path, Some("editor"), "Ort;TEMP\nnord;1\n").await;
    assert!(answer.starts_with("400 ") && answer.contains("Diese Spalten fehlen: „Zeit“. Die Datei hat „Ort“, „TEMP“."), "{answer}");
    let runs = "/api/v1/quellen/wetter/laeufe";
    let german = city.ask_in("de", Method::GET, runs, Some("editor"), "").await;
    assert!(german.contains("Diese Spalten fehlen: „Zeit“."), "{german}");
    assert!(city.get(runs, Some("editor")).await.contains("the columns `Zeit` are missing"), "the same run, said in English");
}

//! Retention: what is due, the question before much goes, and the receipt.

use axum::body::Body;
use axum::http::Request;
use engine::Role;
use model::dataset::{Keep, KeptRollup, Retention, RetentionOf};
use model::{Dataset, Rollup};

use super::city::City;

const PATH: &str = "/verwaltung/aufbewahrung";

/// The city in which air is kept for two days, and half of it is older.
async fn city() -> City {
    city_with(None).await
}

async fn city_with(rollup: Option<KeptRollup>) -> City {
    let city = City::new().await;
    let access = city.engine.with_role(Role::Administrator);
    let air = access.datasets().expect("may").into_iter().find(|dataset| &*dataset.slug == "luft").expect("there");
    let rule = Retention { of: RetentionOf::Rest, keep: Keep::parse("P2D").expect("a period"), rollup };
    access.put_dataset(Dataset { retention: vec![rule], ..(*air).clone() }).await.expect("declared");
    access.keep_retention().await.expect("a pass");
    city
}

/// What a hidden field of a page holds.
fn hidden(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect(name);
    rest.split('"').next().expect("closed").to_owned()
}

#[tokio::test]
async fn what_waits_is_shown_confirmed_and_written_down() {
    let city = city().await;
    let home = city.get_inside("/verwaltung").await.body;
    assert!(home.contains("Im Datensatz „Luft") && home.contains("sind Werte fällig (68)"), "{home}");
    let page = city.get_inside(PATH).await.body.replace(['\u{202f}', '\u{a0}'], " ");
    for part in [
        "Luft &#60;/title&#62;&#60;script&#62;",
        "Wartet auf Bestätigung",
        "Alle Werte: 2 Tage",
        "68 von",
        "Mehr als 20 % des Datensatzes wären auf einmal weg.",
        "Stickstoffdioxid",
        "Genau das löschen",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let (csrf, plan) = (hidden(&page, "csrf"), hidden(&page, "plan"));
    let form = |plan: &str| format!("csrf={csrf}&datensatz=luft&plan={plan}");
    let refused = city.post_inside(PATH, &form("1-abc")).await;
    assert!(refused.expect(409).contains("Nichts wurde gelöscht."));
    let done = city.post_inside(PATH, &form(&plan)).await;
    done.expect(303);
    let page = city.get_inside(done.header("location")).await.body;
    for part in ["Bestätigt und ausgeführt.", "Nichts fällig", "Belege: was gelöscht wurde", "noch nicht"] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!city.get_inside("/verwaltung").await.body.contains("bis jemand bestätigt"));
    assert!(city.get_inside(&format!("/en{PATH}")).await.expect(200).contains("Receipts: what was deleted"));
}

#[tokio::test]
async fn only_administrators_see_and_confirm() {
    let city = city().await;
    city.get(PATH).await.expect(303);
    let editor = Request::get(PATH).header("authorization", "Bearer editor").body(Body::empty()).expect("valid");
    city.send(editor).await.expect(403);
    let home = Request::get("/verwaltung").header("authorization", "Bearer editor").body(Body::empty()).expect("valid");
    assert!(!city.send(home).await.expect(200).contains(PATH), "what is refused is not offered");
    let foreign = Request::post(PATH).header("cookie", "allmende=session-administrator").header("sec-fetch-site", "cross-site");
    let foreign =
        foreign.header("content-type", "application/x-www-form-urlencoded").body(Body::from("datensatz=luft&plan=x")).expect("valid");
    assert!(city.send(foreign).await.status.is_client_error());
}

#[tokio::test]
async fn roll_ups_are_told_and_the_chart_stays() {
    let city = city_with(Some(KeptRollup { length: Rollup::Hour, keep: Keep::parse("P10Y") })).await;
    let page = city.get_inside(PATH).await.body;
    for part in ["Alle Werte: 2 Tage, danach Stundenwerte, diese 10 Jahre", "wird zu Stundenwerten", "Genau das ausführen"] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(city.get_inside(&format!("/en{PATH}")).await.expect(200).contains("becomes hourly values"));
    let drawn = async || {
        let page = city.get_inside("/datensaetze/luft").await;
        let (_, rest) = page.expect(200).split_once("<svg class=\"chart").expect("a chart");
        rest.split("</svg>").next().unwrap_or_default().to_owned()
    };
    let before = drawn().await;
    let form = format!("csrf={}&datensatz=luft&plan={}", hidden(&page, "csrf"), hidden(&page, "plan"));
    city.post_inside(PATH, &form).await.expect(303);
    assert_eq!(drawn().await, before);
    assert!(city.get_inside(PATH).await.body.contains("Nichts fällig"));
}

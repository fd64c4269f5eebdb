//! Downloads.

use expect_test::expect;

use super::city::City;

#[tokio::test]
async fn csv_is_a_long_table() {
    let city = City::new().await;
    let answer = city.get("/datensaetze/luft/daten.csv").await;
    let lines: Vec<&str> = answer.expect(200).lines().collect();
    assert_eq!(lines.len(), 1 + 72 + 69);
    expect![[r#"
        id,name,time,no2,quality
        urn:ngsi-ld:AirQualityObserved:DENW095,Geist,2026-05-01T00:00:00Z,10.5,
        urn:ngsi-ld:AirQualityObserved:DENW095,Geist,2026-05-01T03:00:00Z,13.5,no2:out-of-range
        urn:ngsi-ld:AirQualityObserved:DENW260,Weseler Straße <b>,2026-05-01T00:00:00Z,10.5,"#]]
    .assert_eq(&[lines[0], lines[1], lines[4], lines[73]].join("\n"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"luft.csv\"");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn excel_gets_its_own_form() {
    let city = City::new().await;
    let body = city.get("/datensaetze/luft/daten.csv?form=excel").await.body;
    expect![[r#"
        [BOM]Kennung;Ort oder Gegenstand;Zeit;Stickstoffdioxid in µg/m³;Hinweis
        urn:ngsi-ld:AirQualityObserved:DENW095;Geist;01.05.2026 02:00;10,5;"#]]
    .assert_eq(&body.lines().take(2).collect::<Vec<_>>().join("\n").replace('\u{feff}', "[BOM]"));
    let towns = city.get("/datensaetze/gemeinden/daten.csv?form=excel").await.body;
    assert!(towns.contains(";'=Gießen;"), "{towns}");
}

#[tokio::test]
async fn json_and_geojson_parse() {
    let city = City::new().await;
    let rows: serde_json::Value = serde_json::from_str(city.get("/datensaetze/luft/daten.json").await.expect(200)).expect("JSON");
    assert_eq!(rows.as_array().map(Vec::len), Some(141));
    assert_eq!(rows[0]["no2"], 10.5);
    let towns: serde_json::Value = serde_json::from_str(city.get("/datensaetze/gemeinden/daten.geojson").await.expect(200)).expect("JSON");
    assert_eq!(towns["features"][1]["properties"]["population"], 204_687);
    assert_eq!(towns["features"][1]["geometry"]["type"], "Polygon");
    let stations: serde_json::Value = serde_json::from_str(city.get("/datensaetze/luft/daten.geojson").await.expect(200)).expect("JSON");
    assert_eq!(stations["features"].as_array().map(Vec::len), Some(2));
    assert_eq!(stations["features"][0]["properties"]["time"], "2026-05-03T23:00:00Z");
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let city = City::new().await;
    let tag = city.get("/datensaetze/luft/daten.csv").await.header("etag").to_owned();
    let request = axum::http::Request::get("/datensaetze/luft/daten.csv")
        .header("if-none-match", tag)
        .body(axum::body::Body::empty())
        .expect("valid");
    city.send(request).await.expect(304);
}

#[tokio::test]
async fn unpublished_data_have_no_files() {
    let city = City::new().await;
    city.get("/datensaetze/geheim/daten.csv").await.expect(404);
    city.get_inside("/datensaetze/geheim/daten.csv").await.expect(200);
}

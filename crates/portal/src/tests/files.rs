//! Downloads.

use std::io::Cursor;

use axum::body::Body;
use axum::http::Request;
use calamine::{Data, Range, Reader as _, Xlsx};
use expect_test::expect;

use super::city::City;

/// A sheet of a dataset's workbook.
async fn sheet(city: &City, slug: &str, name: &str) -> Range<Data> {
    let answer = city.get(&format!("/datensaetze/{slug}/daten.xlsx")).await;
    answer.expect(200);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes)).expect("a workbook");
    book.worksheet_range(name).expect(name)
}

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
async fn a_file_may_hold_a_period_and_a_place_only() {
    let city = City::new().await;
    let times = |body: &str| body.lines().skip(1).filter_map(|line| line.split(',').nth(2)).map(str::to_owned).collect::<Vec<_>>();
    // The days are those of the clock at the place: two hours before UTC.
    let answer = city.get("/datensaetze/luft/daten.csv?von=2026-05-02&bis=2026-05-02&ort=AirQualityObserved%3ADENW095").await;
    let found = times(answer.expect(200));
    assert_eq!((found.len(), found[0].as_str(), found[23].as_str()), (24, "2026-05-01T22:00:00Z", "2026-05-02T21:00:00Z"));
    let whole = city.get("/datensaetze/luft/daten.csv").await;
    assert_ne!(answer.header("etag"), whole.header("etag"));
    assert!(answer.header("content-disposition").contains("luft_2026-05-02_2026-05-02"));
    let utc = city.get("/datensaetze/luft/daten.csv?von=2026-05-02&bis=2026-05-02&ort=AirQualityObserved%3ADENW095&uhr=utc").await;
    assert_eq!(times(utc.expect(200))[0], "2026-05-02T00:00:00Z");
    // Day by day, every row comes once.
    let mut rows = 0;
    for day in ["bis=2026-05-01", "von=2026-05-02&bis=2026-05-03", "von=2026-05-04"] {
        rows += times(city.get(&format!("/datensaetze/luft/daten.csv?{day}")).await.expect(200)).len();
    }
    assert_eq!(rows, times(&whole.body).len());
    let json: serde_json::Value =
        serde_json::from_str(city.get("/datensaetze/luft/daten.json?von=2026-05-03&bis=").await.expect(200)).expect("JSON");
    assert!(json.as_array().is_some_and(|rows| rows.iter().all(|row| row["time"].as_str() >= Some("2026-05-02T22:00:00Z"))));
    // The page offers these days in every form that has them.
    let page = city.get("/datensaetze/luft").await;
    for form in ["json", "parquet"] {
        let file = format!("/datensaetze/luft/daten.{form}");
        assert!(page.expect(200).contains(&format!("formaction=\"{file}\"")), "{form}");
        let answer = city.get(&format!("{file}?von=2026-05-02&bis=2026-05-02")).await;
        answer.expect(200);
        assert!(answer.header("content-disposition").contains(&format!("luft_2026-05-02_2026-05-02.{form}")));
    }
    // Nothing lies there: the head alone.
    for window in ["von=1970-01-01&bis=1970-12-31", "von=9999-12-31", "von=9999-12-31&bis=9999-12-31", "bis=0000-01-01"] {
        assert_eq!(city.get(&format!("/datensaetze/luft/daten.csv?{window}")).await.expect(200).lines().count(), 1, "{window}");
    }
    let answer = city.get("/datensaetze/luft/daten.xlsx?von=2026-05-02").await;
    answer.expect(200);
}

#[tokio::test]
async fn unusable_periods_are_named() {
    let city = City::new().await;
    let pages = ["/datensaetze/luft", "/datensaetze/luft/tabelle", "/datensaetze/luft/daten.csv", "/datensaetze/luft/daten.json"];
    for page in pages {
        for (query, said) in [
            ("von=gestern", "„gestern“ bei „von“"),
            ("bis=2026-02-30", "„2026-02-30“ bei „bis“"),
            ("von=-009999-01-01", "ein Tag, zum Beispiel"),
            ("von=2026-05-03&bis=2026-05-01", "Der erste Tag (2026-05-03) liegt nach dem letzten (2026-05-01)."),
        ] {
            let answer = city.get(&format!("{page}?{query}")).await;
            assert!(answer.expect(400).contains(said), "{page}?{query}: {}", answer.body);
        }
    }
    assert!(city.get("/en/datensaetze/luft?von=2026-05-03&bis=2026-05-01").await.expect(400).contains("Swap the two."));
    let untimed = city.get("/datensaetze/gemeinden/daten.csv?von=2026-05-01").await;
    assert!(untimed.expect(400).contains("keine Zeitangaben"), "{}", untimed.body);
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

#[tokio::test]
async fn a_workbook_holds_what_the_csv_holds() {
    let city = City::new().await;
    let csv = city.get("/datensaetze/luft/daten.csv").await.body;
    let data = sheet(&city, "luft", "Daten").await;
    assert_eq!(data.height(), csv.lines().count());
    let head: Vec<String> = data.rows().next().expect("a head").iter().map(ToString::to_string).collect();
    assert_eq!(head, ["Kennung", "Ort oder Gegenstand", "Zeit", "Stickstoffdioxid in µg/m³", "Hinweis"]);
    for (cells, line) in data.rows().zip(csv.lines()).skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!([cells[0].to_string(), cells[1].to_string()], [fields[0], fields[1]]);
        assert_eq!(cells[3], Data::Float(fields[3].parse().expect("a number")));
        assert_eq!(cells[4].to_string(), fields[4]);
        // Two hours ahead of UTC in May.
        let Data::DateTime(time) = &cells[2] else { panic!("{:?} is no time", cells[2]) };
        let (year, month, day, hour, ..) = time.to_ymd_hms_milli();
        let local = jiff::civil::datetime(i16::try_from(year).expect("a year"), month as i8, day as i8, hour as i8, 0, 0, 0);
        let utc: jiff::Timestamp = fields[2].parse().expect("a time");
        assert_eq!(local, utc.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(2))).datetime());
    }
    let about = sheet(&city, "luft", "Über diese Daten").await;
    let says = |label: &str| about.rows().find(|row| row[0] == *label).map(|row| row[1].to_string());
    assert_eq!(says("Herausgegeben von").as_deref(), Some("Umweltbundesamt"));
    assert_eq!(says("Lizenz").as_deref(), Some("Datenlizenz Deutschland – Namensnennung – Version 2.0"));
    assert_eq!(says("Quelle").as_deref(), Some("Messnetz"));
}

#[tokio::test]
async fn names_that_look_like_formulas_stay_names_in_a_workbook() {
    let city = City::new().await;
    let towns = sheet(&city, "gemeinden", "Daten").await;
    let row = towns.rows().find(|row| row[1] == *"=Gießen").expect("the town");
    assert_eq!(row[4], Data::Float(93161.0));
}

#[tokio::test]
async fn a_dataset_without_rows_is_a_file_too() {
    let city = City::new().await;
    for (file, kind) in [
        ("daten.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("daten.parquet", "application/vnd.apache.parquet"),
        ("daten.json", "application/json"),
    ] {
        let answer = city.get_inside(&format!("/datensaetze/geheim/{file}")).await;
        answer.expect(200);
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"geheim.{}\"", &file[6..]));
        assert!(!answer.bytes.is_empty());
        city.get(&format!("/datensaetze/geheim/{file}")).await.expect(404);
    }
}

#[tokio::test]
async fn parquet_begins_and_ends_as_parquet() {
    let city = City::new().await;
    let answer = city.get("/datensaetze/luft/daten.parquet").await;
    answer.expect(200);
    assert!(answer.bytes.starts_with(b"PAR1") && answer.bytes.ends_with(b"PAR1"));
}

#[tokio::test]
async fn head_says_what_get_would_and_csv_is_packed_for_whoever_takes_it() {
    let city = City::new().await;
    let ask = |method: &str, file: &str| {
        let request = Request::builder().method(method).uri(format!("/datensaetze/luft/{file}")).header("accept-encoding", "gzip");
        request.body(Body::empty()).expect("valid")
    };
    for file in ["daten.csv", "daten.xlsx", "daten.json", "daten.parquet"] {
        let (head, get) = (city.send(ask("HEAD", file)).await, city.send(ask("GET", file)).await);
        head.expect(200);
        assert!(head.bytes.is_empty() && !get.bytes.is_empty());
        for name in ["content-type", "content-disposition"] {
            assert_eq!(head.header(name), get.header(name), "{file}");
        }
        let weak = |answer: &super::city::Answer| answer.header("etag").trim_start_matches("W/").to_owned();
        assert_eq!(weak(&head), weak(&get));
        let is_text = matches!(file, "daten.csv" | "daten.json");
        assert_eq!(get.header("content-encoding"), if is_text { "gzip" } else { "" }, "{file}");
    }
}

#[tokio::test]
async fn the_page_lists_its_files_with_names_and_sizes() {
    let city = City::new().await;
    let body = city.get("/datensaetze/luft").await.body;
    let csv = city.get("/datensaetze/luft/daten.csv").await.bytes.len();
    for file in ["daten.xlsx", "daten.csv", "daten.json", "daten.geojson", "daten.parquet"] {
        assert!(body.contains(&format!("href=\"/datensaetze/luft/{file}\" download")), "{file}");
        assert!(body.contains(&format!("\"contentUrl\":\"https://daten.musterstadt.example/datensaetze/luft/{file}\"")), "{file}");
    }
    let row = body.split("daten.csv\" download>CSV").nth(1).and_then(|rest| rest.split("</tr>").next()).expect("a row");
    let shown: f64 = row
        .split("etwa ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|n| n.replace(',', ".").parse().ok())
        .expect("kB");
    #[expect(clippy::cast_precision_loss, reason = "a few kilobytes")]
    let real = csv as f64 / 1000.0;
    assert!((shown / real - 1.0).abs() < 0.25, "{shown} kB said, {real} kB sent");
}

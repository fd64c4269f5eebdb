//! Values of the past as one table: what stands in it, what stays here, and what cannot be had.

use std::sync::{Arc, Mutex};

use model::{Attribute, Instant, Iri, Json, SeriesKey, TimeWindow, Value};

use super::{dataset, id, instant, name, no2, number, station};
use crate::transfer::{HistoryForm, HistoryOrder, HistoryReport};
use crate::{Engine, Error, Kind, Operation, Role, ScratchEngine};

fn all(form: HistoryForm) -> HistoryOrder {
    HistoryOrder {
        dataset: None,
        entities: Vec::new(),
        entity_type: None,
        attributes: Vec::new(),
        window: TimeWindow::ALL,
        versions: false,
        personal: None,
        form,
    }
}

async fn export(engine: &ScratchEngine, order: HistoryOrder) -> Result<(HistoryReport, String), Error> {
    let given = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&given);
    let give = move |piece: Vec<u8>| {
        taken.lock().expect("whole").extend(piece);
        true
    };
    let report = engine.with_role(Role::Administrator).export_history(order, give, |_| {}).await?;
    let bytes = given.lock().expect("whole").clone();
    Ok((report, String::from_utf8_lossy(&bytes).into_owned()))
}

async fn lines(engine: &ScratchEngine, order: HistoryOrder) -> Vec<String> {
    let (_, text) = export(engine, order).await.expect("exported");
    text.lines().map(str::to_owned).collect()
}

#[track_caller]
fn refused(outcome: Result<(HistoryReport, String), Error>, kind: Kind, part: &str) {
    let error = outcome.expect_err("refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

/// Station a with a correction and one retraction, station b that is gone, a person's value.
async fn filled() -> ScratchEngine {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.put_dataset(dataset(true)).await.expect("declared");
    let at = |hour: u8| format!("2026-01-01T{hour:02}:00:00Z");
    let value = |short: &str, value: &str, hour: u8| {
        (1, station(short).with(Attribute { unit: Some(model::UnitCode::new("GQ")), ..no2(value, &at(hour)) }))
    };
    access.import(1, vec![value("a", "10.50", 0), value("a", "11", 1), value("a", "12", 2), value("b", "7", 1)]).await.expect("imported");
    engine.clock().advance_micros(3_600_000_000);
    access.import(2, vec![value("a", "10.25", 0)]).await.expect("imported");
    let key = SeriesKey { entity: id("a"), attribute: name("no2"), dataset: None };
    access.retract(&id("a"), name("no2"), &key.instance_id(instant(&at(1)))).await.expect("retracted");
    let text = |short: &str, text: &str| Attribute::new(name(short), Value::Property(Json::from(text)));
    let more = station("a").with(text("note", "laut, \"sehr\"\nlaut")).with(text("operator", "Erika"));
    access.write(vec![Operation::Upsert { entity: more, replace: false }, Operation::Delete(id("b"))]).await.expect("written");
    engine
}

#[tokio::test]
async fn a_row_is_a_value_as_it_is_known_now() {
    let engine = filled().await;
    let stations = HistoryOrder { entity_type: Some("Station".into()), ..all(HistoryForm::Csv) };
    let now = "2026-05-04T11:00:00Z";
    assert_eq!(
        export(&engine, stations.clone()).await.expect("exported").1,
        format!(
            "entity,type,attribute,datasetId,time,observed,number,value,unit,quality,kind,recordedAt\r\n\
             urn:ngsi-ld:Station:a,Station,no2,,2026-01-01T00:00:00Z,true,10.25,10.25,GQ,,Property,{now}\r\n\
             urn:ngsi-ld:Station:a,Station,no2,,2026-01-01T02:00:00Z,true,12,12,GQ,,Property,2026-05-04T10:00:00Z\r\n\
             urn:ngsi-ld:Station:a,Station,note,,{now},false,,\"laut, \"\"sehr\"\"\nlaut\",,,Property,{now}\r\n\
             urn:ngsi-ld:Station:b,Station,no2,,2026-01-01T01:00:00Z,true,7,7,GQ,,Property,2026-05-04T10:00:00Z\r\n"
        )
    );
    let json = lines(&engine, HistoryOrder { entities: vec![id("a")], attributes: vec!["no2".into()], ..all(HistoryForm::Json) }).await;
    assert_eq!(
        json[0],
        format!(
            "{{\"entity\":\"urn:ngsi-ld:Station:a\",\"type\":\"Station\",\"attribute\":\"no2\",\"time\":\"2026-01-01T00:00:00Z\",\
             \"observed\":true,\"value\":10.25,\"unit\":\"GQ\",\"kind\":\"Property\",\"recordedAt\":\"{now}\"}}"
        )
    );
    assert_eq!(json.len(), 2);
    let (report, parquet) = export(&engine, HistoryOrder { form: HistoryForm::Parquet, ..stations }).await.expect("exported");
    assert_eq!(report, HistoryReport { values: 4, things: 2, personal: 1, erased: 0 });
    assert!(parquet.starts_with("PAR1") && parquet.ends_with("PAR1"));
}

#[tokio::test]
async fn all_versions_say_what_they_are() {
    let engine = filled().await;
    let order = HistoryOrder { versions: true, attributes: vec!["no2".into()], dataset: Some("luft".into()), ..all(HistoryForm::Csv) };
    let said: Vec<(String, String)> = lines(&engine, order)
        .await
        .iter()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (format!("{} {}", &cells[0][20..], cells[4]), format!("{} {}", cells[6], cells[12]))
        })
        .collect();
    let expected = [
        ("a 2026-01-01T00:00:00Z", "10.50 value"),
        ("a 2026-01-01T00:00:00Z", "10.25 value"),
        ("a 2026-01-01T01:00:00Z", "11 value"),
        ("a 2026-01-01T01:00:00Z", " retracted"),
        ("a 2026-01-01T02:00:00Z", "12 value"),
        ("b 2026-01-01T01:00:00Z", "7 value"),
    ];
    let said: Vec<(&str, &str)> =
        said.iter().map(|(at, what)| (at.as_str(), what.as_str())).filter(|(_, what)| !what.ends_with("deleted")).collect();
    assert_eq!(said, expected);
}

#[tokio::test]
async fn values_of_persons_need_a_purpose() {
    let engine = filled().await;
    let (report, text) = export(&engine, HistoryOrder { entities: vec![id("a")], ..all(HistoryForm::Csv) }).await.expect("exported");
    assert!(!text.contains("Erika"));
    assert_eq!((report.values, report.personal), (3, 1));
    let operator = HistoryOrder { attributes: vec!["operator".into()], ..all(HistoryForm::Csv) };
    refused(export(&engine, operator.clone()).await, Kind::Forbidden, "all 1 values");
    let (report, text) = export(&engine, HistoryOrder { personal: Some("Auskunft".into()), ..operator }).await.expect("exported");
    assert!(text.contains(",Erika,"), "{text}");
    assert_eq!((report.values, report.personal), (1, 0));
    let give = |_: Vec<u8>| true;
    for role in [Role::Public, Role::Reader] {
        let denied = engine.with_role(role).export_history(all(HistoryForm::Csv), give, |_| {}).await.expect_err("denied");
        assert_eq!(denied.kind(), Kind::Forbidden);
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let engine = filled().await;
    let order = || all(HistoryForm::Csv);
    let window = |start: &str, end: &str| TimeWindow { start: instant(start), end: instant(end) };
    refused(export(&engine, HistoryOrder { dataset: Some("nix".into()), ..order() }).await, Kind::NotFound, "`nix`");
    refused(export(&engine, HistoryOrder { entities: vec![id("z")], ..order() }).await, Kind::NotFound, "Station:z");
    refused(
        export(&engine, HistoryOrder { entity_type: Some("Baum".into()), ..order() }).await,
        Kind::NotFound,
        "there are Dataset, Station",
    );
    let unknown = HistoryOrder { attributes: vec!["no3".into()], entities: vec![id("a")], ..order() };
    refused(export(&engine, unknown).await, Kind::NotFound, "there are no2, note, operator");
    let neither =
        HistoryOrder { dataset: Some("luft".into()), entities: vec![Iri::parse("urn:ngsi-ld:Dataset:luft").expect("valid")], ..order() };
    refused(export(&engine, neither).await, Kind::NotFound, "nothing fits");
    let no2 = HistoryOrder { attributes: vec!["no2".into()], ..order() };
    for window in [
        window("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"),
        window("2026-01-01T00:30:00Z", "2026-01-01T00:45:00Z"),
        window("2026-01-01T02:00:00Z", "2026-01-01T02:00:00Z"),
        window("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
        TimeWindow { start: Instant::MAX, end: TimeWindow::ALL.end },
    ] {
        let outcome = export(&engine, HistoryOrder { window, ..no2.clone() }).await;
        refused(outcome, Kind::NotFound, "between 2026-01-01T00:00:00Z and 2026-01-01T02:00:00Z");
    }
    let whole = window("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z");
    assert_eq!(lines(&engine, HistoryOrder { window: whole, ..no2 }).await.len(), 4);
}

#[tokio::test]
async fn times_at_the_ends_of_the_calendar_and_numbers_of_any_size() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let value = |value: &str, at: &str| (1, station("a").with(Attribute::new(name("no2"), number(value)).observed(instant(at))));
    let rows = vec![value("1e400", "1970-01-01T00:00:00Z"), value("12345678901234567890.10", "9999-12-31T23:59:59.999999Z")];
    access.import(1, rows).await.expect("imported");
    let said = lines(&engine, HistoryOrder { attributes: vec!["no2".into()], ..all(HistoryForm::Csv) }).await;
    assert!(said[1].contains(",1970-01-01T00:00:00Z,true,,1e400,"), "{said:?}");
    assert!(said[2].contains(",9999-12-31T23:59:59.999999Z,true,12345678901234567890.10,12345678901234567890.10,"), "{said:?}");
}

#[tokio::test]
async fn it_ends_when_nobody_takes_it() {
    let engine = filled().await;
    let gone = engine.with_role(Role::Administrator).export_history(all(HistoryForm::Csv), |_| false, |_| {}).await;
    assert_eq!(gone.expect_err("nobody took it").kind(), Kind::Unavailable);
}

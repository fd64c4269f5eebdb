use expect_test::{Expect, expect};
use model::dataset::{Aggregate, ColumnKind, Texts};
use model::geo::Position;
use model::{Class, Json, Name, Number, UnitCode, Value};

use super::*;

fn column(iri: &'static str, label: &str, unit: Option<&str>) -> Column {
    Column {
        attribute: Name::known(iri),
        label: Texts { de: label.into(), en: None },
        description: None,
        kind: ColumnKind::Measure,
        unit: unit.map(UnitCode::new),
        aggregate: Aggregate::Mean,
        class: Class::Open,
    }
}

fn columns() -> Vec<Column> {
    vec![column("https://example.org/no2", "NO₂", Some("GQ")), column("https://example.org/remark", "=Bemerkung", None)]
}

fn number(text: &str) -> Value {
    Value::Property(Json::Number(Number::parse(text).expect(text)))
}

#[track_caller]
fn check(form: Form, has_time: bool, expected: Expect) {
    let mut flagged = Attribute::new(Name::known("https://example.org/no2"), number("-1234.50"));
    flagged.sub.push(Attribute::new(reading::quality(), Value::Property(Json::from("out-of-range"))));
    let remark = Attribute::new(Name::known("https://example.org/remark"), Value::Property(Json::from("=1+1; \"x\", y\nz")));
    let place = Geometry::Point(Position::new(7.619_38, 51.953_27));
    let mut writer = form.writer(Layout::new(columns(), has_time, Language::De, About::default())).expect("a writer");
    let time = Instant::parse("2023-10-29T00:30:00Z").expect("valid");
    for attributes in [vec![flagged, remark], Vec::new()] {
        let row = Row { id: "urn:x:1", name: "@Weseler", time: has_time.then_some(time), attributes: &attributes, place: Some(&place) };
        writer.row(&row).expect("a row");
    }
    writer.finish().expect("whole");
    let out = String::from_utf8(writer.take()).expect("text");
    expected.assert_eq(&out.replace('\r', "␍").replace('\u{feff}', "[BOM]"));
}

#[test]
fn csv_for_programs_keeps_what_was_written() {
    check(
        Form::Csv,
        true,
        expect![[r#"
        id,name,time,no2,remark,quality␍
        urn:x:1,@Weseler,2023-10-29T00:30:00Z,-1234.50,"=1+1; ""x"", y
        z",no2:out-of-range␍
        urn:x:1,@Weseler,2023-10-29T00:30:00Z,,,␍
    "#]],
    );
}

#[test]
fn csv_for_excel_is_german_and_runs_nothing() {
    check(
        Form::Excel,
        true,
        expect![[r#"
        [BOM]Kennung;Ort oder Gegenstand;Zeit;NO₂ in µg/m³;'=Bemerkung;Hinweis␍
        urn:x:1;'@Weseler;29.10.2023 02:30;-1234,50;"'=1+1; ""x"", y
        z";no2:out-of-range␍
        urn:x:1;'@Weseler;29.10.2023 02:30;;;␍
    "#]],
    );
}

#[test]
fn things_without_time_have_their_place() {
    check(
        Form::Csv,
        false,
        expect![[r#"
        id,name,longitude,latitude,no2,remark,quality␍
        urn:x:1,@Weseler,7.61938,51.95327,-1234.50,"=1+1; ""x"", y
        z",no2:out-of-range␍
        urn:x:1,@Weseler,7.61938,51.95327,,,␍
    "#]],
    );
}

#[test]
fn json_is_a_list_of_objects() {
    check(
        Form::Json,
        true,
        expect![[r#"
        [
        {"id":"urn:x:1","name":"@Weseler","time":"2023-10-29T00:30:00Z","no2":-1234.50,"remark":"=1+1; \"x\", y\nz","quality":"no2:out-of-range"},
        {"id":"urn:x:1","name":"@Weseler","time":"2023-10-29T00:30:00Z","no2":null,"remark":null}]
    "#]],
    );
}

#[test]
fn geojson_is_a_collection_of_features() {
    check(
        Form::GeoJson,
        false,
        expect![[r#"
        {"type":"FeatureCollection","features":[
        {"type":"Feature","id":"urn:x:1","geometry":{"type":"Point","coordinates":[7.61938,51.95327]},"properties":{"id":"urn:x:1","name":"@Weseler","no2":-1234.50,"remark":"=1+1; \"x\", y\nz","quality":"no2:out-of-range"}},
        {"type":"Feature","id":"urn:x:1","geometry":{"type":"Point","coordinates":[7.61938,51.95327]},"properties":{"id":"urn:x:1","name":"@Weseler","no2":null,"remark":null}}]}
    "#]],
    );
}

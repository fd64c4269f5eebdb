use std::io::Cursor;

use calamine::{Data, Range, Reader as _, Xlsx};
use model::dataset::{Aggregate, Column, ColumnKind, Texts};
use model::{Attribute, Class, Name, UnitCode, Value};

use super::super::{About, Form};
use super::*;
use crate::messages::Language;

fn column(short: &str, label: &str) -> Column {
    Column {
        attribute: Name::intern(&format!("https://example.org/{short}")).expect("room"),
        label: Texts { de: label.into(), en: None },
        description: Some(Texts { de: "Größe & <Maß>".into(), en: None }),
        kind: ColumnKind::Measure,
        unit: Some(UnitCode::new("GQ")),
        aggregate: Aggregate::Mean,
        class: Class::Open,
    }
}

fn attribute(column: &Column, json: &str) -> Attribute {
    Attribute::new(column.attribute, Value::Property(model::json::parse(json.as_bytes()).expect(json)))
}

/// A workbook of rows of JSON values, one a column.
fn book(columns: &[Column], rows: &[Vec<&str>], rows_max: u32) -> Xlsx<Cursor<Vec<u8>>> {
    let layout = Layout::new(columns.to_vec(), true, Language::De, About::default());
    let mut book = Workbook::new(layout, rows_max).expect("a workbook");
    let mut bytes = book.take();
    let time = Instant::parse("2023-10-29T00:30:00Z").expect("valid");
    for row in rows {
        let attributes: Vec<Attribute> = columns.iter().zip(row).map(|(column, json)| attribute(column, json)).collect();
        let row = Row { id: "urn:x:1", name: "Straße", time: Some(time), attributes: &attributes, place: None };
        book.row(&row).expect("a row");
        bytes.extend(book.take());
    }
    book.finish().expect("whole");
    bytes.extend(book.take());
    Xlsx::new(Cursor::new(bytes)).expect("a workbook")
}

fn sheet(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Range<Data> {
    book.worksheet_range(name).expect(name)
}

#[test]
fn cells_are_typed() {
    let columns: Vec<Column> = (0..9).map(|n| column(&format!("c{n}"), "C")).collect();
    let row = vec![
        "-1234.50",
        "true",
        "\"Äpfel & <Öl>\"",
        r#"{"@type":"DateTime","@value":"2026-03-03T13:05:07Z"}"#,
        r#"{"@type":"Date","@value":"2026-03-03"}"#,
        "12345678901234567890",
        "null",
        r#"{"a":[1]}"#,
        r#"{"@type":"Date","@value":"1805-01-01"}"#,
    ];
    let mut book = book(&columns, &[row], ROWS_MAX);
    let sheet = sheet(&mut book, "Daten");
    let cells = sheet.rows().nth(1).expect("a row");
    // The first of the two hours between 02:00 and 03:00.
    assert_eq!(local(&cells[2]), (2023, 10, 29, 2, 30, 0, 0));
    assert_eq!(cells[3], Data::Float(-1234.5));
    assert_eq!(cells[4], Data::Bool(true));
    assert_eq!(cells[5], Data::String("Äpfel & <Öl>".into()));
    assert_eq!(local(&cells[6]), (2026, 3, 3, 14, 5, 7, 0));
    assert_eq!(local(&cells[7]), (2026, 3, 3, 0, 0, 0, 0));
    // Excel would drop the last digits of an identifier, and knows no day before 1900.
    assert_eq!(cells[8], Data::String("12345678901234567890".into()));
    assert_eq!(cells[9], Data::Empty);
    assert_eq!(cells[10], Data::String(r#"{"a":[1]}"#.into()));
    assert_eq!(cells[11], Data::String("1805-01-01".into()));
}

/// Year, month, day, hour, minute, second, millisecond of a cell that is shown as a time.
#[track_caller]
fn local(cell: &Data) -> (u16, u8, u8, u8, u8, u8, u16) {
    let Data::DateTime(time) = cell else { panic!("{cell:?} is no time") };
    time.to_ymd_hms_milli()
}

#[test]
fn no_text_is_a_formula_or_markup() {
    let texts = ["\"=1+1\"", "\"@SUM(A1)\"", "\"-2+3\"", "\"</t></is>\"", "\"_x000D_ \\u0007\\r\\n\""];
    let columns: Vec<Column> = texts.iter().enumerate().map(|(n, _)| column(&format!("c{n}"), "=cmd|' /C calc'!A0")).collect();
    let mut book = book(&columns, &[texts.to_vec()], ROWS_MAX);
    assert!(book.worksheet_formula("Daten").expect("a sheet").is_empty());
    let sheet = sheet(&mut book, "Daten");
    assert_eq!(sheet.get((0, 3)), Some(&Data::String("=cmd|' /C calc'!A0 in µg/m³".into())));
    for (index, expected) in ["=1+1", "@SUM(A1)", "-2+3", "</t></is>"].into_iter().enumerate() {
        assert_eq!(sheet.get((1, index + 3)), Some(&Data::String(expected.into())));
    }
    let mut xml = String::new();
    parts::escape("_x000D_ \u{7}\r\n", usize::MAX, &mut xml);
    assert_eq!(xml, "_x005F_x000D_ _x0007__x000D_\n");
}

#[test]
fn the_last_row_of_a_full_sheet_says_that_there_is_more() {
    let columns = [column("no2", "NO₂")];
    let mut full = book(&columns, &vec![vec!["1"]; 9], 6);
    let data = sheet(&mut full, "Daten");
    assert_eq!(data.height(), 6);
    assert_eq!(data.get((4, 3)), Some(&Data::Float(1.0)));
    assert!(data.get((5, 0)).is_some_and(|cell| cell.to_string().starts_with("Hier fehlen Zeilen")), "{data:?}");
    assert!(sheet(&mut full, "Über diese Daten").rows().any(|row| row[0] == Data::String("Nicht vollständig".into())));
    let mut fitting = book(&columns, &vec![vec!["1"]; 4], 6);
    assert_eq!(sheet(&mut fitting, "Daten").height(), 5);
    assert!(!sheet(&mut fitting, "Über diese Daten").rows().any(|row| row[0] == Data::String("Nicht vollständig".into())));
}

#[test]
fn three_hundred_columns_and_no_rows_are_a_workbook() {
    let columns: Vec<Column> = (0..300).map(|n| column(&format!("c{n}"), &format!("Größe {n}"))).collect();
    let mut empty = book(&columns, &[], ROWS_MAX);
    let data = sheet(&mut empty, "Daten");
    assert_eq!((data.height(), data.width()), (1, 304));
    assert_eq!(data.get((0, 302)), Some(&Data::String("Größe 299 in µg/m³".into())));
    let about = sheet(&mut empty, "Über diese Daten");
    let last = about.rows().nth_back(1).expect("a column");
    assert_eq!([0, 1, 2, 3].map(|n| last[n].to_string()), ["Größe 299 in µg/m³", "Größe & <Maß>", "c299", "µg/m³"]);
    let mut row = book(&columns, &[vec!["0.5"; 300]], ROWS_MAX);
    assert_eq!(sheet(&mut row, "Daten").get((1, 302)), Some(&Data::Float(0.5)));
}

#[test]
fn long_text_is_cut_to_what_a_cell_holds() {
    let long = format!("\"{}\"", "😀".repeat(20_000));
    let mut book = book(&[column("c", "C")], &[vec![&long]], ROWS_MAX);
    let text = sheet(&mut book, "Daten").get((1, 3)).expect("a cell").to_string();
    assert_eq!(text.encode_utf16().count(), 32_766);
}

#[test]
fn columns_have_letters() {
    let shown: Vec<String> = [(0, 1), (25, 2), (26, 3), (701, 4), (702, 5), (16_383, ROWS_MAX)].map(|(c, r)| At(c, r).to_string()).into();
    assert_eq!(shown, ["A1", "Z2", "AA3", "ZZ4", "AAA5", "XFD1048576"]);
}

#[test]
fn the_form_is_named_as_registered() {
    assert_eq!(Form::Xlsx.media_type(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
}

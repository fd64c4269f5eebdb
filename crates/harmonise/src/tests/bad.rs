//! Bad input: every fault is told, nothing that is good is lost with it.

use std::io::{Cursor, Read};

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{definition, now, outcome, run};
use crate::{Definition, Input, Record, Rejected, Sink, SinkError};

fn csv(format: &str) -> Definition {
    definition(&format!(
        r#"
        terms = {{ Thing = "https://allmende.eu/def/Thing", v = "https://allmende.eu/def/v", place = "https://allmende.eu/def/place" }}
        [source]
        name = "t"
        transport = "push"
        [format]
        {format}
        [time]
        fields = ["zeit"]
        patterns = ["YYYY-MM-DD hh:mm"]
        zone = "Europe/Berlin"
        [entity]
        type = "Thing"
        id = "urn:t:{{ort|slug}}"
        [[attribute]]
        name = "v"
        field = "wert"
        as = "number"
        "#
    ))
}

#[track_caller]
fn check(format: &str, bytes: &[u8], expected: Expect) {
    expected.assert_eq(&outcome(&csv(format), "t.csv", bytes));
}

#[test]
fn missing_columns_are_listed_with_those_found() {
    check(
        "kind = \"csv\"",
        b"zeit;platz;wert\n",
        expect!["fatal: the columns `ort` are missing; found are `zeit`, `platz`, `wert`; mend the definition or the file"],
    );
    check(
        "kind = \"csv\"\ndelimiter = \",\"",
        b"zeit;ort;wert\n",
        expect!["fatal: the columns `zeit`, `ort`, `wert` are missing; found are `zeit;ort;wert`; mend the definition or the file"],
    );
    check("kind = \"csv\"", b"", expect!["fatal: the file ends before its header in line 1: it is empty or too short"]);
    check("kind = \"csv\"", b"zeit;ort;wert\n", expect![""]);
}

#[test]
fn wrong_encodings_are_told() {
    check(
        "kind = \"csv\"\nencoding = \"utf-8\"",
        b"zeit;ort;wert\n2024-01-01 00:00;K\xf6ln;1\n",
        expect!["fatal: line 2 is not UTF-8: byte 0xF6 at place 19; set `format.encoding` to `iso-8859-1`, `windows-1252` or `auto`"],
    );
    check(
        "kind = \"csv\"",
        b"\xff\xfez\0e\0i\0t\0",
        expect!["fatal: the file is UTF-16; save it as UTF-8, for example with „CSV UTF-8“ in the spreadsheet's dialogue"],
    );
    check(
        "kind = \"csv\"",
        b"PK\x03\x04....",
        expect!["fatal: the file is a zip archive or a spreadsheet, not delimited text; set `format.kind` to `xlsx` or unpack it"],
    );
    check("kind = \"csv\"", b"ze\0it;ort;wert\n", expect!["fatal: the file holds zero bytes: it is not delimited text"]);
    check("kind = \"csv\"", b"zeit;ort;wert\n2024-01-01 00:00;K\xf6ln;1\n", expect!["urn:t:koeln v @2023-12-31T23:00:00Z = 1"]);
}

#[test]
fn broken_rows_are_refused_alone() {
    check(
        "kind = \"csv\"",
        "zeit;ort;wert\n2024-01-01 00:00;a\n2024-01-01 01:00;a;1;2\n2024-01-01 02:00;\"a;1\n2024-01-01 03:00;a;1;;\n2024-02-30 00:00;a;1\n2024-01-01 04:00;a;eins\n;a;1\n\n2024-01-01 05:00;a;5".as_bytes(),
        expect![[r#"
            urn:t:a v @2024-01-01T02:00:00Z = 1
            urn:t:a v @2024-01-01T04:00:00Z = 5
            refused 2 [2024-01-01 00:00;a] the row has 2 fields, the header 3
            refused 3 [2024-01-01 01:00;a;1;2] the row has 4 fields, the header 3
            refused 4 [2024-01-01 02:00;"a;1] the line opens a quote and does not close it
            refused 6 [2024-02-30 00:00;a;1] `zeit`: `2024-02-30 00:00` does not exist in the calendar
            refused 7 [2024-01-01 04:00;a;eins] `wert`: `eins` is not a number: expected digits with `.` as decimal sign and nothing between thousands
            refused 8 [;a;1] `zeit`: the time is missing"#]],
    );
}

#[test]
fn quoted_fields_may_span_lines() {
    check(
        "kind = \"csv\"",
        b"zeit;ort;wert\n2024-01-01 00:00;\"a\nb\";1\n2024-01-01 01:00;c;2\n",
        expect![[r#"
        urn:t:a-b v @2023-12-31T23:00:00Z = 1
        urn:t:c v @2024-01-01T00:00:00Z = 2"#]],
    );
}

#[test]
fn a_gigantic_line_is_refused_and_the_next_is_read() {
    struct Few(Vec<Record>, Vec<Rejected>);
    impl Sink for Few {
        fn accept(&mut self, record: Record) -> Result<(), SinkError> {
            self.0.push(record);
            Ok(())
        }
        fn reject(&mut self, rejected: Rejected) -> Result<(), SinkError> {
            self.1.push(rejected);
            Ok(())
        }
    }
    let mut input = b"zeit;ort;wert\n".chain(std::io::repeat(b'x').take(40 << 20)).chain(&b"\n2024-01-01 00:00;a;1\n"[..]);
    let mut sink = Few(Vec::new(), Vec::new());
    let summary = crate::run(&csv("kind = \"csv\""), Input { name: "t.csv", reader: &mut input }, now(), &mut sink).expect("readable");
    assert_eq!((summary.accepted, summary.rejected, sink.0[0].record), (1, 1, 3));
    assert_eq!(sink.1[0].reason.to_string(), "the line is longer than 16777216 bytes; its beginning is kept");
    assert!(sink.1[0].raw.len() <= 4096);
}

#[test]
fn malformed_json_names_line_and_reason() {
    let json = "kind = \"json\"\nrecords = \"/r\"";
    check(json, b"", expect!["fatal: the file is empty; JSON is expected"]);
    check(json, b"{\"s\":[]}", expect!["fatal: there are no records at `/r`: `/` has the members `s`; mend `format.records`"]);
    check(json, b"[1]", expect!["fatal: line 1 of the JSON: `{` is expected, but `[` stands there"]);
    check(
        json,
        b"{\"r\":[\n{\"zeit\":\"2024-01-01 00:00\",\"ort\":\"a\",\"wert\":1.50},\n{\"zeit\":\"2024-01-01 00:00\",\"ort\":\"a\",\"wert\":1,50}",
        expect![[r#"
            urn:t:a v @2023-12-31T23:00:00Z = 1.50
            refused 2 [{"zeit":"2024-01-01 00:00","ort":"a","we] the record is no valid JSON: line 1, column 47: a member name in quotes is expected
            fatal: line 3 of the JSON: `,` is expected, but the file ends"#]],
    );
    check(json, b"{\"r\":[{\"zeit\":\"2024", expect!["fatal: line 1 of the JSON: the file ends within a record: it is cut off"]);
    check(json, b"{\"r\":[]} x", expect!["fatal: line 1 of the JSON: the document ends here, but more text follows"]);
    check(
        json,
        b"{\"r\":[{\"a\":\"\xff\"}]}",
        expect![[r#"
        refused 1 [{"a":"�"}] the record is no valid JSON: line 1, column 7: the text is not UTF-8
        note `zeit`: no record has this field; mend the name of the field in the definition, or set `optional = true`
        note `ort`: no record has this field; mend the name of the field in the definition, or set `optional = true`
        note `wert`: no record has this field; mend the name of the field in the definition, or set `optional = true`"#]],
    );
    let deep = format!("{{\"r\":[{}1{}]}}", "[".repeat(5000), "]".repeat(5000));
    let (result, kept) = run(&csv(json), "t.json", deep.as_bytes());
    assert!(result.is_ok() && kept.rejected[0].reason.to_string().contains("64 deep"), "{}", kept.rejected[0].reason);
}

#[test]
fn json_lines_and_single_documents_are_read() {
    let line = r#"{"zeit":"2024-01-01 00:00","ort":"a","wert":1}"#;
    check("kind = \"json\"", line.as_bytes(), expect!["urn:t:a v @2023-12-31T23:00:00Z = 1"]);
    let second = line.replace("\"a\"", "\"b\"");
    check(
        "kind = \"json\"",
        format!("{line}\n{second}\n").as_bytes(),
        expect![[r#"
        urn:t:a v @2023-12-31T23:00:00Z = 1
        urn:t:b v @2023-12-31T23:00:00Z = 1"#]],
    );
}

fn archive(parts: &[(&str, u64)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, zeros) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a part");
        std::io::copy(&mut std::io::repeat(b' ').take(*zeros), &mut writer).expect("memory writes");
    }
    writer.finish().expect("an archive").into_inner()
}

#[test]
fn spreadsheets_that_are_none_are_refused() {
    check(
        "kind = \"xlsx\"",
        b"zeit;ort;wert\n",
        expect!["fatal: the file is no XLSX spreadsheet; if it is delimited text, set `format.kind` to `csv`"],
    );
    let (result, _) = run(&csv("kind = \"xlsx\""), "t.xlsx", b"PK\x03\x04garbage");
    assert!(result.expect_err("garbage").to_string().starts_with("the spreadsheet is a broken archive: "));
    let (result, _) = run(&csv("kind = \"xlsx\""), "t.xlsx", &archive(&[("a.txt", 10)]));
    assert!(result.expect_err("no workbook").to_string().starts_with("the spreadsheet cannot be read: "));
}

#[test]
fn coordinates_outside_their_system_are_refused() {
    let definition = definition(
        r#"
        terms = { Thing = "https://allmende.eu/def/Thing", place = "https://allmende.eu/def/place" }
        [source]
        name = "t"
        transport = "push"
        [format]
        kind = "csv"
        decimal = ","
        [entity]
        type = "Thing"
        id = "urn:t:{id}"
        [[attribute]]
        name = "place"
        kind = "GeoProperty"
        x = "ost"
        y = "nord"
        crs = "EPSG:25832"
        "#,
    );
    expect![[r#"
        urn:t:a place = {"type":"Point","coordinates":[9,49.99999998]}
        refused 3 [b;32500000,0;5538630,7] `ost`: the coordinates (32500000, 5538630.7) lie outside EPSG:25832: expected easting −1,000,000…2,000,000 m and northing 0…9,500,000 m (without the zone's number in front)
        refused 4 [c;x;5538630,7] `ost`: `x` is not a number: expected digits with `,` as decimal sign and nothing between thousands"#]]
    .assert_eq(&outcome(&definition, "t.csv", b"id;ost;nord\na;500000,0;5538630,7\nb;32500000,0;5538630,7\nc;x;5538630,7\n"));
}

#[test]
fn a_failing_sink_stops_the_run() {
    struct Full;
    impl Sink for Full {
        fn accept(&mut self, _: Record) -> Result<(), SinkError> {
            Err(SinkError("no space left on device".into()))
        }
        fn reject(&mut self, _: Rejected) -> Result<(), SinkError> {
            Ok(())
        }
    }
    let mut input: &[u8] = b"zeit;ort;wert\n2024-01-01 00:00;a;1\n";
    let fatal = crate::run(&csv("kind = \"csv\""), Input { name: "t.csv", reader: &mut input }, now(), &mut Full).expect_err("full");
    assert_eq!(fatal.to_string(), "the record could not be kept: no space left on device");
}

#[test]
fn contradicting_duplicates_are_flagged_and_kept() {
    let text = r#"
        terms = { Thing = "https://allmende.eu/def/Thing", v = "https://allmende.eu/def/v" }
        [source]
        name = "t"
        transport = "push"
        [format]
        kind = "csv"
        [time]
        fields = ["zeit"]
        patterns = ["YYYY-MM-DD"]
        zone = "UTC"
        [entity]
        type = "Thing"
        id = "urn:t:a"
        [[attribute]]
        name = "v"
        field = "wert"
        as = "number"
        quality = { duplicate = true, late_after = "P2D", max = 5 }
        "#;
    let bytes = b"zeit;wert\n2024-01-01;1\n2024-01-01;1\n2024-01-01;2\n2026-11-23;9\n";
    let (result, kept) = run(&definition(text), "t.csv", bytes);
    let flags = result.expect("readable").flags;
    assert_eq!(
        flags.into_iter().collect::<Vec<_>>(),
        [("duplicate".to_owned(), 1), ("late".to_owned(), 3), ("out-of-range".to_owned(), 1)]
    );
    assert_eq!(kept.records.len(), 4);
    expect![[r#"
        urn:t:a v @2024-01-01T00:00:00Z = 1
        urn:t:a v @2024-01-01T00:00:00Z = 1
        urn:t:a v @2024-01-01T00:00:00Z = 2 quality=duplicate
        urn:t:a v @2026-11-23T00:00:00Z = 9 quality=out-of-range"#]]
    .assert_eq(&outcome(&definition(text), "t.csv", bytes));
}

#[test]
fn a_preview_reads_the_beginning_only() {
    let mut input: &[u8] = b"zeit;ort;wert\n2024-01-01 00:00;a;1\nx;a;1\n2024-01-01 01:00;a;2\n";
    let preview = crate::preview(&csv("kind = \"csv\""), Input { name: "t.csv", reader: &mut input }, 2, now());
    assert_eq!((preview.records.len(), preview.rejected.len(), preview.summary.records), (1, 1, 2));
    assert_eq!((preview.summary.facts.delimiter, preview.summary.facts.columns.len()), (Some(';'), 3));
    let mut input: &[u8] = b"a;b\n";
    let preview = crate::preview(&csv("kind = \"csv\""), Input { name: "t.csv", reader: &mut input }, 2, now());
    assert!(preview.fatal.expect("columns are missing").to_string().starts_with("the columns `zeit`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_is_accepted_refused_or_told(
        format in prop::sample::select(vec!["kind = \"csv\"", "kind = \"json\"", "kind = \"json\"\nrecords = \"/r\"", "kind = \"xlsx\""]),
        pieces in prop::collection::vec(prop::sample::select(vec![
            "zeit;ort;wert\n", "2024-01-01 00:00", ";", "\"", "\n", "\r\n", "a", "ü", "1,5", "{", "}", "[", "]", "\"r\":", ":", ",", "\\", "\u{feff}", "PK\u{3}\u{4}", "\0",
        ]), 0..40),
    ) {
        let text = pieces.concat();
        let (result, kept) = run(&csv(format), "t", text.as_bytes());
        if let Ok(summary) = result {
            prop_assert_eq!(summary.records, summary.accepted + summary.rejected + summary.empty - kept.rejected.iter().filter(|rejected| rejected.partly).count() as u64);
        }
    }

    #[test]
    fn a_refused_record_is_refused_the_same_way_again(ort in "[a-z]{0,3}", wert in "[0-9a,;\"]{0,6}", zeit in "2024-0[1-9]-3[01] 0[0-9]:00") {
        let definition = csv("kind = \"csv\"");
        let (_, kept) = run(&definition, "t", format!("zeit;ort;wert\n{zeit};{ort};{wert}\n").as_bytes());
        for rejected in &kept.rejected {
            let mut again = super::Kept::default();
            let quarantined = crate::Quarantined { record: rejected.record, raw: &rejected.raw, context: &rejected.context };
            crate::replay(&definition, quarantined, now(), &mut again).expect("replayable");
            prop_assert_eq!(&again.rejected[..], std::slice::from_ref(rejected));
        }
    }
}

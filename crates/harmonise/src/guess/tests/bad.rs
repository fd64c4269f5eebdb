//! What is uploaded by mistake or makes trouble.

use super::{answers, guess, look_at};
use crate::guess::{Finding, Given, Meaning, Personal, Refusal};

#[track_caller]
fn refused(bytes: &[u8], expected: &Refusal) {
    assert_eq!(&look_at(bytes, &Given::default()).expect_err("no table"), expected);
}

/// An archive with these parts.
pub(super) fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        // Stored, as OpenDocument wants its first part (ODF 1.3 part 2, 3.3).
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file(*name, options).expect("a part");
        writer.write_all(text.as_bytes()).expect("memory writes");
    }
    writer.finish().expect("an archive").into_inner()
}

/// A workbook whose sheets hold these rows of cells as XML.
pub(super) fn workbook(sheets: &[(&str, &str)], more: &[(&str, &str)]) -> Vec<u8> {
    let list: String = (1..).zip(sheets).map(|(n, (name, _))| format!(r#"<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>"#)).collect();
    let relations: String = (1..=sheets.len())
        .map(|n| format!(r#"<Relationship Id="rId{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{n}.xml"/>"#))
        .collect();
    let names: Vec<String> = (1..=sheets.len()).map(|n| format!("xl/worksheets/sheet{n}.xml")).collect();
    let book = format!(
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{list}</sheets></workbook>"#
    );
    let relations =
        format!(r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>"#);
    let bodies: Vec<String> = sheets
        .iter()
        .map(|(_, rows)| {
            format!(
                r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
            )
        })
        .collect();
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    let root = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let mut parts = vec![
        ("[Content_Types].xml", types),
        ("_rels/.rels", root),
        ("xl/workbook.xml", book.as_str()),
        ("xl/_rels/workbook.xml.rels", relations.as_str()),
    ];
    parts.extend(names.iter().map(String::as_str).zip(bodies.iter().map(String::as_str)));
    parts.extend_from_slice(more);
    archive(&parts)
}

fn text_cell(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

#[test]
fn files_that_are_no_tables_are_named() {
    refused(b"", &Refusal::Empty);
    refused(b"\xef\xbb\xbf \r\n\r\n", &Refusal::Empty);
    refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &Refusal::Image);
    refused(b"\xff\xd8\xff\xe0\0\x10JFIF", &Refusal::Image);
    refused(b"%PDF-1.7\n1 0 obj", &Refusal::Pdf);
    refused(b"\xff\xfeN\0a\0m\0e\0", &Refusal::Utf16);
    refused(b"MZ\x90\0\x03\0\0\0", &Refusal::Binary);
    refused(b"Sehr geehrte Damen und Herren\nanbei die Zahlen\n", &Refusal::NoTable);
    refused(b"Name;Einwohner\n", &Refusal::HeaderOnly);
    refused(br#"{"werte":[1,2,3]}"#, &Refusal::NoRecords);
    refused(br#"{"type":"FeatureCollection","features":[]}"#, &Refusal::HeaderOnly);
    refused(&archive(&[("bild.txt", "x")]), &Refusal::Archive);
    refused(&archive(&[("[Content_Types].xml", "x"), ("word/document.xml", "x")]), &Refusal::Document);
    refused(&archive(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")]), &Refusal::OpenDocument);
    let Err(Refusal::Broken(why)) = look_at(br#"[{"a": 1}, {"a": "#, &Given::default()) else { panic!("half a record is no table") };
    assert_eq!(why.to_string(), "line 1 of the JSON: the file ends within a record: it is cut off");
}

#[test]
fn a_workbook_behind_a_password_is_no_old_workbook() {
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(1024, 0);
    refused(&file, &Refusal::OldSpreadsheet);
    file.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    refused(&file, &Refusal::Protected);
}

#[test]
fn three_hundred_columns_are_too_many() {
    let header: Vec<String> = (1..=300).map(|n| format!("Spalte{n}a")).collect();
    let row = vec!["1"; 300].join(";");
    refused(format!("{}\n{row}\n", header.join(";")).as_bytes(), &Refusal::TooWide { found: 300 });
}

#[test]
fn formulas_macros_and_more_sheets_are_told() {
    let header = format!("<row r=\"1\">{}{}</row>", text_cell("A1", "Name"), text_cell("B1", "Summe"));
    let rows = format!("{header}<row r=\"2\">{}<c r=\"B2\"><f>1+2</f><v>3</v></c></row>", text_cell("A2", "Rathaus"));
    let (sample, plan, findings) = guess(&workbook(&[("Daten", &rows), ("Notizen", "")], &[("xl/vbaProject.bin", "x")]));
    assert_eq!(sample.rows[0].cells[1], model::Json::Number(model::Number::parse("3").expect("a number")));
    assert_eq!(plan.columns[1].meaning, Meaning::Number);
    let expected = [Finding::Formulas, Finding::Macros, Finding::MoreSheets { names: vec!["Notizen".into()], read: "Daten".into() }];
    assert_eq!(findings, expected);
}

#[test]
fn texts_among_numbers_are_shown_with_their_line() {
    let mut file = String::from("Name;Anzahl\n");
    (0..40).for_each(|n| file.push_str(&format!("Ort {n};{n}\n")));
    file.push_str("Ort 40;viele\nOrt 41;einige\n");
    let (_, plan, findings) = guess(file.as_bytes());
    assert_eq!(plan.columns[1].meaning, Meaning::Number);
    let unfit = Finding::Unfit { column: "Anzahl".into(), meaning: Meaning::Number, line: 42, value: "viele".into(), more: 1 };
    assert!(findings.contains(&unfit), "{findings:?}");
}

#[test]
fn mixed_columns_stay_text() {
    let (_, plan, _) = guess(b"Name;Wert\na;1\nb;zwei\nc;drei\nd;4\n");
    assert_eq!(plan.columns[1].meaning, Meaning::Text);
}

#[test]
fn coordinates_that_land_elsewhere_are_told() {
    let (sample, mut plan, findings) = guess(b"Name;Rechtswert;Hochwert\na;477123.4;5556789.1\nb;477200.0;5556800.0\n");
    assert_eq!(plan.crs.as_deref(), Some("EPSG:25832"));
    assert!(findings.iter().any(|finding| matches!(finding, Finding::System { .. })), "{findings:?}");
    plan.crs = Some("EPSG:3857".into());
    let findings = crate::guess::examine(&sample, &plan);
    let far = findings.iter().find(|finding| matches!(finding, Finding::Elsewhere { line: 2, lands: Some(_), more: 1 }));
    assert!(far.is_some(), "{findings:?}");
}

#[test]
fn exchanged_degrees_are_turned_round() {
    let (_, plan, _) = guess(b"Name;x;y\na;50.11;8.68\nb;50.12;8.69\n");
    assert_eq!((plan.columns[1].meaning, plan.columns[2].meaning), (Meaning::North, Meaning::East));
}

#[test]
fn columns_that_look_personal_are_asked_about() {
    let file = "Vorname;Nachname;E-Mail;Geburtsdatum;Telefonnummer;IBAN;Anmerkung\n\
        Erika;Muster;erika@example.org;01.02.1990;0611 123456;DE02120300000000202051;x\n\
        Max;Muster;max@example.org;03.04.1985;0611 654321;DE02500105170137075030;y\n";
    let (_, plan, _) = guess(file.as_bytes());
    let found: Vec<Personal> = plan.personal().filter_map(|column| column.personal).collect();
    assert_eq!(found, [Personal::Name, Personal::Name, Personal::Email, Personal::Birth, Personal::Phone, Personal::Iban]);
    // Told by their values when the header says nothing.
    let (_, plan, _) = guess(b"a;b;c\nx@example.org;DE02 1203 0000 0000 2020 51;1\ny@example.org;DE02 5001 0517 0137 0750 30;2\n");
    assert_eq!(plan.personal().filter_map(|column| column.personal).collect::<Vec<_>>(), [Personal::Email, Personal::Iban]);
    // Their data never become open.
    let closed = crate::guess::definition(&plan, &crate::guess::Answers { personal: true, published: true, ..answers() });
    assert!(
        closed.contains("published = false") && closed.contains("class = \"personal\"") && !closed.contains("class = \"open\""),
        "{closed}"
    );
}

#[test]
fn numbers_that_can_be_read_in_two_ways_are_asked_about() {
    let (_, plan, findings) = guess(b"Name;Einwohner\na;1.234\nb;5.678\n");
    assert_eq!((plan.columns[1].writing.decimal, plan.columns[1].writing.thousands), (',', Some('.')));
    assert!(findings.contains(&Finding::Ambiguous { column: "Einwohner".into(), value: "1.234".into(), decimal: ',' }), "{findings:?}");
}

#[test]
fn dates_that_can_be_read_in_two_ways_are_asked_about() {
    let (_, _, findings) = guess(b"Tag;Wert\n03/04/2024;1\n04/04/2024;2\n");
    assert!(findings.contains(&Finding::DayOrMonth { column: "Tag".into(), value: "03/04/2024".into(), day_first: true }), "{findings:?}");
    let (_, _, findings) = guess(b"Nr;Tag;Wert\n1;03.04.24;1\n2;04.04.24;2\n");
    assert!(findings.contains(&Finding::ShortYear { column: "Tag".into() }), "{findings:?}");
}

#[test]
fn rows_that_nothing_tells_apart_are_told() {
    let (sample, mut plan, findings) = guess(b"Art;Menge\nGlas;1\nGlas;2\nPapier;3\n");
    assert!(plan.key.is_empty() && plan.by_row && findings == [Finding::ByRow], "{findings:?}");
    plan.by_row = false;
    assert_eq!(crate::guess::examine(&sample, &plan), [Finding::NoKey]);
}

#[test]
fn rows_of_another_length_are_told() {
    let (_, _, findings) = guess(b"a;b;c\nx;1;2\ny;3;4\nz;5;6\nQuelle: Amt\n");
    assert!(findings.contains(&Finding::Ragged { line: 5, found: 1, expected: 3, more: 0 }), "{findings:?}");
}

#[test]
fn a_table_without_a_header_gets_names() {
    let (sample, _, findings) = guess(b"Glas;1\nPapier;2\n");
    assert_eq!(sample.header, ["Spalte 1", "Spalte 2"]);
    assert!(findings.contains(&Finding::NoHeader), "{findings:?}");
}

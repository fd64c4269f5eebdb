//! The parts of the package around the rows.

use std::fmt::Write as _;

use super::super::about::About;
use crate::messages::{Language, Texts};

/// A format of cells: its place in `cellXfs` of the styles.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    Plain = 0,
    Head = 1,
    /// A local time in minutes.
    Minute = 2,
    /// A local time in seconds.
    Second = 3,
    Day = 4,
    Wrapped = 5,
    /// Text that stays text when somebody edits the cell.
    Quoted = 6,
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// The parts that do not depend on the rows: path and content.
pub(super) fn fixed(about: &About, t: Texts) -> [(&'static str, String); 6] {
    [
        ("[Content_Types].xml", content_types()),
        (
            "_rels/.rels",
            relations(&[
                (&format!("{OFFICE}/officeDocument"), "xl/workbook.xml"),
                (&format!("{PACKAGE}/relationships/metadata/core-properties"), "docProps/core.xml"),
            ]),
        ),
        ("docProps/core.xml", core(about)),
        ("xl/workbook.xml", workbook(t)),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[
                (&format!("{OFFICE}/worksheet"), "worksheets/sheet1.xml"),
                (&format!("{OFFICE}/worksheet"), "worksheets/sheet2.xml"),
                (&format!("{OFFICE}/styles"), "styles.xml"),
            ]),
        ),
        ("xl/styles.xml", styles(t.language)),
    ]
}

fn content_types() -> String {
    let mut xml = format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    );
    for (path, kind) in [
        ("/xl/workbook.xml", &*format!("{SHEET}.sheet.main+xml")),
        ("/xl/worksheets/sheet1.xml", &format!("{SHEET}.worksheet+xml")),
        ("/xl/worksheets/sheet2.xml", &format!("{SHEET}.worksheet+xml")),
        ("/xl/styles.xml", &format!("{SHEET}.styles+xml")),
        ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
    ] {
        let _ = write!(xml, "<Override PartName=\"{path}\" ContentType=\"{kind}\"/>");
    }
    xml + "</Types>"
}

/// Relations, numbered from 1: type and target.
fn relations(relations: &[(&str, &str)]) -> String {
    let mut xml = format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">");
    for (index, (kind, target)) in relations.iter().enumerate() {
        let _ = write!(xml, "<Relationship Id=\"rId{}\" Type=\"{kind}\" Target=\"{target}\"/>", index + 1);
    }
    xml + "</Relationships>"
}

fn core(about: &About) -> String {
    let mut xml =
        format!("{HEAD}<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">");
    for (name, text) in [("title", &about.title), ("creator", &about.publisher), ("description", &about.licence)] {
        let _ = write!(xml, "<dc:{name}>");
        escape(text, usize::MAX, &mut xml);
        let _ = write!(xml, "</dc:{name}>");
    }
    xml + "</cp:coreProperties>"
}

fn workbook(t: Texts) -> String {
    let mut xml = format!("{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>");
    for (index, name) in [t.sheet_data(), t.sheet_about()].into_iter().enumerate() {
        let number = index + 1;
        let _ = write!(xml, "<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
    }
    xml + "</sheets></workbook>"
}

/// The formats that [`Style`] numbers.
fn styles(language: Language) -> String {
    let day = match language {
        Language::De => "dd\\.mm\\.yyyy",
        Language::En => "dd/mm/yyyy",
    };
    format!(
        "{HEAD}<styleSheet xmlns=\"{MAIN}\">\
         <numFmts count=\"3\"><numFmt numFmtId=\"164\" formatCode=\"{day}\\ hh:mm\"/><numFmt numFmtId=\"165\" formatCode=\"{day}\\ hh:mm:ss\"/><numFmt numFmtId=\"166\" formatCode=\"{day}\"/></numFmts>\
         <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
         <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
         <cellXfs count=\"7\">\
         <xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
         <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\" applyAlignment=\"1\"><alignment vertical=\"top\"/></xf>\
         <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
         <xf numFmtId=\"165\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
         <xf numFmtId=\"166\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
         <xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyAlignment=\"1\"><alignment vertical=\"top\" wrapText=\"1\"/></xf>\
         <xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" quotePrefix=\"1\"/>\
         </cellXfs>\
         <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>\
         </styleSheet>"
    )
}

/// Opens a sheet whose columns are so many characters wide; the first sheet's head stays in view.
pub(super) fn open_sheet(first: bool, widths: impl IntoIterator<Item = usize>, xml: &mut String) {
    let _ = write!(
        xml,
        "{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView {}workbookViewId=\"0\">",
        if first { "tabSelected=\"1\" " } else { "" }
    );
    if first {
        xml.push_str("<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>");
    }
    xml.push_str("</sheetView></sheetViews><cols>");
    for (index, width) in widths.into_iter().enumerate() {
        let _ = write!(xml, "<col min=\"{0}\" max=\"{0}\" width=\"{width}\" customWidth=\"1\"/>", index + 1);
    }
    xml.push_str("</cols><sheetData>");
}

/// Closes a sheet.
pub(super) fn close_sheet(xml: &mut String) {
    xml.push_str("</sheetData></worksheet>");
}

/// Text of an element, cut after `chars_max` characters (UTF-16). What XML 1.0
/// cannot hold is written as `_x0000_` (ECMA-376, part 1, 22.9.2.19, ST_Xstring).
pub(super) fn escape(text: &str, chars_max: usize, xml: &mut String) {
    let mut chars = 0;
    for (index, c) in text.char_indices() {
        chars += c.len_utf16();
        if chars > chars_max {
            return;
        }
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '_' if looks_escaped(&text[index..]) => xml.push_str("_x005F_"),
            '\n' | '\t' => xml.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(xml, "_x{:04X}_", u32::from(c));
            }
            c => xml.push(c),
        }
    }
}

/// Whether readers would take the text's beginning for `_x0000_`.
fn looks_escaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 7 && bytes[1] == b'x' && bytes[2..6].iter().all(u8::is_ascii_hexdigit) && bytes[6] == b'_'
}

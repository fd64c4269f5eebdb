//! Delimited text: encoding, delimiter, header.

use std::io::Read;

use model::Json;

use super::{COLUMNS_MAX, Given, Kind, Layout, Open, ROWS_SEEN, Refusal, Row, Sample, TEXT_BYTES, style, text_of, time};
use crate::definition::Encoding;
use crate::read::csv::split;
use crate::read::encoding::decode_as;

/// In how many rows a header is looked for.
const HEADER_WITHIN: usize = 40;
/// How many lines one quoted record may span.
const QUOTED_LINES_MAX: usize = 100;

/// Reads the beginning of delimited text.
pub(super) fn sample(open: Open<'_>, given: &Given) -> Result<Sample, Refusal> {
    let (bytes, complete) = beginning(open)?;
    let encoding = given.encoding.clone().unwrap_or_else(|| encoding_of(&bytes).to_owned());
    let text = decoded(&bytes, &encoding);
    let delimiter = given.delimiter.unwrap_or_else(|| char::from(delimiter_of(&text)));
    let all = records(&text, u8::try_from(delimiter).unwrap_or(b';'));
    if all.iter().all(|row| row.cells.len() < 2) {
        return Err(Refusal::NoTable);
    }
    let layout = Layout {
        kind: Kind::Csv,
        encoding: Some(encoding),
        delimiter: Some(delimiter),
        sheet: None,
        records: None,
        member: None,
        header: given.header.unwrap_or_else(|| header_of(&all)),
    };
    under_header(layout, all, complete)
}

/// The first bytes, cut at the end of a line; whether that is all.
fn beginning(open: Open<'_>) -> Result<(Vec<u8>, bool), Refusal> {
    let mut bytes = Vec::new();
    open()?.take(TEXT_BYTES).read_to_end(&mut bytes)?;
    let complete = (bytes.len() as u64) < TEXT_BYTES;
    if !complete && let Some(end) = memchr::memrchr(b'\n', &bytes) {
        bytes.truncate(end);
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok((bytes, complete))
}

/// UTF-8 when it is, else Windows-1252, which contains ISO-8859-1; plain ASCII leaves it open.
fn encoding_of(bytes: &[u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        _ if bytes.is_ascii() => Encoding::Auto.word(),
        Ok(_) => Encoding::Utf8.word(),
        Err(_) => Encoding::Windows1252.word(),
    }
}

fn decoded(bytes: &[u8], encoding: &str) -> String {
    let known = Encoding::WORDS.iter().find(|(word, _)| *word == encoding).map_or(Encoding::Auto, |(_, known)| *known);
    decode_as(known, bytes).map_or_else(|_| String::from_utf8_lossy(bytes).into_owned(), std::borrow::Cow::into_owned)
}

/// The sign that cuts most lines into the same number of fields.
fn delimiter_of(text: &str) -> u8 {
    let score = |sign: u8| {
        let widths: Vec<usize> = records(text, sign).iter().take(60).map(|row| row.cells.len()).collect();
        let usual = most_common(widths.iter().copied());
        if usual < 2 { (0, 0) } else { (widths.iter().filter(|width| **width == usual).count(), usual) }
    };
    // Of equals the first wins, so the usual German sign comes first.
    let mut best = ((0, 0), b';');
    for sign in [b';', b'\t', b',', b'|'] {
        let scored = score(sign);
        if scored > best.0 {
            best = (scored, sign);
        }
    }
    best.1
}

fn most_common(counts: impl Iterator<Item = usize>) -> usize {
    let mut seen = std::collections::BTreeMap::new();
    counts.for_each(|count| *seen.entry(count).or_insert(0usize) += 1);
    seen.into_iter().max_by_key(|(width, times)| (*times, *width)).map_or(0, |(width, _)| width)
}

/// The records of a text with their first lines; blank lines are none.
fn records(text: &str, delimiter: u8) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).zip(1u64..);
    while let Some((line, number)) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        let mut whole = line.to_owned();
        let mut cells = split(&whole, delimiter, Some(b'"'));
        let mut ahead = lines.clone();
        for _ in 0..QUOTED_LINES_MAX {
            if cells.is_some() {
                break;
            }
            let Some((next, _)) = ahead.next() else { break };
            whole.push('\n');
            whole.push_str(next);
            cells = split(&whole, delimiter, Some(b'"'));
            if cells.is_some() {
                lines = ahead.clone();
            }
        }
        let cells = cells.unwrap_or_else(|| vec![line.into()]);
        rows.push(Row { number, cells: cells.into_iter().map(Json::String).collect() });
        // The header may stand below a preamble, and the rows come after it.
        if rows.len() > ROWS_SEEN + HEADER_WITHIN {
            break;
        }
    }
    rows
}

/// The line of the header: the first one as wide as the table, of texts alone; 0 when there is none.
pub(super) fn header_of(rows: &[Row]) -> u64 {
    let filled = |row: &Row| row.cells.iter().filter(|cell| !text_of(cell).is_empty()).count();
    let width = most_common(rows.iter().take(400).map(filled));
    let wide_enough = |row: &Row| filled(row) >= 2.max(width * 3 / 5);
    let names_only = |row: &Row| row.cells.iter().map(text_of).filter(|text| !text.is_empty()).all(|text| is_name(&text));
    let found = rows.iter().take(HEADER_WITHIN).find(|row| wide_enough(row) && names_only(row));
    found.map_or(0, |row| row.number)
}

/// Whether a text may be the name of a column: a year may, other numbers and dates may not.
fn is_name(text: &str) -> bool {
    let is_year = text.len() == 4 && text.parse::<u16>().is_ok_and(|year| (1800..2200).contains(&year));
    is_year || (!style::is_number(text) && time::pattern_of(text).is_none())
}

/// Splits rows into header and data.
pub(super) fn under_header(layout: Layout, rows: Vec<Row>, complete: bool) -> Result<Sample, Refusal> {
    let names = rows.iter().find(|row| row.number == layout.header).map(|row| row.cells.iter().map(text_of).collect::<Vec<_>>());
    let width = names.as_ref().map_or_else(|| most_common(rows.iter().map(|row| row.cells.len())), Vec::len);
    let names = names.unwrap_or_else(|| (1..=width).map(|place| format!("Spalte {place}")).collect());
    if names.len() > COLUMNS_MAX {
        return Err(Refusal::TooWide { found: names.len() });
    }
    let header = crate::fields::Header::new(names.iter().map(|name| model::Text::from(name.as_str())));
    let seen_all = rows.len() <= ROWS_SEEN;
    let mut sample = Sample {
        layout,
        header: header.names.iter().map(ToString::to_string).collect(),
        rows: Vec::new(),
        complete: complete && seen_all,
        sheets: Vec::new(),
        has_formulas: false,
        has_macros: false,
        crs: None,
        positions: Vec::new(),
        ragged: Vec::new(),
    };
    for mut row in rows.into_iter().filter(|row| row.number > sample.layout.header).take(ROWS_SEEN) {
        let width = sample.header.len();
        let is_blank = |cell: &Json| text_of(cell).is_empty();
        let is_short = row.cells.len() < width && sample.layout.kind == Kind::Csv;
        if is_short || row.cells.iter().skip(width).any(|cell| !is_blank(cell)) {
            sample.ragged.push((row.number, row.cells.len()));
            continue;
        }
        row.cells.resize(width, Json::Null);
        sample.rows.push(row);
    }
    if sample.rows.is_empty() { Err(Refusal::HeaderOnly) } else { Ok(sample) }
}

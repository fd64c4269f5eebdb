//! Delimited text: any delimiter, quotes, several encodings, preambles,
//! second headers, footers, broken rows.

use std::collections::VecDeque;
use std::io::Read;
use std::ops::ControlFlow;

use model::{Json, Text};
use regex::Regex;

use super::encoding::{Decoder, decode_as};
use super::lines::{Line, Lines};
use super::{Body, EXCERPT_BYTES, Fatal, Raw, Shape, Visitor, fit, unusable};
use crate::definition::{Encoding, Table};
use crate::fields::Header;
use crate::message::Code;

/// How many lines a quoted field may span before the quote is taken for a mistake.
const QUOTED_LINES_MAX: usize = 100;

/// How to read.
pub(crate) struct Options<'a> {
    pub(crate) encoding: Encoding,
    pub(crate) delimiter: Option<u8>,
    pub(crate) quote: Option<u8>,
    pub(crate) table: &'a Table,
    pub(crate) ignore: &'a [Regex],
    pub(crate) record_bytes_max: usize,
}

/// Reads delimited text.
pub(crate) fn read(options: &Options<'_>, reader: &mut dyn Read, visitor: &mut dyn Visitor) -> Result<Shape, Fatal> {
    let mut rows = Rows {
        lines: Lines::new(reader, options.record_bytes_max),
        ahead: VecDeque::new(),
        decoder: Decoder::new(options.encoding),
        first: true,
        options,
    };
    let mut shape = rows.open()?;
    if let Some(line) = rows.after_header(&mut shape)? {
        rows.ahead.push_front(line);
    }
    visitor.begin(&shape)?;
    let header = shape.header.clone().unwrap_or_default();
    let delimiter = shape.delimiter.unwrap_or(b';');
    while let Some(line) = rows.next_line()? {
        if rows.is_ignored(&line)? {
            if !line.bytes.is_empty() {
                visitor.ignored();
            }
            continue;
        }
        let raw = rows.record(line, delimiter, &header)?;
        shape.encoding = Some(rows.decoder.encoding());
        if visitor.record(&shape, raw)? == ControlFlow::Break(()) {
            break;
        }
    }
    shape.encoding = Some(rows.decoder.encoding());
    Ok(shape)
}

struct Rows<'a, 'o> {
    lines: Lines<'a>,
    /// Lines that were read ahead and given back.
    ahead: VecDeque<Line>,
    decoder: Decoder,
    first: bool,
    options: &'o Options<'o>,
}

impl Rows<'_, '_> {
    fn next_line(&mut self) -> Result<Option<Line>, Fatal> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let Some(mut line) = self.lines.next()? else { return Ok(None) };
        if std::mem::take(&mut self.first) {
            self.begin(&mut line)?;
        }
        Ok(Some(line))
    }

    /// Looks at the very first bytes: a mark of UTF-8 is taken off, another encoding's refused.
    fn begin(&mut self, line: &mut Line) -> Result<(), Fatal> {
        if line.bytes.starts_with(b"\xef\xbb\xbf") {
            line.bytes.drain(..3);
            if !matches!(self.options.encoding, Encoding::Auto | Encoding::Utf8) {
                return Err(unusable(Code::MarkOfUtf8.with("encoding", self.options.encoding.word())));
            }
            self.decoder = Decoder::new(Encoding::Utf8);
        }
        if line.bytes.starts_with(b"\xff\xfe") || line.bytes.starts_with(b"\xfe\xff") {
            return Err(unusable(Code::FileUtf16));
        }
        if line.bytes.starts_with(b"PK\x03\x04") {
            return Err(unusable(Code::FileArchive));
        }
        if line.bytes.contains(&0) {
            return Err(unusable(Code::FileZeroBytes));
        }
        Ok(())
    }

    /// Finds the header and what separates its fields.
    fn open(&mut self) -> Result<Shape, Fatal> {
        let table = self.options.table;
        if table.header == 0 {
            let first = self.next_line()?;
            let delimiter = match (&first, self.options.delimiter) {
                (_, Some(delimiter)) => delimiter,
                (Some(line), None) => delimiter_of(&decode_as(Encoding::Latin1, &line.bytes).unwrap_or_default(), self.options.quote),
                (None, None) => b';',
            };
            self.ahead.extend(first);
            let header = Header::new(table.columns.iter().map(|name| Text::from(name.as_str())));
            return Ok(Shape { header: Some(header), delimiter: Some(delimiter), ..Shape::default() });
        }
        while let Some(line) = self.next_line()? {
            if line.number < table.header {
                continue;
            }
            if line.too_long {
                return Err(unusable(Code::HeaderTooLong.with("line", line.number).with("max", self.options.record_bytes_max)));
            }
            return self.header(&line);
        }
        Err(unusable(Code::HeaderMissing.with("line", table.header)))
    }

    fn header(&mut self, line: &Line) -> Result<Shape, Fatal> {
        let text = self.decoder.decode(&line.bytes, line.number)?.map_err(unusable)?.into_owned();
        let delimiter = self.options.delimiter.unwrap_or_else(|| delimiter_of(&text, self.options.quote));
        let Some(names) = split(&text, delimiter, self.options.quote) else {
            return Err(unusable(Code::HeaderQuoteOpen.with("line", line.number)));
        };
        Ok(Shape { header: Some(Header::new(names)), delimiter: Some(delimiter), ..Shape::default() })
    }

    /// Takes the second header line and the lines to skip; gives back a line that is neither.
    fn after_header(&mut self, shape: &mut Shape) -> Result<Option<Line>, Fatal> {
        if let (Some(second), Some(header)) = (&self.options.table.second, &mut shape.header) {
            let Some(line) = self.next_line()? else { return Ok(None) };
            let text = self.decoder.decode(&line.bytes, line.number)?.unwrap_or_default().into_owned();
            let cells = split(&text, shape.delimiter.unwrap_or(b';'), self.options.quote).unwrap_or_default();
            let values: Vec<Option<Text>> = cells.iter().map(|cell| second.value(cell)).collect();
            if values.iter().all(Option::is_none) {
                return Ok(Some(line));
            }
            header.second = values;
        }
        for _ in 0..self.options.table.skip {
            let _ = self.next_line()?;
        }
        Ok(None)
    }

    /// Blank lines and those the definition names.
    fn is_ignored(&mut self, line: &Line) -> Result<bool, Fatal> {
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(!line.too_long);
        }
        if self.options.ignore.is_empty() {
            return Ok(false);
        }
        let text = self.decoder.decode(&line.bytes, line.number)?.unwrap_or_default();
        Ok(self.options.ignore.iter().any(|pattern| pattern.is_match(&text)))
    }

    fn record(&mut self, line: Line, delimiter: u8, header: &Header) -> Result<Raw, Fatal> {
        let record = line.number;
        if line.too_long {
            let reason = Code::LineTooLong.with("max", self.options.record_bytes_max);
            return Ok(Raw { record, bytes: line.bytes, body: Body::Broken(reason) });
        }
        let mut bytes = line.bytes;
        let mut taken: Vec<Line> = Vec::new();
        let first_line_bytes = bytes.len();
        loop {
            let decoded = self.decoder.decode(&bytes, record)?.map(|text| split(&text, delimiter, self.options.quote));
            match decoded {
                Err(reason) => return Ok(Raw { record, bytes, body: Body::Broken(reason) }),
                Ok(Some(cells)) => {
                    let body = fit(cells.into_iter().map(Json::String).collect(), header, self.options.table);
                    return Ok(Raw { record, bytes, body });
                }
                Ok(None) => {}
            }
            let next = if taken.len() < QUOTED_LINES_MAX { self.next_line()? } else { None };
            let fits = next.as_ref().is_some_and(|next| !next.too_long && bytes.len() + next.bytes.len() < self.options.record_bytes_max);
            match next {
                Some(next) if fits => {
                    bytes.push(b'\n');
                    bytes.extend_from_slice(&next.bytes);
                    taken.push(next);
                }
                other => {
                    // The quote is a mistake of this line alone: the lines after it are records of their own.
                    for line in taken.into_iter().chain(other).rev() {
                        self.ahead.push_front(line);
                    }
                    bytes.truncate(first_line_bytes);
                    return Ok(Raw { record, bytes, body: Body::Broken(Code::QuoteOpen.into()) });
                }
            }
        }
    }
}

impl crate::definition::SecondHeader {
    /// The value of a cell of the second header line.
    pub(crate) fn value(&self, cell: &str) -> Option<Text> {
        let found = self.pattern.captures(cell.trim())?;
        found.get(1).or_else(|| found.get(0)).map(|value| Text::from(value.as_str()))
    }
}

/// Reads one record again from its raw bytes.
pub(crate) fn again(bytes: &[u8], encoding: Encoding, delimiter: u8, quote: Option<u8>, header: &Header, table: &Table) -> Body {
    let text = match decode_as(encoding, bytes) {
        Ok(text) => text,
        Err(reason) => return Body::Broken(reason),
    };
    match split(&text, delimiter, quote) {
        Some(cells) => fit(cells.into_iter().map(Json::String).collect(), header, table),
        None if bytes.len() == EXCERPT_BYTES => Body::Broken(Code::LineCut.into()),
        None => Body::Broken(Code::QuoteOpen.into()),
    }
}

/// Splits a record into fields (RFC 4180 and what else occurs): a quote opens
/// at the start of a field only, a doubled quote stands for itself, text after
/// a closing quote is kept. `None` when a quote stays open.
pub(crate) fn split(text: &str, delimiter: u8, quote: Option<u8>) -> Option<Vec<Text>> {
    let bytes = text.as_bytes();
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let mut field = Text::default();
        if quote.is_some() && bytes.get(at) == quote.as_ref() {
            at = quoted(text, at + 1, quote.unwrap_or(b'"'), &mut field)?;
        }
        let end = memchr::memchr(delimiter, &bytes[at..]).map_or(bytes.len(), |n| at + n);
        field.push_str(&text[at..end]);
        fields.push(field);
        if end == bytes.len() {
            return Some(fields);
        }
        at = end + 1;
    }
}

/// Takes a quoted part; the place behind its closing quote.
fn quoted(text: &str, from: usize, quote: u8, field: &mut Text) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let close = at + memchr::memchr(quote, &bytes[at..])?;
        field.push_str(&text[at..close]);
        if bytes.get(close + 1) != Some(&quote) {
            return Some(close + 1);
        }
        field.push(char::from(quote));
        at = close + 2;
    }
}

/// The sign that separates most fields of a line, outside quotes.
fn delimiter_of(line: &str, quote: Option<u8>) -> u8 {
    let mut best = (1, b';');
    for candidate in [b';', b'\t', b',', b'|'] {
        let count = split(line, candidate, quote).map_or(0, |fields| fields.len());
        if count > best.0 {
            best = (count, candidate);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<&[&str]>) {
        let got = split(line, b';', Some(b'"'));
        assert_eq!(got, expected.map(|fields| fields.iter().map(|f| Text::from(*f)).collect()), "{line}");
    }

    #[test]
    fn splits_fields() {
        check("a;b;c", Some(&["a", "b", "c"]));
        check("a;;", Some(&["a", "", ""]));
        check("", Some(&[""]));
        check(r#""a;b";"c ""d""";e"#, Some(&["a;b", r#"c "d""#, "e"]));
        check(r#"5" Rohr;x"#, Some(&[r#"5" Rohr"#, "x"]));
        check(r#""a"b;c"#, Some(&["ab", "c"]));
        check("\"a\nb\";c", Some(&["a\nb", "c"]));
        check(r#"a;"b"#, None);
    }

    #[test]
    fn finds_the_delimiter() {
        assert_eq!(delimiter_of(r#""a, b, c";d"#, Some(b'"')), b';');
        assert_eq!(delimiter_of("a,b,c", Some(b'"')), b',');
        assert_eq!(delimiter_of("a\tb", Some(b'"')), b'\t');
        assert_eq!(delimiter_of("a", Some(b'"')), b';');
    }
}

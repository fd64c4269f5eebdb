//! `[source]` and `[format]`: where records come from and how they are written.

use std::time::Duration;

use model::Text;
use model::dataset::Texts;
use regex::Regex;

use super::section::Section;
use super::transport::{Transport, period, transport};
use crate::message::{Code, Message};
use crate::number::Style;

/// What a source is and how its records arrive.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, a slug; unique in a tenant.
    pub name: Text,
    /// The definition's version, counted up with every change.
    pub version: u64,
    /// What people call it.
    pub title: Texts,
    /// How its records arrive.
    pub transport: Transport,
    /// How often to look for new records.
    pub every: Option<Duration>,
    /// After how long without a new value somebody is told.
    pub silent_after: Option<Duration>,
    /// Whether everybody who may see a value may see the record it was read from.
    pub raw_open: bool,
    /// Captures of this pattern in the input's name become fields.
    pub(crate) file_pattern: Option<Regex>,
}

/// A pattern for relative paths: `*` stands for anything but `/`, `**` for anything, `?` for one character.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    regex: Regex,
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Message> {
        let mut pattern = String::from("^");
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("**/") {
                pattern.push_str("(?:.*/)?");
                rest = after;
                continue;
            }
            if let Some(after) = rest.strip_prefix("**") {
                pattern.push_str(".*");
                rest = after;
                continue;
            }
            match c {
                '*' => pattern.push_str("[^/]*"),
                '?' => pattern.push_str("[^/]"),
                c => pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            }
            rest = &rest[c.len_utf8()..];
        }
        pattern.push('$');
        Regex::new(&pattern)
            .map(|regex| Self { text: text.to_owned(), regex })
            .map_err(|error| Code::NoPattern.with("detail", error.to_string()))
    }

    /// The pattern as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a path relative to the folder fits.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.regex.is_match(path)
    }
}

/// How records are written.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    pub(crate) kind: Kind,
    /// Largest record in bytes.
    pub(crate) record_bytes_max: usize,
    /// How numbers are written.
    pub(crate) numbers: Style,
    /// Texts that stand for a missing value, beside the empty text.
    pub(crate) missing: Vec<String>,
    /// The field that gets the record's number.
    pub(crate) number: Option<String>,
}

/// The file format with its options.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Csv {
        encoding: Encoding,
        delimiter: Option<u8>,
        quote: Option<u8>,
        table: Table,
        ignore: Vec<Regex>,
    },
    Xlsx {
        sheet: Option<String>,
        table: Table,
    },
    /// `each` names the elements of lists within a record that become records of their own.
    Json {
        records: String,
        key: Option<String>,
        geo: bool,
        each: Option<String>,
    },
}

/// How rows become records.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Line or row of the header, from 1; 0 is none.
    pub(crate) header: u64,
    /// Names of the columns when there is no header.
    pub(crate) columns: Vec<String>,
    /// What a second header line says.
    pub(crate) second: Option<SecondHeader>,
    /// Rows to pass over after the header.
    pub(crate) skip: u64,
    /// Whether short rows are filled up instead of refused.
    pub(crate) pad: bool,
}

/// A second header line: what its cells are called and how they are recognised.
#[derive(Debug, Clone)]
pub(crate) struct SecondHeader {
    pub(crate) field: String,
    /// A cell belongs to it when this matches; the first group is its value.
    pub(crate) pattern: Regex,
}

/// How text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Found out from the bytes: UTF-8 when valid, else Windows-1252.
    Auto,
    Utf8,
    Latin1,
    Windows1252,
}

impl Encoding {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Utf8 => "utf-8",
            Self::Latin1 => "iso-8859-1",
            Self::Windows1252 => "windows-1252",
        }
    }

    pub(crate) const WORDS: [(&'static str, Self); 4] =
        [("auto", Self::Auto), ("utf-8", Self::Utf8), ("iso-8859-1", Self::Latin1), ("windows-1252", Self::Windows1252)];
}

/// Reads `[source]`.
pub(super) fn source(section: &mut Section<'_>) -> Option<Source> {
    let name = section.need("name", Code::NameSource).and_then(|name| {
        if is_slug(&name) {
            return Some(name);
        }
        section.fault("name", Some(&name), Code::NoSlug, Code::WriteSlug);
        None
    });
    let version = section.whole("version", 1).unwrap_or(1);
    let title = section.languages("title");
    let transport = transport(section);
    let every = section.read("every", Code::WriteEvery, period);
    let silent_after = section.read("silent_after", Code::WriteSilentAfter, period);
    let file_pattern = section.read("file_pattern", Code::WriteGroups, regex);
    let raw_open = section.word("raw", &[("closed", false), ("open", true)]).unwrap_or(false);
    let name = name?;
    Some(Source {
        title: title.unwrap_or_else(|| Texts { de: name.as_str().into(), en: None }),
        name: name.as_str().into(),
        version,
        transport: transport?,
        every,
        silent_after,
        raw_open,
        file_pattern,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FormatWord {
    Csv,
    Xlsx,
    Json,
    GeoJson,
}

/// Reads `[format]`.
pub(super) fn format(section: &mut Section<'_>) -> Option<Format> {
    let words = [("csv", FormatWord::Csv), ("xlsx", FormatWord::Xlsx), ("json", FormatWord::Json), ("geojson", FormatWord::GeoJson)];
    if !section.has("kind") {
        let _ = section.need("kind", Code::UseFormat);
    }
    let word = section.word("kind", &words);
    let record_bytes_max =
        section.whole("record_bytes_max", 1).map_or(crate::read::RECORD_BYTES_MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let numbers = style(section);
    let missing = section.texts("missing");
    let number = section.text("number");
    let kind = match word? {
        FormatWord::Csv => csv(section),
        FormatWord::Xlsx => Some(Kind::Xlsx { sheet: section.text("sheet"), table: table(section) }),
        word => {
            let geo = word == FormatWord::GeoJson;
            let records = section.read("records", Code::WritePointer, pointer);
            let records = records.unwrap_or_else(|| if geo { "/features".to_owned() } else { String::new() });
            let each = section.read("each", Code::WriteEach, each);
            Some(Kind::Json { records, key: section.text("key"), geo, each })
        }
    };
    Some(Format { kind: kind?, record_bytes_max: record_bytes_max.min(crate::read::RECORD_BYTES_MAX), numbers, missing, number })
}

fn pointer(text: &str) -> Result<String, Message> {
    if text.is_empty() || text.starts_with('/') { Ok(text.to_owned()) } else { Err(Code::PointerStart.into()) }
}

fn each(text: &str) -> Result<String, Message> {
    let names_elements = text.starts_with('/') && text.ends_with("/*");
    if names_elements { Ok(text.to_owned()) } else { Err(Code::EachShape.into()) }
}

/// Reads `decimal` and `thousands`.
pub(super) fn style(section: &mut Section<'_>) -> Style {
    let decimal = section.word("decimal", &[(".", '.'), (",", ',')]).unwrap_or('.');
    let thousands =
        section.word("thousands", &[(".", Some('.')), (",", Some(',')), (" ", Some(' ')), ("'", Some('\'')), ("", None)]).flatten();
    if thousands == Some(decimal) {
        section.fault("thousands", Some(&decimal.to_string()), Code::SignsSame, Code::DeclareSign);
    }
    Style { decimal, thousands }
}

fn csv(section: &mut Section<'_>) -> Option<Kind> {
    let encoding = section.word("encoding", &Encoding::WORDS).unwrap_or(Encoding::Auto);
    let delimiters = [
        ("auto", None),
        (";", Some(b';')),
        (",", Some(b',')),
        ("\t", Some(b'\t')),
        ("tab", Some(b'\t')),
        ("|", Some(b'|')),
        (":", Some(b':')),
        (" ", Some(b' ')),
    ];
    let delimiter = section.word("delimiter", &delimiters).flatten();
    let quote = section.word("quote", &[("\"", Some(b'"')), ("'", Some(b'\'')), ("", None)]).unwrap_or(Some(b'"'));
    let table = table(section);
    let mut ignore = Vec::new();
    for pattern in section.texts("ignore") {
        match regex(&pattern) {
            Ok(regex) => ignore.push(regex),
            Err(reason) => section.fault("ignore", Some(&pattern), reason, Code::WriteIgnore),
        }
    }
    Some(Kind::Csv { encoding, delimiter, quote, table, ignore })
}

fn table(section: &mut Section<'_>) -> Table {
    let header = section.whole("header", 0).unwrap_or(1);
    let columns = section.texts("columns");
    if header == 0 && columns.is_empty() {
        section.fault("columns", None, Code::ColumnsLacking, Code::ListColumns);
    }
    if header > 0 && !columns.is_empty() {
        section.fault("columns", None, Code::ColumnsTwice, Code::DropColumns);
    }
    let second = section.child("second_header").and_then(|mut second| {
        let field = second.need("field", Code::NameSecondHeader);
        let pattern = second.read("pattern", Code::WriteOneGroup, regex);
        second.finish();
        Some(SecondHeader { field: field?, pattern: pattern? })
    });
    let skip = section.whole("skip", 0).unwrap_or(0);
    let pad = section.word("short_rows", &[("reject", false), ("pad", true)]).unwrap_or(false);
    Table { header, columns, second, skip, pad }
}

/// Compiles a regular expression; its size is bounded by the crate's own limit.
pub(super) fn regex(text: &str) -> Result<Regex, Message> {
    Regex::new(text).map_err(|error| {
        let text = error.to_string();
        Code::NoPattern.with("detail", text.lines().last().unwrap_or("").trim_start_matches("error: "))
    })
}

/// Whether a name may stand in addresses and file names.
pub(super) fn is_slug(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

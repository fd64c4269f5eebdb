//! A file nobody has described yet: what it is, how it is written, what its
//! columns mean, and a definition made from that.
//!
//! [`look`] reads the beginning of a file into a [`Sample`] or says why it is
//! no table. [`propose`] makes a [`Plan`] of it that a person corrects, and
//! [`examine`] says what a plan leaves open. [`definition`] writes the plan
//! with a person's [`Answers`] as the file every other source has.

mod choose;
mod examine;
mod file;
mod json;
mod place;
mod style;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod words;
mod workbook;
mod write;

use std::io::Read;

use model::{Crs, Json};
use serde::{Deserialize, Serialize};

pub use choose::{propose, settle};
pub use examine::{Finding, Weight, examine};
pub use file::{Refusal, look, recognise};
pub use place::systems;
pub use time::days;
pub use words::attribute_name;
pub use write::{Answers, Period, definition, slug_of, type_name, with_published};

/// The widest table that is taken.
pub const COLUMNS_MAX: usize = 200;
/// How many rows are looked at.
pub const ROWS_SEEN: usize = 2_000;
/// How much of a text is looked at, in bytes.
const TEXT_BYTES: u64 = 1 << 20;

/// Opens the file from its beginning; it is read more than once.
pub type Open<'a> = &'a mut dyn FnMut() -> std::io::Result<Box<dyn Read + Send>>;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Delimited text.
    Csv,
    /// A spreadsheet (Office Open XML).
    Xlsx,
    /// JSON.
    Json,
    /// GeoJSON.
    GeoJson,
}

/// How the table lies in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The kind of file.
    pub kind: Kind,
    /// Encoding as definitions name it; text only.
    pub encoding: Option<String>,
    /// What separates fields; text only.
    pub delimiter: Option<char>,
    /// The sheet; spreadsheets only.
    pub sheet: Option<String>,
    /// JSON pointer to the records; JSON only.
    pub records: Option<String>,
    /// The column that holds the names of the records, when they are members of an object; JSON only.
    #[serde(default)]
    pub member: Option<String>,
    /// Line or row of the header, from 1; 0 is none.
    pub header: u64,
}

/// What a person said about the layout; the rest is found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Encoding.
    pub encoding: Option<String>,
    /// Delimiter.
    pub delimiter: Option<char>,
    /// Sheet.
    pub sheet: Option<String>,
    /// Header.
    pub header: Option<u64>,
}

/// The beginning of a file as a table.
#[derive(Debug, Clone)]
pub struct Sample {
    /// How it lies in the file.
    pub layout: Layout,
    /// Names of the columns, each once; JSON pointers for what lies deeper.
    pub header: Vec<String>,
    /// The first rows, as long as the header.
    pub rows: Vec<Row>,
    /// Whether these are all rows.
    pub complete: bool,
    /// Other sheets of the workbook.
    pub sheets: Vec<String>,
    /// Whether cells hold formulas; their last results are read.
    pub has_formulas: bool,
    /// Whether the workbook holds macros; they are never run.
    pub has_macros: bool,
    /// The reference system a GeoJSON file names.
    pub crs: Option<Crs>,
    /// The first positions of a GeoJSON file, as written, with the numbers of their records.
    pub positions: Vec<(u64, (f64, f64))>,
    /// Rows with another number of fields than the header: line and fields.
    pub ragged: Vec<(u64, usize)>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its line, row or index, from 1.
    pub number: u64,
    /// Its cells.
    pub cells: Vec<Json>,
}

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Meaning {
    /// Left out.
    Skip,
    /// Text.
    Text,
    /// Numbers.
    Number,
    /// Yes or no.
    YesNo,
    /// When the values of the row were observed; two columns may share it.
    Time,
    /// First coordinate: easting or longitude.
    East,
    /// Second coordinate: northing or latitude.
    North,
}

impl Meaning {
    /// Every meaning, in the order people choose from.
    pub const ALL: [Self; 7] = [Self::Text, Self::Number, Self::Time, Self::YesNo, Self::East, Self::North, Self::Skip];

    /// Its word in forms.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Skip => "weglassen",
            Self::Text => "text",
            Self::Number => "zahl",
            Self::YesNo => "janein",
            Self::Time => "zeit",
            Self::East => "ost",
            Self::North => "nord",
        }
    }

    /// The meaning of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|meaning| meaning.word() == word)
    }
}

/// Why a column looks as if it spoke of persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Personal {
    /// First or family names.
    Name,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// Dates of birth.
    Birth,
    /// Bank accounts.
    Iban,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// The decimal sign.
    pub decimal: char,
    /// What groups thousands.
    pub thousands: Option<char>,
}

/// What becomes of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name in the file.
    pub field: String,
    /// What people read above it.
    pub label: String,
    /// What its values are.
    pub meaning: Meaning,
    /// Code of the unit (UN/CEFACT Recommendation 20).
    pub unit: Option<String>,
    /// How its numbers are written.
    pub writing: Writing,
    /// How its times are written.
    pub pattern: Option<String>,
    /// Whether its values change over time for one and the same thing.
    pub over_time: bool,
    /// Why it looks personal.
    pub personal: Option<Personal>,
}

/// What becomes of the file; what a person corrects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// How it lies in the file.
    pub layout: Layout,
    /// Texts that stand for no value.
    pub missing: Vec<String>,
    /// Where the clock hangs: `Europe/Berlin`, `UTC`, `+01:00` or `in-value`.
    pub zone: String,
    /// The system of the coordinates: `EPSG:25832`.
    pub crs: Option<String>,
    /// How all numbers are written, when a person said so.
    pub numbers: Option<Writing>,
    /// Columns that tell things apart; none when all rows speak of one thing.
    pub key: Vec<String>,
    /// Whether the number of the row tells things apart, alone or beside the key.
    #[serde(default)]
    pub by_row: bool,
    /// The column that names things for people.
    pub name: Option<String>,
    /// The columns.
    pub columns: Vec<Column>,
}

impl Plan {
    /// The columns that hold the time.
    pub fn times(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.meaning == Meaning::Time)
    }

    /// The first column with a meaning.
    #[must_use]
    pub fn one(&self, meaning: Meaning) -> Option<&Column> {
        self.columns.iter().find(|column| column.meaning == meaning)
    }

    /// Columns that look personal and are not left out.
    pub fn personal(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.personal.is_some() && column.meaning != Meaning::Skip)
    }
}

/// A cell as text without blanks around it; empty when nothing stands there.
#[must_use]
pub fn text_of(cell: &Json) -> String {
    crate::fields::as_text(cell).map(|text| text.into_owned()).unwrap_or_default()
}

//! What a plan leaves open, and what of the file does not fit it.

use model::{Crs, Json};

use super::choose::{number, positions_in_lines, repeated, votes};
use super::{Column, Kind, Meaning, Personal, Plan, Sample, place, text_of, time, words};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Good to know.
    Note,
    /// Guessed; a person should look.
    Question,
    /// Something does not fit.
    Problem,
}

/// Something to tell about a file and what becomes of it. Lines are those of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// The header stands below other lines.
    HeaderBelow {
        /// Its line.
        line: u64,
    },
    /// No line names the columns.
    NoHeader,
    /// Only the first rows were looked at.
    Part {
        /// How many.
        rows: usize,
    },
    /// The last results of formulas are taken.
    Formulas,
    /// Macros are not run.
    Macros,
    /// The workbook has more sheets.
    MoreSheets {
        /// Their names.
        names: Vec<String>,
        /// The one that is read.
        read: String,
    },
    /// Rows with another number of fields than the header.
    Ragged {
        /// The first line.
        line: u64,
        /// Its fields.
        found: usize,
        /// The header's.
        expected: usize,
        /// How many more such rows.
        more: usize,
    },
    /// Cells that are not what their column holds.
    Unfit {
        /// The column.
        column: String,
        /// What it holds.
        meaning: Meaning,
        /// The first such line.
        line: u64,
        /// What stands there.
        value: String,
        /// How many more.
        more: usize,
    },
    /// `1.234` may be one thousand two hundred thirty-four or one and a bit.
    Ambiguous {
        /// The column.
        column: String,
        /// A value of it.
        value: String,
        /// How it is read: with this decimal sign.
        decimal: char,
    },
    /// `03/04/2024` may be in March or April.
    DayOrMonth {
        /// The column.
        column: String,
        /// A value of it.
        value: String,
        /// Whether the day is taken to come first.
        day_first: bool,
    },
    /// Years of two digits stay text.
    ShortYear {
        /// The column.
        column: String,
    },
    /// Times without a zone are read in this one.
    Zone {
        /// The zone.
        zone: String,
    },
    /// Digits with a leading zero stay text.
    LeadingZero {
        /// The column.
        column: String,
        /// A value of it.
        value: String,
    },
    /// A leading zero was probably lost in a spreadsheet.
    LostZero {
        /// The column.
        column: String,
        /// A value of it.
        value: String,
    },
    /// One letter is taken for a unit.
    Unit {
        /// The column.
        column: String,
        /// The unit's symbol.
        unit: String,
    },
    /// The coordinates are read in this system, and others would do as well.
    System {
        /// Its code.
        code: String,
    },
    /// Positions far from here: the system or the order of the columns is probably another.
    Elsewhere {
        /// The first such line.
        line: u64,
        /// Its longitude and latitude as read; `None` when the system does not reach there.
        lands: Option<(f64, f64)>,
        /// How many more.
        more: usize,
    },
    /// One of the two coordinates is missing.
    HalfPlace,
    /// A column looks personal.
    Personal {
        /// The column.
        column: String,
        /// Why.
        why: Personal,
    },
    /// Rows that no column tells apart: later ones replace earlier ones.
    Repeated {
        /// The key's columns.
        key: Vec<String>,
        /// How many rows.
        rows: usize,
    },
    /// Nothing says what a row is about.
    NoKey,
    /// Only their place in the file tells rows apart.
    ByRow,
}

impl Finding {
    /// How much it weighs.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self {
            Self::HeaderBelow { .. }
            | Self::Part { .. }
            | Self::Formulas
            | Self::Macros
            | Self::MoreSheets { .. }
            | Self::Zone { .. }
            | Self::LeadingZero { .. } => Weight::Note,
            Self::NoHeader
            | Self::Ambiguous { .. }
            | Self::DayOrMonth { .. }
            | Self::ShortYear { .. }
            | Self::LostZero { .. }
            | Self::Unit { .. }
            | Self::System { .. }
            | Self::Personal { .. }
            | Self::ByRow => Weight::Question,
            Self::Ragged { .. } | Self::Unfit { .. } | Self::Elsewhere { .. } | Self::HalfPlace | Self::Repeated { .. } | Self::NoKey => {
                Weight::Problem
            }
        }
    }

    /// The column it speaks of.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Unfit { column, .. }
            | Self::Ambiguous { column, .. }
            | Self::DayOrMonth { column, .. }
            | Self::ShortYear { column }
            | Self::LeadingZero { column, .. }
            | Self::LostZero { column, .. }
            | Self::Unit { column, .. }
            | Self::Personal { column, .. } => Some(column),
            _ => None,
        }
    }
}

/// Says what a plan for a file leaves open; the heaviest first.
#[must_use]
pub fn examine(sample: &Sample, plan: &Plan) -> Vec<Finding> {
    let mut findings = of_file(sample, plan);
    for (at, field) in sample.header.iter().enumerate() {
        let Some(column) = plan.columns.iter().find(|column| column.field == *field) else { continue };
        let cells: Vec<&Json> = sample.rows.iter().map(|row| &row.cells[at]).collect();
        findings.extend(of_column(sample, plan, column, &cells));
    }
    findings.extend(of_place(sample, plan));
    findings.extend(of_key(sample, plan));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight()));
    findings
}

fn of_file(sample: &Sample, plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_table = matches!(sample.layout.kind, Kind::Csv | Kind::Xlsx);
    match sample.layout.header {
        0 if is_table => findings.push(Finding::NoHeader),
        line if line > 1 => findings.push(Finding::HeaderBelow { line }),
        _ => {}
    }
    if let Some((line, found)) = sample.ragged.first() {
        let (expected, more) = (sample.header.len(), sample.ragged.len() - 1);
        findings.push(Finding::Ragged { line: *line, found: *found, expected, more });
    }
    if sample.has_formulas {
        findings.push(Finding::Formulas);
    }
    if sample.has_macros {
        findings.push(Finding::Macros);
    }
    if let (Some(read), true) = (&sample.layout.sheet, sample.sheets.len() > 1) {
        let names = sample.sheets.iter().filter(|name| *name != read).cloned().collect();
        findings.push(Finding::MoreSheets { names, read: read.clone() });
    }
    if !sample.complete {
        findings.push(Finding::Part { rows: sample.rows.len() });
    }
    let has_clock = plan.times().any(|column| column.pattern.as_ref().is_some_and(|pattern| pattern.contains('h')));
    if has_clock && plan.zone != "in-value" {
        findings.push(Finding::Zone { zone: plan.zone.clone() });
    }
    findings
}

fn of_column(sample: &Sample, plan: &Plan, column: &Column, cells: &[&Json]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = || column.field.clone();
    let texts = || cells.iter().map(|cell| text_of(cell)).filter(|text| !text.is_empty());
    if column.meaning == Meaning::Skip {
        return findings;
    }
    findings.extend(unfit(sample, plan, column, cells));
    if let Some(why) = column.personal {
        findings.push(Finding::Personal { column: name(), why });
    }
    let leading_zero = |text: &String| text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    match column.meaning {
        Meaning::Number => {
            let (_, unclear) = votes(column, cells).writing(None);
            if let (true, true, Some(value)) =
                (unclear, around_is_silent(sample, plan, column), texts().find(|text| text.contains(['.', ','])))
            {
                findings.push(Finding::Ambiguous { column: name(), value, decimal: column.writing.decimal });
            }
            let unit = column.unit.as_ref().map(|code| model::UnitCode::new(code));
            if let Some(unit) = unit.filter(|unit| words::is_unit_unsure(&column.field, unit)) {
                findings.push(Finding::Unit { column: name(), unit: unit.symbol().to_owned() });
            }
        }
        Meaning::Text => {
            if let Some(value) = texts().find(leading_zero) {
                findings.push(Finding::LeadingZero { column: name(), value });
            } else if let Some(value) = lost_zero(column, cells) {
                findings.push(Finding::LostZero { column: name(), value });
            } else if time::has_short_year(cells) {
                findings.push(Finding::ShortYear { column: name() });
            }
        }
        Meaning::Time => {
            let pattern = column.pattern.as_deref().unwrap_or("");
            if let (true, Some(value)) = (time::is_unclear(pattern, cells), texts().next()) {
                findings.push(Finding::DayOrMonth { column: name(), value, day_first: pattern.starts_with("TT") });
            }
        }
        _ => {}
    }
    findings
}

/// Whether no other column says how numbers are written.
fn around_is_silent(sample: &Sample, plan: &Plan, column: &Column) -> bool {
    plan.columns.iter().filter(|other| other.field != column.field).all(|other| {
        let at = sample.header.iter().position(|name| *name == other.field);
        let cells: Vec<&Json> = at.map(|at| sample.rows.iter().map(|row| &row.cells[at]).collect()).unwrap_or_default();
        votes(other, &cells).is_silent()
    })
}

/// Postcodes and municipality keys of spreadsheets that are numbers one digit too short.
fn lost_zero(column: &Column, cells: &[&Json]) -> Option<String> {
    let slug = crate::template::slug(&column.field);
    let usual: &[usize] = match slug.as_str() {
        "plz" | "postleitzahl" => &[5],
        "ags" | "gemeindeschluessel" | "amtlicher-gemeindeschluessel" => &[8, 5],
        _ => return None,
    };
    let texts: Vec<String> = cells.iter().filter(|cell| matches!(cell, Json::Number(_))).map(|cell| text_of(cell)).collect();
    texts.into_iter().find(|text| usual.iter().any(|digits| text.len() + 1 == *digits))
}

/// Cells that cannot be read as their column's meaning.
fn unfit(sample: &Sample, plan: &Plan, column: &Column, cells: &[&Json]) -> Option<Finding> {
    let clock = column.pattern.as_ref().is_some_and(|pattern| !pattern.contains("JJJJ") && !pattern.contains("YYYY"));
    let reader = match (&column.pattern, clock) {
        (Some(pattern), false) => time::Reader::new(pattern),
        (Some(pattern), true) => time::Reader::new(&format!("YYYY-MM-DD {pattern}")),
        (None, _) => time::Reader::new(""),
    };
    let fits = |cell: &Json| {
        let text = text_of(cell);
        if text.is_empty() || plan.missing.contains(&text) {
            return column.meaning != Meaning::Time;
        }
        match column.meaning {
            Meaning::Number | Meaning::East | Meaning::North => number(cell, column.writing).is_some(),
            Meaning::Time if clock => reader.reads(&format!("2024-01-01 {text}")),
            Meaning::Time => reader.reads(&text),
            Meaning::YesNo => ["true", "wahr", "ja", "j", "yes", "y", "1", "x", "false", "falsch", "nein", "n", "no", "0"]
                .contains(&text.to_lowercase().as_str()),
            Meaning::Text | Meaning::Skip => true,
        }
    };
    let mut bad = cells.iter().zip(&sample.rows).filter(|(cell, _)| !fits(cell));
    let (cell, row) = bad.next()?;
    let value = text_of(cell).chars().take(60).collect();
    Some(Finding::Unfit { column: column.field.clone(), meaning: column.meaning, line: row.number, value, more: bad.count() })
}

fn of_place(sample: &Sample, plan: &Plan) -> Vec<Finding> {
    let geo = sample.layout.kind == Kind::GeoJson;
    let pairs = match (plan.one(Meaning::East), plan.one(Meaning::North)) {
        _ if geo => sample.positions.clone(),
        (Some(east), Some(north)) => positions_in_lines(sample, east, north),
        (None, None) => return Vec::new(),
        _ => return vec![Finding::HalfPlace],
    };
    let Some(code) = &plan.crs else { return Vec::new() };
    let Ok(crs) = Crs::find(code) else { return Vec::new() };
    let mut findings = Vec::new();
    let lands = |(x, y): &(f64, f64)| {
        let metres = code != "EPSG:4326" && place::degrees(&[(*x, *y)]);
        crs.to_wgs84(*x, *y).ok().filter(|_| !metres).map(|place| (place.lon, place.lat))
    };
    let is_far = |pair: &(f64, f64)| lands(pair).is_none_or(|(lon, lat)| !place::is_near(lon, lat));
    let mut far = pairs.iter().filter(|(_, pair)| is_far(pair));
    if let Some((line, pair)) = far.next() {
        findings.push(Finding::Elsewhere { line: *line, lands: lands(pair), more: far.count() });
        return findings;
    }
    let pairs: Vec<(f64, f64)> = pairs.into_iter().map(|(_, pair)| pair).collect();
    if sample.crs.is_none() && place::is_unclear(code, &pairs) {
        findings.push(Finding::System { code: code.clone() });
    }
    findings
}

fn of_key(sample: &Sample, plan: &Plan) -> Option<Finding> {
    if plan.by_row {
        return Some(Finding::ByRow);
    }
    let timed = plan.times().next().is_some();
    if plan.key.is_empty() && !timed {
        return (sample.rows.len() > 1).then_some(Finding::NoKey);
    }
    let fields: Vec<&str> = plan.key.iter().map(String::as_str).chain(plan.times().map(|column| column.field.as_str())).collect();
    let rows = repeated(sample, &fields).filter(|rows| *rows > 0)?;
    Some(Finding::Repeated { key: plan.key.clone(), rows })
}

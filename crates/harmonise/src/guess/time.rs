//! Which pattern dates and times follow.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Instant, Json};

use super::{Plan, Sample, text_of};
use crate::local::{Moment, Pattern, TimeRule, zone_of};

/// Patterns met in files, the stricter before the looser.
const PATTERNS: [&str; 24] = [
    "YYYY-MM-DDThh:mm:ss.fZZ",
    "YYYY-MM-DDThh:mm:ssZZ",
    "YYYY-MM-DDThh:mmZZ",
    "YYYY-MM-DD hh:mm:ssZZ",
    "YYYY-MM-DDThh:mm:ss.f",
    "YYYY-MM-DDThh:mm:ss",
    "YYYY-MM-DDThh:mm",
    "YYYY-MM-DD hh:mm:ss",
    "YYYY-MM-DD hh:mm",
    "YYYY-MM-DD",
    "TT.MM.JJJJ hh:mm:ss",
    "TT.MM.JJJJ hh:mm",
    "TT.MM.JJJJ, hh:mm",
    "TT.MM.JJJJ hh:mm Uhr",
    "TT.MM.JJJJ",
    "D.M.JJJJ h:mm:ss",
    "D.M.JJJJ h:mm",
    "D.M.JJJJ",
    "TT/MM/JJJJ hh:mm",
    "TT/MM/JJJJ",
    "MM/TT/JJJJ hh:mm",
    "MM/TT/JJJJ",
    "YYYY-[W]WW",
    "JJJJMMTT",
];

/// The pattern of one text.
pub(super) fn pattern_of(text: &str) -> Option<&'static str> {
    // `Uhr` holds letters that patterns know; it is kept apart by brackets where it is written.
    PATTERNS.into_iter().find(|pattern| fits(&written(pattern), text) && is_plausible(pattern, text))
}

/// Eight digits are a date only in our centuries: municipality keys have eight digits, too.
fn is_plausible(pattern: &str, text: &str) -> bool {
    !pattern.contains("JJJJMMTT") || ["18", "19", "20", "21"].iter().any(|century| text.trim_matches('\'').starts_with(century))
}

/// A pattern as definitions write it.
fn written(pattern: &str) -> String {
    pattern.replace(" Uhr", "[ Uhr]")
}

fn fits(pattern: &str, text: &str) -> bool {
    let offset = pattern.contains("ZZ");
    let zone = zone_of(if offset { "in-value" } else { "UTC" }).ok();
    let parsed = Pattern::parse(pattern).ok();
    let (Some(zone), Some(pattern)) = (zone, parsed) else { return false };
    rule(vec![pattern], zone).read(text).is_ok()
}

fn rule(patterns: Vec<Pattern>, zone: crate::local::Zone) -> TimeRule {
    let (label, repeated) = (crate::local::Label::Start, crate::local::Repeated::ByOrder);
    TimeRule { fields: Vec::new(), patterns, zone, interval: None, label, repeated, skipped: crate::local::Skipped::Reject }
}

/// The columns of the time, the date before the clock in whatever order they stand.
pub(super) fn fields(plan: &Plan) -> (Vec<&str>, String) {
    let mut times: Vec<_> = plan.times().collect();
    times.sort_by_key(|column| column.pattern.as_ref().is_some_and(|pattern| !pattern.contains("JJJJ") && !pattern.contains("YYYY")));
    let pattern: Vec<&str> = times.iter().filter_map(|column| column.pattern.as_deref()).collect();
    (times.iter().map(|column| column.field.as_str()).collect(), pattern.join(" "))
}

/// The first and the last day in Germany of the times in a sample; `None` where it has none.
#[must_use]
pub fn days(sample: &Sample, plan: &Plan) -> Option<(Date, Date)> {
    let (fields, pattern) = fields(plan);
    let places: Vec<usize> = fields.iter().filter_map(|field| sample.header.iter().position(|name| name == field)).collect();
    let rule = rule(vec![Pattern::parse(&pattern).ok()?], zone_of(&plan.zone).ok()?);
    let berlin = TimeZone::get("Europe/Berlin").expect("the time zone database is built in");
    let day = |at: Instant| jiff::Timestamp::from_microsecond(at.micros()).ok().map(|at| at.to_zoned(berlin.clone()).date());
    let days = sample.rows.iter().filter_map(|row| {
        let text: Vec<String> = places.iter().map(|at| text_of(&row.cells[*at])).collect();
        match rule.read(&text.join(" ")).ok()? {
            Moment::Plain(at) | Moment::Twice { first: at, .. } => day(at),
        }
    });
    days.fold(None, |span, one| Some(span.map_or((one, one), |(first, last): (Date, Date)| (first.min(one), last.max(one)))))
}

/// Reads texts by one pattern.
pub(super) struct Reader(Option<TimeRule>);

impl Reader {
    pub(super) fn new(pattern: &str) -> Self {
        let zone = zone_of(if pattern.contains("ZZ") { "in-value" } else { "UTC" }).ok();
        Self(Pattern::parse(pattern).ok().zip(zone).map(|(pattern, zone)| rule(vec![pattern], zone)))
    }

    /// Whether a text is a time.
    pub(super) fn reads(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|rule| rule.read(text).is_ok())
    }
}

/// The pattern that most cells of a column follow, when nine in ten do.
pub(super) fn column_pattern(cells: &[&Json]) -> Option<String> {
    let texts: Vec<String> = cells.iter().map(|cell| text_of(cell)).filter(|text| !text.is_empty()).collect();
    let shown: Vec<&String> = texts.iter().take(400).collect();
    if shown.is_empty() {
        return None;
    }
    let mut candidates: Vec<String> = PATTERNS.iter().map(|pattern| written(pattern)).collect();
    candidates.extend(PATTERNS.iter().map(|pattern| format!("'{}'", written(pattern))));
    let best = candidates.into_iter().map(|pattern| {
        let reader = Reader::new(&pattern);
        let reads = |text: &&&String| is_plausible(&pattern, text) && reader.reads(text);
        // Most patterns fit nothing; a few cells show that.
        let some = shown.iter().take(20).any(|text| reads(&text));
        (if some { shown.iter().filter(reads).count() } else { 0 }, pattern)
    });
    // Of equals the first is kept: the day stands before the month here.
    let (count, pattern) = best.fold((0, String::new()), |best, one| if one.0 > best.0 { one } else { best });
    (count * 10 >= shown.len() * 9).then_some(pattern)
}

/// Whether texts are clock times alone: `14:05`, `14:05:00`.
pub(super) fn clock_pattern(cells: &[&Json]) -> Option<&'static str> {
    let texts: Vec<String> = cells.iter().map(|cell| text_of(cell)).filter(|text| !text.is_empty()).take(400).collect();
    let all = |pattern: &str| {
        let reader = Reader::new(&format!("YYYY-MM-DD {pattern}"));
        !texts.is_empty() && texts.iter().all(|text| reader.reads(&format!("2024-01-01 {text}")))
    };
    ["hh:mm:ss", "hh:mm", "h:mm:ss", "h:mm"].into_iter().find(|pattern| all(pattern))
}

/// Whether day and month could be exchanged in all of these texts: `03/04/2024`.
pub(super) fn is_unclear(pattern: &str, cells: &[&Json]) -> bool {
    let (Some(other), true) = (swapped(pattern), pattern.contains('/')) else { return false };
    let reader = Reader::new(&other);
    cells.iter().map(|cell| text_of(cell)).filter(|text| !text.is_empty()).all(|text| reader.reads(&text))
}

fn swapped(pattern: &str) -> Option<String> {
    if let Some(rest) = pattern.strip_prefix("TT/MM/") {
        return Some(format!("MM/TT/{rest}"));
    }
    pattern.strip_prefix("MM/TT/").map(|rest| format!("TT/MM/{rest}"))
}

/// Whether texts are dates with a year of two digits, which nobody can place in a century.
pub(super) fn has_short_year(cells: &[&Json]) -> bool {
    let is_short = |text: &str| {
        let parts: Vec<&str> = text.split(' ').next().unwrap_or("").split(['.', '/']).collect();
        parts.len() == 3 && parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let texts: Vec<String> = cells.iter().map(|cell| text_of(cell)).filter(|text| !text.is_empty()).take(100).collect();
    !texts.is_empty() && texts.iter().all(|text| is_short(text))
}

//! Times as sources write them become instants in UTC.
//!
//! A pattern reads the parts of a date and time. A label at the end of its
//! interval is moved to the start on the wall clock first, because the label
//! of the hour that ends when clocks change names a moment that the wall
//! skips or shows twice, while the start of that hour is an ordinary one.
//! Then the zone decides, and in the repeated hour of autumn the rule that
//! the definition names.

use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Span, ToSpan};
use model::Instant;

use crate::message::{Code, Message};

/// How times of a source are read.
#[derive(Debug, Clone)]
pub(crate) struct TimeRule {
    /// The fields that hold it, joined by a space.
    pub(crate) fields: Vec<String>,
    /// The patterns, tried in order.
    pub(crate) patterns: Vec<Pattern>,
    /// Where the clock hangs.
    pub(crate) zone: Zone,
    /// How long the interval is that a value stands for.
    pub(crate) interval: Option<Interval>,
    /// Which end of the interval the label names.
    pub(crate) label: Label,
    /// Which of the two hours in autumn is meant.
    pub(crate) repeated: Repeated,
    /// What a label in the hour that spring skips means.
    pub(crate) skipped: Skipped,
}

/// Where the clock hangs.
#[derive(Debug, Clone)]
pub(crate) enum Zone {
    /// A zone with summer time.
    Named(TimeZone),
    /// A fixed distance from UTC.
    Fixed(Offset),
    /// The value itself says it.
    InValue,
}

/// Which end of its interval a label names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Start,
    End,
}

/// Which of the two hours 02:00–03:00 in autumn is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// Always the first, in summer time.
    First,
    /// Always the second, in winter time.
    Second,
    /// The first time a series shows the label it is the first, then the second.
    ByOrder,
}

/// What a label in the hour 02:00–03:00 means that spring skips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// It is a fault.
    Reject,
    /// The same span after midnight, an hour later on the wall: 02:15 is 03:15 in summer time.
    Later,
}

/// A length of time with its ISO 8601 text.
#[derive(Debug, Clone)]
pub(crate) struct Interval {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Interval {
    /// Reads an ISO 8601 duration such as `PT15M`, `PT1H` or `P1D`.
    pub(crate) fn parse(text: &str) -> Result<Self, Message> {
        let complaint = || Code::NoDuration.with("value", text);
        if !text.starts_with('P') {
            return Err(complaint());
        }
        let span: Span = text.parse().map_err(|_| complaint())?;
        if !span.is_positive() {
            return Err(complaint());
        }
        Ok(Self { text: text.to_owned(), span })
    }

    /// Its length in microseconds, days as 24 hours and months as 30 days.
    pub(crate) fn micros(&self) -> i64 {
        let span = &self.span;
        let days = i64::from(span.get_years()) * 365
            + i64::from(span.get_months()) * 30
            + i64::from(span.get_weeks()) * 7
            + i64::from(span.get_days());
        let seconds = days * 86_400 + i64::from(span.get_hours()) * 3600 + span.get_minutes() * 60 + span.get_seconds();
        seconds.saturating_mul(1_000_000)
    }
}

/// When something was, before the repeated hour is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// One instant.
    Plain(Instant),
    /// A wall clock time that autumn shows twice.
    Twice { wall: i64, first: Instant, second: Instant },
}

impl TimeRule {
    /// Reads a time; the start of its interval.
    pub(crate) fn read(&self, text: &str) -> Result<Moment, Message> {
        let parts = self.patterns.iter().find_map(|pattern| pattern.read(text)).ok_or_else(|| {
            let known: Vec<&str> = self.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
            Code::NotATime.with("value", text).with("forms", known)
        })?;
        match parts {
            Parts::Epoch(instant) => {
                let back = self.back().map_or(0, Interval::micros);
                Ok(Moment::Plain(instant.plus_micros(-back)))
            }
            Parts::Civil(civil) => self.resolve(&civil, text),
        }
    }

    /// The interval, when labels must be moved back by it.
    fn back(&self) -> Option<&Interval> {
        self.interval.as_ref().filter(|_| self.label == Label::End)
    }

    fn resolve(&self, civil: &Civil, text: &str) -> Result<Moment, Message> {
        let labelled = civil.date_time().ok_or_else(|| Code::NoSuchDate.with("value", text))?;
        let start = match self.back() {
            Some(interval) => labelled.checked_sub(interval.span).map_err(|_| Code::TimeOutOfRange.with("value", text))?,
            None => labelled,
        };
        match (&self.zone, civil.offset) {
            (_, Some(offset)) => instant_of(start, offset).map(Moment::Plain),
            (Zone::Fixed(offset), None) => instant_of(start, *offset).map(Moment::Plain),
            (Zone::InValue, None) => Err(Code::TimeWithoutOffset.with("value", text)),
            (Zone::Named(zone), None) => in_zone(zone, start, text, self.skipped),
        }
    }
}

fn in_zone(zone: &TimeZone, start: DateTime, text: &str, skipped: Skipped) -> Result<Moment, Message> {
    match zone.to_ambiguous_timestamp(start).offset() {
        AmbiguousOffset::Unambiguous { offset } => instant_of(start, offset).map(Moment::Plain),
        AmbiguousOffset::Gap { before, .. } if skipped == Skipped::Later => instant_of(start, before).map(Moment::Plain),
        AmbiguousOffset::Gap { .. } => Err(Code::HourSkipped.with("value", text).with("date", start.date().to_string())),
        AmbiguousOffset::Fold { before, after } => {
            let (first, second) = (instant_of(start, before)?, instant_of(start, after)?);
            let wall = instant_of(start, Offset::UTC)?.micros();
            Ok(Moment::Twice { wall, first, second })
        }
    }
}

fn instant_of(civil: DateTime, offset: Offset) -> Result<Instant, Message> {
    let timestamp = offset.to_timestamp(civil).map_err(|_| Code::TimeOutOfRange.with("value", civil.to_string()))?;
    Ok(Instant::from_micros(timestamp.as_microsecond()))
}

/// Finds a zone: an IANA name, an offset such as `+01:00`, `UTC`, or `in-value`.
pub(crate) fn zone_of(text: &str) -> Result<Zone, Message> {
    match text {
        "in-value" => return Ok(Zone::InValue),
        "UTC" | "Z" => return Ok(Zone::Fixed(Offset::UTC)),
        _ => {}
    }
    if text.starts_with(['+', '-']) {
        let mut rest = text;
        return take_offset(&mut rest).filter(|_| rest.is_empty()).map(Zone::Fixed).ok_or_else(|| Code::NoOffset.with("value", text));
    }
    TimeZone::get(text).map(Zone::Named).map_err(|_| Code::NoZone.with("value", text))
}

/// A pattern for dates and times, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    Year,
    Month(Width),
    Day(Width),
    Hour(Width),
    Minute,
    Second,
    Fraction,
    Week,
    Weekday,
    Offset,
    EpochSeconds,
    EpochMillis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    Two,
    OneOrTwo,
}

/// Runs of letters and what they mean; longer runs first. German letters
/// (`TT.MM.JJJJ`) read as well as English ones.
const WORDS: &[(&str, Token)] = &[
    ("YYYY", Token::Year),
    ("JJJJ", Token::Year),
    ("MM", Token::Month(Width::Two)),
    ("DD", Token::Day(Width::Two)),
    ("TT", Token::Day(Width::Two)),
    ("hh", Token::Hour(Width::Two)),
    ("HH", Token::Hour(Width::Two)),
    ("mm", Token::Minute),
    ("ss", Token::Second),
    ("WW", Token::Week),
    ("ZZ", Token::Offset),
    ("M", Token::Month(Width::OneOrTwo)),
    ("D", Token::Day(Width::OneOrTwo)),
    ("h", Token::Hour(Width::OneOrTwo)),
    ("H", Token::Hour(Width::OneOrTwo)),
    ("f", Token::Fraction),
    ("e", Token::Weekday),
];

#[derive(Debug, Clone, Copy)]
enum Parts {
    Epoch(Instant),
    Civil(Civil),
}

#[derive(Debug, Clone, Copy)]
struct Civil {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    micros: i32,
    week: Option<i8>,
    weekday: i8,
    offset: Option<Offset>,
}

impl Civil {
    /// The date and time; 24:00 is the next day's 00:00, as ISO 8601 has it.
    fn date_time(&self) -> Option<DateTime> {
        let date = match self.week {
            None => Date::new(self.year, self.month, self.day).ok()?,
            Some(week) => ISOWeekDate::new(self.year, week, Weekday::from_monday_one_offset(self.weekday).ok()?).ok()?.date(),
        };
        if self.hour == 24 {
            let midnight = self.minute == 0 && self.second == 0 && self.micros == 0;
            return if midnight { date.checked_add(1.day()).ok().map(|next| next.to_datetime(Time::midnight())) } else { None };
        }
        let time = Time::new(self.hour, self.minute, self.second, self.micros * 1000).ok()?;
        Some(date.to_datetime(time))
    }
}

impl Pattern {
    /// Reads a pattern: `YYYY-MM-DD hh:mm`, `TT.MM.JJJJ`, `YYYY-[W]WW`,
    /// `YYYY-MM-DDThh:mm:ssZZ`, `epoch-s`, `epoch-ms`; text in brackets stands for itself.
    pub(crate) fn parse(text: &str) -> Result<Self, Message> {
        let tokens = match text {
            "epoch-s" => vec![Token::EpochSeconds],
            "epoch-ms" => vec![Token::EpochMillis],
            _ => tokens_of(text)?,
        };
        let has = |wanted: fn(&Token) -> bool| tokens.iter().any(wanted);
        let dated = has(|t| matches!(t, Token::Year)) && (has(|t| matches!(t, Token::Month(_))) || has(|t| matches!(t, Token::Week)));
        if !dated && !has(|t| matches!(t, Token::EpochSeconds | Token::EpochMillis)) {
            return Err(Code::PatternUndated.into());
        }
        Ok(Self { text: text.to_owned(), tokens })
    }

    /// The pattern as written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether values carry their offset from UTC.
    pub(crate) fn has_offset(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Offset | Token::EpochSeconds | Token::EpochMillis))
    }

    fn read(&self, text: &str) -> Option<Parts> {
        match self.tokens.first()? {
            Token::EpochSeconds => epoch(text, 1_000_000),
            Token::EpochMillis => epoch(text, 1000),
            _ => self.read_civil(text.trim()).map(Parts::Civil),
        }
    }

    fn read_civil(&self, text: &str) -> Option<Civil> {
        let mut civil = Civil { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, micros: 0, week: None, weekday: 1, offset: None };
        let mut rest = text;
        for token in &self.tokens {
            match token {
                Token::Literal(c) => rest = rest.strip_prefix(*c)?,
                Token::Year => civil.year = i16::try_from(digits(&mut rest, 4, 4)?).ok()?,
                Token::Month(width) => civil.month = two(&mut rest, *width)?,
                Token::Day(width) => civil.day = two(&mut rest, *width)?,
                Token::Hour(width) => civil.hour = two(&mut rest, *width)?,
                Token::Minute => civil.minute = two(&mut rest, Width::Two)?,
                Token::Second => civil.second = two(&mut rest, Width::Two)?,
                Token::Fraction => civil.micros = fraction(&mut rest)?,
                Token::Week => civil.week = Some(two(&mut rest, Width::Two)?),
                Token::Weekday => civil.weekday = i8::try_from(digits(&mut rest, 1, 1)?).ok()?,
                Token::Offset => civil.offset = Some(take_offset(&mut rest)?),
                Token::EpochSeconds | Token::EpochMillis => return None,
            }
        }
        rest.is_empty().then_some(civil)
    }
}

fn tokens_of(text: &str) -> Result<Vec<Token>, Message> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix('[') {
            let (literal, behind) = after.split_once(']').ok_or(Code::BracketOpen)?;
            tokens.extend(literal.chars().map(Token::Literal));
            rest = behind;
        } else if let Some((word, token)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
            tokens.push(*token);
            rest = &rest[word.len()..];
        } else {
            tokens.push(Token::Literal(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(tokens)
}

fn epoch(text: &str, micros_per_unit: i64) -> Option<Parts> {
    let count: i64 = text.trim().parse().ok()?;
    let micros = count.checked_mul(micros_per_unit)?;
    let instant = Instant::from_micros(micros);
    (Instant::MIN..=Instant::MAX).contains(&instant).then_some(Parts::Epoch(instant))
}

fn two(rest: &mut &str, width: Width) -> Option<i8> {
    let at_least = if width == Width::Two { 2 } else { 1 };
    i8::try_from(digits(rest, at_least, 2)?).ok()
}

/// Takes between `at_least` and `at_most` digits off the front.
fn digits(rest: &mut &str, at_least: usize, at_most: usize) -> Option<i32> {
    let count = rest.bytes().take(at_most).take_while(u8::is_ascii_digit).count();
    if count < at_least {
        return None;
    }
    let value = rest[..count].parse().ok()?;
    *rest = &rest[count..];
    Some(value)
}

/// Takes a fraction of a second off the front; digits beyond microseconds are cut off.
fn fraction(rest: &mut &str) -> Option<i32> {
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return None;
    }
    let micros = (0..6).fold(0, |acc, place| acc * 10 + rest.as_bytes()[..count].get(place).map_or(0, |d| i32::from(d - b'0')));
    *rest = &rest[count..];
    Some(micros)
}

/// Takes `Z`, `+01:00`, `+0100` or `+01` off the front.
fn take_offset(rest: &mut &str) -> Option<Offset> {
    if let Some(after) = rest.strip_prefix(['Z', 'z']) {
        *rest = after;
        return Some(Offset::UTC);
    }
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let mut ahead = &rest[1..];
    let hours = digits(&mut ahead, 2, 2)?;
    ahead = ahead.strip_prefix(':').unwrap_or(ahead);
    let minutes = if ahead.starts_with(|c: char| c.is_ascii_digit()) { digits(&mut ahead, 2, 2)? } else { 0 };
    *rest = ahead;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().filter(|_| minutes < 60 && hours <= 18)
}

#[cfg(test)]
mod tests;

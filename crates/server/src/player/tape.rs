//! A tape: recorded lines by the minute of their weeks.

use std::collections::BTreeMap;

use anyhow::Context;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::Instant;

const MINUTES_OF_WEEK: i64 = 7 * 24 * 60;

/// How a recording is written.
pub(super) struct Form {
    /// Between two fields. None of them holds it.
    pub(super) delimiter: char,
    /// The column with the local time: `YYYY-MM-DD`, perhaps with ` hh:mm`.
    pub(super) time: &'static str,
    /// Which other columns are played.
    pub(super) keeps: fn(&str) -> bool,
    /// The Monday with which it begins.
    pub(super) monday: Date,
    /// How many weeks it has.
    pub(super) weeks: i64,
}

/// Recorded lines.
pub(super) struct Tape {
    delimiter: char,
    weeks: i64,
    /// The columns that are played.
    header: String,
    /// By minute since the Monday: when it was, in words, and the fields.
    lines: BTreeMap<i64, (String, String)>,
}

impl Tape {
    /// An empty tape for files with this first line.
    ///
    /// # Errors
    /// When the time's column is not there.
    fn new(form: &Form, first: &str) -> anyhow::Result<(Self, usize, Vec<usize>)> {
        let names: Vec<&str> = first.trim_start_matches('\u{feff}').trim_end().split(form.delimiter).map(plain).collect();
        let time = names.iter().position(|name| *name == form.time).with_context(|| format!("no column `{}`", form.time))?;
        let kept: Vec<usize> = (0..names.len()).filter(|at| *at != time && (form.keeps)(names[*at])).collect();
        let header = joined(form.delimiter, kept.iter().map(|at| names[*at]));
        Ok((Self { delimiter: form.delimiter, weeks: form.weeks, header, lines: BTreeMap::new() }, time, kept))
    }

    /// Reads files of one form, the first lines of which are equal.
    ///
    /// # Errors
    /// When there is no file, or a column is missing.
    pub(super) fn read(form: &Form, files: &[String]) -> anyhow::Result<Self> {
        let first = files.first().and_then(|text| text.lines().next()).context("no recording")?;
        let (mut tape, time, kept) = Self::new(form, first)?;
        let end = form.weeks * MINUTES_OF_WEEK;
        for line in files.iter().flat_map(|text| text.lines().skip(1)) {
            let fields: Vec<&str> = line.trim_end().split(form.delimiter).map(plain).collect();
            let Some(at) = fields.get(time).and_then(|text| local_time(text)) else { continue };
            let minute = at.duration_since(form.monday.to_datetime(Time::midnight())).as_mins();
            if !(0..end).contains(&minute) || kept.iter().any(|at| *at >= fields.len()) {
                continue;
            }
            let values = joined(tape.delimiter, kept.iter().map(|at| fields[*at]));
            tape.lines.insert(minute, (at.strftime("%d.%m.%Y, %H:%M Uhr").to_string(), values));
        }
        Ok(tape)
    }

    /// How long it is.
    pub(super) fn minutes(&self) -> i64 {
        self.weeks * MINUTES_OF_WEEK
    }

    /// The newest line of the last minutes up to a minute, as a file of its
    /// own with the present time and the time of the recording; `None` when
    /// nothing was recorded then. The tape has no end.
    pub(super) fn play(&self, minute: i64, within: i64, now: Instant) -> Option<String> {
        let at = minute.rem_euclid(self.minutes());
        let (_, (recorded, values)) = self.lines.range(..=at).next_back().filter(|(found, _)| at - **found < within)?;
        let d = self.delimiter;
        // A comma in the words must not part them where commas part fields.
        let recorded = recorded.replace(d, "");
        Some(format!("zeit{d}aufgezeichnet{d}{}\n{now}{d}{recorded}{d}{values}\n", self.header))
    }
}

/// The minute since Monday, 0:00 in Berlin.
pub(super) fn minute_of_week(at: Instant) -> i64 {
    let berlin = TimeZone::get("Europe/Berlin").expect("the time zone database is built in");
    let local = Timestamp::from_microsecond(at.micros()).unwrap_or(Timestamp::MAX).to_zoned(berlin);
    let day = i64::from(local.weekday().to_monday_zero_offset());
    day * 24 * 60 + i64::from(local.hour()) * 60 + i64::from(local.minute())
}

/// A field without the marks around it.
fn plain(field: &str) -> &str {
    field.trim().trim_matches(['"', '\''])
}

fn joined<'a>(delimiter: char, fields: impl Iterator<Item = &'a str>) -> String {
    fields.collect::<Vec<_>>().join(&delimiter.to_string())
}

/// A local time; 24:00 is the beginning of the next day.
fn local_time(text: &str) -> Option<DateTime> {
    let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00"));
    let date: Date = date.parse().ok()?;
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    date.to_datetime(Time::midnight()).checked_add(hour.hours().minutes(minute)).ok()
}

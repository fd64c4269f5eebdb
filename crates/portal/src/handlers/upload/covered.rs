//! The period that the data cover: asked, never needed, suggested by the file.

use harmonise::guess::{Period, days};
use jiff::civil::Date;
use web::Params;

use super::{given, sample};
use crate::ask::{Ask, Trouble};
use crate::format::{Zone, date_long};
use crate::messages::Texts;
use crate::parts::{Alert, Field, Phrase, Tone};
use crate::upload::Draft;

/// The days for which a file has values; `None` where it has no times.
pub(super) struct Suggestion(Option<Found>);

struct Found {
    first: Date,
    last: Date,
    /// How many rows were looked at, when there are more.
    only_rows: Option<usize>,
}

impl Suggestion {
    /// Looks at the beginning of a draft's file.
    pub(super) async fn of(ask: &Ask, draft: &Draft) -> Result<Self, Trouble> {
        if draft.plan.times().next().is_none() {
            return Ok(Self(None));
        }
        let found = sample(ask, draft.kept().checksum, given(&draft.plan.layout)).await?.ok();
        Ok(Self(found.and_then(|sample| {
            let (first, last) = days(&sample, &draft.plan)?;
            Some(Found { first, last, only_rows: (!sample.complete).then_some(sample.rows.len()) })
        })))
    }

    /// What can be taken over: where the whole file was looked at, its last day too.
    pub(super) fn period(&self) -> Option<Period> {
        let found = self.0.as_ref()?;
        let end = if found.only_rows.is_some() { String::new() } else { found.last.to_string() };
        Some(Period { start: found.first.to_string(), end })
    }

    /// What was found, in a sentence.
    pub(super) fn say(&self, ask: &Ask) -> Option<String> {
        let (t, found) = (ask.t(), self.0.as_ref()?);
        let day = |date| date_long(Zone::Berlin.start_of(date), ask.language);
        let (first, last) = (day(found.first), day(found.last));
        Some(match found.only_rows {
            None => t.upload_period_found(first, last),
            Some(rows) => t.upload_period_found_part(rows as u64, first, last),
        })
    }
}

/// What was typed; `None` when nothing was.
pub(super) fn read(form: &Params) -> Option<Period> {
    let day = |name: &str| form.all(name).next().unwrap_or("").trim().chars().take(30).collect::<String>();
    let period = Period { start: day("von"), end: day("bis") };
    (period != Period::default()).then_some(period)
}

fn date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| text.len() == "JJJJ-MM-TT".len() && date.year() >= 0)
}

/// What is wrong with a period, with the id of its field.
pub(super) fn faults(t: Texts, period: &Period) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    for (field, text) in [("von", &period.start), ("bis", &period.end)] {
        if !text.is_empty() && date(text).is_none() {
            faults.push((field, t.upload_need_day(text)));
        }
    }
    if period.start.is_empty() {
        faults.push(("von", t.upload_need_first_day().to_owned()));
    } else if date(&period.end).is_some_and(|end| date(&period.start).is_some_and(|start| end < start)) {
        faults.push(("bis", t.upload_need_later_day().to_owned()));
    }
    faults
}

/// The two fields.
pub(super) fn fields(t: Texts, typed: Option<&Period>, fault: impl Fn(&str) -> Option<String>) -> [Field; 2] {
    let field = |name: &str, label: &str, value: Option<&String>| Field {
        value: value.cloned().unwrap_or_default(),
        error: fault(name),
        ..Field::new(name, label, "date", "off")
    };
    [
        field("von", t.upload_period_first(), typed.map(|period| &period.start)),
        field("bis", t.upload_period_last(), typed.map(|period| &period.end)),
    ]
}

/// The suggestion now stands in the form.
pub(super) fn taken(t: Texts) -> Alert {
    let items = vec![(Phrase::plain(t.upload_q_period()), Some("von".to_owned()))];
    Alert { items, takes_focus: true, ..Alert::new(Tone::Success, t.upload_period_taken(), t.upload_period_taken_text()) }
}

//! Which part of its period a chart shows.

use model::{Instant, TimeWindow};

use super::days::Days;
use crate::ask::{Ask, Trouble};
use crate::format::Zone;
use crate::parts::Choice;

const DAY_MICROS: i64 = 86_400_000_000;

/// Which part of the period is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    All,
    /// So many days up to the newest value.
    Last(i64),
    Chosen(Days),
}

impl Span {
    const WORDS: [(&'static str, Self); 4] =
        [("", Self::All), ("jahr", Self::Last(365)), ("monat", Self::Last(31)), ("woche", Self::Last(7))];

    /// Days that were chosen, else `zeitraum`.
    pub(super) fn of(ask: &Ask) -> Result<Self, Trouble> {
        let days = Days::of(ask)?;
        if days.are_chosen() {
            return Ok(Self::Chosen(days));
        }
        let word = ask.param("zeitraum");
        Ok(Self::WORDS.into_iter().find(|(known, _)| Some(*known) == word).map_or(Self::All, |(_, span)| span))
    }

    /// Its window within the period of the values; never empty.
    pub(super) fn window(self, (first, last): (Instant, Instant), zone: Zone) -> TimeWindow {
        let end = last.plus_micros(1);
        match self {
            Self::All => TimeWindow { start: first, end },
            Self::Last(days) => TimeWindow { start: first.max(end.plus_micros(-days * DAY_MICROS)), end },
            Self::Chosen(days) => {
                let chosen = days.window(zone);
                let both = TimeWindow { start: first.max(chosen.start), end: end.min(chosen.end) };
                match both.is_empty() {
                    false => both,
                    true if chosen.end <= first => TimeWindow { start: chosen.end.plus_micros(-1), end: chosen.end },
                    true => TimeWindow { start: chosen.start, end: chosen.start.plus_micros(1) },
                }
            }
        }
    }

    /// The days in the form.
    pub(super) fn days(self) -> (String, String) {
        if let Self::Chosen(days) = self { days.texts() } else { Days::default().texts() }
    }

    /// Only periods that are shorter than all of them are worth a choice, and
    /// none while days are chosen.
    pub(super) fn choices(self, ask: &Ask, (first, last): (Instant, Instant)) -> Vec<Choice> {
        let t = ask.t();
        let days = (last.micros() - first.micros()) / DAY_MICROS;
        let is_offered = |span: &Self| match span {
            Self::All => !matches!(self, Self::Chosen(_)),
            Self::Last(length) => *length < days && !matches!(self, Self::Chosen(_)),
            Self::Chosen(_) => false,
        };
        let text = |word: &str| match word {
            "jahr" => t.dataset_period_year(),
            "monat" => t.dataset_period_month(),
            "woche" => t.dataset_period_week(),
            _ => t.dataset_period_all(),
        };
        let offered = Self::WORDS.into_iter().filter(|(_, span)| is_offered(span));
        offered.map(|(word, span)| Choice { value: word.to_owned(), text: text(word).to_owned(), chosen: span == self }).collect()
    }
}

//! The days a reader chose: `von=2026-05-01&bis=2026-05-31`, both included.

use jiff::civil::Date;
use model::{Instant, TimeWindow};

use crate::ask::{Ask, Trouble};
use crate::format::Zone;

/// First and last day; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Days {
    pub(super) from: Option<Date>,
    pub(super) until: Option<Date>,
}

impl Days {
    /// Reads `von` and `bis`. What is no day, or ends before it begins, is named.
    pub(super) fn of(ask: &Ask) -> Result<Self, Trouble> {
        let days = Self { from: day(ask, "von")?, until: day(ask, "bis")? };
        match (days.from, days.until) {
            (Some(from), Some(until)) if until < from => Err(Trouble::Invalid(ask.t().error_days_turned(from, until))),
            _ => Ok(days),
        }
    }

    /// Whether any was chosen.
    pub(super) fn are_chosen(self) -> bool {
        self != Self::default()
    }

    /// From the first midnight to the one after the last day.
    pub(super) fn window(self, zone: Zone) -> TimeWindow {
        let end = self.until.map(|date| date.tomorrow().map_or(Instant::MAX, |next| zone.start_of(next)));
        TimeWindow { start: self.from.map_or(TimeWindow::ALL.start, |date| zone.start_of(date)), end: end.unwrap_or(TimeWindow::ALL.end) }
    }

    /// As a form has them.
    pub(super) fn texts(self) -> (String, String) {
        let text = |date: Option<Date>| date.map_or_else(String::new, |date| date.to_string());
        (text(self.from), text(self.until))
    }
}

fn day(ask: &Ask, name: &str) -> Result<Option<Date>, Trouble> {
    let Some(text) = ask.param(name) else { return Ok(None) };
    let day = text.parse::<Date>().ok().filter(|date| text.len() == 10 && date.year() >= 0);
    day.map(Some).ok_or_else(|| ask.bad_param(name, text, ask.t().error_expected_day()))
}

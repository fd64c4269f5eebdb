//! Temporal queries (NGSI-LD V1.9.1, clause 4.11) and what to aggregate (4.5.19).

use engine::{Method, Period};
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Instant, TimeWindow};

use crate::error::Error;
use crate::params::Params;

/// Which part of the past is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TemporalQuery {
    /// How the window was given; `None` is all of time.
    pub(crate) relation: Option<Relation>,
    /// Which time of an instance counts.
    pub(crate) property: TimeProperty,
    /// How many per attribute, from one end.
    pub(crate) limit: SeriesLimit,
}

/// `timerel` with its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// t < timeAt
    Before(Instant),
    /// t ≥ timeAt
    After(Instant),
    /// timeAt ≤ t < endTimeAt
    Between(Instant, Instant),
}

impl TemporalQuery {
    /// Reads timerel, timeAt, endTimeAt, timeproperty, lastN, firstN.
    pub(crate) fn read(params: &Params) -> Result<Self, Error> {
        let time = |name: &str| {
            params.get(name).map(|text| Instant::parse(text).map_err(|error| Error::bad_request(format!("`{name}`: {error}")))).transpose()
        };
        let (time_at, end_time_at) = (time("timeAt")?, time("endTimeAt")?);
        let relation = match (params.get("timerel"), time_at, end_time_at) {
            (None, None, None) => None,
            (None, ..) => return Err(Error::bad_request("`timeAt` and `endTimeAt` need `timerel`: before, after or between")),
            (Some("before"), Some(at), None) => Some(Relation::Before(at)),
            (Some("after"), Some(at), None) => Some(Relation::After(at)),
            (Some("between"), Some(at), Some(end)) if at < end => Some(Relation::Between(at, end)),
            (Some("between"), Some(_), Some(_)) => return Err(Error::bad_request("`endTimeAt` must be later than `timeAt`")),
            (Some("between"), ..) => return Err(Error::bad_request("`timerel=between` needs `timeAt` and `endTimeAt`")),
            (Some(word @ ("before" | "after")), None, _) => return Err(Error::bad_request(format!("`timerel={word}` needs `timeAt`"))),
            (Some(word @ ("before" | "after")), ..) => {
                return Err(Error::bad_request(format!("`endTimeAt` belongs to `timerel=between`, not to `{word}`")));
            }
            (Some(other), ..) => {
                return Err(Error::bad_request(format!("`timerel={other}` is not known; expected before, after or between")));
            }
        };
        Ok(Self { relation, property: time_property(params.get("timeproperty"))?, limit: limit(params)? })
    }

    pub(crate) fn window(&self) -> TimeWindow {
        match self.relation {
            None => TimeWindow::ALL,
            Some(Relation::Before(at)) => TimeWindow { start: TimeWindow::ALL.start, end: at },
            Some(Relation::After(at)) => TimeWindow { start: at, end: TimeWindow::ALL.end },
            Some(Relation::Between(at, end)) => TimeWindow { start: at, end },
        }
    }
}

fn time_property(word: Option<&str>) -> Result<TimeProperty, Error> {
    match word {
        None | Some("observedAt") => Ok(TimeProperty::ObservedAt),
        Some("createdAt") => Ok(TimeProperty::CreatedAt),
        Some("modifiedAt") => Ok(TimeProperty::ModifiedAt),
        Some("deletedAt") => Ok(TimeProperty::DeletedAt),
        Some(other) => {
            Err(Error::bad_request(format!("`timeproperty={other}` is not known; expected observedAt, createdAt, modifiedAt or deletedAt")))
        }
    }
}

fn limit(params: &Params) -> Result<SeriesLimit, Error> {
    let count = |name: &str| {
        params
            .get(name)
            .map(|text| {
                text.parse::<usize>()
                    .ok()
                    .filter(|n| *n > 0)
                    .ok_or_else(|| Error::bad_request(format!("`{name}={text}`: a whole number from 1 is expected")))
            })
            .transpose()
    };
    match (count("lastN")?, count("firstN")?) {
        (None, None) => Ok(SeriesLimit::All),
        (Some(n), None) => Ok(SeriesLimit::Last(n)),
        (None, Some(n)) => Ok(SeriesLimit::First(n)),
        (Some(_), Some(_)) => Err(Error::bad_request("`lastN` and `firstN` exclude each other")),
    }
}

/// What to aggregate, over which periods.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregation {
    pub(crate) methods: Vec<Method>,
    pub(crate) period: Period,
}

impl Aggregation {
    /// Reads aggrMethods and aggrPeriodDuration.
    pub(crate) fn read(params: &Params) -> Result<Self, Error> {
        let expected = Method::ALL.map(Method::word).join(", ");
        let text = params
            .get("aggrMethods")
            .ok_or_else(|| Error::bad_request(format!("aggregatedValues needs `aggrMethods`: one or several of {expected}")))?;
        let mut methods = Vec::new();
        for word in text.split(',') {
            let method = Method::of_word(word.trim())
                .ok_or_else(|| Error::bad_request(format!("`aggrMethods={text}`: `{word}` is not known; expected {expected}")))?;
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        let period = params.get("aggrPeriodDuration").map_or(Ok(Period::WHOLE), Period::parse);
        let period = period.map_err(|error| Error::from(error).at("`aggrPeriodDuration`"))?;
        Ok(Self { methods, period })
    }
}

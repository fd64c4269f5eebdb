//! Pages of time (NGSI-LD V1.9.1, clause 6.3.10): all attributes together in
//! time order, so that a page is a complete slice of time.

use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Instant, Observation};

use super::query::{Relation, TemporalQuery};
use crate::wire::temporal::time_of;

/// Which instances an answer holds.
pub(super) struct Page {
    property: TimeProperty,
    /// First and last time on the page.
    bounds: Option<(Instant, Instant)>,
    /// Whether `lastN` turns the order around.
    pub(super) newest_first: bool,
    /// `Content-Range`, when something had to be cut off.
    pub(super) range: Option<String>,
}

impl Page {
    /// Cuts instances to a page of about `most`.
    pub(super) fn of(observations: &[Observation], query: &TemporalQuery, most: usize) -> Self {
        let newest_first = matches!(query.limit, SeriesLimit::Last(_));
        let mut page = Self { property: query.property, bounds: None, newest_first, range: None };
        if observations.len() <= most {
            return page;
        }
        let mut times: Vec<Instant> = observations.iter().map(|o| page.time(o)).collect();
        times.sort_unstable();
        if newest_first {
            times.reverse();
        }
        let first = times[0];
        let cut = times[most];
        // Instances of one instant stay together: the instant that the cut goes through moves to the next page.
        let last = times[..most].iter().rev().copied().find(|time| *time != cut).unwrap_or(cut);
        page.bounds = Some(if newest_first { (last, first) } else { (first, last) });
        page.range = Some(content_range(query, first, last));
        page
    }

    pub(super) fn time(&self, observation: &Observation) -> Instant {
        time_of(observation, self.property)
    }

    pub(super) fn holds(&self, observation: &Observation) -> bool {
        self.bounds.is_none_or(|(from, to)| (from..=to).contains(&self.time(observation)))
    }
}

fn content_range(query: &TemporalQuery, first: Instant, last: Instant) -> String {
    let (start, size) = match (query.limit, query.relation) {
        (SeriesLimit::Last(n), Some(Relation::Before(at) | Relation::Between(_, at))) => (at, n.to_string()),
        (SeriesLimit::Last(n), _) => (first, n.to_string()),
        (_, Some(Relation::After(at) | Relation::Between(at, _))) => (at, "*".to_owned()),
        _ => (first, "*".to_owned()),
    };
    format!("date-time {start}-{last}/{size}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Attribute, Class, Fact, Iri, Json, Name, Value};

    fn at(second: i64) -> Instant {
        Instant::from_seconds(1_800_000_000 + second)
    }

    fn observations(seconds: &[i64]) -> Vec<Observation> {
        let one = |second: &i64| Observation {
            entity: Iri::parse("urn:x:1").expect("valid"),
            attribute: Attribute::new(Name::known("urn:x:a"), Value::Property(Json::from(1))).observed(at(*second)),
            fact: Fact::Value,
            class: Class::Open,
            seq: 1,
            recorded_at: at(0),
            origin: None,
        };
        seconds.iter().map(one).collect()
    }

    #[track_caller]
    fn check(seconds: &[i64], limit: SeriesLimit, relation: Option<Relation>, kept: &[i64], range: Option<&str>) {
        let all = observations(seconds);
        let query = TemporalQuery { relation, property: TimeProperty::ObservedAt, limit };
        let page = Page::of(&all, &query, 3);
        let held: Vec<i64> = all.iter().filter(|o| page.holds(o)).map(|o| (o.time().micros() - at(0).micros()) / 1_000_000).collect();
        assert_eq!(held, kept);
        let shown = page.range.map(|range| range.replace("2027-01-15T08:00:", ":").replace('Z', ""));
        assert_eq!(shown.as_deref(), range);
    }

    #[test]
    fn nothing_cut_is_no_page() {
        check(&[1, 2, 3], SeriesLimit::All, None, &[1, 2, 3], None);
    }

    #[test]
    fn a_page_is_a_slice_of_time() {
        check(&[1, 2, 3, 4], SeriesLimit::All, None, &[1, 2, 3], Some("date-time :01-:03/*"));
        check(&[1, 2, 3, 3, 4], SeriesLimit::All, Some(Relation::After(at(0))), &[1, 2], Some("date-time :00-:02/*"));
        check(&[1, 1, 1, 1], SeriesLimit::All, None, &[1, 1, 1, 1], Some("date-time :01-:01/*"));
    }

    #[test]
    fn last_n_goes_backwards() {
        check(&[1, 2, 3, 4], SeriesLimit::Last(9), None, &[2, 3, 4], Some("date-time :04-:02/9"));
        check(&[1, 2, 3, 4], SeriesLimit::Last(9), Some(Relation::Before(at(5))), &[2, 3, 4], Some("date-time :05-:02/9"));
    }
}

//! The catalogue: datasets, what they hold, and finding them.

use std::collections::HashMap;
use std::sync::Arc;

use model::dataset::terms;
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Dataset, EntityId, Instant, Name, Query, SeriesKey, SeriesQuery, TimeWindow};
use parking_lot::Mutex;
use policy::Action;

use crate::operation::Operation;
use crate::past::rollup;
use crate::tenant::Shared;
use crate::{Access, Error, Table};

/// What a dataset holds, as far as a principal may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// How many entities.
    pub entities: usize,
    /// How many values over time.
    pub observations: u64,
    /// The first and the last time a value stands for.
    pub period: Option<(Instant, Instant)>,
    /// When one of its entities was last written.
    pub modified_at: Option<Instant>,
    /// Its measures, in the order of its columns.
    pub columns: Vec<ColumnStatistics>,
}

/// What a measure holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnStatistics {
    /// The attribute.
    pub attribute: Name,
    /// How many values.
    pub count: u64,
    /// The first and the last time a value stands for.
    pub period: Option<(Instant, Instant)>,
    /// How many of them lie in the periods that the dataset covers; all when it declares none.
    pub covered: u64,
    /// How many values there would be without gaps, judged by the usual distance between two values:
    /// in the declared periods until now, else from the first to the last value of each series.
    pub expected: u64,
}

impl Statistics {
    /// How many rows a table of them has at least: a row for each thing and time.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let longest = self.columns.iter().map(|column| column.count).max();
        longest.unwrap_or_default().max(self.entities as u64)
    }
}

/// Statistics by role and dataset, with the changes they show: counted when
/// somebody asks, and anew only when something of the dataset has changed.
#[derive(Default)]
pub(crate) struct StatisticsCache(Mutex<HashMap<u8, Counted>>);

type Counted = Table<EntityId, (Seen, Statistics)>;

/// The last change of the type of its things, and the last of any dataset.
type Seen = (u64, u64);

impl StatisticsCache {
    /// The rows of datasets when they were last counted for a role.
    pub(crate) fn rows(&self, role: u8) -> impl Fn(&EntityId) -> Option<u64> + '_ {
        let cache = self.0.lock();
        move |dataset| cache.get(&role)?.get(dataset).map(|(_, known)| known.rows())
    }
}

impl Access {
    /// The datasets that may be seen, by title.
    ///
    /// # Errors
    /// As [`Access::query`].
    pub fn datasets(&self) -> Result<Vec<Arc<Dataset>>, Error> {
        let all = self.shared().datasets.load_full();
        let mut visible = Vec::new();
        for dataset in all.iter() {
            if self.entity(&dataset.id).is_ok() {
                visible.push(Arc::clone(dataset));
            }
        }
        visible.sort_by(|a, b| a.title.de.cmp(&b.title.de));
        Ok(visible)
    }

    /// The dataset of a slug.
    ///
    /// # Errors
    /// [`crate::Kind::NotFound`], also when it may not be seen.
    pub fn dataset(&self, slug: &str) -> Result<Arc<Dataset>, Error> {
        let all = self.shared().datasets.load();
        let named = all.iter().filter(|dataset| dataset.slug == slug).find(|dataset| self.entity(&dataset.id).is_ok());
        named.cloned().ok_or_else(|| Error::not_found("dataset", &slug))
    }

    /// Declares a dataset: its texts, its columns and their classes, and
    /// whether it is published.
    ///
    /// # Errors
    /// When the principal may not manage sources, or another dataset has the slug.
    pub async fn put_dataset(&self, dataset: Dataset) -> Result<(), Error> {
        self.permit(Action::ManageSources)?;
        let taken = self.shared().datasets.load().iter().any(|other| other.slug == dataset.slug && other.id != dataset.id);
        if taken {
            return Err(Error::exists("dataset with the slug", &dataset.slug));
        }
        let receipt = self.write(vec![Operation::Upsert { entity: dataset.to_entity(), replace: true }]).await?;
        receipt.outcomes.into_iter().collect::<Result<Vec<_>, _>>().map(|_| ())
    }

    /// The entities of a dataset that may be seen, by id, at most so many.
    ///
    /// # Errors
    /// As [`Access::query`].
    pub fn entities_of(&self, dataset: &Dataset, limit: usize) -> Result<Vec<crate::View>, Error> {
        Ok(self.query(&Query::of(dataset.filter(), limit))?.views)
    }

    /// What a dataset holds.
    ///
    /// # Errors
    /// When history is damaged.
    pub async fn statistics(&self, dataset: &Dataset) -> Result<Statistics, Error> {
        let seen = self.seen(dataset);
        let role = self.principal().role as u8;
        if let Some((at, known)) = self.shared().statistics.0.lock().get(&role).and_then(|of_role| of_role.get(&dataset.id))
            && *at == seen
        {
            return Ok(known.clone());
        }
        let statistics = self.count(dataset).await?;
        self.shared().statistics.0.lock().entry(role).or_default().insert(dataset.id.clone(), (seen, statistics.clone()));
        Ok(statistics)
    }

    fn seen(&self, dataset: &Dataset) -> Seen {
        let state = self.shared().state.read();
        (state.change_of(dataset.entity_type), state.change_of(terms::dataset()))
    }

    async fn count(&self, dataset: &Dataset) -> Result<Statistics, Error> {
        let views = self.entities_of(dataset, usize::MAX)?;
        let ids: Vec<EntityId> = views.iter().map(|view| view.entity().id.clone()).collect();
        let modified_at = views.iter().map(|view| view.entity().modified_at).max();
        let measures: Vec<Name> = dataset.measures().map(|column| column.attribute).collect();
        let mut series = Vec::new();
        for (attributes, entities) in self.allowed_series(&ids, Some(&measures)).await? {
            let question = SeriesQuery {
                entities,
                attributes,
                window: TimeWindow::ALL,
                time_property: TimeProperty::ObservedAt,
                limit: SeriesLimit::All,
                ..SeriesQuery::default()
            };
            let question = Self::authorized(question);
            let instants = move |shared: &Shared| {
                let numbers = shared.past.numbers(&question)?;
                Ok(rollup::instants_of(numbers, &shared.past.rollups(question.question())?))
            };
            series.extend(self.blocking(instants).await?);
        }
        let due: Vec<TimeWindow> = dataset.temporal_until(self.shared().clock.now()).collect();
        let columns: Vec<ColumnStatistics> = measures.iter().map(|name| ColumnStatistics::of(*name, &series, &due)).collect();
        Ok(Statistics {
            entities: views.len(),
            observations: columns.iter().map(|column| column.count).sum(),
            period: around(columns.iter().filter_map(|column| column.period)),
            modified_at,
            columns,
        })
    }
}

impl ColumnStatistics {
    fn of(attribute: Name, series: &[(SeriesKey, Vec<i64>)], due: &[TimeWindow]) -> Self {
        let own = || series.iter().filter(|(key, _)| key.attribute == attribute).map(|(_, times)| times);
        let period = |times: &Vec<i64>| Some((Instant::from_micros(*times.first()?), Instant::from_micros(*times.last()?)));
        let (covered, expected) = own().map(|times| completeness(times, due)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Self { attribute, count: own().map(|times| times.len() as u64).sum(), period: around(own().filter_map(period)), covered, expected }
    }
}

fn around(periods: impl Iterator<Item = (Instant, Instant)>) -> Option<(Instant, Instant)> {
    periods.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// How many values a series has in the periods in which they are due, and how
/// many it would have if each followed the one before at the distance that
/// most do. Without such periods it is due from its first to its last value.
fn completeness(times: &[i64], due: &[TimeWindow]) -> (u64, u64) {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return (0, 0) };
    let usual = usual_distance(times);
    let own = TimeWindow { start: Instant::from_micros(*first), end: Instant::from_micros(last.saturating_add(usual.unwrap_or(1))) };
    let due = if due.is_empty() { std::slice::from_ref(&own) } else { due };
    due.iter().fold((0, 0), |(covered, expected), period| {
        let (start, end) = (period.start.micros(), period.end.micros());
        let inside = (times.partition_point(|at| *at < end) - times.partition_point(|at| *at < start)) as u64;
        // Days have 23, 24 or 25 hours: the nearest number of steps is meant.
        let steps = usual.map_or(0, |usual| (end - start + usual / 2) / usual);
        (covered + inside, expected + u64::try_from(steps).unwrap_or(0).max(inside))
    })
}

/// The median of the distances between one value and the next.
fn usual_distance(times: &[i64]) -> Option<i64> {
    let mut distances: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let middle = distances.len() / 2;
    (!distances.is_empty()).then(|| (*distances.select_nth_unstable(middle).1).max(1))
}

#[cfg(test)]
mod tests {
    use model::series::RemovedSeries;
    use model::{Entity, Iri};

    use super::*;
    use crate::tests::{dataset, id, name, no2, number, station};
    use crate::{Engine, Role};

    const HOUR: i64 = 3_600_000_000;

    /// Hours since 1970 at which values are; first and last hour of each period in which they are due.
    #[track_caller]
    fn check_completeness(hours: &[i64], due: &[(i64, i64)], covered_and_expected: (u64, u64)) {
        let times: Vec<i64> = hours.iter().map(|hour| hour * HOUR).collect();
        let at = |hour: i64| Instant::from_micros(hour * HOUR);
        let due: Vec<TimeWindow> = due.iter().map(|(first, last)| TimeWindow { start: at(*first), end: at(last + 1) }).collect();
        assert_eq!(completeness(&times, &due), covered_and_expected);
    }

    #[test]
    fn values_are_expected_in_declared_periods_only() {
        check_completeness(&[0, 1, 2, 100, 101, 103], &[], (6, 104));
        check_completeness(&[0, 1, 2, 100, 101, 103], &[(0, 2), (100, 103)], (6, 7));
        // A period that begins before the first value and ends after the last one has gaps at its ends; a silent one is a gap.
        check_completeness(&[2, 3, 4], &[(0, 5), (10, 13)], (3, 10));
        // What lies outside counts for nothing.
        check_completeness(&[0, 1, 2, 3, 9], &[(1, 2)], (2, 2));
        check_completeness(&[0], &[], (1, 1));
        check_completeness(&[0], &[(5, 9)], (0, 0));
        check_completeness(&[], &[(0, 9)], (0, 0));
        // A day of 25 hours and one of 23 are a day each.
        check_completeness(&[0, 24, 49, 73], &[(0, 96)], (4, 4));
        check_completeness(&[0, 24, 47, 71], &[(0, 94)], (4, 4));
    }

    /// Stands in for what was counted, so that it is seen when it is given out again.
    const MARK: u64 = 999;

    #[tokio::test]
    async fn statistics_are_counted_anew_only_when_their_dataset_changes() {
        let engine = Engine::scratch();
        let access = engine.with_role(Role::Administrator);
        access.put_dataset(dataset(true)).await.expect("declared");
        let value = |hour: u8| station("a").with(no2(&hour.to_string(), &format!("2026-05-04T{hour:02}:00:00Z")));
        let count = async || {
            let counted = access.statistics(&dataset(true)).await.expect("counted").observations;
            let mut cache = access.shared().statistics.0.lock();
            cache.values_mut().flat_map(Table::values_mut).for_each(|(_, known)| known.observations = MARK);
            counted
        };
        access.import(1, vec![(1, value(6)), (2, value(7))]).await.expect("imported");
        assert_eq!((count().await, count().await), (2, MARK), "who asks twice is told what is known");
        let other = Entity::new(Iri::parse("urn:ngsi-ld:Tree:1").expect("valid"), name("Tree"))
            .with(model::Attribute::new(name("no2"), number("1")));
        access.write(vec![Operation::Create(other)]).await.expect("written");
        assert_eq!(count().await, MARK, "what happens to others does not matter");
        access.import(1, vec![(3, value(8)), (4, value(5))]).await.expect("imported");
        assert_eq!((count().await, count().await), (4, MARK), "new and late values do");
        access.remove_history(&id("a"), RemovedSeries::All, TimeWindow::ALL).await.expect("removed");
        assert_eq!(count().await, 0, "and what was removed");
        access.put_dataset(dataset(false)).await.expect("declared");
        assert_eq!(count().await, 0, "and what is declared");
        access.write(vec![Operation::Delete(id("a"))]).await.expect("deleted");
        assert_eq!((count().await, count().await), (0, MARK));
    }
}

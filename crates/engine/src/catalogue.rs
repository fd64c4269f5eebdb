//! The catalogue: datasets, what they hold, and finding them.

use std::collections::HashMap;
use std::sync::Arc;

use model::dataset::terms;
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Dataset, EntityId, Instant, Name, NumberSeries, Query, SeriesQuery, TimeWindow};
use parking_lot::Mutex;
use policy::Action;

use crate::operation::Operation;
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
    /// How many values there would be without gaps, judged by the usual distance between two values.
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
            series.extend(self.blocking(move |shared| shared.past.numbers(&question)).await?);
        }
        let columns: Vec<ColumnStatistics> = measures.iter().map(|name| ColumnStatistics::of(*name, &series)).collect();
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
    fn of(attribute: Name, series: &[NumberSeries]) -> Self {
        let own = || series.iter().filter(|one| one.key.attribute == attribute);
        let period = |one: &NumberSeries| Some((Instant::from_micros(*one.times.first()?), Instant::from_micros(*one.times.last()?)));
        Self {
            attribute,
            count: own().map(|one| one.times.len() as u64).sum(),
            period: around(own().filter_map(period)),
            expected: own().map(|one| expected_count(&one.times)).sum(),
        }
    }
}

fn around(periods: impl Iterator<Item = (Instant, Instant)>) -> Option<(Instant, Instant)> {
    periods.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// How many values a series would have if each followed the one before at the
/// distance that most do.
fn expected_count(times: &[i64]) -> u64 {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return 0 };
    let mut distances: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if distances.is_empty() {
        return 1;
    }
    let middle = distances.len() / 2;
    let usual = *distances.select_nth_unstable(middle).1;
    let steps = (last - first) / usual.max(1) + 1;
    u64::try_from(steps).unwrap_or(0).max(times.len() as u64)
}

#[cfg(test)]
mod tests {
    use model::series::RemovedSeries;
    use model::{Entity, Iri};

    use super::*;
    use crate::tests::{dataset, id, name, no2, number, station};
    use crate::{Engine, Role};

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

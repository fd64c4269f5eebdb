//! Values of the past in periods, and few of many.

use std::collections::HashMap;

use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{EntityId, Json, Name, SeriesQuery, TimeWindow, Value};

use crate::access::Waiting;
use crate::past::rollup::Rollups;
use crate::past::{self, BucketQuery, BucketSeries, Cutter, Sampled};
use crate::tenant::Shared;
use crate::{Access, Error, Kind};

/// How many values that are no plain numbers one answer looks at.
const VALUES_MAX: usize = 1_000_000;
/// How many entities are read together: between them it is seen whether somebody still waits.
const ENTITIES_AT_ONCE: usize = 250;

/// Few of the numbers of series, for a picture of them.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleQuery {
    /// The entities.
    pub entities: Vec<EntityId>,
    /// The attribute.
    pub attribute: Name,
    /// The window of time.
    pub window: TimeWindow,
    /// How many values of a series at most; at least 4.
    pub points_max: usize,
    /// How far apart, in microseconds, values have a gap between them.
    pub gap_micros: i64,
}

impl Access {
    /// Of each series the values that show its course best, its ends, least and
    /// greatest among them; gaps stay. It stops when nobody waits for it any more.
    ///
    /// # Errors
    /// When a segment of history is damaged.
    pub async fn samples(&self, question: SampleQuery) -> Result<Vec<Sampled>, Error> {
        let allowed = self.allowed_series(&question.entities, Some(&[question.attribute])).await?;
        let work = move |shared: &Shared, waiting: &Waiting| {
            let mut found = Vec::new();
            for (attributes, entities) in &allowed {
                for entities in entities.chunks(ENTITIES_AT_ONCE) {
                    waiting.check()?;
                    let series = SeriesQuery {
                        entities: entities.to_vec(),
                        attributes: attributes.clone(),
                        window: question.window,
                        ..SeriesQuery::default()
                    };
                    let numbers = shared.past.numbers(&Self::authorized(series))?;
                    found.extend(numbers.iter().map(|one| past::downsample(one, question.points_max, question.gap_micros)));
                }
            }
            found.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(found)
        };
        self.waited_for(work).await
    }

    /// Values of the past in periods, series by series; where roll-ups took the
    /// place of values, these ([`crate::Bucket::only`] says where they do not
    /// tell). By another time than that of observation, and of so many values
    /// from one end, there are values only. It stops when nobody waits for it
    /// any more.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for a time zone that is not known and for methods of
    /// which none fits any value; [`Kind::TooLarge`] for more than
    /// [`past::PERIODS_MAX`] periods in a series or too many values that are
    /// no numbers; when a segment of history is damaged.
    pub async fn buckets(&self, question: BucketQuery) -> Result<Vec<BucketSeries>, Error> {
        let parts = self.parts_of(&question).await?;
        let work = move |shared: &Shared, waiting: &Waiting| {
            let cutter = Cutter::new(&question, waiting)?;
            let mut found = Vec::new();
            for part in &parts {
                for entities in part.entities.chunks(ENTITIES_AT_ONCE) {
                    waiting.check()?;
                    found.extend(part.cut(shared, &question, &cutter, entities)?);
                }
            }
            found.sort_by(|a, b| a.key.cmp(&b.key));
            past::ensure_something_fits(&question, &found)?;
            Ok(found)
        };
        self.waited_for(work).await
    }

    /// What may be asked for, numbers apart from all else.
    async fn parts_of(&self, question: &BucketQuery) -> Result<Vec<Part>, Error> {
        let mut parts: HashMap<(Vec<Name>, bool), Vec<EntityId>> = HashMap::new();
        let by_observation = question.time_property == TimeProperty::ObservedAt && question.limit == SeriesLimit::All;
        for (attributes, entities) in self.allowed_series(&question.entities, Some(&question.attributes)).await? {
            let state = self.shared().state.read();
            for id in entities {
                let is_number = |name: &Name| {
                    by_observation
                        && state.get(&id).is_some_and(|stored| {
                            let mut instances = stored.entity.instances(*name).peekable();
                            instances.peek().is_some() && instances.all(|a| matches!(&a.value, Value::Property(Json::Number(_))))
                        })
                };
                let (numbers, others): (Vec<Name>, Vec<Name>) = attributes.iter().flatten().copied().partition(is_number);
                for (names, are_numbers) in [(numbers, true), (others, false)] {
                    if !names.is_empty() {
                        parts.entry((names, are_numbers)).or_default().push(id.clone());
                    }
                }
            }
        }
        Ok(parts.into_iter().map(|((attributes, are_numbers), entities)| Part { attributes, are_numbers, entities }).collect())
    }
}

/// Entities with the same attributes.
struct Part {
    attributes: Vec<Name>,
    /// As far as their current values tell.
    are_numbers: bool,
    entities: Vec<EntityId>,
}

impl Part {
    fn cut(&self, shared: &Shared, question: &BucketQuery, cutter: &Cutter<'_>, entities: &[EntityId]) -> Result<Vec<BucketSeries>, Error> {
        let limit = match question.limit {
            _ if self.are_numbers => SeriesLimit::All,
            SeriesLimit::All => SeriesLimit::First(VALUES_MAX + 1),
            SeriesLimit::First(count) => SeriesLimit::First(count.min(VALUES_MAX + 1)),
            SeriesLimit::Last(count) => SeriesLimit::Last(count.min(VALUES_MAX + 1)),
        };
        let series = Access::authorized(SeriesQuery {
            entities: entities.to_vec(),
            attributes: Some(self.attributes.clone()),
            window: question.window,
            time_property: question.time_property,
            limit,
            ..SeriesQuery::default()
        });
        // When something was written, and which values were the last, roll-ups do not tell. They are
        // read last: what took the place of values meanwhile is not missed, and counts once.
        let tells = question.time_property == TimeProperty::ObservedAt && question.limit == SeriesLimit::All;
        let rollups = || if tells { shared.past.rollups(series.question()) } else { Ok(Rollups::new()) };
        if self.are_numbers {
            return cutter.numbers(&shared.past.numbers(&series)?, rollups()?);
        }
        let values = shared.past.series(&series)?;
        if values.len() > VALUES_MAX {
            let message = format!("more than {VALUES_MAX} values that are no numbers would have to be looked at; ask for a shorter window");
            return Err(Error::new(Kind::TooLarge, message));
        }
        cutter.values(&values, rollups()?)
    }
}

//! Putting the past right: single instances corrected or retracted, whole
//! stretches removed (NGSI-LD V1.9.1, clauses 5.6.12 to 5.6.16).

use model::series::{RemovedSeries, SeriesLimit, SeriesQuery};
use model::{Attribute, Authorized, EntityId, Grain, Instant, Json, Name, Observation, Rollup, SeriesKey, TimeWindow, Value};
use policy::Action;

use super::compact;
use super::rollup::{LONGEST_MICROS, Rolled};
use crate::operation::Receipt;
use crate::resolve::{Mending, Wrong};
use crate::sequencer::{Done, Work};
use crate::tenant::Shared;
use crate::{Access, DOOR, Error};

impl Access {
    /// Retracts one instance of the past: nothing takes its place, and what it
    /// said is kept for who asks for all versions. Where it is the current
    /// one, the newest instance that is left becomes current.
    ///
    /// # Errors
    /// As [`Access::write`]; [`crate::Kind::NotFound`] when there is no such instance.
    pub async fn retract(&self, entity: &EntityId, attribute: Name, instance: &str) -> Result<Receipt, Error> {
        self.mend(entity, attribute, instance, Mending::Retract).await
    }

    /// Corrects one instance of the past: value, unit and sub-attributes of
    /// `corrected` take the place of its own; the time it stands for stays.
    /// The old version is kept for who asks for all versions.
    ///
    /// # Errors
    /// As [`Access::retract`].
    pub async fn correct(&self, entity: &EntityId, instance: &str, corrected: Attribute) -> Result<Receipt, Error> {
        if corrected.value == Value::Property(Json::Null) {
            return Err(Error::invalid("a correction needs a value; to take an instance back, delete it"));
        }
        self.mend(entity, corrected.name, instance, Mending::Correct(corrected)).await
    }

    /// Removes history for good: nothing of it is answered any more, and
    /// files lose it when they are written anew. The current state stays. A
    /// roll-up that has values in the window goes as a whole.
    ///
    /// # Errors
    /// When the principal may not administer, or nothing was removed for certain.
    pub async fn remove_history(&self, entity: &EntityId, series: RemovedSeries, window: TimeWindow) -> Result<Receipt, Error> {
        self.permit(Action::Administer)?;
        if window.is_empty() {
            return Err(Error::invalid(format!("the time from {} to {} is empty: nothing lies in it", window.start, window.end)));
        }
        let _alone = self.shared().forgetting.lock().await;
        let (id, named) = (entity.clone(), series.clone());
        let mut removed = self.blocking(move |shared| rollups_of(shared, &id, &named, window)).await?;
        removed.push((series, window));
        self.submit(Work::RemoveHistory(entity.clone(), removed)).await
    }

    /// Takes what was removed from history off the disk, as far as no reader
    /// holds it: out of segments, and out of the log by two snapshots. Answers
    /// whether all of it is gone; asking again goes on.
    ///
    /// # Errors
    /// When the principal may not administer; what the disk refuses.
    pub async fn finish_removals(&self) -> Result<bool, Error> {
        self.permit(Action::Administer)?;
        for _ in 0..2 {
            if self.shared().store.removals()?.is_empty() {
                return Ok(true);
            }
            // A snapshot stands for a position of its own.
            self.sequence(Work::Note { run: None }).await?;
            self.blocking(|shared| {
                shared.past.press(&shared.state)?;
                while shared.past.compact(compact::WHEN_IDLE, &shared.stopping)? {}
                Ok(())
            })
            .await?;
        }
        Ok(self.shared().store.removals()?.is_empty())
    }

    pub(crate) async fn mend(&self, entity: &EntityId, attribute: Name, instance: &str, mending: Mending) -> Result<Receipt, Error> {
        self.permit(Action::Write)?;
        let _alone = self.shared().forgetting.lock().await;
        let wrong = self.wrong(entity, attribute, instance).await?;
        self.submit(Work::Mend(Box::new(wrong), mending)).await
    }

    pub(crate) async fn submit(&self, work: Work) -> Result<Receipt, Error> {
        match self.sequence(work).await? {
            Done::Operations(outcomes, seq) => Ok(Receipt { outcomes, seq }),
            Done::Import(_) | Done::Noted { .. } => Err(Error::internal("a correction was answered as something else")),
        }
    }

    async fn sequence(&self, work: Work) -> Result<Done, Error> {
        self.tenant.sequencer()?.submit(work, self.actor(), self.principal().purpose.clone()).await
    }

    /// The instance of an id, and the newest of its series beside it.
    async fn wrong(&self, entity: &EntityId, attribute: Name, instance: &str) -> Result<Wrong, Error> {
        let missing = || Error::not_found("instance", &instance);
        let time = SeriesKey::time_of_instance(instance).ok_or_else(missing)?;
        let of = |limit| SeriesQuery { entities: vec![entity.clone()], attributes: Some(vec![attribute]), limit, ..SeriesQuery::default() };
        let window = TimeWindow { start: time, end: Instant::from_micros(time.micros().saturating_add(1)) };
        let near = self.series(SeriesQuery { window, ..of(SeriesLimit::All) }).await?;
        let is_it = |o: &Observation| o.time() == time && o.key().instance_id(time) == instance;
        let found = match near.into_iter().find(is_it) {
            Some(found) => found,
            // Instances without a time of observation are part of all of time only.
            None => self.series(of(SeriesLimit::All)).await?.into_iter().find(is_it).ok_or_else(missing)?,
        };
        let newest = self.series(of(SeriesLimit::Last(2))).await?;
        let left = newest.into_iter().rfind(|o| o.attribute.dataset == found.attribute.dataset && o.time() != time);
        Ok(Wrong { found, left })
    }
}

/// What else goes with a part of history: roll-ups of the one instance that is
/// named, and those that begin before the window and have values in it.
fn rollups_of(
    shared: &Shared,
    entity: &EntityId,
    series: &RemovedSeries,
    window: TimeWindow,
) -> Result<Vec<(RemovedSeries, TimeWindow)>, Error> {
    let mut removed = Vec::new();
    let (attributes, instance) = match series {
        RemovedSeries::All => (None, None),
        RemovedSeries::Attribute(name) => (Some(vec![*name]), None),
        RemovedSeries::Instance(name, dataset) => {
            let key = SeriesKey { entity: entity.clone(), attribute: *name, dataset: dataset.clone() };
            removed.extend(Rollup::ALL.map(|length| (RemovedSeries::Instance(*name, key.rollups(length).dataset), window)));
            (Some(vec![*name]), Some(key))
        }
    };
    let before = TimeWindow { start: Instant::from_micros(window.start.micros().saturating_sub(LONGEST_MICROS)), end: window.start };
    let question =
        SeriesQuery { entities: vec![entity.clone()], attributes, window: before, grain: Grain::Rollups, ..SeriesQuery::default() };
    for row in shared.past.series(&Authorized::new(&DOOR, question))? {
        let key = row.key();
        let Some((base, length)) = key.rolled().filter(|(base, _)| instance.as_ref().is_none_or(|instance| instance == base)) else {
            continue;
        };
        if Rolled::read(&row, length)?.instants.iter().any(|at| window.contains(Instant::from_micros(at))) {
            removed.push((RemovedSeries::Instance(base.attribute, key.dataset), TimeWindow { start: row.time(), end: window.start }));
        }
    }
    Ok(removed)
}

//! Values of a moment one after the other, however many there are.

use std::collections::HashSet;

use model::{Authorized, EntityId, Instant, Known, Observation, SeriesKey, SeriesQuery, TimeWindow, series};

use super::{Moment, compare, compare_keys, may_bear, settle};
use crate::Error;

impl Moment {
    /// Gives the values that answer a question to `take`, by series and time,
    /// corrections applied unless all versions are asked for. Limits of the
    /// question are left alone, and so are the lives of entities.
    pub(crate) fn walk(
        &self,
        authorized: &Authorized<SeriesQuery>,
        take: &mut dyn FnMut(Observation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let question = authorized.question();
        let entities: HashSet<&EntityId> = question.entities.iter().collect();
        let names = question.attributes.as_ref();
        let asked = |row: &&Observation| {
            entities.contains(&row.entity)
                && names.is_none_or(|names| names.contains(&row.attribute.name))
                && may_bear(row, question)
                && self.holds(row)
        };
        let mut tail = self.tail.iter().filter(asked).peekable();
        let mut walk = Walk { question, instant: Vec::new(), take };
        let mut walked = Ok(());
        self.history.walk(authorized, &self.segments, &self.removals, &mut |rows| {
            walked = rows.into_iter().filter(|row| self.holds(row)).try_for_each(|row| {
                while let Some(unsealed) = tail.next_if(|unsealed| compare(unsealed, &row).is_lt()) {
                    walk.put(unsealed.clone())?;
                }
                walk.put(row)
            });
            walked.is_ok()
        })?;
        walked?;
        tail.try_for_each(|row| walk.put(row.clone()))?;
        walk.end_instant()
    }

    /// The entities of which there is a past but nothing today.
    pub(crate) fn gone(&self) -> Result<Vec<EntityId>, Error> {
        let there: HashSet<&EntityId> = self.entities.iter().map(|entity| &entity.id).collect();
        let sealed = self.history.series(&self.segments)?.into_iter().map(|key| key.entity);
        let all: HashSet<EntityId> = sealed.chain(self.tail.iter().map(|row| row.entity.clone())).collect();
        Ok(all.into_iter().filter(|id| !there.contains(id)).collect())
    }

    /// The first and the last time that values of the series chosen stand for.
    pub(crate) fn span(&self, is_chosen: &dyn Fn(&SeriesKey) -> bool) -> Result<Option<(Instant, Instant)>, Error> {
        let end = TimeWindow::ALL.end;
        let is_chosen = |key: &SeriesKey| key.rolled().is_none() && is_chosen(key);
        let sealed = self.history.count(&self.segments, &self.removals, end, &mut |key| is_chosen(key).then_some(end))?;
        let tail = self.tail.iter().filter(|row| is_chosen(&row.key())).map(|row| (row.time(), row.time()));
        let spans = sealed.into_values().map(|count| (count.first, count.last)).chain(tail);
        Ok(spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))))
    }
}

/// What was said of one instant of one series, until that of the next comes.
struct Walk<'a> {
    question: &'a SeriesQuery,
    instant: Vec<Observation>,
    take: &'a mut dyn FnMut(Observation) -> Result<(), Error>,
}

impl Walk<'_> {
    fn put(&mut self, row: Observation) -> Result<(), Error> {
        if self.instant.first().is_some_and(|first| first.time() != row.time() || compare_keys(first, &row).is_ne()) {
            self.end_instant()?;
        }
        self.instant.push(row);
        Ok(())
    }

    fn end_instant(&mut self) -> Result<(), Error> {
        self.instant.sort_by(compare);
        settle(&mut self.instant, self.question.known == Known::Versions);
        let (question, life) = (self.question, series::life());
        self.instant.drain(..).filter(|row| question.asks_for(row) && row.attribute.name != life).try_for_each(&mut *self.take)
    }
}

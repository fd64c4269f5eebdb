//! How long settled reports are kept (Regulation (EU) 2016/679, article 5 (1) e).

use model::{Entity, EntityId, Instant};
use policy::Action;

use super::{SETTLING, kind, settled_at};
use crate::retention::{jumped_since, note_seen};
use crate::sequencer::Work;
use crate::{Access, Error};

const DAY_MICROS: i64 = 86_400_000_000;
/// What the clock is remembered for.
const SEEN: &str = "reports";

/// Stands where the slug of a dataset stands when settled reports are meant
/// ([`Access::confirm_retention`]); no slug begins so.
pub const SETTLED_REPORTS: &str = "_meldungen";

/// Settled reports that stay until somebody confirms the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportsWaiting {
    /// The clock has gone on by more than 48 hours since this instant, when it was seen last.
    pub since: Instant,
    /// What it showed then.
    pub as_of: Instant,
    /// How many reports would be deleted by it.
    pub count: usize,
    /// For how many days they are kept.
    pub kept_days: u16,
}

impl ReportsWaiting {
    /// What a confirmation names: this and no other.
    #[must_use]
    pub fn token(&self) -> String {
        self.as_of.to_string()
    }
}

impl Access {
    /// Deletes the reports that were settled so many days of 24 hours ago, or
    /// earlier: from the state and with all of their past, in one commit.
    /// Open reports stay. Answers how many were deleted.
    ///
    /// None is deleted while there are settled ones and the clock has gone on
    /// by more than 48 hours since it was asked for last, until the clock is
    /// set right or [`Access::confirm_retention`] confirms it.
    ///
    /// # Errors
    /// When the principal may not administer, or the deletion is not durable;
    /// then it can be asked for again.
    pub async fn delete_settled_reports(&self, kept_days: u16) -> Result<usize, Error> {
        self.permit(Action::Administer)?;
        // Nobody opens a report again between the look and the deletion.
        let _one = SETTLING.lock().await;
        let now = self.shared().clock.now();
        let jumped = self.blocking(move |shared| jumped_since(shared, SEEN, now)).await?;
        let has_settled = !self.settled_until(Instant::MAX).is_empty();
        if let Some(since) = jumped.filter(|_| has_settled) {
            let mut waiting = self.shared().reports_waiting.lock();
            // Who looks at it and confirms has more than the hour until the next pass.
            let as_of = (*waiting).filter(|earlier| earlier.since == since && earlier.as_of <= now).map_or(now, |earlier| earlier.as_of);
            let count = self.settled_until(begin_of(as_of, kept_days)).len();
            *waiting = Some(ReportsWaiting { since, as_of, count, kept_days });
            return Ok(0);
        }
        self.delete_reports(now, kept_days).await
    }

    /// What the last pass left for somebody to confirm.
    ///
    /// # Errors
    /// When the principal may not administer.
    pub fn reports_waiting(&self) -> Result<Option<ReportsWaiting>, Error> {
        self.permit(Action::Administer)?;
        Ok(*self.shared().reports_waiting.lock())
    }

    /// Believes the clock that a token names, and deletes what was due then.
    /// Answers how many reports that were; `None` when nothing waits for that,
    /// or the clock stands before it.
    pub(crate) async fn confirm_reports(&self, token: &str) -> Result<Option<usize>, Error> {
        let _one = SETTLING.lock().await;
        let now = self.shared().clock.now();
        match self.reports_waiting()?.filter(|waiting| waiting.token() == token && waiting.as_of <= now) {
            Some(waiting) => self.delete_reports(waiting.as_of, waiting.kept_days).await.map(Some),
            None => Ok(None),
        }
    }

    /// Deletes what is due at an instant, and notes that the clock was believed.
    async fn delete_reports(&self, as_of: Instant, kept_days: u16) -> Result<usize, Error> {
        let old = self.settled_until(begin_of(as_of, kept_days));
        let count = old.len();
        if count > 0 {
            // Whoever settled them may have been cut off before the keys were destroyed.
            let persons = old.clone();
            self.blocking(move |shared| persons.iter().try_for_each(|id| shared.envelope.forget(id))).await?;
            self.submit(Work::Erase(old)).await?;
        }
        self.blocking(move |shared| note_seen(shared, SEEN, as_of)).await?;
        *self.shared().reports_waiting.lock() = None;
        Ok(count)
    }

    fn settled_until(&self, last: Instant) -> Vec<EntityId> {
        let is_old = |report: &Entity| settled_at(report).is_some_and(|at| at <= last);
        let state = self.shared().state.read();
        state.of_type(kind()).filter(|stored| is_old(&stored.entity)).map(|stored| stored.entity.id.clone()).collect()
    }
}

/// What was settled then or before is kept long enough.
fn begin_of(now: Instant, kept_days: u16) -> Instant {
    now.plus_micros(-i64::from(kept_days) * DAY_MICROS)
}

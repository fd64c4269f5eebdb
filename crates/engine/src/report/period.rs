//! How long settled reports are kept (Regulation (EU) 2016/679, article 5 (1) e).

use model::{Entity, EntityId};
use policy::Action;

use super::{SETTLING, kind, settled_at};
use crate::sequencer::Work;
use crate::{Access, Error};

const DAY_MICROS: i64 = 86_400_000_000;

impl Access {
    /// Deletes the reports that were settled so many days of 24 hours ago, or
    /// earlier: from the state and with all of their past, in one commit.
    /// Open reports stay. Answers how many were deleted.
    ///
    /// # Errors
    /// When the principal may not administer, or the deletion is not durable;
    /// then it can be asked for again.
    pub async fn delete_settled_reports(&self, kept_days: u16) -> Result<usize, Error> {
        self.permit(Action::Administer)?;
        // Nobody opens a report again between the look and the deletion.
        let _one = SETTLING.lock().await;
        let upto = self.shared().clock.now().plus_micros(-i64::from(kept_days) * DAY_MICROS);
        let is_old = |report: &Entity| settled_at(report).is_some_and(|at| at <= upto);
        let old: Vec<EntityId> = {
            let state = self.shared().state.read();
            state.of_type(kind()).filter(|stored| is_old(&stored.entity)).map(|stored| stored.entity.id.clone()).collect()
        };
        if old.is_empty() {
            return Ok(0);
        }
        // Whoever settled them may have been cut off before the keys were destroyed.
        let persons = old.clone();
        self.blocking(move |shared| persons.iter().try_for_each(|id| shared.envelope.forget(id))).await?;
        let count = old.len();
        self.submit(Work::Erase(old)).await?;
        Ok(count)
    }
}

//! What became of a dataset: when values came, and when they were corrected.

use std::collections::BTreeSet;

use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Dataset, SeriesQuery, TimeWindow};
use store::RunState;

use crate::{Access, Error};

/// From how many things it is read which sources feed a dataset.
const SAMPLE: usize = 50;

/// What one run did to a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When the run began.
    pub at: model::Instant,
    /// Values that were new.
    pub written: u64,
    /// Values that replaced another for the same time.
    pub corrected: u64,
}

impl Access {
    /// The newest runs that changed a dataset, newest first: at most so many
    /// of each source. Whoever may see its values may see when they came.
    ///
    /// # Errors
    /// When history or the store is damaged.
    pub async fn changes(&self, dataset: &Dataset, limit: usize) -> Result<Vec<Change>, Error> {
        let entities = self.entities_of(dataset, SAMPLE)?.iter().map(|view| view.entity().id.clone()).collect();
        let attributes = dataset.columns.iter().map(|column| column.attribute).collect();
        let question = SeriesQuery {
            entities,
            attributes: Some(attributes),
            window: TimeWindow::ALL,
            time_property: TimeProperty::ObservedAt,
            limit: SeriesLimit::Last(1),
            ..SeriesQuery::default()
        };
        let runs: BTreeSet<u64> = self.series(question).await?.iter().filter_map(|found| Some(found.origin?.run)).collect();
        self.blocking(move |shared| {
            let mut sources = BTreeSet::new();
            for run in runs {
                sources.extend(shared.store.run(run)?.map(|run| run.source));
            }
            let mut changes = Vec::new();
            for source in sources {
                let done = shared.store.runs(Some(&source), limit)?.into_iter().filter(|run| run.state == RunState::Done);
                changes.extend(done.map(|run| Change { at: run.at, written: run.written, corrected: run.corrected }));
            }
            changes.retain(|change| change.written + change.corrected > 0);
            changes.sort_by_key(|change| std::cmp::Reverse(change.at));
            Ok(changes)
        })
        .await
    }
}

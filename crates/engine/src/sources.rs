//! Writing entities, and everything around sources: definitions, runs, raw
//! inputs, quarantine, provenance.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{Entity, EntityId, Instant, Iri, Name, Observation, SeriesQuery, TimeWindow};
use policy::Action;
use store::{
    FileRemoval, NewRun, QuarantineItem, QuarantineRow, QuarantineState, RemovedFile, RunOutcome, RunRow, ScheduleRow, Sentence, SourceRow,
    SourceState, StoredFile,
};

use crate::operation::{ImportReceipt, Operation, Receipt};
use crate::resolve::Known;
use crate::sequencer::{Done, Work};
use crate::{Access, Error, Kind};

/// Where a value came from.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The value.
    pub observation: Observation,
    /// The run that brought it, with its source, version and input; `None` for what came through an API.
    pub run: Option<RunRow>,
}

impl Access {
    /// Writes. When it answers, what succeeded is durable: it survives a
    /// killed process and a power cut.
    ///
    /// # Errors
    /// When the principal may not write, or nothing of the request was
    /// written; [`Error::may_have_happened`] where that is not certain.
    pub async fn write(&self, operations: Vec<Operation>) -> Result<Receipt, Error> {
        self.permit(Action::Write)?;
        self.check_memory()?;
        let work = Work::Operations(operations);
        match self.tenant.sequencer()?.submit(work, self.actor(), self.principal().purpose.clone()).await? {
            Done::Operations(outcomes, seq) => Ok(Receipt { outcomes, seq }),
            Done::Import(_) | Done::Noted { .. } => Err(Error::internal("a write was answered as something else")),
        }
    }

    /// Imports records of a run: partial entities with the number of the
    /// record they came from. A value that is older than the current one goes
    /// to history only; a value that is known for its time is left alone when
    /// equal, and corrected when not. All of them, or none and an error.
    ///
    /// # Errors
    /// As [`Access::write`].
    pub async fn import(&self, run: u64, records: Vec<(u64, Entity)>) -> Result<ImportReceipt, Error> {
        self.permit(Action::Write)?;
        self.check_memory()?;
        let known = self.known(&records).await?;
        let work = Work::Import { run, records, known };
        match self.tenant.sequencer()?.submit(work, self.actor(), self.principal().purpose.clone()).await? {
            Done::Import(receipt) => Ok(receipt),
            Done::Operations(..) | Done::Noted { .. } => Err(Error::internal("an import was answered as something else")),
        }
    }

    fn check_memory(&self) -> Result<(), Error> {
        let (used, limit) = (self.shared().state.read().memory_bytes(), self.shared().config.memory_bytes_max);
        if used > limit {
            let message = Sentence::new(
                "memory",
                "the entities of this tenant take {used} MiB of memory and {allowed} are allowed; raise the limit or remove entities",
            );
            let message = message.with("used", (used >> 20) as u64).with("allowed", (limit >> 20) as u64);
            return Err(Error::new(Kind::NoSpace, message));
        }
        Ok(())
    }

    /// Values of the sealed past that these records may repeat or correct.
    pub(crate) async fn known(&self, records: &[(u64, Entity)]) -> Result<Known, Error> {
        let mut windows: BTreeMap<EntityId, (Vec<Name>, TimeWindow)> = BTreeMap::new();
        {
            let state = self.shared().state.read();
            for (_, entity) in records {
                let Some(stored) = state.get(&entity.id) else { continue };
                for attribute in &entity.attributes {
                    let current = stored.entity.instance(attribute.name, attribute.dataset.as_ref()).and_then(|now| now.observed_at);
                    let (Some(seen), Some(time)) = (current, attribute.observed_at) else { continue };
                    if time < seen {
                        let (names, window) =
                            windows.entry(entity.id.clone()).or_insert((Vec::new(), TimeWindow { start: time, end: time.plus_micros(1) }));
                        if !names.contains(&attribute.name) {
                            names.push(attribute.name);
                        }
                        *window = TimeWindow { start: window.start.min(time), end: window.end.max(time.plus_micros(1)) };
                    }
                }
            }
        }
        // Entities asked for the same attributes are read together.
        let mut questions: HashMap<Vec<Name>, (Vec<EntityId>, TimeWindow)> = HashMap::new();
        for (id, (mut names, window)) in windows {
            names.sort_unstable();
            let (ids, all) = questions.entry(names).or_insert((Vec::new(), window));
            ids.push(id);
            *all = TimeWindow { start: all.start.min(window.start), end: all.end.max(window.end) };
        }
        let mut known = Known::new();
        for (names, (entities, window)) in questions {
            let question = SeriesQuery {
                entities,
                attributes: Some(names),
                window,
                time_property: TimeProperty::ObservedAt,
                limit: SeriesLimit::All,
                ..SeriesQuery::default()
            };
            let question = Self::authorized(question);
            let found = self.blocking(move |shared| shared.past.series(&question)).await?;
            known.extend(found.into_iter().map(|o| ((o.key(), o.time()), o.attribute)));
        }
        Ok(known)
    }

    /// All sources, by name.
    ///
    /// # Errors
    /// When the principal may not manage sources.
    pub fn sources(&self) -> Result<Vec<SourceRow>, Error> {
        self.permit(Action::ManageSources)?;
        Ok(self.shared().store.sources()?)
    }

    /// A source's definition; its newest version unless one is named.
    ///
    /// # Errors
    /// When the principal may not, or there is no such source or version.
    pub fn source(&self, name: &str, version: Option<u64>) -> Result<SourceRow, Error> {
        self.permit(Action::ManageSources)?;
        self.shared().store.source(name, version)?.ok_or_else(|| Error::not_found("source", &name))
    }

    /// Keeps a definition as the source's newest version; the same text is the same version.
    ///
    /// # Errors
    /// When the principal may not.
    pub async fn put_source(&self, name: &str, text: &str) -> Result<u64, Error> {
        self.permit(Action::ManageSources)?;
        let (name, text, actor) = (name.to_owned(), text.to_owned(), self.actor());
        self.blocking(move |shared| Ok(shared.store.put_source(&name, &text, shared.clock.now(), &actor)?)).await
    }

    /// Stops or resumes a source's runs.
    ///
    /// # Errors
    /// When the principal may not, or there is no such source.
    pub async fn set_source_paused(&self, name: &str, paused: bool) -> Result<(), Error> {
        self.permit(Action::ManageSources)?;
        let name = name.to_owned();
        self.blocking(move |shared| Ok(shared.store.set_source_paused(&name, paused)?)).await
    }

    /// How every source does, or one of them: those nobody planned yet first, then by when they are due.
    ///
    /// # Errors
    /// When the principal may not.
    pub fn schedule(&self, source: Option<&str>) -> Result<Vec<ScheduleRow>, Error> {
        self.permit(Action::ManageSources)?;
        Ok(self.shared().store.schedule(source)?)
    }

    /// Notes how a source does.
    ///
    /// # Errors
    /// When the principal may not, or there is no such source.
    pub async fn put_source_state(&self, name: &str, state: SourceState) -> Result<(), Error> {
        self.permit(Action::ManageSources)?;
        let name = name.to_owned();
        self.blocking(move |shared| Ok(shared.store.put_source_state(&name, &state)?)).await
    }

    /// Begins a run and answers its number.
    ///
    /// # Errors
    /// When the principal may not.
    pub async fn begin_run(&self, source: &str, version: u64, input: &str, checksum: [u8; 32]) -> Result<u64, Error> {
        self.permit(Action::ManageSources)?;
        let (source, input) = (source.to_owned(), input.to_owned());
        self.blocking(move |shared| {
            let run = NewRun { source, version, input, checksum, at: shared.clock.now() };
            Ok(shared.store.begin_run(&run)?)
        })
        .await
    }

    /// Ends a run; says which run tells of it: one that failed as the run before it did is counted with that.
    ///
    /// # Errors
    /// When the principal may not, or there is no such run.
    pub async fn finish_run(&self, id: u64, outcome: RunOutcome) -> Result<u64, Error> {
        self.permit(Action::ManageSources)?;
        self.blocking(move |shared| Ok(shared.store.finish_run(id, &outcome)?)).await
    }

    /// Runs, newest first.
    ///
    /// # Errors
    /// When the principal may not.
    pub fn runs(&self, source: Option<&str>, limit: usize) -> Result<Vec<RunRow>, Error> {
        self.permit(Action::ManageSources)?;
        Ok(self.shared().store.runs(source, limit)?)
    }

    /// One run.
    ///
    /// # Errors
    /// When the principal may not, or there is no such run.
    pub fn run(&self, id: u64) -> Result<RunRow, Error> {
        self.permit(Action::ManageSources)?;
        self.shared().store.run(id)?.ok_or_else(|| Error::not_found("run", &id))
    }

    /// The run that already did these bytes under this version of a definition.
    ///
    /// # Errors
    /// When the principal may not.
    pub async fn finished_run_of(&self, source: &str, version: u64, checksum: &[u8; 32]) -> Result<Option<u64>, Error> {
        self.permit(Action::ManageSources)?;
        let (source, checksum) = (source.to_owned(), *checksum);
        self.blocking(move |shared| Ok(shared.store.finished_run_of(&source, version, &checksum)?)).await
    }

    /// Keeps a file as it came, encrypted.
    ///
    /// # Errors
    /// When the principal may not, or the file cannot be read.
    pub async fn keep_file(&self, path: &Path) -> Result<StoredFile, Error> {
        self.permit(Action::ManageSources)?;
        let path: PathBuf = path.to_owned();
        self.blocking(move |shared| {
            let unreadable = |error: std::io::Error| {
                Error::invalid(
                    Sentence::new("file-unreadable", "the file `{path}` cannot be read: {detail}")
                        .with("path", &path.display())
                        .with("detail", &error),
                )
            };
            let mut file = std::fs::File::open(&path).map_err(unreadable)?;
            Ok(shared.store.put_file(&mut file)?)
        })
        .await
    }

    /// Keeps what is read, encrypted, without ever holding it whole; nothing is kept when reading fails.
    ///
    /// # Errors
    /// When the principal may not, or the content cannot be read to its end.
    pub async fn keep_stream(&self, mut content: Box<dyn Read + Send>) -> Result<StoredFile, Error> {
        self.permit(Action::ManageSources)?;
        self.blocking(move |shared| Ok(shared.store.put_file(&mut *content)?)).await
    }

    /// Keeps bytes as they came, encrypted.
    ///
    /// # Errors
    /// When the principal may not.
    pub async fn keep_bytes(&self, bytes: Bytes) -> Result<StoredFile, Error> {
        self.permit(Action::ManageSources)?;
        self.blocking(move |shared| Ok(shared.store.put_file(&mut &bytes[..])?)).await
    }

    /// Reads back what was kept.
    ///
    /// # Errors
    /// When the principal may not, or what was kept is damaged.
    pub async fn open_file(&self, checksum: &[u8; 32]) -> Result<Option<Box<dyn Read + Send>>, Error> {
        self.permit(Action::ManageSources)?;
        let checksum = *checksum;
        self.blocking(move |shared| Ok(shared.store.open_file(&checksum)?)).await
    }

    /// Removes what was kept, unless a run has read it. When it answers, it is durable and noted who did it.
    ///
    /// # Errors
    /// When the principal may not, or the disk refuses.
    pub async fn remove_file(&self, checksum: &[u8; 32]) -> Result<FileRemoval, Error> {
        self.permit(Action::ManageSources)?;
        let (checksum, actor) = (*checksum, self.actor());
        self.blocking(move |shared| Ok(shared.store.remove_file(&checksum, shared.clock.now(), &actor)?)).await
    }

    /// What was removed, the newest first.
    ///
    /// # Errors
    /// When the principal may not.
    pub fn removed_files(&self, limit: usize) -> Result<Vec<RemovedFile>, Error> {
        self.permit(Action::ManageSources)?;
        Ok(self.shared().store.removed_files(limit)?)
    }

    /// Sets records aside that could not be harmonised.
    ///
    /// # Errors
    /// When the principal may not.
    pub async fn quarantine(&self, items: Vec<QuarantineItem>) -> Result<(), Error> {
        self.permit(Action::ManageSources)?;
        self.blocking(move |shared| Ok(shared.store.quarantine(&items)?)).await
    }

    /// Records that wait in quarantine, in order, from after a number on.
    ///
    /// # Errors
    /// When the principal may not.
    pub fn quarantined(&self, source: Option<&str>, after: u64, limit: usize) -> Result<Vec<QuarantineRow>, Error> {
        self.permit(Action::ManageSources)?;
        Ok(self.shared().store.quarantined(source, QuarantineState::Open, after, limit)?)
    }

    /// How many records wait in quarantine, by source.
    ///
    /// # Errors
    /// When the principal may not.
    pub fn quarantine_counts(&self) -> Result<Vec<(String, u64)>, Error> {
        self.permit(Action::ManageSources)?;
        Ok(self.shared().store.quarantine_counts()?)
    }

    /// Takes records out of quarantine.
    ///
    /// # Errors
    /// When the principal may not.
    pub async fn settle_quarantine(&self, ids: Vec<u64>, state: QuarantineState, run: Option<u64>) -> Result<(), Error> {
        self.permit(Action::ManageSources)?;
        self.blocking(move |shared| Ok(shared.store.settle_quarantine(&ids, state, run, shared.clock.now()).map(|_| ())?)).await
    }

    /// Where a value came from: the value observed at an instant, or the
    /// newest one. Whoever may see a value may see where it came from.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is no such value, or it may not be seen.
    pub async fn provenance(
        &self,
        id: &EntityId,
        attribute: Name,
        dataset: Option<&Iri>,
        at: Option<Instant>,
    ) -> Result<Provenance, Error> {
        let window = at.map_or(TimeWindow::ALL, |at| TimeWindow { start: at, end: at.plus_micros(1) });
        let limit = if dataset.is_none() { SeriesLimit::Last(1) } else { SeriesLimit::All };
        let question = SeriesQuery {
            entities: vec![id.clone()],
            attributes: Some(vec![attribute]),
            window,
            time_property: TimeProperty::ObservedAt,
            limit,
            ..SeriesQuery::default()
        };
        let found = self.series(question).await?.into_iter().rfind(|o| o.attribute.dataset.as_ref() == dataset);
        let observation = found.ok_or_else(|| Error::not_found(&format!("value of `{attribute}` at that time in"), id))?;
        let run = match observation.origin {
            Some(origin) => self.blocking(move |shared| Ok(shared.store.run(origin.run)?)).await?,
            None => None,
        };
        Ok(Provenance { observation, run })
    }
}

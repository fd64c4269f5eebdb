//! What the administration's pages do with sources, done by `ingest`, which they must not know.

use std::sync::Mutex;
use std::time::Duration;

use engine::{Access, Kind, SourceRow, StoredFile};
use harmonise::{Found, Reason};
use ingest::{Error, Ingest};
use model::Name;
use portal::{Replayed, Standing, WorkError, Workshop};
use tokio::sync::oneshot;
use web::BoxFuture;

/// How long a person waits for a file to be taken in or a server to answer; then it goes on by itself.
const PATIENCE: Duration = Duration::from_secs(8);

/// The workshop over `ingest`.
pub(super) struct IngestWorkshop(Ingest);

impl IngestWorkshop {
    pub(super) fn new(ingest: Ingest) -> Self {
        Self(ingest)
    }
}

impl Workshop for IngestWorkshop {
    fn check(&self, text: &str) -> Result<String, Vec<ingest::Issue>> {
        self.0.check(text).map(|checked| checked.name.to_string())
    }

    fn put<'a>(&'a self, access: &'a Access, text: &'a str) -> BoxFuture<'a, Result<u64, WorkError>> {
        Box::pin(async move { Ok(self.0.put(access, text).await.map_err(refused)?.version) })
    }

    /// The run has begun when it first tells of its progress; what fails soon before
    /// that is answered, what fails later stands in the list of runs.
    fn start<'a>(&'a self, access: &'a Access, source: &'a str) -> BoxFuture<'a, Result<(), WorkError>> {
        Box::pin(async move {
            let (begun, begins) = oneshot::channel();
            let begun = Mutex::new(Some(begun));
            let (ingest, access, source) = (self.0.clone(), access.clone(), source.to_owned());
            let run = tokio::spawn(async move {
                let tell = |_: &ingest::Progress| {
                    if let Some(begun) = begun.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
                        // Who asked may have gone; the run goes on.
                        begun.send(()).unwrap_or_default();
                    }
                };
                ingest.run(&access, &source, &tell).await.map(|_| ())
            });
            tokio::select! {
                biased;
                Ok(()) = begins => Ok(()),
                ended = run => ended.unwrap_or_else(|fault| Err(Error::Internal(fault.to_string()))).map_err(refused),
                () = tokio::time::sleep(PATIENCE) => Ok(()),
            }
        })
    }

    fn standing(&self, access: &Access, source: &SourceRow) -> Result<Standing, WorkError> {
        let ingest::Standing { due_at, checked_at, observed_at, trouble, failures, troubled_since, silent_since, drift, .. } =
            self.0.standing(access, source).map_err(refused)?;
        let drift = drift.into_iter().map(Reason::from).collect();
        Ok(Standing { due_at, checked_at, observed_at, trouble, failures: (failures, troubled_since), silent_since, drift })
    }

    fn accept_columns<'a>(&'a self, access: &'a Access, source: &'a str) -> BoxFuture<'a, Result<(), WorkError>> {
        Box::pin(async move { self.0.accept_drift(access, source).await.map_err(refused) })
    }

    /// A large file goes on by itself after a moment; its run stands in the list of runs.
    fn take_kept<'a>(
        &'a self,
        access: &'a Access,
        source: &'a str,
        input: &'a str,
        kept: StoredFile,
    ) -> BoxFuture<'a, Result<(), WorkError>> {
        Box::pin(async move {
            let (ingest, access, source, input) = (self.0.clone(), access.clone(), source.to_owned(), input.to_owned());
            let mut taking = tokio::spawn(async move { ingest.take_kept(&access, &source, &input, kept).await.map(|_| ()) });
            tokio::select! {
                ended = &mut taking => ended.unwrap_or_else(|fault| Err(Error::Internal(fault.to_string()))).map_err(refused),
                () = tokio::time::sleep(PATIENCE) => Ok(()),
            }
        })
    }

    fn replay<'a>(&'a self, access: &'a Access, source: &'a str) -> BoxFuture<'a, Result<Replayed, WorkError>> {
        Box::pin(async move {
            let report = self.0.replay(access, source).await.map_err(refused)?;
            Ok(Replayed { settled: report.settled, waiting: report.waiting })
        })
    }

    fn raw<'a>(&'a self, access: &'a Access, run: u64, record: u64) -> BoxFuture<'a, Result<Option<Found>, WorkError>> {
        Box::pin(async move {
            match self.0.raw_behind(access, run, record).await {
                Ok(raw) => Ok(raw.and_then(|raw| raw.found)),
                // Without the right to see it, it is as if it were not kept.
                Err(Error::Engine(error)) if matches!(error.kind(), Kind::Forbidden | Kind::NotFound) => Ok(None),
                Err(error) => Err(refused(error)),
            }
        })
    }

    fn rules(&self, access: &Access, run: u64, attribute: Name) -> Result<Vec<Reason>, WorkError> {
        let rules = self.0.rules_behind(access, run, attribute).map_err(refused)?;
        Ok(rules.into_iter().map(Reason::from).collect())
    }
}

fn refused(error: Error) -> WorkError {
    match error {
        Error::Engine(error) => WorkError::Engine(error),
        Error::Definition(issues) => WorkError::Definition(issues),
        other => WorkError::Refused(other.reason()),
    }
}

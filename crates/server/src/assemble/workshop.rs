//! What the administration's pages do with sources, done by `ingest`, which they must not know.

use std::sync::Mutex;

use engine::{Access, Kind};
use ingest::{Error, Ingest};
use portal::{Replayed, WorkError, Workshop};
use tokio::sync::oneshot;
use web::BoxFuture;

/// The workshop over `ingest`.
pub(super) struct IngestWorkshop(Ingest);

impl IngestWorkshop {
    pub(super) fn new(ingest: Ingest) -> Self {
        Self(ingest)
    }
}

impl Workshop for IngestWorkshop {
    fn check(&self, text: &str) -> Result<String, Vec<String>> {
        let faults = |issues: Vec<ingest::Issue>| issues.iter().map(ToString::to_string).collect();
        self.0.check(text).map(|checked| checked.name.to_string()).map_err(faults)
    }

    fn put<'a>(&'a self, access: &'a Access, text: &'a str) -> BoxFuture<'a, Result<u64, WorkError>> {
        Box::pin(async move { Ok(self.0.put(access, text).await.map_err(refused)?.version) })
    }

    /// The run has begun when it first tells of its progress; what fails before
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
            }
        })
    }

    fn replay<'a>(&'a self, access: &'a Access, source: &'a str) -> BoxFuture<'a, Result<Replayed, WorkError>> {
        Box::pin(async move {
            let report = self.0.replay(access, source).await.map_err(refused)?;
            Ok(Replayed { settled: report.settled, waiting: report.waiting })
        })
    }

    fn raw<'a>(&'a self, access: &'a Access, run: u64, record: u64) -> BoxFuture<'a, Result<Option<Vec<u8>>, WorkError>> {
        Box::pin(async move {
            match self.0.raw_record(access, run, record).await {
                Ok(found) => Ok(found.raw),
                // Without the right to see it, it is as if it were not kept.
                Err(Error::Engine(error)) if matches!(error.kind(), Kind::Forbidden | Kind::NotFound) => Ok(None),
                Err(error) => Err(refused(error)),
            }
        })
    }
}

fn refused(error: Error) -> WorkError {
    match error {
        Error::Engine(error) => WorkError::Engine(error),
        Error::Definition(issues) => WorkError::Definition(issues.iter().map(ToString::to_string).collect()),
        other => WorkError::Refused(other.to_string()),
    }
}

//! The way back: from a value to the run, the line and the raw record.

use engine::{Access, Provenance, Role, RunRow};
use harmonise::{Definition, Input};
use model::{EntityId, Instant, Iri, Name};

use crate::Error;
use crate::run::blocking;
use crate::service::Ingest;

/// A record as it came, and the run that read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// The run.
    pub run: RunRow,
    /// Line of a text file, row of a sheet, index in an array; from 1.
    pub record: u64,
    /// Its bytes; `None` when the input is no longer kept.
    pub raw: Option<Vec<u8>>,
}

/// Where a value came from.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The value, and the run that brought it.
    pub provenance: Provenance,
    /// The raw record. Only for those who look after sources: a record may
    /// hold more than the values that were published of it, and what nobody
    /// declared is restricted.
    pub raw: Option<RawRecord>,
}

impl Ingest {
    /// The raw record behind a record of a run.
    ///
    /// # Errors
    /// When the principal may not manage sources, or there is no such run or record.
    pub async fn raw_record(&self, access: &Access, run: u64, record: u64) -> Result<RawRecord, Error> {
        let row = access.run(run)?;
        let definition = access.source(&row.source, Some(row.version))?;
        let definition = Definition::parse(&definition.text).map_err(Error::Definition)?;
        let Some(mut reader) = access.open_file(&row.checksum).await? else {
            return Ok(RawRecord { run: row, record, raw: None });
        };
        let name = row.input.clone();
        let found = blocking(move || harmonise::record_at(&definition, Input { name: &name, reader: &mut reader }, record)).await?;
        let raw = found.map_err(|fatal| Error::Unusable { run, message: fatal.to_string() })?;
        match raw {
            Some(raw) => Ok(RawRecord { run: row, record, raw: Some(raw) }),
            None => Err(engine::Error::new(engine::Kind::NotFound, format!("the input of run `{run}` has no record `{record}`")).into()),
        }
    }

    /// Where a value came from: the one observed at an instant, or the newest.
    ///
    /// # Errors
    /// `NotFound` when there is no such value, or it may not be seen.
    pub async fn trace(
        &self,
        access: &Access,
        entity: &EntityId,
        attribute: Name,
        dataset: Option<&Iri>,
        at: Option<Instant>,
    ) -> Result<Trace, Error> {
        let provenance = access.provenance(entity, attribute, dataset, at).await?;
        let raw = match provenance.observation.origin {
            Some(origin) if access.principal().role >= Role::Editor => Some(self.raw_record(access, origin.run, origin.record).await?),
            _ => None,
        };
        Ok(Trace { provenance, raw })
    }

    /// The attribute that somebody means by its IRI or by its short name on an entity.
    pub(crate) fn attribute_of(access: &Access, entity: &EntityId, attribute: &str) -> Result<Name, Error> {
        let view = access.entity(entity)?;
        let found = view.entity().attributes.iter().map(|a| a.name).find(|name| name.iri() == attribute || name.short() == attribute);
        found.ok_or_else(|| {
            engine::Error::new(engine::Kind::NotFound, format!("the entity `{entity}` has no attribute `{attribute}`")).into()
        })
    }
}

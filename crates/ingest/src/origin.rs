//! The way back: from a value to the run, the line and the raw record.

use engine::{Access, Actor, Principal, Provenance, Role, RunRow};
use harmonise::{Definition, Found, Input, Message};
use model::dataset::Dataset;
use model::{Class, EntityId, Instant, Iri, Name};
use tokio::sync::Semaphore;

use crate::Error;
use crate::run::blocking;
use crate::service::Ingest;

/// How many inputs are read back at once: anybody may ask, and an input is read from its beginning.
static READERS: Semaphore = Semaphore::const_new(4);

/// A record as it came, and the run that read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// The run.
    pub run: RunRow,
    /// Line of a text file, row of a sheet, index in an array; from 1.
    pub record: u64,
    /// The record; `None` when the input is no longer kept.
    pub found: Option<Found>,
}

/// Where a value came from.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The value, and the run that brought it.
    pub provenance: Provenance,
    /// The raw record: for those who look after sources, and for everybody
    /// where the definition opens it. A record may hold more than the values
    /// that were published of it, and what nobody declared is restricted.
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
            return Ok(RawRecord { run: row, record, found: None });
        };
        let name = row.input.clone();
        let _turn = READERS.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
        let found = blocking(move || harmonise::record_at(&definition, Input { name: &name, reader: &mut reader }, record)).await?;
        let found = found.map_err(|fatal| Error::Unusable { run, message: fatal.message() })?;
        match found {
            Some(found) => Ok(RawRecord { run: row, record, found: Some(found) }),
            None => Err(engine::Error::new(engine::Kind::NotFound, format!("the input of run `{run}` has no record `{record}`")).into()),
        }
    }

    /// The raw record behind a value that the principal has seen; `None` when
    /// it may not be seen with it.
    ///
    /// # Errors
    /// As [`Ingest::raw_record`].
    pub async fn raw_behind(&self, access: &Access, run: u64, record: u64) -> Result<Option<RawRecord>, Error> {
        if access.principal().role >= Role::Editor {
            return self.raw_record(access, run, record).await.map(Some);
        }
        // Runs, definitions and inputs are for editors; the platform itself looks whether this one is for all.
        let own = self.engine().access(access.tenant(), Principal::new(Actor::System, Role::Editor))?;
        if opens(&own, run)? { self.raw_record(&own, run, record).await.map(Some) } else { Ok(None) }
    }

    /// How the definition of a run made an attribute of its records, in
    /// sentences; empty when the principal may not see the records.
    ///
    /// # Errors
    /// When there is no such run.
    pub fn rules_behind(&self, access: &Access, run: u64, attribute: Name) -> Result<Vec<Message>, Error> {
        let own = self.engine().access(access.tenant(), Principal::new(Actor::System, Role::Editor))?;
        if access.principal().role < Role::Editor && !opens(&own, run)? {
            return Ok(Vec::new());
        }
        let row = own.run(run)?;
        let definition = own.source(&row.source, Some(row.version))?;
        Ok(Definition::parse(&definition.text).map_err(Error::Definition)?.explain(attribute))
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
            Some(origin) => self.raw_behind(access, origin.run, origin.record).await?,
            None => None,
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

/// Whether everybody may see the records of a run. The definition as it is now
/// decides, for records of all its versions. No attribute that was made of them
/// may be less than open, in this definition or in any dataset of the type; all
/// of them must be in one that is published, be it another definition's.
fn opens(own: &Access, run: u64) -> Result<bool, Error> {
    let row = own.run(run)?;
    let definition =
        |version: Option<u64>| -> Result<Option<Definition>, Error> { Ok(Definition::parse(&own.source(&row.source, version)?.text).ok()) };
    let (Some(now), Some(then)) = (definition(None)?, definition(Some(row.version))?) else { return Ok(false) };
    let attributes = then.attributes();
    if !now.opens_raw(&attributes) {
        return Ok(false);
    }
    let datasets = own.datasets()?;
    let is_public = |dataset: &Dataset| dataset.published && attributes.iter().all(|name| dataset.class_of(*name) == Class::Open);
    if !datasets.iter().any(|dataset| now.feeds(dataset) && then.feeds(dataset) && is_public(dataset)) {
        return Ok(false);
    }
    let closed = |name: &Name| {
        let declares = datasets.iter().filter(|dataset| dataset.entity_type == then.entity_type());
        let mut columns = declares.flat_map(|dataset| dataset.columns.iter().map(|column| (dataset.published, column)));
        columns.any(|(published, column)| column.attribute == *name && !(published && column.class == Class::Open))
    };
    Ok(!attributes.iter().any(closed))
}

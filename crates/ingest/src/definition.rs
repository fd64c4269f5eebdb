//! Definitions: checked, looked at with data, and kept.

use std::sync::Arc;

use engine::{Access, SourceRow};
use harmonise::{Code, Definition, Input, Issue, Preview, Transport};
use model::dataset::Texts;
use model::{Dataset, Name, Text};

use crate::Error;
use crate::poll::Poll;
use crate::service::Ingest;

/// What a definition without faults says.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The source's name.
    pub name: Text,
    /// What people call it.
    pub title: Texts,
    /// How its records arrive.
    pub transport: Transport,
    /// The type of its entities.
    pub entity_type: Name,
    /// The attributes it writes.
    pub attributes: Vec<Name>,
    /// What the catalogue will say, when it declares a dataset.
    pub dataset: Option<Dataset>,
}

/// A definition that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The source's name.
    pub name: Text,
    /// Its version in the store; the same text is the same version.
    pub version: u64,
    /// The slug of the dataset it declares.
    pub dataset: Option<Text>,
}

/// A source as it is to be run.
pub(crate) struct Plan {
    pub(crate) row: SourceRow,
    pub(crate) definition: Arc<Definition>,
}

impl Ingest {
    /// Checks a definition without keeping it.
    ///
    /// # Errors
    /// All faults at once, each with its place, the value and the remedy.
    pub fn check(&self, text: &str) -> Result<Checked, Vec<Issue>> {
        let definition = Definition::parse(text)?;
        Ok(Checked {
            name: definition.source.name.clone(),
            title: definition.source.title.clone(),
            transport: definition.source.transport.clone(),
            entity_type: definition.entity_type(),
            attributes: definition.attributes(),
            dataset: definition.dataset(),
        })
    }

    /// Reads the first records of an input with a definition, keeping nothing.
    /// Without `bytes` the first file of the definition's own path is read, or the first page is asked for.
    ///
    /// # Errors
    /// [`Error::Definition`], [`Error::Path`], [`Error::Remote`]; that the input cannot be used
    /// stands in the preview.
    pub async fn preview(&self, access: &Access, text: &str, bytes: Option<bytes::Bytes>, limit: usize) -> Result<Preview, Error> {
        let definition = Definition::parse(text).map_err(Error::Definition)?;
        // Looking at files of the sources' folder is part of managing sources.
        access.as_source(&definition.source.name)?;
        let (folders, now) = (self.folders().clone(), self.engine().now());
        let bytes = match &definition.source.transport {
            Transport::Http(http) if bytes.is_none() => Some(Poll { ingest: self, access, http, version: 0 }.first().await?),
            _ => bytes,
        };
        tokio::task::spawn_blocking(move || {
            if let Some(bytes) = bytes {
                return Ok(harmonise::preview(&definition, Input { name: "preview", reader: &mut &bytes[..] }, limit, now));
            }
            let files = folders.files(&definition.source.name, &definition.source.transport)?;
            let Some(first) = files.first() else { return Ok(Preview::default()) };
            let mut file = std::fs::File::open(&first.path)
                .map_err(|error| Error::Path(Code::PathUnreadable.with("path", first.name.as_str()).with("detail", error.to_string())))?;
            Ok(harmonise::preview(&definition, Input { name: &first.name, reader: &mut file }, limit, now))
        })
        .await
        .map_err(|error| Error::Internal(error.to_string()))?
    }

    /// Keeps a definition as the source's newest version and declares its
    /// dataset. The dataset comes first: values must never arrive before the
    /// classes that guard them.
    ///
    /// # Errors
    /// [`Error::Definition`]; the engine's when the role does not suffice or
    /// another dataset has the slug.
    pub async fn put(&self, access: &Access, text: &str) -> Result<Stored, Error> {
        let definition = Definition::parse(text).map_err(Error::Definition)?;
        let dataset = definition.dataset();
        let slug = dataset.as_ref().map(|dataset| dataset.slug.clone());
        if let Some(dataset) = dataset {
            access.put_dataset(dataset).await?;
        }
        let name = definition.source.name.clone();
        let version = access.put_source(&name, text).await?;
        Ok(Stored { name, version, dataset: slug })
    }

    /// The newest version of a source, fit to be run.
    pub(crate) fn plan(&self, access: &Access, source: &str) -> Result<Plan, Error> {
        let row = access.source(source, None)?;
        if row.paused {
            return Err(Error::Resting(source.to_owned()));
        }
        let definition = Definition::parse(&row.text).map_err(Error::Definition)?;
        Ok(Plan { row, definition: Arc::new(definition) })
    }
}

//! A whole tenant in open formats: written into a folder, and read back into
//! a new tenant so that exporting that one gives the same files again.
//!
//! Nothing in the folder needs this program to be read: entities are NGSI-LD,
//! history is Parquet, definitions are what people wrote, the rest is NDJSON.
//! What concerns persons stands in `personal/` and nowhere else, and only when
//! it was asked for by a purpose. `docs/adr/0006-export-format.md` says why.

mod export;
mod folder;
mod history;
mod import;
mod rows;

use std::path::{Path, PathBuf};

use model::{Dataset, Entity, Instant, Json, TenantId};
use policy::Action;

use crate::sequencer::Work;
use crate::{Access, Engine, Error, Kind};

pub use folder::{Entry, Manifest};
pub use history::{HistoryForm, HistoryOrder, HistoryReport};

/// The version of the folder's layout.
pub const FORMAT: i64 = 1;

/// What the formats above this crate bring.
pub struct Forms {
    /// An entity as one line of JSON-LD that holds all of it.
    pub write_entity: fn(&Entity) -> String,
    /// The entity of such a line, or what is wrong with it.
    pub read_entity: fn(&[u8]) -> Result<Entity, String>,
    /// Whether a source with this definition brings data of persons.
    pub concerns_persons: fn(&str) -> bool,
}

/// What is to be carried away, and how.
pub struct Order {
    /// A new or empty folder outside of the data directory.
    pub target: PathBuf,
    /// For what purpose values of persons are carried away too; `None` leaves them out.
    pub personal: Option<String>,
    /// Files that are drawn from the data or explain them, by path in the folder.
    pub documents: Vec<(String, Vec<u8>)>,
    /// The version of the program, for the manifest.
    pub version: String,
}

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Files compared with their checksums: bytes done, of all.
    Compared(u64, u64),
    /// Rows of the small tables.
    Rows(u64),
    /// Entities.
    Entities(u64),
    /// Values of the past.
    Values(u64),
    /// Raw inputs.
    Files(u64),
}

/// How far apart two reports of a step are.
const REPORT_EVERY: u64 = 100_000;

/// Told where a transfer stands.
pub type Progress<'a> = &'a (dyn Fn(Step) + Send + Sync);

impl Access {
    /// Writes the whole tenant into a folder, as of one position of the log,
    /// while writes go on. With a purpose for values of persons, the audit
    /// names it before the first of them is opened. What was written stays
    /// nowhere when it fails.
    ///
    /// # Errors
    /// When the principal may not, the folder is not empty or lies in the data
    /// directory, what is kept is damaged, or the disk refuses.
    pub async fn export(&self, order: Order, forms: Forms, progress: impl Fn(Step) + Send + Sync + 'static) -> Result<Manifest, Error> {
        self.permit(Action::Export)?;
        let target = order.target.clone();
        let moment = self
            .blocking(move |shared| {
                folder::check_target(&target, &shared.config.data)?;
                // What is sealed is read from the disk and needs no memory.
                shared.past.seal(&shared.state)?;
                Ok(shared.past.moment(&shared.state))
            })
            .await?;
        if let Some(purpose) = &order.personal {
            let purpose = format!("export with personal values: {purpose}").into();
            self.tenant.sequencer()?.submit(Work::Note { run: None }, self.actor(), Some(purpose)).await?;
        }
        self.blocking(move |shared| export::run(shared, moment, &order, &forms, &progress)).await
    }
}

impl Engine {
    /// Reads a folder that [`Access::export`] wrote into a new tenant, named
    /// as given or as it was. All checksums are compared first, and the tenant
    /// appears when it is complete or not at all. Blocks.
    ///
    /// # Errors
    /// [`Kind::Exists`] when there is a tenant of the name; [`Kind::Invalid`]
    /// names the file, the line and what is wrong there; [`Kind::NoSpace`].
    pub fn import(
        &self,
        from: &Path,
        name: Option<&TenantId>,
        forms: &Forms,
        progress: Progress<'_>,
    ) -> Result<(TenantId, Manifest), Error> {
        import::run(self, from, name, forms, progress)
    }
}

/// What the datasets say of classes and licences, for people and programs
/// that do not want to read the entities of the catalogue.
fn dataset_line(dataset: &Dataset) -> Json {
    let text = |text: &str| Json::from(text);
    let columns = dataset.columns.iter().map(|column| {
        Json::object([
            ("attribute", text(column.attribute.iri())),
            ("label", text(&column.label.de)),
            ("class", text(column.class.word())),
            ("unitCode", column.unit.as_ref().map_or(Json::Null, |unit| text(unit.code()))),
        ])
    });
    Json::object([
        ("id", text(dataset.id.as_str())),
        ("slug", text(&dataset.slug)),
        ("title", text(&dataset.title.de)),
        ("licence", text(&dataset.licence)),
        ("attribution", dataset.attribution.as_ref().map_or(Json::Null, |line| text(line))),
        ("publisher", text(&dataset.publisher.name)),
        ("published", Json::from(dataset.published)),
        ("entityType", text(dataset.entity_type.iri())),
        ("idPrefix", dataset.id_prefix.as_ref().map_or(Json::Null, |prefix| text(prefix))),
        ("columns", Json::Array(columns.collect())),
    ])
}

/// A failure of the file system.
fn disk(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    let path = path.display();
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Error::new(Kind::NoSpace, format!("no space left on the disk of `{path}`; free some, then the same works again"))
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Error::new(Kind::Unavailable, format!("cannot {verb} `{path}`: the permission is missing"))
        }
        _ => Error::new(Kind::Unavailable, format!("cannot {verb} `{path}`: {error}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

/// An instant as all files write it: RFC 3339, UTC, microseconds.
fn instant(at: Instant) -> Json {
    Json::from(at.to_string().as_str())
}

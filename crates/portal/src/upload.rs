//! Drafts: uploaded files on their way to a dataset. A draft is an entity
//! like any other, so it is durable and audited; nobody declared its
//! attributes, so they are restricted. Its file is kept encrypted like every
//! raw input.

use engine::{Access, Kind, Operation, StoredFile};
use harmonise::guess::{Answers, Plan};
use model::{Attribute, Entity, EntityId, Filter, Instant, Json, Name, Query, Value};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// How many drafts are listed.
const DRAFTS_MAX: usize = 200;

/// One at a time looks whether a draft has changed and saves it.
static SAVING: Mutex<()> = Mutex::const_new(());

/// Where a draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// Somebody works on it.
    Open,
    /// It became a dataset.
    Made,
}

/// An uploaded file and what was said about it so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) id: String,
    /// Counts every change: who saves says which one was seen.
    pub(crate) revision: u64,
    pub(crate) stage: Stage,
    /// The file's name as it was uploaded.
    pub(crate) file: String,
    /// SHA-256 of the file, in hexadecimal.
    checksum: String,
    pub(crate) size_bytes: u64,
    pub(crate) plan: Plan,
    pub(crate) answers: Answers,
    pub(crate) by: String,
    at_micros: i64,
}

/// What became of saving.
pub(crate) enum Saved {
    /// It is durable.
    Done(Draft),
    /// Somebody else saved in between: the draft as it is now.
    Changed(Draft),
}

fn kind() -> Name {
    Name::known("https://allmende.eu/def/UploadDraft")
}

fn content() -> Name {
    Name::known("https://allmende.eu/def/draft")
}

impl Draft {
    /// A draft of a file that was kept.
    pub(crate) fn new(access: &Access, file: &str, kept: &StoredFile, plan: Plan, now: Instant) -> Self {
        let checksum: String = kept.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        // The same file may be uploaded twice on purpose, but hardly in the same microsecond.
        let id = format!("{:x}-{}", now.micros(), &checksum[..8]);
        let (size_bytes, by) = (kept.size_bytes, access.principal().actor.to_string());
        let file = file.to_owned();
        Self {
            id,
            revision: 0,
            stage: Stage::Open,
            file,
            checksum,
            size_bytes,
            plan,
            answers: Answers::default(),
            by,
            at_micros: now.micros(),
        }
    }

    /// When it was saved last.
    pub(crate) fn at(&self) -> Instant {
        Instant::from_micros(self.at_micros)
    }

    /// Its file.
    pub(crate) fn kept(&self) -> StoredFile {
        let mut checksum = [0; 32];
        for (place, byte) in checksum.iter_mut().enumerate() {
            *byte = self.checksum.get(2 * place..2 * place + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or_default();
        }
        StoredFile { checksum, size_bytes: self.size_bytes }
    }

    /// The same draft with another file.
    pub(crate) fn with_file(mut self, file: &str, kept: &StoredFile) -> Self {
        self.checksum = kept.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        self.size_bytes = kept.size_bytes;
        file.clone_into(&mut self.file);
        self
    }
}

fn id_of(draft: &str) -> Result<EntityId, engine::Error> {
    EntityId::parse(&format!("urn:ngsi-ld:UploadDraft:{draft}")).map_err(|error| engine::Error::new(Kind::NotFound, error.to_string()))
}

fn read(entity: &Entity) -> Option<Draft> {
    match entity.value(content()) {
        Some(Value::Property(Json::String(text))) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// A draft.
pub(crate) fn draft(access: &Access, id: &str) -> Result<Draft, engine::Error> {
    let view = access.entity(&id_of(id)?)?;
    read(view.entity()).ok_or_else(|| engine::Error::new(Kind::NotFound, format!("there is no draft `{id}`")))
}

/// All drafts, the newest first.
pub(crate) fn drafts(access: &Access) -> Result<Vec<Draft>, engine::Error> {
    let found = access.query(&Query::of(Filter::Type(kind()), DRAFTS_MAX))?;
    let mut drafts: Vec<Draft> = found.views.iter().filter_map(|view| read(view.entity())).collect();
    drafts.sort_by_key(|draft| std::cmp::Reverse(draft.at_micros));
    Ok(drafts)
}

/// Saves a draft, unless somebody else did since it was read. When it answers
/// that it is done, it is durable.
pub(crate) async fn save(access: &Access, mut draft: Draft, now: Instant) -> Result<Saved, engine::Error> {
    let id = id_of(&draft.id)?;
    let _one = SAVING.lock().await;
    match self::draft(access, &draft.id) {
        Ok(known) if known.revision != draft.revision => return Ok(Saved::Changed(known)),
        Ok(_) => {}
        Err(error) if error.kind() == Kind::NotFound && draft.revision == 0 => {}
        Err(error) => return Err(error),
    }
    draft.revision += 1;
    draft.by = access.principal().actor.to_string();
    draft.at_micros = now.micros();
    let text = serde_json::to_string(&draft).map_err(|error| engine::Error::new(Kind::Internal, error.to_string()))?;
    let entity = Entity::new(id, kind()).with(Attribute::new(content(), Value::Property(Json::from(text.as_str()))));
    written(access, Operation::Upsert { entity, replace: true }).await?;
    Ok(Saved::Done(draft))
}

/// Discards a draft.
pub(crate) async fn discard(access: &Access, id: &str) -> Result<(), engine::Error> {
    written(access, Operation::Delete(id_of(id)?)).await
}

async fn written(access: &Access, operation: Operation) -> Result<(), engine::Error> {
    access.write(vec![operation]).await?.outcomes.into_iter().collect::<Result<Vec<_>, _>>().map(|_| ())
}

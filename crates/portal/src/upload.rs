//! Drafts: uploaded files on their way to a dataset. A draft is an entity
//! like any other, so it is durable and audited; nobody declared its
//! attributes, so they are restricted. Its file is kept encrypted like every
//! raw input.

use std::sync::LazyLock;

use engine::{Access, FileRemoval, Kind, Operation, StoredFile};
use harmonise::guess::{Answers, Plan};
use model::{Attribute, Entity, EntityId, Filter, Instant, Json, Name, Query, Value};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// How many drafts are listed.
const DRAFTS_MAX: usize = 200;
/// How many are looked through for one that needs a file; more than that keep every file.
const DRAFTS_SEEN_MAX: usize = 10_000;

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

/// What became of a draft's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is gone.
    Removed,
    /// A run has read it: it is where values came from.
    Read,
    /// Another draft needs it.
    Shared,
}

/// What became of saving.
pub(crate) enum Saved {
    /// It is durable.
    Done(Draft),
    /// Somebody else saved in between: the draft as it is now.
    Changed(Draft),
}

fn kind() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/UploadDraft"));
    *NAME
}

fn content() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/draft"));
    *NAME
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

/// The newest drafts, the newest first.
pub(crate) fn drafts(access: &Access) -> Result<Vec<Draft>, engine::Error> {
    let mut drafts = seen(access)?;
    drafts.sort_by_key(|draft| std::cmp::Reverse(draft.at_micros));
    drafts.truncate(DRAFTS_MAX);
    Ok(drafts)
}

fn seen(access: &Access) -> Result<Vec<Draft>, engine::Error> {
    let found = access.query(&Query::of(Filter::Type(kind()), DRAFTS_SEEN_MAX))?;
    Ok(found.views.iter().filter_map(|view| read(view.entity())).collect())
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
    if access.open_file(&draft.kept().checksum).await?.is_none() {
        return Err(engine::Error::new(Kind::Unavailable, format!("`{}` was discarded in the meantime; upload it again", draft.file)));
    }
    draft.revision += 1;
    draft.by = access.principal().actor.to_string();
    draft.at_micros = now.micros();
    let text = serde_json::to_string(&draft).map_err(|error| engine::Error::new(Kind::Internal, error.to_string()))?;
    let entity = Entity::new(id, kind()).with(Attribute::new(content(), Value::Property(Json::from(text.as_str()))));
    written(access, Operation::Upsert { entity, replace: true }).await?;
    Ok(Saved::Done(draft))
}

/// Discards a draft. Its file goes first: a crash in between leaves a draft
/// that can be discarded again, and no file.
pub(crate) async fn discard(access: &Access, id: &str) -> Result<Fate, engine::Error> {
    let _one = SAVING.lock().await;
    let draft = draft(access, id)?;
    let fate = remove(access, &draft.kept().checksum, Some(id)).await?;
    written(access, Operation::Delete(id_of(id)?)).await?;
    Ok(fate)
}

/// Removes a file that was kept and of which nothing became.
pub(crate) async fn forget(access: &Access, kept: &StoredFile) -> Result<Fate, engine::Error> {
    let _one = SAVING.lock().await;
    remove(access, &kept.checksum, None).await
}

/// Removes a file unless a run or a draft but this one needs it.
async fn remove(access: &Access, checksum: &[u8; 32], but: Option<&str>) -> Result<Fate, engine::Error> {
    let drafts = seen(access)?;
    let is_needed = |draft: &Draft| Some(draft.id.as_str()) != but && draft.kept().checksum == *checksum;
    if drafts.len() == DRAFTS_SEEN_MAX || drafts.iter().any(is_needed) {
        return Ok(Fate::Shared);
    }
    Ok(match access.remove_file(checksum).await? {
        FileRemoval::Done | FileRemoval::NotThere => Fate::Removed,
        FileRemoval::Needed { .. } => Fate::Read,
    })
}

async fn written(access: &Access, operation: Operation) -> Result<(), engine::Error> {
    access.write(vec![operation]).await?.outcomes.into_iter().collect::<Result<Vec<_>, _>>().map(|_| ())
}

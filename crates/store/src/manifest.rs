//! The list of a backup's files with sizes and checksums, as JSON for people
//! and programs. It is written last: a point without it is not complete.

use std::path::{Component, Path, PathBuf};

use model::{Instant, Json, TenantId};

use crate::sentence::{self, Sentence};
use crate::{Error, disk};

const NAME: &str = "manifest.json";

/// What a backup contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) tenant: TenantId,
    /// When the backup was made.
    pub(crate) at: Instant,
    pub(crate) last_seq: u64,
    pub(crate) files: Vec<Entry>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Below the backup's folder, and below the tenant's folder once restored.
    pub(crate) path: PathBuf,
    pub(crate) size_bytes: u64,
    pub(crate) checksum: [u8; 32],
}

impl Manifest {
    /// Writes it into the backup's folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        let files = self.files.iter().map(|entry| {
            Json::object([
                ("path", Json::from(entry.path.to_string_lossy().as_ref())),
                ("size_bytes", Json::from(entry.size_bytes.cast_signed())),
                ("sha256", Json::from(disk::hex(&entry.checksum).as_str())),
            ])
        });
        let json = Json::object([
            ("format", Json::from(2)),
            ("tenant", Json::from(self.tenant.as_str())),
            ("at", Json::from(self.at.to_string().as_str())),
            ("last_seq", Json::from(self.last_seq.cast_signed())),
            ("files", Json::Array(files.collect())),
        ]);
        disk::write_whole(&folder.join(NAME), format!("{json}\n").as_bytes())
    }

    /// Reads the manifest of a backup.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(NAME);
        if !path.is_file() {
            return Err(Self::missing(folder));
        }
        let text = std::fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        let json = model::json::parse(&text).map_err(|e| damaged(&path, e.to_string()))?;
        if !matches!(number(&json, "format"), Some(1 | 2)) {
            return Err(Error::invalid(
                Sentence::new("backup-newer", "`{path}` has a format this version does not know: install the newer version")
                    .with("path", &path.display()),
            ));
        }
        Self::from_json(&json, || written_at(&path))
            .ok_or_else(|| damaged(&path, Sentence::new("manifest-shape", "an entry is missing or has another shape")))
    }

    /// Whether a folder has one.
    pub(crate) fn is_in(folder: &Path) -> bool {
        folder.join(NAME).is_file()
    }

    /// A folder that should have one.
    pub(crate) fn missing(folder: &Path) -> Error {
        Error::invalid(
            Sentence::new("no-backup", "`{path}` is not a complete backup: it has no `{name}`; name the folder that `backup` wrote")
                .with("path", &folder.display())
                .with("name", NAME),
        )
    }

    /// The first format did not say when it was written.
    fn from_json(json: &Json, else_at: impl FnOnce() -> Option<Instant>) -> Option<Self> {
        Some(Self {
            tenant: TenantId::parse(json.get("tenant")?.as_str()?).ok()?,
            at: match json.get("at") {
                Some(at) => Instant::parse(at.as_str()?).ok()?,
                None => else_at()?,
            },
            last_seq: number(json, "last_seq")?,
            files: json.get("files")?.as_array()?.iter().map(entry).collect::<Option<_>>()?,
        })
    }
}

fn entry(json: &Json) -> Option<Entry> {
    let path = PathBuf::from(json.get("path")?.as_str()?);
    // A forged manifest must not write outside of the tenant's folder.
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_))) && path.components().next().is_some();
    let checksum = disk::unhex(json.get("sha256")?.as_str()?)?;
    is_below.then_some(Entry { path, size_bytes: number(json, "size_bytes")?, checksum })
}

fn written_at(path: &Path) -> Option<Instant> {
    let modified = std::fs::metadata(path).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(modified.as_micros()).ok().map(Instant::from_micros)
}

fn number(json: &Json, member: &str) -> Option<u64> {
    match json.get(member)? {
        Json::Number(number) => number.as_i64().and_then(|value| u64::try_from(value).ok()),
        _ => None,
    }
}

fn damaged(path: &Path, detail: impl Into<Sentence>) -> Error {
    Error::corrupt(sentence::file(path), Sentence::new("take-another", "{detail}; take another backup").with("detail", detail))
}

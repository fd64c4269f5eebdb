//! The ledger of erasures: an append-only file beside the key store. It lies
//! outside of the tenant's folder, so no backup of the data holds it, and a
//! backup that comes back is told what was erased since. A line names nobody:
//! it holds the keyed hash of the person, when, by whom, why, how much.
//!
//! Database and key store each note how many lines they have followed: what a
//! restored one has not, it makes up for.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use model::{Instant, Json, Text};

use crate::backend::{Sql, sql};
use crate::sentence::{self, Sentence};
use crate::tenant::{meta_number, read, set_meta_number, write};
use crate::{Error, TenantStore, disk};

const DESTROY: Sql = sql!("key/destroy");
const NOTE_FILE: Sql = sql!("removal/erased");
const DROP_RECORD: Sql = sql!("quarantine/erase");
const EXTENSION: &str = "erased";
const FOLLOWED: &str = "erasures_followed";

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Keyed hash of the person.
    pub subject: [u8; 32],
    /// When it was ordered.
    pub at: Instant,
    /// By whom.
    pub actor: Text,
    /// Why: the order, a file number.
    pub reason: Text,
    /// How many values there were, each version counted.
    pub values: u64,
    /// What came in and spoke of the person.
    pub inputs: ErasedInputs,
}

/// What came in and speaks of a person, by names that name nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErasedInputs {
    /// Raw inputs, by the checksum of their content.
    pub files: Vec<[u8; 32]>,
    /// Records in quarantine.
    pub records: Vec<QuarantineKey>,
}

/// Which record in quarantine: its number, the run that read it, and where it
/// stood in the input. After a restore all three tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuarantineKey {
    /// Its number.
    pub id: u64,
    /// The run.
    pub run: u64,
    /// The record of the run's input.
    pub record: u64,
}

impl TenantStore {
    /// Writes an erasure down before it is carried out. Durable when it returns.
    ///
    /// # Errors
    /// When the file cannot be written, or holds something else.
    pub fn note_erasure(&self, erasure: &Erasure) -> Result<(), Error> {
        let path = self.ledger();
        let known = self.read_ledger()?;
        let mut file = disk::open_or_create(&path)?;
        // A line that a crash cut off was never relied on.
        let whole = known.iter().map(|line| line.len() as u64 + 1).sum();
        let line = format!("{}\n", json(erasure));
        let written = file.set_len(whole).and_then(|()| file.seek(SeekFrom::Start(whole))).and_then(|_| file.write_all(line.as_bytes()));
        written.map_err(|e| Error::io("write", &path, e))?;
        disk::sync_file(&file, &path)?;
        path.parent().map_or(Ok(()), disk::sync_folder)
    }

    /// All erasures, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn erasures(&self) -> Result<Vec<Erasure>, Error> {
        self.read_ledger()?.iter().map(|line| self.parsed(line)).collect()
    }

    /// How many of them the tenant's data have followed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn erasures_followed(&self) -> Result<usize, Error> {
        let followed = self.inner().read(|s| meta_number(s, FOLLOWED))?;
        Ok(usize::try_from(followed).unwrap_or(usize::MAX))
    }

    /// Notes that the tenant's data have followed so many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn follow_erasures(&self, count: usize) -> Result<(), Error> {
        self.inner().write(|s| set_meta_number(s, FOLLOWED, count as u64))
    }

    /// Destroys the keys of everybody who was erased since the key store
    /// followed last; after a restore of older keys those that came back.
    ///
    /// # Errors
    /// When ledger or key store cannot be read or written, or a key may still lie in a file.
    pub fn destroy_erased_keys(&self) -> Result<(), Error> {
        let (erasures, db) = (self.erasures()?, &*self.inner().keys.db);
        let followed = usize::try_from(read(db, |s| meta_number(s, FOLLOWED))?).unwrap_or(usize::MAX);
        if followed >= erasures.len() {
            return Ok(());
        }
        write(db, |s| {
            for erasure in &erasures[followed..] {
                s.execute(DESTROY, &[(&erasure.subject).into()])?;
            }
            set_meta_number(s, FOLLOWED, erasures.len() as u64)
        })?;
        db.scrub()
    }

    /// Takes off the disk what came in of a person, for good. What is gone
    /// already is fine; runs that read the files stay, and say so.
    ///
    /// # Errors
    /// When database or disk cannot be written, or something may still lie in
    /// a file: then do it again.
    pub fn erase_inputs(&self, inputs: &ErasedInputs, at: Instant) -> Result<(), Error> {
        let inner = self.inner();
        let _files = inner.lock_files();
        inner.write(|s| {
            // Noted first: a file that is missing and in no list would be called damage.
            for checksum in &inputs.files {
                s.execute(NOTE_FILE, &[checksum.into(), at.into()])?;
            }
            for key in &inputs.records {
                s.execute(DROP_RECORD, &[key.id.into(), key.run.into(), key.record.into()])?;
            }
            Ok(())
        })?;
        for checksum in &inputs.files {
            let path = inner.file(checksum);
            disk::remove_file(&path)?;
            if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
                disk::sync_folder(folder)?;
            }
        }
        inner.db.scrub()
    }

    /// Puts a copy of the ledger beside a copy of the keys.
    pub(crate) fn backup_ledger(&self, keys: &Path) -> Result<(), Error> {
        copy_ledger(&self.ledger(), &keys.with_extension(EXTENSION))
    }

    fn ledger(&self) -> PathBuf {
        self.inner().root_path().join("keys").join(format!("{}.{EXTENSION}", self.tenant()))
    }

    /// The whole lines.
    fn read_ledger(&self) -> Result<Vec<String>, Error> {
        let path = self.ledger();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let text = std::str::from_utf8(&bytes[..end]).map_err(|_| self.damaged())?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn parsed(&self, line: &str) -> Result<Erasure, Error> {
        let read = || {
            let json = model::json::parse(line.as_bytes()).ok()?;
            let text = |member: &str| json.get(member).and_then(Json::as_str).map(str::to_owned);
            Some(Erasure {
                subject: disk::unhex(&text("subject")?)?,
                at: Instant::parse(&text("at")?).ok()?,
                actor: text("actor")?.as_str().into(),
                reason: text("reason")?.as_str().into(),
                values: number(json.get("values")?)?,
                inputs: ErasedInputs {
                    // Older lines have none.
                    files: members(&json, "files").iter().map(|file| disk::unhex(file.as_str()?)).collect::<Option<_>>()?,
                    records: members(&json, "records").iter().map(key).collect::<Option<_>>()?,
                },
            })
        };
        read().ok_or_else(|| self.damaged())
    }

    fn damaged(&self) -> Error {
        let remedy = Sentence::new("ledger-damaged", "a line is not one of the ledger of erasures; put back a copy of it");
        Error::corrupt(sentence::file(&self.ledger()), remedy)
    }
}

/// Puts the copy beside a copy of the keys back, unless the ledger is there still.
pub(crate) fn restore_ledger(backup: &Path, keys: &Path) -> Result<(), Error> {
    let ledger = keys.with_extension(EXTENSION);
    if ledger.exists() { Ok(()) } else { copy_ledger(&backup.with_extension(EXTENSION), &ledger) }
}

fn copy_ledger(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::read(from) {
        Ok(lines) => disk::write_whole(to, &lines),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("read", from, error)),
    }
}

fn json(erasure: &Erasure) -> Json {
    let count = |number: u64| Json::from(number.cast_signed());
    let record = |key: &QuarantineKey| Json::Array([key.id, key.run, key.record].map(count).into());
    Json::object([
        ("subject", Json::from(disk::hex(&erasure.subject).as_str())),
        ("at", Json::from(erasure.at.to_string().as_str())),
        ("actor", Json::from(erasure.actor.as_str())),
        ("reason", Json::from(erasure.reason.as_str())),
        ("values", count(erasure.values)),
        ("files", Json::Array(erasure.inputs.files.iter().map(|file| Json::from(disk::hex(file).as_str())).collect())),
        ("records", Json::Array(erasure.inputs.records.iter().map(record).collect())),
    ])
}

fn members<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name).and_then(Json::as_array).unwrap_or_default()
}

fn number(json: &Json) -> Option<u64> {
    match json {
        Json::Number(number) => u64::try_from(number.as_i64()?).ok(),
        _ => None,
    }
}

fn key(json: &Json) -> Option<QuarantineKey> {
    let [id, run, record] = json.as_array()? else { return None };
    Some(QuarantineKey { id: number(id)?, run: number(run)?, record: number(record)? })
}

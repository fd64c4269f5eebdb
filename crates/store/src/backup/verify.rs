//! Reading a point of a backup whole.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{DATABASE, segment_path};
use crate::backend::Backend;
use crate::check::{Finding, Part, of_chain, of_pages};
use crate::manifest::{Entry, Manifest};
use crate::seal::{DROPPED_UPTO, read_segments};
use crate::sentence::{self, Sentence};
use crate::sqlite::Sqlite;
use crate::tenant::{meta_number, meta_text};
use crate::{Error, disk, files, log};

/// What was looked at before: points share files, and a file is read once.
#[derive(Debug, Default)]
pub struct Looked(HashMap<(u64, u64), (u64, [u8; 32])>);

impl Looked {
    fn at(&mut self, path: &Path) -> Result<(u64, [u8; 32]), Error> {
        let found = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
        match self.0.get(&(found.dev(), found.ino())) {
            Some(known) => Ok(*known),
            None => {
                let hashed = disk::hash(path)?;
                self.0.insert((found.dev(), found.ino()), hashed);
                Ok(hashed)
            }
        }
    }
}

/// Reads every point in a tenant's folder of backups: each file with its
/// checksum, the pages of the database, the chain of the log, and whether all
/// that the database names is there. What a crash left unfinished is no point.
///
/// # Errors
/// When the folder holds no point at all, or cannot be read.
pub fn verify_backup(folder: &Path, looked: &mut Looked) -> Result<Vec<(PathBuf, Vec<Finding>)>, Error> {
    let mut told = Vec::new();
    let folders = if Manifest::is_in(folder) {
        vec![folder.to_owned()]
    } else {
        let names = disk::names(folder)?.into_iter().filter(|name| !name.starts_with('.'));
        names.map(|name| folder.join(name)).filter(|path| path.is_dir()).collect()
    };
    if folders.is_empty() {
        return Err(Manifest::missing(folder));
    }
    for point in folders {
        let findings = match Manifest::read(&point) {
            Ok(manifest) => verify(&point, &manifest, looked),
            Err(error) => vec![Part::Tenant.finding(error.sentence())],
        };
        told.push((point, findings));
    }
    Ok(told)
}

fn verify(point: &Path, manifest: &Manifest, looked: &mut Looked) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in &manifest.files {
        let path = point.join(&entry.path);
        let detail = match looked.at(&path) {
            Ok(found) if found == (entry.size_bytes, entry.checksum) => continue,
            Ok(_) => Sentence::new("file-changed", "`{path}` is not the file that was backed up").with("path", &path.display()),
            Err(_) if !path.exists() => missing(&path),
            Err(error) => error.sentence(),
        };
        findings.push(part_of(entry).finding(detail));
    }
    // Of a database that is another one, nothing more is to be learned.
    if findings.iter().any(|finding| finding.part == Part::Database) {
        return findings;
    }
    match Sqlite::open_copy(&point.join(DATABASE)) {
        Ok(database) => findings.extend(inside(point, manifest, &database)),
        Err(error) => findings.push(Part::Database.finding(error.sentence())),
    }
    findings
}

/// What the database says, and whether the rest is there.
fn inside(point: &Path, manifest: &Manifest, database: &Sqlite) -> Vec<Finding> {
    let mut findings = of_pages(Part::Database, database.check());
    findings.extend(of_chain(log::verify_chain(database)));
    match crate::tenant::read(database, |s| named(point, manifest, s)) {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Part::Database.finding(error.sentence())),
    }
    findings
}

fn named(point: &Path, manifest: &Manifest, session: &dyn crate::backend::Session) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let held: HashMap<&Path, &Entry> = manifest.files.iter().map(|entry| (entry.path.as_path(), entry)).collect();
    if meta_text(session, "tenant")?.as_deref() != Some(manifest.tenant.as_str()) {
        findings.push(Part::Tenant.finding(Sentence::new("point-of-other-tenant", "its database is that of another tenant")));
    }
    for segment in read_segments(session)? {
        let path = segment_path(&segment)?;
        let is_there =
            held.get(path.as_path()).is_some_and(|entry| (entry.size_bytes, entry.checksum) == (segment.size_bytes, segment.checksum));
        if !is_there {
            findings.push(Part::History.finding(missing(&point.join(path))));
        }
    }
    let dropped = meta_number(session, DROPPED_UPTO)?;
    let seq_of = |path: &Path| path.strip_prefix("snapshots").ok()?.to_str()?.strip_suffix(".snap")?.parse::<u64>().ok();
    if dropped > 0 && !held.keys().filter_map(|path| seq_of(path)).any(|seq| seq >= dropped) {
        findings.push(
            Part::State.finding(
                Sentence::new("no-start", "no good snapshot from commit {seq} on is left, and the log before it is sealed")
                    .with("seq", dropped),
            ),
        );
    }
    for (run, checksum) in files::inputs(session)? {
        let path = files::path_of(&checksum);
        if !held.contains_key(path.as_path()) {
            findings.push(
                Part::Files.finding(
                    Sentence::new("input-gone", "`{path}`, which run {run} read, is gone")
                        .with("path", &point.join(path).display())
                        .with("run", run),
                ),
            );
        }
    }
    Ok(findings)
}

fn missing(path: &Path) -> Sentence {
    Sentence::new("missing", "{what} does not exist").with("what", sentence::file(path))
}

fn part_of(entry: &Entry) -> Part {
    match entry.path.iter().next().and_then(|name| name.to_str()) {
        Some("history") => Part::History,
        Some("snapshots") => Part::Snapshot,
        Some("files") => Part::Files,
        _ => Part::Database,
    }
}

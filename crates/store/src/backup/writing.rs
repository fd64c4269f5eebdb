//! One point while it is made: what is copied, linked, or there already.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use model::Segment;

use super::same_segment;
use crate::manifest::{Entry, Manifest};
use crate::{Error, disk};

/// A point that is being written.
pub(super) struct Writing<'a> {
    from: &'a Path,
    pub(super) to: &'a Path,
    /// The folder of the point before, and what it holds.
    before: PathBuf,
    held: HashMap<PathBuf, Entry>,
    pub(super) files: Vec<Entry>,
    pub(super) copied_bytes: u64,
}

impl<'a> Writing<'a> {
    pub(super) fn begin(from: &'a Path, to: &'a Path, before: Option<(PathBuf, Manifest)>) -> Result<Self, Error> {
        for name in ["", "snapshots", "history", "files"] {
            disk::make_folder(&to.join(name))?;
        }
        let (before, manifest) = before.map_or_else(|| (PathBuf::new(), Vec::new()), |(folder, manifest)| (folder, manifest.files));
        let held = manifest.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
        Ok(Self { from, to, before, held, files: Vec::new(), copied_bytes: 0 })
    }

    /// Takes a file of the tenant into the point. A segment must be the one
    /// that the database names.
    pub(super) fn take(&mut self, path: PathBuf, segment: Option<&Segment>) -> Result<(), Error> {
        let (source, target) = (self.from.join(&path), self.to.join(&path));
        if let Some(parent) = target.parent() {
            disk::make_folder(parent)?;
        }
        let expected = segment.map(|segment| (segment.size_bytes, segment.checksum));
        if let Some(held) = self.held.get(&path).filter(|held| {
            let there = self.before.join(&held.path);
            let is_it = expected.map_or_else(|| is_unchanged(&source, &there), |expected| expected == (held.size_bytes, held.checksum));
            is_it && fs::metadata(&there).is_ok_and(|found| found.len() == held.size_bytes)
        }) {
            disk::remove_file(&target)?;
            if fs::hard_link(self.before.join(&path), &target).is_ok() {
                self.files.push(held.clone());
                return Ok(());
            }
        }
        // What a backup before this one came to copy before it ended.
        if is_unchanged(&source, &target) {
            let left = entry(self.to, path.clone())?;
            if expected.is_none_or(|expected| expected == (left.size_bytes, left.checksum)) {
                self.files.push(left);
                return Ok(());
            }
        }
        // It may be a link: writing into it would change another point.
        disk::remove_file(&target)?;
        let copied = copy(self.from, self.to, path)?;
        if let Some(segment) = segment {
            same_segment(self.from, &copied, segment)?;
        }
        self.copied(copied);
        Ok(())
    }

    pub(super) fn copied(&mut self, entry: Entry) {
        self.copied_bytes += entry.size_bytes;
        self.files.push(entry);
    }

    /// Removes what an earlier try left and this point does not hold.
    pub(super) fn leave_nothing_else(&self) -> Result<(), Error> {
        let ours: BTreeSet<&Path> = self.files.iter().map(|file| file.path.as_path()).collect();
        let all = disk::files_below(self.to)?;
        all.iter().filter(|path| !ours.contains(path.as_path())).try_for_each(|path| disk::remove_file(&self.to.join(path)))
    }
}

/// Size and time of change are those of the other: how `copy` leaves them.
fn is_unchanged(one: &Path, other: &Path) -> bool {
    let stamp = |path: &Path| -> Option<(u64, SystemTime)> {
        let found = fs::metadata(path).ok()?;
        Some((found.len(), found.modified().ok()?))
    };
    stamp(one).is_some_and(|stamped| stamp(other) == Some(stamped))
}

pub(crate) fn entry(folder: &Path, path: PathBuf) -> Result<Entry, Error> {
    let (size_bytes, checksum) = disk::hash(&folder.join(&path))?;
    Ok(Entry { path, size_bytes, checksum })
}

pub(crate) fn copy(from: &Path, to: &Path, path: PathBuf) -> Result<Entry, Error> {
    let (size_bytes, checksum) = disk::copy(&from.join(&path), &to.join(&path))?;
    Ok(Entry { path, size_bytes, checksum })
}

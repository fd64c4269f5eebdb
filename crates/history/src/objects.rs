//! The tenant's folder of segments: put, open, remove.
//!
//! Plain files rather than the `object_store` crate's local folder: that one
//! hands every call to the asynchronous runtime's blocking threads, on which our
//! callers already run, and a full pool would wait for itself. The verbs are
//! those of an object store, so that a remote one can stand behind them.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::Error;

/// Suffix of a file that is being written and is no segment yet.
const UNFINISHED: &str = ".part";

/// A folder of immutable objects.
#[derive(Debug)]
pub(crate) struct Objects {
    folder: PathBuf,
}

/// An open object. It stays readable when its name is removed meanwhile.
pub(crate) struct Object {
    file: File,
    path: PathBuf,
    /// Changes whenever somebody writes to the file or replaces it.
    pub(crate) tag: Tag,
}

/// Inode, size in bytes and time of change in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    inode: u64,
    pub(crate) size_bytes: u64,
    changed_ns: i128,
}

impl Objects {
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(disk(folder, "created"))?;
            if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                sync_folder(parent)?;
            }
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// Writes an object whole: after this returns it survives a power cut,
    /// before it nobody sees it.
    pub(crate) fn put(&self, object: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(object)?;
        let unfinished = unfinished(&path);
        let mut file = File::create(&unfinished).map_err(disk(&unfinished, "created"))?;
        file.write_all(bytes).map_err(disk(&unfinished, "written"))?;
        file.sync_all().map_err(disk(&unfinished, "written to disk"))?;
        self.put_in_place(object)
    }

    /// Where an object is written before it is one.
    pub(crate) fn unfinished(&self, object: &str) -> Result<PathBuf, Error> {
        self.path(object).map(|path| unfinished(&path))
    }

    /// Makes an object of a file that was written and synced at [`Self::unfinished`].
    pub(crate) fn put_in_place(&self, object: &str) -> Result<(), Error> {
        let path = self.path(object)?;
        fs::rename(unfinished(&path), &path).map_err(disk(&path, "put in place"))?;
        sync_folder(&self.folder)
    }

    pub(crate) fn get(&self, object: &str) -> Result<Object, Error> {
        let path = self.path(object)?;
        let file = File::open(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Missing { object: object.to_owned() },
            _ => disk(&path, "opened")(source),
        })?;
        let tag = Tag::of(&file).map_err(disk(&path, "examined"))?;
        Ok(Object { file, path, tag })
    }

    /// Removes an object and what an interrupted [`Self::put`] left of it.
    pub(crate) fn remove(&self, object: &str) -> Result<(), Error> {
        let path = self.path(object)?;
        for path in [unfinished(&path), path] {
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(disk(&path, "removed")(source)),
                _ => {}
            }
        }
        sync_folder(&self.folder)
    }

    /// The manifest names objects; a name must not lead out of the folder.
    fn path(&self, object: &str) -> Result<PathBuf, Error> {
        let ok = object
            .strip_suffix(".parquet")
            .is_some_and(|stem| !stem.is_empty() && stem.len() <= 200 && stem.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        if ok { Ok(self.folder.join(object)) } else { Err(Error::NotASegment(object.chars().take(200).collect())) }
    }
}

impl Object {
    /// The whole object.
    pub(crate) fn whole(&self) -> Result<Bytes, Error> {
        let mut bytes = Vec::new();
        (&self.file).read_to_end(&mut bytes).map_err(disk(&self.path, "read"))?;
        Ok(bytes.into())
    }

    /// Parts of the object.
    pub(crate) fn ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, Error> {
        ranges.iter().map(|range| self.range(range)).collect()
    }

    fn range(&self, range: &Range<u64>) -> Result<Bytes, Error> {
        let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, range.start).map_err(disk(&self.path, "read"))?;
        Ok(bytes.into())
    }
}

impl Tag {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let changed_ns = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
        Ok(Self { inode: metadata.ino(), size_bytes: metadata.size(), changed_ns })
    }
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    name.into()
}

/// Makes new and removed names in a folder durable.
fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk(folder, "written to disk"))
}

fn disk<'a>(path: &'a Path, action: &'static str) -> impl Fn(io::Error) -> Error + 'a {
    move |source| Error::Disk { path: path.display().to_string(), action, source }
}

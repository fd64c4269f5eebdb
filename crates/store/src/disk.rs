//! Files and folders as the data directory wants them: private to the user,
//! and on the disk before anybody relies on them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Error;

/// Makes a folder with its parents, readable by its owner only, and its name durable.
pub(crate) fn make_folder(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| Error::io("create the folder", path, e))?;
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        sync_folder(parent)?;
    }
    Ok(())
}

/// Takes the folder's rights away from everybody but its owner.
pub(crate) fn make_private(path: &Path) -> Result<(), Error> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|e| Error::io("restrict the permissions of", path, e))
}

/// A new file of ours, to be written and read; an old one of the same name is emptied.
pub(crate) fn create_file(path: &Path) -> Result<File, Error> {
    private().truncate(true).open(path).map_err(|e| Error::io("create", path, e))
}

/// Opens a file of ours for writing, or makes it; its content stays.
pub(crate) fn open_or_create(path: &Path) -> Result<File, Error> {
    private().truncate(false).open(path).map_err(|e| Error::io("open", path, e))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    options
}

pub(crate) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|e| Error::io("open", path, e))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    open(path)?.sync_all().map_err(|e| Error::io("sync the folder", path, e))
}

pub(crate) fn sync_file(file: &File, path: &Path) -> Result<(), Error> {
    file.sync_all().map_err(|e| Error::io("sync", path, e))
}

/// Gives a written and synced file its final name, durably.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(|e| Error::io("rename to", to, e))?;
    to.parent().map_or(Ok(()), sync_folder)
}

/// Removes a file; one that is not there is fine.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path, error)),
        _ => Ok(()),
    }
}

/// Writes a small file in one step: complete and durable, or not there.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), Error> {
    let temporary = path.with_extension("new");
    let mut file = create_file(&temporary)?;
    file.write_all(content).map_err(|e| Error::io("write", &temporary, e))?;
    sync_file(&file, &temporary)?;
    rename(&temporary, path)
}

/// The names in a folder, sorted; none when it is not there. Names that are
/// not UTF-8 are not ours and left out.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|e| Error::io("read the folder", folder, e))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("read the folder", folder, e))?;
        names.extend(entry.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}

/// All files below a folder, as paths relative to it, sorted.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        for name in names(&folder.join(&relative))? {
            let child = relative.join(name);
            if folder.join(&child).is_dir() { open.push(child) } else { files.push(child) }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// A folder and all folders below it.
pub(crate) fn folders_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(current) = folders.get(next).cloned() {
        next += 1;
        folders.extend(names(&current)?.into_iter().map(|name| current.join(name)).filter(|path| path.is_dir()));
    }
    Ok(folders)
}

/// Copies a file durably with its time of change, which comes last; says its
/// size and SHA-256 as they were written.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(u64, [u8; 32]), Error> {
    if let Some(parent) = to.parent() {
        make_folder(parent)?;
    }
    let mut file = create_file(to)?;
    let read = hash_through(from, |part| file.write_all(part).map_err(|e| Error::io("write", to, e)))?;
    sync_file(&file, to)?;
    let changed = fs::metadata(from).and_then(|found| found.modified());
    changed.and_then(|changed| file.set_modified(changed)).map_err(|e| Error::io("set the time of", to, e))?;
    Ok(read)
}

/// Size and SHA-256 of a file.
pub(crate) fn hash(path: &Path) -> Result<(u64, [u8; 32]), Error> {
    hash_through(path, |_| Ok(()))
}

fn hash_through(path: &Path, mut each: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(u64, [u8; 32]), Error> {
    let mut source = open(path)?;
    let (mut hasher, mut size_bytes) = (Sha256::new(), 0u64);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let length = match source.read(&mut buffer) {
            Ok(0) => return Ok((size_bytes, hasher.finalize().into())),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::io("read", path, error)),
        };
        hasher.update(&buffer[..length]);
        size_bytes += length as u64;
        each(&buffer[..length])?;
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes of a lower-case hexadecimal SHA-256.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

/// Bytes from the operating system's source of randomness.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::unavailable("the operating system's randomness", "check that `getrandom` is allowed for this process"))?;
    Ok(bytes)
}

/// Keeps a last part of the disk for what must go on when it is full:
/// deletion, erasure, logins. New data is refused before.
#[derive(Debug, Clone)]
pub(crate) struct Reserve {
    pub(crate) folder: PathBuf,
    /// At most so much is kept free; a twentieth of the disk when that is less.
    pub(crate) bytes_max: u64,
}

impl Reserve {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let disk = rustix::fs::statvfs(&self.folder).map_err(|e| Error::io("ask for the free space of", &self.folder, e.into()))?;
        let reserve = self.bytes_max.min(disk.f_blocks.saturating_mul(disk.f_frsize) / 20);
        if disk.f_bavail.saturating_mul(disk.f_frsize) < reserve {
            return Err(Error::NoSpace { place: self.folder.clone() });
        }
        Ok(())
    }
}

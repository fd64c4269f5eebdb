//! Raw inputs: files named by the SHA-256 of their content, compressed, then
//! encrypted under the tenant's key `raw`. Reading and writing stream: a
//! gigabyte needs no more memory than a kilobyte.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::backend::{Session, Sql, sql};
use crate::envelope::{Opener, Sealer, damaged};
use crate::tenant::Inner;
use crate::{Error, Sentence, StoredFile, TenantStore, disk};

const INPUTS: Sql = sql!("run/inputs");

/// After so many bytes the free space is looked at again.
const RESERVE_EVERY_BYTES: u64 = 8 << 20;

/// Name of the key that raw inputs and quarantine are encrypted with.
pub(crate) const KEY: &str = "raw";

/// Beginning of the names of files that are not complete yet.
const UNFINISHED: &str = ".new-";

impl TenantStore {
    /// Keeps a raw input; the same content is kept once.
    ///
    /// # Errors
    /// When `content` cannot be read or the disk cannot take it; nothing is kept then.
    pub fn put_file(&self, content: &mut dyn Read) -> Result<StoredFile, Error> {
        let key = self.tenant_key(KEY)?;
        let folder = self.inner().files();
        let temporary = folder.join(format!("{UNFINISHED}{}", disk::hex(&disk::random::<8>()?)));
        let outcome = self.write_file(&key, content, &temporary).and_then(|stored| {
            let path = self.inner().file(&stored.checksum);
            disk::make_folder(path.parent().unwrap_or(&folder))?;
            let _files = self.inner().lock_files();
            // Also over an old one: it has the same content, or is damaged.
            disk::rename(&temporary, &path)?;
            Ok(stored)
        });
        if outcome.is_err() {
            disk::remove_file(&temporary)?;
        }
        outcome
    }

    fn write_file(&self, key: &[u8; 32], content: &mut dyn Read, path: &Path) -> Result<StoredFile, Error> {
        let fail = |e| Error::io("write", path, e);
        let file = BufWriter::with_capacity(256 << 10, disk::create_file(path)?);
        let sealer = Sealer::new(key, disk::random()?, file).map_err(fail)?;
        let mut packer = zstd::stream::write::Encoder::new(sealer, 3).map_err(fail)?;
        let (mut hasher, mut size_bytes, mut unchecked) = (Sha256::new(), 0u64, u64::MAX);
        let mut buffer = vec![0; 128 << 10];
        loop {
            if unchecked >= RESERVE_EVERY_BYTES {
                self.inner().reserve.check()?;
                unchecked = 0;
            }
            let length = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::io("read the content for", path, error)),
            };
            hasher.update(&buffer[..length]);
            packer.write_all(&buffer[..length]).map_err(fail)?;
            size_bytes += length as u64;
            unchecked += length as u64;
        }
        let sealer = packer.finish().map_err(fail)?;
        let file = sealer.finish().map_err(fail)?.into_inner().map_err(|e| fail(e.into_error()))?;
        disk::sync_file(&file, path)?;
        Ok(StoredFile { checksum: hasher.finalize().into(), size_bytes })
    }

    /// The content of a raw input; `None` when it was never kept. Damage shows
    /// as an error while reading, at the latest at its end; what was read
    /// before is authentic.
    ///
    /// # Errors
    /// When the file or its key cannot be opened.
    pub fn open_file(&self, checksum: &[u8; 32]) -> Result<Option<Box<dyn Read + Send>>, Error> {
        let path = self.inner().file(checksum);
        if !path.is_file() {
            return Ok(None);
        }
        let fail = |e| file_error(&path, e);
        let opener = Opener::new(&self.tenant_key(KEY)?, BufReader::new(disk::open(&path)?)).map_err(fail)?;
        let plain = zstd::stream::read::Decoder::new(opener).map_err(fail)?;
        Ok(Some(Box::new(Checked { plain, hasher: Sha256::new(), expected: *checksum })))
    }

    /// The raw inputs that are kept, by the checksum of their content.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn files(&self) -> Result<Vec<[u8; 32]>, Error> {
        Ok(self.inner().stored_files()?.iter().filter_map(|path| checksum_of(path)).collect())
    }

    /// Reads every raw input through; names the damaged ones and those that runs read and are gone.
    pub(crate) fn check_files(&self) -> Result<Vec<Sentence>, Error> {
        let inputs = self.inner().read(|s| inputs(s))?;
        let gone = inputs.iter().map(|(run, checksum)| (run, self.inner().file(checksum))).filter(|(_, path)| !path.is_file());
        let gone = gone.map(|(run, path)| {
            Sentence::new("input-gone", "`{path}`, which run {run} read, is gone").with("path", &path.display()).with("run", *run)
        });
        let mut findings: Vec<Sentence> = gone.collect();
        for relative in self.inner().stored_files()? {
            let path = self.inner().files().join(&relative);
            let checksum = checksum_of(&relative);
            let outcome = match checksum.and_then(|checksum| self.open_file(&checksum).transpose()) {
                Some(Ok(mut content)) => io::copy(&mut content, &mut io::sink()).map(|_| ()).map_err(|e| file_error(&path, e)),
                Some(Err(error)) => Err(error),
                // Removed since the files were listed.
                None if checksum.is_some() && !path.exists() => Ok(()),
                None => Err(Error::invalid(Sentence::new("foreign-file", "`{path}` is not a file of ours").with("path", &path.display()))),
            };
            findings.extend(outcome.err().map(|error| error.sentence()));
        }
        Ok(findings)
    }
}

impl Inner {
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    pub(crate) fn file(&self, checksum: &[u8; 32]) -> PathBuf {
        self.folder.join(path_of(checksum))
    }

    /// All complete files, as paths below the folder of files.
    pub(crate) fn stored_files(&self) -> Result<Vec<PathBuf>, Error> {
        let is_complete = |path: &PathBuf| !path.to_string_lossy().starts_with(UNFINISHED);
        Ok(disk::files_below(&self.files())?.into_iter().filter(is_complete).collect())
    }

    /// Removes what a crash left incomplete. Nobody was told of these files.
    pub(crate) fn remove_unfinished_files(&self) -> Result<(), Error> {
        for name in disk::names(&self.files())?.iter().filter(|name| name.starts_with(UNFINISHED)) {
            disk::remove_file(&self.files().join(name))?;
        }
        Ok(())
    }
}

/// Where a raw input lies in the tenant's folder.
pub(crate) fn path_of(checksum: &[u8; 32]) -> PathBuf {
    let name = disk::hex(checksum);
    // Folders of 256: no single one holds millions of names.
    Path::new("files").join(&name[..2]).join(&name)
}

/// The raw inputs that must be there, each with the first run that read it.
pub(crate) fn inputs(session: &dyn Session) -> Result<Vec<(u64, [u8; 32])>, Error> {
    session.all(INPUTS, &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn file_error(path: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::InvalidData {
        return Error::corrupt(
            crate::sentence::file(path),
            Sentence::new("restore-file", "its content is not the one that was kept ({detail}); restore it from a backup")
                .with("detail", &error),
        );
    }
    Error::io("read", path, error)
}

pub(crate) fn checksum_of(relative: &Path) -> Option<[u8; 32]> {
    disk::unhex(relative.file_name()?.to_str()?)
}

/// Compares the whole content with its name at the end: files cannot be
/// exchanged for each other.
struct Checked {
    plain: zstd::stream::read::Decoder<'static, BufReader<Opener<BufReader<File>>>>,
    hasher: Sha256,
    expected: [u8; 32],
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.plain.read(out)?;
        self.hasher.update(&out[..length]);
        if length == 0 && !out.is_empty() && <[u8; 32]>::from(self.hasher.clone().finalize()) != self.expected {
            return Err(damaged("its content is not the one its name promises"));
        }
        Ok(length)
    }
}

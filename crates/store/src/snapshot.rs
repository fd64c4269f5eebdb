//! Snapshots: the current state as of a position in the log, each an immutable
//! file that is complete under its name or not there.
//!
//! A file is `ALLMSNAP`, a format byte, the position, the hash of the log at
//! that position (it belongs to this log and no other), groups of entities
//! with their lengths, a length of zero, the number of entities, and the
//! SHA-256 of everything before.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use model::Entity;
use sha2::{Digest, Sha256};

use crate::backend::{Sql, sql};
use crate::seal::DROPPED_UPTO;
use crate::sentence::Sentence;
use crate::tenant::{Inner, Upkeep, meta_number};
use crate::{Error, Snapshot, TenantStore, codec, disk};

const HASH_AT: Sql = sql!("log/hash_at");

const MAGIC: &[u8; 9] = b"ALLMSNAP\x01";

/// How large a group is before compression.
const GROUP_BYTES: usize = 1 << 20;

/// How many snapshots are kept.
const KEEP: usize = 2;

impl TenantStore {
    /// Writes the state after commit `seq`, reads it back and verifies it
    /// before it returns; keeps the newest two.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the log does not reach `seq`;
    /// [`Error::NoSpace`]; [`Error::Corrupt`] when what was read back is not
    /// what was written. The snapshots that were there stay then.
    pub fn write_snapshot(&self, seq: u64, entities: &mut dyn Iterator<Item = &Entity>) -> Result<(), Error> {
        let inner = self.inner();
        let mut upkeep = inner.lock_upkeep();
        let chain = inner.chain_at(seq)?.ok_or_else(|| Error::invalid(format!("the log does not reach commit {seq}; append it first")))?;
        inner.reserve.check()?;
        let folder = inner.snapshots();
        inner.remove_unfinished_snapshots()?;
        let temporary = folder.join(format!("{seq}.new"));
        let count = write_file(&temporary, seq, &chain, entities)?;
        let mut seen = 0;
        let read = read_file(&temporary, &mut |_| seen += 1)?;
        if read != (Origin { seq, chain }) || seen != count {
            return Err(damaged(&temporary, Sentence::new("snapshot-differs", "what was read back is not what was written")));
        }
        disk::rename(&temporary, &inner.snapshot_file(seq))?;
        upkeep.verified_snapshot = Some(seq);
        for old in inner.snapshot_seqs()?.into_iter().rev().skip(KEEP).filter(|old| *old < seq) {
            disk::remove_file(&inner.snapshot_file(old))?;
        }
        disk::sync_folder(&folder)
    }

    /// The newest snapshot that is good; a damaged one is passed over with a
    /// warning. `None` when there is none and the log reaches back to its beginning.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when no good one is left that the log reaches back to.
    pub fn load_snapshot(&self) -> Result<Option<Snapshot>, Error> {
        let inner = self.inner();
        let mut upkeep = inner.lock_upkeep();
        let dropped = inner.read(|s| meta_number(s, DROPPED_UPTO))?;
        let mut passed_over = Vec::new();
        for seq in inner.snapshot_seqs()?.into_iter().rev().filter(|seq| *seq >= dropped) {
            let mut entities = Vec::new();
            match inner.read_snapshot(seq, &mut |entity| entities.push(entity)) {
                Ok(()) => {
                    upkeep.verified_snapshot = upkeep.verified_snapshot.max(Some(seq));
                    return Ok(Some(Snapshot { seq, entities }));
                }
                Err(error) => {
                    tracing::warn!(tenant = %inner.tenant, seq, %error, "a snapshot is damaged, an older one is tried");
                    passed_over.push(error.to_string());
                }
            }
        }
        if dropped == 0 {
            return Ok(None);
        }
        Err(Error::corrupt(
            Sentence::new("the-state", "the current state of the tenant `{tenant}`").with("tenant", &inner.tenant),
            Sentence::new(
                "state-lost",
                "no good snapshot from commit {seq} on is left, and the log before it is sealed ({detail}); nothing was deleted: move the tenant's folder and keys aside, then restore both from the last backup",
            )
            .with("seq", dropped)
            .with("detail", if passed_over.is_empty() { Sentence::new("none-there", "none is there") } else { passed_over.join("; ").into() }),
        ))
    }

    /// Whether a snapshot at or after a position is there and good.
    pub(crate) fn snapshot_reaches(&self, upkeep: &mut Upkeep, seq: u64) -> Result<bool, Error> {
        let inner = self.inner();
        if let Some(verified) = upkeep.verified_snapshot.filter(|verified| *verified >= seq)
            && inner.snapshot_file(verified).is_file()
        {
            return Ok(true);
        }
        for candidate in inner.snapshot_seqs()?.into_iter().rev().filter(|candidate| *candidate >= seq) {
            match inner.read_snapshot(candidate, &mut |_| ()) {
                Ok(()) => {
                    upkeep.verified_snapshot = Some(candidate);
                    return Ok(true);
                }
                Err(error) => tracing::warn!(tenant = %inner.tenant, seq = candidate, %error, "a snapshot is damaged"),
            }
        }
        Ok(false)
    }
}

impl Inner {
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.folder.join("snapshots")
    }

    pub(crate) fn snapshot_file(&self, seq: u64) -> PathBuf {
        self.snapshots().join(format!("{seq}.snap"))
    }

    /// Positions of the snapshots, oldest first.
    pub(crate) fn snapshot_seqs(&self) -> Result<Vec<u64>, Error> {
        let names = disk::names(&self.snapshots())?;
        let mut seqs: Vec<u64> = names.iter().filter_map(|name| name.strip_suffix(".snap")?.parse().ok()).collect();
        seqs.sort_unstable();
        Ok(seqs)
    }

    /// Reads one snapshot and checks that it belongs to this log.
    pub(crate) fn read_snapshot(&self, seq: u64, each: &mut dyn FnMut(Entity)) -> Result<(), Error> {
        let path = self.snapshot_file(seq);
        let origin = read_file(&path, each)?;
        if origin.seq != seq || self.chain_at(seq)? != Some(origin.chain) {
            return Err(damaged(&path, Sentence::new("snapshot-of-other-log", "it belongs to another log")));
        }
        Ok(())
    }

    /// The hash of the log at a position; all zeros before the first commit.
    fn chain_at(&self, seq: u64) -> Result<Option<[u8; 32]>, Error> {
        if seq == 0 {
            return Ok(Some([0; 32]));
        }
        self.read(|s| s.first(HASH_AT, &[seq.into()], |row| row.get(0)))
    }

    /// A crash while writing leaves these; they were never named snapshots.
    fn remove_unfinished_snapshots(&self) -> Result<(), Error> {
        for name in disk::names(&self.snapshots())?.iter().filter(|name| name.ends_with(".new")) {
            disk::remove_file(&self.snapshots().join(name))?;
        }
        Ok(())
    }
}

/// What a snapshot says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Origin {
    seq: u64,
    chain: [u8; 32],
}

fn write_file(path: &Path, seq: u64, chain: &[u8; 32], entities: &mut dyn Iterator<Item = &Entity>) -> Result<u64, Error> {
    let mut out = Hashing { inner: BufWriter::with_capacity(256 << 10, disk::create_file(path)?), hasher: Sha256::new() };
    let mut count = 0u64;
    let fail = |e| Error::io("write", path, e);
    out.write_all(MAGIC).and_then(|()| out.write_all(&seq.to_le_bytes())).and_then(|()| out.write_all(chain)).map_err(fail)?;
    loop {
        let (group, entities) = codec::encode_entities(&mut *entities, GROUP_BYTES)?;
        if entities == 0 {
            break;
        }
        count += entities as u64;
        let length = u32::try_from(group.len()).map_err(|_| Error::invalid("an entity of more than 4 GiB cannot be kept"))?;
        out.write_all(&length.to_le_bytes()).and_then(|()| out.write_all(&group)).map_err(fail)?;
    }
    out.write_all(&0u32.to_le_bytes()).and_then(|()| out.write_all(&count.to_le_bytes())).map_err(fail)?;
    let Hashing { inner: mut file, hasher } = out;
    file.write_all(&hasher.finalize()).map_err(fail)?;
    let file = file.into_inner().map_err(|e| fail(e.into_error()))?;
    disk::sync_file(&file, path)?;
    Ok(count)
}

/// Reads a snapshot and hands its entities on. They are good only if it
/// returns `Ok`: the checksum stands at the end.
fn read_file(path: &Path, each: &mut dyn FnMut(Entity)) -> Result<Origin, Error> {
    let mut source =
        Source { inner: Hashing { inner: BufReader::with_capacity(256 << 10, disk::open(path)?), hasher: Sha256::new() }, path };
    if source.array()? != *MAGIC {
        return Err(damaged(path, Sentence::new("no-snapshot", "it is no snapshot, or was written by a newer version")));
    }
    let seq = u64::from_le_bytes(source.array()?);
    let chain = source.array()?;
    let mut found = 0u64;
    loop {
        let length = u32::from_le_bytes(source.array()?);
        if length == 0 {
            break;
        }
        let group = source.bytes(length)?;
        found += codec::decode_entities(&group, each).map_err(|damage| damaged(path, damage.0))?;
    }
    let count = u64::from_le_bytes(source.array()?);
    let expected: [u8; 32] = source.inner.hasher.clone().finalize().into();
    let checksum: [u8; 32] = source.array()?;
    if checksum != expected || count != found {
        return Err(damaged(path, Sentence::new("checksum", "its checksum does not fit its content")));
    }
    if source.inner.read(&mut [0]).map_err(|e| Error::io("read", path, e))? != 0 {
        return Err(damaged(path, Sentence::new("more-follows", "more follows after its end")));
    }
    Ok(Origin { seq, chain })
}

fn damaged(path: &Path, detail: impl Into<Sentence>) -> Error {
    Error::corrupt(Sentence::new("the-snapshot", "the snapshot `{path}`").with("path", &path.display()), detail)
}

struct Source<'a> {
    inner: Hashing<BufReader<File>>,
    path: &'a Path,
}

impl Source<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes).map_err(|_| damaged(self.path, Sentence::new("ends-early", "it ends too early")))?;
        Ok(bytes)
    }

    /// So many bytes; room is made as they come, not as they are promised.
    fn bytes(&mut self, length: u32) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        (&mut self.inner).take(u64::from(length)).read_to_end(&mut bytes).map_err(|e| Error::io("read", self.path, e))?;
        if bytes.len() as u64 != u64::from(length) {
            return Err(damaged(self.path, Sentence::new("ends-early", "it ends too early")));
        }
        Ok(bytes)
    }
}

/// Hashes what goes through it.
struct Hashing<T> {
    inner: T,
    hasher: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let length = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(out)?;
        self.hasher.update(&out[..length]);
        Ok(length)
    }
}

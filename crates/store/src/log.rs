//! The change log: one packed row per commit, its header chained by hash.
//!
//! hash(n) = SHA-256(hash(n−1), header(n)), and a header contains the hash of
//! its payload. So a payload can be erased and the chain still verifies, while
//! a changed, missing or reordered header does not. Whatever is read is
//! checked against its own hash first.

use std::collections::BTreeSet;

use model::{Change, Commit, Effect, Header};
use sha2::{Digest, Sha256};

use crate::backend::{Backend, Cell, Row, Session, Sql, sql};
use crate::disk::sha256;
use crate::sentence::Sentence;
use crate::{AppendError, BrokenLink, ChainReport, Error, TenantStore, codec};

pub(crate) const APPEND: Sql = sql!("log/append");
pub(crate) const APPEND_SUBJECT: Sql = sql!("log/append_subject");
pub(crate) const APPEND_REMOVAL: Sql = sql!("log/append_removal");
const LAST: Sql = sql!("log/last");
const TAIL: Sql = sql!("log/tail");
const AUDIT: Sql = sql!("log/audit");
const CHAIN: Sql = sql!("log/chain");
const OF_SUBJECT: Sql = sql!("log/of_subject");

/// How many rows one step of a walk along the chain reads.
const STEP_ROWS: usize = 1000;

/// Where the log ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: [u8; 32],
}

/// A commit, ready to be written but for its place in the chain.
struct Packed<'a> {
    header: &'a Header,
    payload: Vec<u8>,
    subjects: BTreeSet<[u8; 32]>,
    /// What it removes from history.
    removals: Vec<Vec<u8>>,
}

impl TenantStore {
    /// The header of the last commit.
    ///
    /// # Errors
    /// When the log cannot be read, or its end is damaged.
    pub fn last_header(&self) -> Result<Option<Header>, Error> {
        self.audit(None, 1).map(|headers| headers.into_iter().next())
    }

    /// Appends commits in one transaction: all of them are synced to the disk
    /// when it returns, or none is there.
    ///
    /// # Errors
    /// [`AppendError`] says whether the commits certainly did not happen.
    /// Positions that do not follow the last one are refused; so are new data
    /// when the disk is nearly full, while removals may use its reserve.
    pub fn append(&self, commits: &[Commit]) -> Result<(), AppendError> {
        let inner = self.inner();
        let refused = |source| AppendError { certain: true, source };
        if commits.is_empty() {
            return Ok(());
        }
        if commits.iter().any(|commit| needs_room(&commit.effects)) {
            inner.reserve.check().map_err(refused)?;
        }
        let packed = commits.iter().map(pack).collect::<Result<Vec<_>, _>>().map_err(refused)?;
        let mut head = inner.lock_head();
        let before = match *head {
            Some(head) => head,
            None => inner.read(read_head).map_err(refused)?,
        };
        // Forgotten until it is known to be true again.
        *head = None;
        let mut last = before;
        inner.db.write(&mut |session| {
            last = before;
            for commit in &packed {
                let header = commit.header;
                if header.seq != last.seq + 1 {
                    return Err(Error::invalid(format!("commit {} does not follow commit {}, the last of the log", header.seq, last.seq)));
                }
                let bytes = codec::encode_header(header, &sha256(&commit.payload));
                last = Head { seq: header.seq, hash: link(&last.hash, &bytes) };
                let row = [header.seq.into(), (&bytes).into(), (&commit.payload).into(), (&last.hash).into()];
                session.execute(APPEND, &row)?;
                for subject in &commit.subjects {
                    session.execute(APPEND_SUBJECT, &[subject.into(), header.seq.into()])?;
                }
                for removal in &commit.removals {
                    session.execute(APPEND_REMOVAL, &[removal.into()])?;
                }
            }
            Ok(())
        })?;
        *head = Some(last);
        Ok(())
    }

    /// Up to `limit` commits after a position, in order. Commits whose payload
    /// sealing made superfluous are skipped.
    ///
    /// # Errors
    /// [`Error::Corrupt`] names the first commit that is not as it was written.
    pub fn read_log(&self, after: u64, limit: usize) -> Result<Vec<Commit>, Error> {
        self.inner().read(|s| s.all(TAIL, &[after.into(), limit.into()], read_commit))
    }

    /// Up to `limit` headers, the newest first; with `before`, only older ones.
    ///
    /// # Errors
    /// [`Error::Corrupt`] names the first header that is not as it was written.
    pub fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<Header>, Error> {
        let before = Cell::Int(before.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX)));
        self.inner().read(|s| s.all(AUDIT, &[before, limit.into()], |row| checked(row).map(|(header, _)| header)))
    }

    /// Walks the whole audit chain and names the first link that does not hold.
    ///
    /// # Errors
    /// When the log cannot be read at all.
    pub fn verify_chain(&self) -> Result<ChainReport, Error> {
        verify_chain(&*self.inner().db)
    }

    /// The positions of all commits that concern a person.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn subject_seqs(&self, subject: &[u8; 32]) -> Result<Vec<u64>, Error> {
        self.inner().read(|s| s.all(OF_SUBJECT, &[subject.into()], |row| row.get(0)))
    }
}

/// As [`TenantStore::verify_chain`], of any database.
pub(crate) fn verify_chain(db: &dyn Backend) -> Result<ChainReport, Error> {
    let mut report = ChainReport { verified: 0, dropped: 0, broken: None };
    let mut head = Head { seq: 0, hash: [0; 32] };
    loop {
        let before = report.verified;
        crate::tenant::read(db, |s| {
            s.query(CHAIN, &[head.seq.into(), STEP_ROWS.into()], &mut |row| {
                if report.broken.is_none() {
                    match follow(&head, row) {
                        Ok(next) => {
                            head = next;
                            report.verified += 1;
                            report.dropped += u64::from(row.cell(2)? == Cell::Null);
                        }
                        Err(reason) => report.broken = Some(BrokenLink { seq: head.seq + 1, reason }),
                    }
                }
                Ok(())
            })
        })?;
        if report.broken.is_some() || report.verified - before < STEP_ROWS as u64 {
            return Ok(report);
        }
    }
}

/// Whether effects bring new data. Those that only remove may use the reserve
/// of a disk that is nearly full: removing is the way out. A receipt beside
/// what leaves history for good does not change that.
#[must_use]
pub fn needs_room(effects: &[Effect]) -> bool {
    let makes_room = effects.iter().any(|effect| matches!(effect.change, Change::HistoryRemoved { .. }));
    !makes_room
        && effects.iter().any(|effect| match effect.change {
            Change::EntityRemoved | Change::AttributeRemoved { .. } | Change::Retracted { .. } | Change::HistoryRemoved { .. } => false,
            Change::EntitySet { .. } | Change::AttributeSet { .. } | Change::Observed { .. } => true,
        })
}

/// Where the log ends; position 0 when it is empty.
pub(crate) fn read_head(session: &dyn Session) -> Result<Head, Error> {
    let last = session.first(LAST, &[], |row| {
        let (header, _) = codec::decode_header(row.get(0)?).map_err(|damage| Error::corrupt("the end of the log", damage.0))?;
        Ok(Head { seq: header.seq, hash: row.get(1)? })
    })?;
    Ok(last.unwrap_or(Head { seq: 0, hash: [0; 32] }))
}

fn pack(commit: &Commit) -> Result<Packed<'_>, Error> {
    Ok(Packed {
        header: &commit.header,
        payload: codec::encode_effects(&commit.effects)?,
        subjects: commit.effects.iter().filter_map(|effect| effect.subject).collect(),
        removals: commit.removals().map(|removal| codec::encode_removal(&removal)).collect(),
    })
}

pub(crate) fn link(before: &[u8; 32], header: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(header).finalize().into()
}

fn read_commit(row: &dyn Row) -> Result<Commit, Error> {
    let (header, payload) = checked(row)?;
    let effects = codec::decode_effects(payload.unwrap_or_default()).map_err(|damage| damaged(header.seq, damage.0))?;
    Ok(Commit { header, effects })
}

/// Header and payload of a row (position, header, payload, hash, hash before),
/// after their hashes were compared.
fn checked(row: &dyn Row) -> Result<(Header, Option<&[u8]>), Error> {
    let seq: u64 = row.get(0)?;
    let before: Option<[u8; 32]> = row.get(4)?;
    let before = match before {
        Some(hash) => hash,
        None if seq == 1 => [0; 32],
        None => return Err(damaged(seq, Sentence::new("before-missing", "the commit before it is missing"))),
    };
    let head = Head { seq: seq - 1, hash: before };
    follow(&head, row).map_err(|reason| damaged(seq, reason))?;
    let (header, _) = codec::decode_header(row.get(1)?).map_err(|damage| damaged(seq, damage.0))?;
    Ok((header, row.get(2)?))
}

/// The next link of the chain, or why it does not hold. The row begins with
/// position, header, payload, hash.
fn follow(head: &Head, row: &dyn Row) -> Result<Head, Sentence> {
    let cell = |error: Error| error.sentence();
    let seq: u64 = row.get(0).map_err(cell)?;
    let header: &[u8] = row.get(1).map_err(cell)?;
    let payload: Option<&[u8]> = row.get(2).map_err(cell)?;
    let hash: [u8; 32] = row.get(3).map_err(cell)?;
    if seq != head.seq + 1 {
        return Err(Sentence::new("next-position", "the next header has position {seq}").with("seq", seq));
    }
    if link(&head.hash, header) != hash {
        return Err(Sentence::new("header-changed", "the header is not the one that was written"));
    }
    let (decoded, payload_hash) = codec::decode_header(header).map_err(|damage| Sentence::from(damage.0))?;
    if decoded.seq != seq {
        return Err(Sentence::new("header-of", "the header belongs to position {seq}").with("seq", decoded.seq));
    }
    if payload.is_some_and(|payload| sha256(payload) != payload_hash) {
        return Err(Sentence::new("payload-changed", "the payload is not the one that was written"));
    }
    Ok(Head { seq, hash })
}

pub(crate) fn damaged(seq: u64, detail: impl Into<Sentence>) -> Error {
    Error::corrupt(
        Sentence::new("the-commit", "commit {seq} of the log").with("seq", seq),
        Sentence::new("restore-tenant", "{detail}; nothing was deleted, restore the tenant from its last backup").with("detail", detail),
    )
}

//! Sealing: the manifest of history and the intents that guard it.
//!
//! An intent is durable before an object is written; manifest and intent
//! change in one transaction. After a crash exactly the objects of open
//! intents that the manifest does not list may be deleted, nothing else.

use std::collections::BTreeMap;

use model::{Removal, Segment};

use crate::backend::{Cell, Row, Session, Sql, sql};
use crate::tenant::{meta_number, set_meta_number};
use crate::{Error, TenantStore, codec};

const BEGIN: Sql = sql!("seal/begin");
const BEGIN_OBJECT: Sql = sql!("seal/begin_object");
const INTENTS: Sql = sql!("seal/intents");
const INTENT: Sql = sql!("seal/intent");
const OBJECTS: Sql = sql!("seal/objects");
const END: Sql = sql!("seal/end");
pub(crate) const INSERT: Sql = sql!("seal/insert");
const REMOVE: Sql = sql!("seal/remove");
const SEGMENTS: Sql = sql!("seal/segments");
const REMOVALS: Sql = sql!("seal/removals");
const SETTLE_REMOVAL: Sql = sql!("seal/settle_removal");
const SIZES: Sql = sql!("log/sizes");
const DROP: Sql = sql!("log/drop");

pub(crate) const SEALED_UPTO: &str = "sealed_upto";
pub(crate) const DROPPED_UPTO: &str = "dropped_upto";

/// How much payload one transaction drops, so that a large seal neither fills
/// the write-ahead log nor keeps writers waiting.
const DROP_BYTES: u64 = 16 << 20;
const DROP_ROWS: usize = 8192;

impl TenantStore {
    /// Announces objects that are about to be written; durable when it returns.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn begin_seal(&self, objects: &[String]) -> Result<u64, Error> {
        self.inner().write(|s| begin(s, objects))
    }

    /// Makes written objects part of history, in one transaction: `segments`
    /// enter the manifest, `replaced` leave it, the intent ends, the log is
    /// sealed up to `sealed_upto`. Replaced objects become an intent of their
    /// own, which is answered: [`Self::open_intents`] lists them until they are
    /// deleted and that intent is abandoned. Then payloads are dropped, in
    /// bounded steps, up to there and up to the older of the two snapshots that
    /// are kept: should the newer one be damaged one day, the older one and the
    /// log make the same state. A step that fails is made up for by the next seal.
    ///
    /// # Errors
    /// [`Error::Invalid`] when no good snapshot reaches `sealed_upto`, when it
    /// moves backwards or beyond the log, when a segment was not announced, or
    /// a replaced one is not in the manifest; [`Error::NotFound`] when there is
    /// no such intent.
    pub fn finish_seal(&self, intent: u64, segments: &[Segment], replaced: &[String], sealed_upto: u64) -> Result<Option<u64>, Error> {
        let inner = self.inner();
        let mut upkeep = inner.lock_upkeep();
        if sealed_upto > 0 && !self.snapshot_reaches(&mut upkeep, sealed_upto)? {
            return Err(Error::invalid(format!(
                "the log cannot be sealed up to commit {sealed_upto}: no good snapshot reaches it; write one first"
            )));
        }
        let last = self.last_header()?.map_or(0, |header| header.seq);
        let retired = inner.write(|s| {
            check_bounds(meta_number(s, SEALED_UPTO)?, sealed_upto, last)?;
            check_announced(s, intent, segments)?;
            for segment in segments {
                s.execute(INSERT, &segment_cells(segment))?;
            }
            for object in replaced {
                if s.execute(REMOVE, &[object.into()])? == 0 {
                    return Err(Error::invalid(format!("the object `{object}` is not in the manifest, so it cannot be replaced")));
                }
            }
            let retired = if replaced.is_empty() { None } else { Some(begin(s, replaced)?) };
            s.execute(END, &[intent.into()])?;
            set_meta_number(s, SEALED_UPTO, sealed_upto)?;
            Ok(retired)
        })?;
        let spare = inner.snapshot_seqs()?.into_iter().rev().nth(1).unwrap_or(0);
        if let Err(error) = self.drop_sealed(sealed_upto.min(spare)) {
            tracing::warn!(tenant = %inner.tenant, %error, "sealed log rows could not be dropped yet");
        }
        Ok(retired)
    }

    /// Intents that were begun and neither finished nor abandoned, with their objects.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn open_intents(&self) -> Result<Vec<(u64, Vec<String>)>, Error> {
        let mut intents: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        let rows = self.inner().read(|s| s.all(INTENTS, &[], |row| Ok((row.get(0)?, row.get::<Option<String>>(1)?))))?;
        for (id, object) in rows {
            intents.entry(id).or_default().extend(object);
        }
        Ok(intents.into_iter().collect())
    }

    /// Ends an intent whose objects are deleted. Ending it twice is fine.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn abandon_intent(&self, id: u64) -> Result<(), Error> {
        self.inner().write(|s| s.execute(END, &[id.into()])).map(|_| ())
    }

    /// The manifest, by first time, and the position up to which the log is sealed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn segments(&self) -> Result<(Vec<Segment>, u64), Error> {
        self.inner().read(|s| Ok((read_segments(s)?, meta_number(s, SEALED_UPTO)?)))
    }

    /// What was removed from history and is not settled yet, by number.
    ///
    /// # Errors
    /// When the database cannot be read, or holds something else.
    pub fn removals(&self) -> Result<Vec<(u64, Removal)>, Error> {
        self.inner().read(|s| {
            s.all(REMOVALS, &[], |row| {
                let removal = codec::decode_removal(row.get(1)?).map_err(|damage| Error::corrupt("a removal of history", damage.0))?;
                Ok((row.get(0)?, removal))
            })
        })
    }

    /// Forgets removals of which nothing is left anywhere.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn settle_removals(&self, ids: &[u64]) -> Result<(), Error> {
        self.inner().write(|s| ids.iter().try_for_each(|id| s.execute(SETTLE_REMOVAL, &[(*id).into()]).map(drop)))
    }

    /// Up to which position the log keeps headers only.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn dropped_upto(&self) -> Result<u64, Error> {
        self.inner().read(|s| meta_number(s, DROPPED_UPTO))
    }

    fn drop_sealed(&self, upto: u64) -> Result<(), Error> {
        let inner = self.inner();
        let mut from = inner.read(|s| meta_number(s, DROPPED_UPTO))?;
        while from < upto {
            let end = inner.read(|s| end_of_step(s, from, upto))?;
            inner.write(|s| {
                s.execute(DROP, &[from.into(), end.into()])?;
                set_meta_number(s, DROPPED_UPTO, end)
            })?;
            from = end;
        }
        inner.db.scrub()
    }
}

/// The manifest, by first time.
pub(crate) fn read_segments(session: &dyn Session) -> Result<Vec<Segment>, Error> {
    session.all(SEGMENTS, &[], read_segment)
}

fn begin(session: &dyn Session, objects: &[String]) -> Result<u64, Error> {
    let id: Option<u64> = session.first(BEGIN, &[], |row| row.get(0))?;
    let id = id.ok_or_else(|| Error::corrupt("the database", "an intent has no number"))?;
    for object in objects {
        session.execute(BEGIN_OBJECT, &[id.into(), object.into()])?;
    }
    Ok(id)
}

fn check_bounds(current: u64, wanted: u64, last: u64) -> Result<(), Error> {
    if wanted < current {
        return Err(Error::invalid(format!("the log is sealed up to commit {current}; it cannot be sealed up to {wanted} only")));
    }
    if wanted > last {
        return Err(Error::invalid(format!("the log ends with commit {last}; it cannot be sealed up to {wanted}")));
    }
    Ok(())
}

fn check_announced(session: &dyn Session, intent: u64, segments: &[Segment]) -> Result<(), Error> {
    if session.first(INTENT, &[intent.into()], |_| Ok(()))?.is_none() {
        return Err(Error::not_found(format!("the intent {intent}")));
    }
    let announced: Vec<String> = session.all(OBJECTS, &[intent.into()], |row| row.get(0))?;
    match segments.iter().find(|segment| !announced.contains(&segment.object)) {
        Some(segment) => Err(Error::invalid(format!("the object `{}` was not announced by intent {intent}", segment.object))),
        None => Ok(()),
    }
}

/// The last position of the next step: so many rows or so many bytes.
fn end_of_step(session: &dyn Session, from: u64, upto: u64) -> Result<u64, Error> {
    let (mut end, mut rows, mut bytes) = (from, 0, 0u64);
    session.query(SIZES, &[from.into(), upto.into(), DROP_ROWS.into()], &mut |row| {
        rows += 1;
        if end == from || bytes < DROP_BYTES {
            end = row.get(0)?;
            bytes += row.get::<Option<u64>>(1)?.unwrap_or(0);
        }
        Ok(())
    })?;
    Ok(if rows == 0 { upto } else { end })
}

pub(crate) fn segment_cells(segment: &Segment) -> [Cell<'_>; 8] {
    [
        (&segment.object).into(),
        segment.seq.0.into(),
        segment.seq.1.into(),
        segment.time.0.into(),
        segment.time.1.into(),
        segment.rows.into(),
        segment.size_bytes.into(),
        (&segment.checksum).into(),
    ]
}

fn read_segment(row: &dyn Row) -> Result<Segment, Error> {
    Ok(Segment {
        object: row.get(0)?,
        seq: (row.get(1)?, row.get(2)?),
        time: (row.get(3)?, row.get(4)?),
        rows: row.get(5)?,
        size_bytes: row.get(6)?,
        checksum: row.get(7)?,
    })
}

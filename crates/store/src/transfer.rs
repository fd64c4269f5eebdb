//! All small tables of a tenant at once: read as of one moment, to carry them
//! away, and written into a tenant that nobody sees yet.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use model::{Header, Instant, Segment, TenantContext, TenantId};

use crate::accounts::ACCOUNT_ALL;
use crate::backend::{Row, Session, Sql, sql};
use crate::root::{Filling, Root};
use crate::seal::{DROPPED_UPTO, SEALED_UPTO};
use crate::tenant::{Inner, set_meta_number};
use crate::{
    Account, Config, Error, QuarantineRow, RemovedFile, RunRow, ScheduleRow, SourceRow, Store, TenantStore, accounts, codec, disk,
    envelope, files, log, quarantine, removal, runs, seal, sources,
};

const HEADERS: Sql = sql!("transfer/headers");
const VERSIONS: Sql = sql!("transfer/versions");
const RUNS: Sql = sql!("transfer/runs");
const QUARANTINE: Sql = sql!("transfer/quarantine");
const PUT_HEADER: Sql = sql!("transfer/put_header");
const PUT_RUN: Sql = sql!("transfer/put_run");
const PUT_QUARANTINE: Sql = sql!("transfer/put_quarantine");
const REMOVALS: Sql = sql!("transfer/removals");
const PUT_REMOVAL: Sql = sql!("transfer/put_removal");
const INPUTS: Sql = sql!("run/inputs");
const LEAVE_BEHIND: Sql = sql!("transfer/leave_behind");

/// A header of the log with its place in the chain: what is left of a commit
/// whose payload stays behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedHeader {
    /// Who, when, why.
    pub header: Header,
    /// SHA-256 of the payload.
    pub payload: [u8; 32],
    /// SHA-256 of the hash before and the header.
    pub hash: [u8; 32],
}

/// One row of a small table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The audit, by position.
    Header(LoggedHeader),
    /// A version of a definition, by source and version.
    Source(SourceRow),
    /// How a source does, by source.
    Schedule(ScheduleRow),
    /// A run, by number.
    Run(RunRow),
    /// A record in quarantine, by number.
    Quarantine(QuarantineRow),
    /// A raw input that was removed on purpose, the oldest first.
    Removal(RemovedFile),
    /// An account, by name.
    Account(Account),
}

impl TenantStore {
    /// Hands every row of the small tables to `each`, table by table, all as
    /// of one moment; headers up to a position. Writes go on meanwhile.
    ///
    /// # Errors
    /// That of `each`, which ends the walk; [`Error::Corrupt`] names a row
    /// that is not as it was written.
    pub fn read_all(&self, upto: u64, each: &mut dyn FnMut(Kept) -> Result<(), Error>) -> Result<(), Error> {
        let key = self.tenant_key(files::KEY)?;
        self.inner().read(|s| {
            s.query(HEADERS, &[upto.into()], &mut |row| each(Kept::Header(read_header(row)?)))?;
            s.query(VERSIONS, &[], &mut |row| each(Kept::Source(sources::read(row)?)))?;
            let mut schedule = s.all(sources::SCHEDULE, &[None::<&str>.into()], sources::read_schedule)?;
            schedule.sort_by(|a, b| a.source.cmp(&b.source));
            schedule.into_iter().try_for_each(|row| each(Kept::Schedule(row)))?;
            s.query(RUNS, &[], &mut |row| each(Kept::Run(runs::read(row)?)))?;
            s.query(QUARANTINE, &[], &mut |row| each(Kept::Quarantine(quarantine::read(row, &key)?)))?;
            s.query(REMOVALS, &[], &mut |row| each(Kept::Removal(removal::read(row)?)))?;
            s.query(ACCOUNT_ALL, &[], &mut |row| each(Kept::Account(accounts::read_account(row)?)))
        })
    }

    /// Which raw inputs are kept, by checksum.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn kept_files(&self) -> Result<Vec<[u8; 32]>, Error> {
        let mut kept: Vec<_> = self.inner().stored_files()?.iter().filter_map(|path| files::checksum_of(path)).collect();
        kept.sort_unstable();
        Ok(kept)
    }
}

/// A tenant that is being filled and that nobody sees before it is
/// [`NewTenant::finish`]ed. Dropped before, nothing of it stays.
pub struct NewTenant {
    store: Option<TenantStore>,
    root: Arc<Root>,
    tenant: TenantId,
    keys_are_new: bool,
    /// Given back when all else of it is gone.
    _name: Filling,
}

impl Store {
    /// Begins a tenant that is to be filled.
    ///
    /// # Errors
    /// [`Error::Exists`] when there is one of that name; [`Error::Unavailable`]
    /// while one of that name is being made; [`Error::NoSpace`].
    pub fn begin_tenant(&self, ctx: &TenantContext) -> Result<NewTenant, Error> {
        let (root, config): (&Arc<Root>, &Config) = self.parts();
        let tenant = ctx.tenant();
        let name = self.take_name(tenant)?;
        let keys_are_new = !root.keys(tenant).exists();
        // From here on a failure takes back what was made.
        let mut new = NewTenant { store: None, root: Arc::clone(root), tenant: tenant.clone(), keys_are_new, _name: name };
        Inner::prepare(root, tenant, config)?;
        new.store = Some(TenantStore::new(Arc::new(Inner::open_at(root.unfinished(tenant), root, tenant, config)?)));
        Ok(new)
    }
}

impl NewTenant {
    /// What it keeps so far.
    ///
    /// # Panics
    /// Never: it is there until it is finished.
    #[must_use]
    pub fn store(&self) -> &TenantStore {
        self.store.as_ref().expect("there until it is finished")
    }

    /// Keeps rows under the numbers they have, in one transaction. Headers
    /// come in order and must make the chain that their hashes tell.
    ///
    /// # Errors
    /// [`Error::Corrupt`] names the header that does not follow; what the database refuses.
    pub fn write_rows(&self, rows: &[Kept]) -> Result<(), Error> {
        let store = self.store();
        let key = store.tenant_key(files::KEY)?;
        store.inner().write_new(|s| {
            let mut head = log::read_head(s)?;
            rows.iter().try_for_each(|row| match row {
                Kept::Header(header) => put_header(s, &mut head, header),
                Kept::Source(source) => put_version(s, source),
                Kept::Schedule(row) => put_schedule(s, row),
                Kept::Run(run) => put_run(s, run),
                Kept::Quarantine(row) => put_quarantine(s, &key, row),
                Kept::Removal(RemovedFile { checksum, at, actor }) => {
                    s.execute(PUT_REMOVAL, &[checksum.into(), (*at).into(), actor.into()]).map(|_| ())
                }
                Kept::Account(account) => accounts::put(s, account),
            })
        })
    }

    /// Notes that raw inputs which runs have read and which are not here were
    /// left behind: nobody has to look for them.
    ///
    /// # Errors
    /// When the database cannot take it.
    pub fn note_left_behind(&self, at: Instant) -> Result<(), Error> {
        let inner = self.store().inner();
        let inputs = inner.read(|s| s.all(INPUTS, &[], |row| row.get::<[u8; 32]>(1)))?;
        let missing: Vec<_> = inputs.into_iter().filter(|checksum| !inner.file(checksum).is_file()).collect();
        inner.write_new(|s| missing.iter().try_for_each(|checksum| s.execute(LEAVE_BEHIND, &[checksum.into(), at.into()]).map(|_| ())))
    }

    /// Notes which commits concern persons, by keyed hash.
    ///
    /// # Errors
    /// When the database cannot take it.
    pub fn note_subjects(&self, subjects: &[([u8; 32], u64)]) -> Result<(), Error> {
        self.store().inner().write_new(|s| {
            subjects.iter().try_for_each(|(subject, seq)| s.execute(log::APPEND_SUBJECT, &[subject.into(), (*seq).into()]).map(|_| ()))
        })
    }

    /// Makes written objects its history, and seals the log up to its end:
    /// what it says stands in the snapshot and in these.
    ///
    /// # Errors
    /// When the database cannot take it.
    pub fn adopt_history(&self, segments: &[Segment], upto: u64) -> Result<(), Error> {
        self.store().inner().write_new(|s| {
            for segment in segments {
                s.execute(seal::INSERT, &seal::segment_cells(segment))?;
            }
            set_meta_number(s, SEALED_UPTO, upto)?;
            set_meta_number(s, DROPPED_UPTO, upto)
        })
    }

    /// Gives it its name: from now on it is there, whole.
    ///
    /// # Errors
    /// When the disk refuses, or somebody still holds its store.
    pub fn finish(mut self) -> Result<(), Error> {
        let unfinished = self.root.unfinished(&self.tenant);
        let store = self.store.take().expect("there until it is finished");
        store.close()?;
        for folder in disk::folders_below(&unfinished)? {
            disk::sync_folder(&folder)?;
        }
        disk::rename(&unfinished, &self.root.folder(&self.tenant))
    }
}

impl Drop for NewTenant {
    fn drop(&mut self) {
        let unfinished: PathBuf = self.root.unfinished(&self.tenant);
        if !unfinished.exists() {
            return;
        }
        drop(self.store.take());
        // The keys first: keys without a folder would be a tenant that lost its data.
        let keys = self.root.keys(&self.tenant);
        let own = if self.keys_are_new { vec![keys.clone(), beside(&keys, "-wal"), beside(&keys, "-shm")] } else { Vec::new() };
        let removed = own.iter().try_for_each(|path| disk::remove_file(path)).map_err(|error| error.to_string());
        if let Err(error) = removed.and_then(|()| fs::remove_dir_all(&unfinished).map_err(|error| error.to_string())) {
            tracing::warn!(tenant = %self.tenant, %error, "what is left of an unfinished tenant could not be removed; the next one of its name replaces it");
        }
    }
}

fn beside(path: &std::path::Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn read_header(row: &dyn Row) -> Result<LoggedHeader, Error> {
    let seq: u64 = row.get(0)?;
    let (header, payload) =
        codec::decode_header(row.get(1)?).map_err(|damage| Error::corrupt(format!("commit {seq} of the log"), damage.0))?;
    Ok(LoggedHeader { header, payload, hash: row.get(2)? })
}

fn put_header(session: &dyn Session, head: &mut log::Head, logged: &LoggedHeader) -> Result<(), Error> {
    let seq = logged.header.seq;
    let bytes = codec::encode_header(&logged.header, &logged.payload);
    if seq != head.seq + 1 || log::link(&head.hash, &bytes) != logged.hash {
        return Err(Error::corrupt(format!("commit {seq} of the audit"), "it does not follow the one before it"));
    }
    *head = log::Head { seq, hash: logged.hash };
    session.execute(PUT_HEADER, &[seq.into(), (&bytes).into(), (&logged.hash).into()]).map(|_| ())
}

fn put_version(session: &dyn Session, source: &SourceRow) -> Result<(), Error> {
    session.execute(sources::PUT, &[(&source.name).into(), source.version.into()])?;
    let row = [(&source.name).into(), source.version.into(), (&source.text).into(), source.at.into(), (&source.actor).into()];
    session.execute(sources::PUT_VERSION, &row)?;
    session.execute(sources::PAUSE, &[(&source.name).into(), source.paused.into()]).map(|_| ())
}

/// A source that nobody looked at has no state.
fn put_schedule(session: &dyn Session, row: &ScheduleRow) -> Result<(), Error> {
    if row.state == crate::SourceState::default() { Ok(()) } else { sources::put_state(session, &row.source, &row.state) }
}

fn put_run(session: &dyn Session, run: &RunRow) -> Result<(), Error> {
    let row = [
        run.id.into(),
        (&run.source).into(),
        run.version.into(),
        (&run.input).into(),
        (&run.checksum).into(),
        run.at.into(),
        run.finished_at.into(),
        run.state.word().into(),
        run.records.into(),
        run.written.into(),
        run.unchanged.into(),
        run.corrected.into(),
        run.flagged.into(),
        run.quarantined.into(),
        run.message.as_ref().into(),
        run.repeats.into(),
        run.repeated_at.into(),
    ];
    session.execute(PUT_RUN, &row).map(|_| ())
}

fn put_quarantine(session: &dyn Session, key: &[u8; 32], row: &QuarantineRow) -> Result<(), Error> {
    let item = &row.item;
    let context = quarantine::context(&item.source, item.run, item.record);
    let sealed = envelope::seal(key, context.as_bytes(), &quarantine::pack(item)?)?;
    let cells = [
        row.id.into(),
        (&item.source).into(),
        item.run.into(),
        item.record.into(),
        item.field.as_ref().into(),
        (&sealed).into(),
        item.at.into(),
        row.state.word().into(),
        row.settled_run.into(),
        row.settled_at.into(),
    ];
    session.execute(PUT_QUARANTINE, &cells).map(|_| ())
}

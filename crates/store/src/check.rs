//! The check of everything that is kept. It changes nothing.

use model::TenantId;

use crate::backup::check_segment;
use crate::seal::DROPPED_UPTO;
use crate::tenant::meta_number;
use crate::{ChainReport, Error, Sentence, Store, TenantStore};

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it belongs to, which decides the way back.
    pub part: Part,
    /// Which file, row or page, and what is wrong with it.
    pub detail: Sentence,
}

/// A part of what is kept of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The tenant as a whole: it does not open.
    Tenant,
    /// Pages of its database.
    Database,
    /// Pages of its key store.
    Keys,
    /// The change log with its audit chain.
    Log,
    /// One snapshot, while another is good or none is needed.
    Snapshot,
    /// The current state: no snapshot is good from which the log goes on.
    State,
    /// Objects of sealed history.
    History,
    /// Raw files.
    Files,
}

impl Store {
    /// Looks at everything of every tenant, also of those that do not open.
    /// Tenants that are in use go on meanwhile; only sealing, snapshots and
    /// backups wait. A tenant without findings is as it was written.
    ///
    /// # Errors
    /// When the data directory cannot be read.
    pub fn check(&self) -> Result<Vec<(TenantId, Vec<Finding>)>, Error> {
        Ok(self.tenants()?.into_iter().map(|tenant| (tenant.clone(), self.check_tenant(&tenant))).collect())
    }

    fn check_tenant(&self, tenant: &TenantId) -> Vec<Finding> {
        let found = self.open_by_name(tenant).and_then(|tenant| tenant.check_integrity());
        found.unwrap_or_else(|error| vec![Part::Tenant.finding(error.sentence())])
    }
}

impl TenantStore {
    /// Looks at database pages, the audit chain, snapshots, the objects of the
    /// manifest, raw files. An empty list is good news.
    ///
    /// # Errors
    /// When the looking itself is not possible.
    pub fn check_integrity(&self) -> Result<Vec<Finding>, Error> {
        let inner = self.inner();
        let mut findings = of_pages(Part::Database, inner.db.check());
        findings.extend(of_pages(Part::Keys, inner.keys.db.check()));
        findings.extend(of_chain(self.verify_chain()));
        let upkeep = inner.lock_upkeep();
        findings.extend(self.check_snapshots()?);
        match self.segments() {
            Ok((segments, _)) => {
                let damaged = segments.iter().filter_map(|segment| check_segment(&inner.folder, segment).err());
                findings.extend(damaged.map(|error| Part::History.finding(error.sentence())));
            }
            Err(error) => findings.push(Part::Database.finding(error.sentence())),
        }
        drop(upkeep);
        findings.extend(self.check_files()?.into_iter().map(|detail| Part::Files.finding(detail)));
        Ok(findings)
    }

    fn check_snapshots(&self) -> Result<Vec<Finding>, Error> {
        let inner = self.inner();
        let dropped = inner.read(|s| meta_number(s, DROPPED_UPTO))?;
        let (mut findings, mut is_startable) = (Vec::new(), dropped == 0);
        for seq in inner.snapshot_seqs()? {
            match inner.read_snapshot(seq, &mut |_| ()) {
                Ok(()) => is_startable |= seq >= dropped,
                Err(error) => findings.push(Part::Snapshot.finding(error.sentence())),
            }
        }
        if !is_startable {
            findings.push(
                Part::State.finding(
                    Sentence::new("no-start", "no good snapshot from commit {seq} on is left, and the log before it is sealed")
                        .with("seq", dropped),
                ),
            );
        }
        Ok(findings)
    }
}

impl Part {
    pub(crate) fn finding(self, detail: impl Into<Sentence>) -> Finding {
        Finding { part: self, detail: detail.into() }
    }
}

/// A chain that does not hold, or cannot be walked.
pub(crate) fn of_chain(walked: Result<ChainReport, Error>) -> Option<Finding> {
    let broken = match walked {
        Ok(report) => report.broken.map(|link| {
            Sentence::new("link-broken", "commit {seq} of the log: {reason}").with("seq", link.seq).with("reason", link.reason)
        }),
        Err(error) => Some(error.sentence()),
    };
    broken.map(|detail| Part::Log.finding(detail))
}

/// A database that cannot even be looked through is a finding too.
pub(crate) fn of_pages(part: Part, looked: Result<Vec<String>, Error>) -> Vec<Finding> {
    match looked {
        Ok(details) => details.into_iter().map(|detail| part.finding(detail)).collect(),
        Err(error) => vec![part.finding(error.sentence())],
    }
}

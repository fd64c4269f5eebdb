//! Records that could not be harmonised, with their raw bytes. Record and
//! reason may quote persons: both are encrypted under the tenant's key.

use model::Instant;

use crate::backend::{Row, Sql, sql};
use crate::{Error, QuarantineItem, QuarantineRow, QuarantineState, TenantStore, envelope, files};

const PUT: Sql = sql!("quarantine/put");
const LIST: Sql = sql!("quarantine/list");
const LIST_OF: Sql = sql!("quarantine/list_of");
const COUNTS: Sql = sql!("quarantine/counts");
const SETTLE: Sql = sql!("quarantine/settle");

impl QuarantineState {
    /// The word used in the database and in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replayed => "replayed",
            Self::Discarded => "discarded",
        }
    }

    fn from_word(word: &str) -> Result<Self, Error> {
        [Self::Open, Self::Replayed, Self::Discarded]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| Error::corrupt("the quarantine", format!("it knows no state `{word}`")))
    }
}

impl TenantStore {
    /// Sets records aside, all in one transaction.
    ///
    /// # Errors
    /// When the database cannot take them; none is kept then.
    pub fn quarantine(&self, items: &[QuarantineItem]) -> Result<(), Error> {
        let key = self.tenant_key(files::KEY)?;
        let sealed = items
            .iter()
            .map(|item| envelope::seal(&key, context(&item.source, item.run, item.record).as_bytes(), &pack(item)?))
            .collect::<Result<Vec<_>, _>>()?;
        self.inner().write_new(|s| {
            for (item, sealed) in items.iter().zip(&sealed) {
                let field = item.field.as_ref().into();
                s.execute(PUT, &[(&item.source).into(), item.run.into(), item.record.into(), field, sealed.into(), item.at.into()])?;
            }
            Ok(())
        })
    }

    /// Up to `limit` records in a state after a number, in order of their
    /// numbers; of one source or of all.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when one does not open with the tenant's key.
    pub fn quarantined(&self, source: Option<&str>, state: QuarantineState, after: u64, limit: usize) -> Result<Vec<QuarantineRow>, Error> {
        let key = self.tenant_key(files::KEY)?;
        let params = [state.word().into(), after.into(), limit.into()];
        self.inner().read(|s| match source {
            None => s.all(LIST, &params, |row| read(row, &key)),
            Some(source) => s.all(LIST_OF, &[params[0], params[1], params[2], source.into()], |row| read(row, &key)),
        })
    }

    /// How many records wait, per source; sources without any are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn quarantine_counts(&self) -> Result<Vec<(String, u64)>, Error> {
        self.inner().read(|s| s.all(COUNTS, &[], |row| Ok((row.get(0)?, row.get(1)?))))
    }

    /// Notes what became of records; says how many of the numbers exist.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn settle_quarantine(&self, ids: &[u64], state: QuarantineState, run: Option<u64>, at: Instant) -> Result<u64, Error> {
        self.inner().write(|s| {
            ids.iter()
                .try_fold(0, |settled, id| Ok(settled + s.execute(SETTLE, &[(*id).into(), state.word().into(), run.into(), at.into()])?))
        })
    }
}

/// Binds the ciphertext to its row: rows cannot be exchanged.
pub(crate) fn context(source: &str, run: u64, record: u64) -> String {
    format!("quarantine/{source}/{run}/{record}")
}

/// Reason and context, each after its length, then the record.
pub(crate) fn pack(item: &QuarantineItem) -> Result<Vec<u8>, Error> {
    let length = |text: &str| u32::try_from(text.len()).map_err(|_| Error::invalid("a reason of more than 4 GiB cannot be kept"));
    let (reason, context) = (length(&item.reason)?.to_le_bytes(), length(&item.context)?.to_le_bytes());
    Ok([&reason[..], item.reason.as_bytes(), &context[..], item.context.as_bytes(), &item.raw].concat())
}

/// Reason, context, record.
fn unpack(plain: &[u8]) -> Option<(String, String, Vec<u8>)> {
    fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (text, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        Some((String::from_utf8(text.to_vec()).ok()?, rest))
    }
    let (reason, rest) = text(plain)?;
    let (context, raw) = text(rest)?;
    Some((reason, context, raw.to_vec()))
}

pub(crate) fn read(row: &dyn Row, key: &[u8; 32]) -> Result<QuarantineRow, Error> {
    let id = row.get(0)?;
    let (source, run, record): (String, u64, u64) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let (reason, said, raw) =
        envelope::open(key, context(&source, run, record).as_bytes(), row.get(5)?)
            .and_then(|plain| unpack(&plain))
            .ok_or_else(|| Error::corrupt(format!("the quarantined record {id}"), "it does not open with the tenant's key"))?;
    Ok(QuarantineRow {
        id,
        item: QuarantineItem { source, run, record, raw, context: said, reason, field: row.get(4)?, at: row.get(6)? },
        state: QuarantineState::from_word(row.get(7)?)?,
        settled_run: row.get(8)?,
        settled_at: row.get(9)?,
    })
}

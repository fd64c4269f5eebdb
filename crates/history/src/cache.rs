//! Footers of segments that were verified and opened, the recently used ones.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use parquet::arrow::arrow_reader::ArrowReaderMetadata;

use crate::objects::Tag;

/// How much memory the footers of one tenant may take.
const SIZE_BYTES_MAX: usize = 128 << 20;

/// A bounded cache that forgets what was not used for longest.
#[derive(Debug, Default)]
pub(crate) struct Footers(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<String, Entry>,
    size_bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    tag: Tag,
    footer: ArrowReaderMetadata,
    size_bytes: usize,
    used: u64,
}

impl Footers {
    /// The footer of an object that is still the file it was read from.
    pub(crate) fn get(&self, object: &str, tag: Tag) -> Option<ArrowReaderMetadata> {
        let mut inner = self.lock();
        inner.uses += 1;
        let now = inner.uses;
        let entry = inner.entries.get_mut(object).filter(|entry| entry.tag == tag)?;
        entry.used = now;
        Some(entry.footer.clone())
    }

    pub(crate) fn put(&self, object: &str, tag: Tag, footer: ArrowReaderMetadata) {
        let mut inner = self.lock();
        inner.uses += 1;
        let (used, size_bytes) = (inner.uses, footer.metadata().memory_size());
        inner.forget(object);
        inner.size_bytes += size_bytes;
        inner.entries.insert(object.to_owned(), Entry { tag, footer, size_bytes, used });
        inner.shrink();
    }

    pub(crate) fn forget(&self, object: &str) {
        self.lock().forget(object);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget(&mut self, object: &str) {
        if let Some(entry) = self.entries.remove(object) {
            self.size_bytes -= entry.size_bytes;
        }
    }

    /// Forgets the oldest, but never the one just put: a footer larger than
    /// the whole cache still serves repeated reads.
    fn shrink(&mut self) {
        while self.size_bytes > SIZE_BYTES_MAX && self.entries.len() > 1 {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(object, _)| object.clone());
            let Some(oldest) = oldest else { return };
            self.forget(&oldest);
        }
    }
}

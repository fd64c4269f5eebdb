//! What was written, told to whoever listens.
//!
//! The writer tells after a write is durable and shown, and waits for nobody:
//! a listener that is too slow loses what it missed and is told to read anew.
//! Policy is asked for each listener: it hears of what it may see.

use std::sync::Arc;

use model::{Entity, EntityId};
use parking_lot::Mutex;
use policy::Action;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::read::View;
use crate::{Access, Engine, Error};

/// How many writes wait for a slow listener.
const WAITING: usize = 256;
/// How many entities one write names; a larger one is told as much to read.
const NAMED: usize = 1_000;

/// One durable write.
struct Write {
    seq: u64,
    /// What was written; `None` when it is too much, when something is gone, or when classes changed.
    entities: Option<Vec<EntityId>>,
}

/// Where a tenant's writes are told. `None` once nobody is told any more.
pub(crate) struct Feed(Mutex<Option<broadcast::Sender<Arc<Write>>>>);

impl Default for Feed {
    fn default() -> Self {
        Self(Mutex::new(Some(broadcast::channel(WAITING).0)))
    }
}

impl Feed {
    /// Tells what a write changed. Costs nothing while nobody listens.
    pub(crate) fn tell<'a>(&self, seq: u64, entities: impl ExactSizeIterator<Item = (&'a EntityId, &'a Option<Arc<Entity>>)>) {
        let sender = self.0.lock();
        let Some(sender) = sender.as_ref().filter(|sender| sender.receiver_count() > 0) else { return };
        let is_named = entities.len() <= NAMED;
        let named = || entities.map(|(id, entity)| entity.as_ref().map(|_| id.clone())).collect::<Option<Vec<_>>>();
        let entities = if is_named { named() } else { None };
        // Without a listener there is nobody to miss it.
        let _ = sender.send(Arc::new(Write { seq, entities }));
    }

    /// Tells that everything may be different.
    pub(crate) fn tell_all(&self, seq: u64) {
        if let Some(sender) = &*self.0.lock() {
            let _ = sender.send(Arc::new(Write { seq, entities: None }));
        }
    }

    /// Tells nobody any more; listeners come to their end.
    pub(crate) fn close(&self) {
        self.0.lock().take();
    }

    fn listen(&self) -> Option<broadcast::Receiver<Arc<Write>>> {
        self.0.lock().as_ref().map(broadcast::Sender::subscribe)
    }
}

/// What a listener hears.
#[derive(Clone)]
pub enum News {
    /// These entities were written, as they are now and as far as they may be seen.
    Written {
        /// The log's position after the write.
        seq: u64,
        /// At least one.
        entities: Vec<View>,
    },
    /// Much was written, or something was missed: read what is shown anew.
    Reread,
}

/// A principal that hears of what is written from now on.
pub struct Listener {
    access: Access,
    writes: broadcast::Receiver<Arc<Write>>,
}

impl Listener {
    /// The next news that concern this principal; `None` when no more are told.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            match self.writes.recv().await {
                Ok(write) => match self.seen(&write) {
                    Some(news) => return Some(news),
                    None => continue,
                },
                Err(RecvError::Lagged(_)) => return Some(News::Reread),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Passes over what waits, for who reads everything anew now.
    pub fn skip(&mut self) {
        self.writes = self.writes.resubscribe();
    }

    fn seen(&self, write: &Write) -> Option<News> {
        let Some(ids) = &write.entities else { return Some(News::Reread) };
        let entities: Vec<View> = ids.iter().filter_map(|id| self.access.entity(id).ok()).collect();
        (!entities.is_empty()).then_some(News::Written { seq: write.seq, entities })
    }
}

impl Access {
    /// Listens to what is written from now on.
    ///
    /// # Errors
    /// [`crate::Kind::Unavailable`] when the platform is stopping.
    pub fn listen(&self) -> Result<Listener, Error> {
        self.permit(Action::Read)?;
        let writes = self.shared().feed.listen().ok_or_else(Error::stopped)?;
        Ok(Listener { access: self.clone(), writes })
    }

    /// The log's position that readers see.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.shared().state.read().seq
    }

    /// A mark that is equal for principals of a tenant who see the same, so
    /// that one rendering serves them all; `None` when nobody else may see the same.
    ///
    /// # Errors
    /// When this principal may not read.
    pub fn eyes(&self) -> Result<Option<u8>, Error> {
        Ok(self.permit(Action::Read)?.mask())
    }
}

impl Engine {
    /// Ends all listening, so that nobody holds up a stop by waiting for news.
    pub fn end_listening(&self) {
        for tenant in self.tenants() {
            if let Ok(tenant) = self.loaded(&tenant) {
                tenant.shared.feed.close();
            }
        }
    }
}

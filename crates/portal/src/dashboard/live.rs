//! Live tiles: each dashboard is drawn once for all who see the same, when
//! something it shows was written, and handed to every viewer as the bytes of
//! one server-sent event (HTML, section 9.2). A viewer that is slow gets the
//! newest state and misses what came between; nobody waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use engine::{Access, Engine, Listener, News};
use model::{Dataset, TenantId};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, MissedTickBehavior};

use super::{Dashboard, answer};
use crate::ask::Trouble;
use crate::messages::{Language, Texts};
use crate::pages::dashboard::{Stand, TileAnswer};

/// How many viewers there may be at once: each holds a connection.
const VIEWERS_MAX: usize = 2_000;
/// How soon after a write it is drawn: what is written meanwhile is drawn with it.
const GATHER: Duration = Duration::from_millis(200);
/// How often ages are written anew.
const BEAT: Duration = Duration::from_secs(30);
/// How often a viewer hears that the stream lives.
const ALIVE: Duration = Duration::from_secs(15);
/// After this time a viewer with credentials comes again, and they are checked again.
const CREDENTIALS: Duration = Duration::from_secs(300);
/// How long a browser waits before it comes again, in milliseconds.
const RETRY_MS: u64 = 3_000;

/// Which drawing: everything that makes one differ from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    tenant: TenantId,
    eyes: u8,
    slug: String,
    language: Language,
}

/// The dashboards somebody looks at.
pub(crate) struct Live {
    boards: Mutex<HashMap<Key, Weak<Board>>>,
    viewers: Arc<Semaphore>,
}

impl Default for Live {
    fn default() -> Self {
        Self { boards: Mutex::default(), viewers: Arc::new(Semaphore::new(VIEWERS_MAX)) }
    }
}

/// A dashboard that is drawn while viewers hold it.
struct Board {
    events: watch::Receiver<Bytes>,
}

/// One viewer.
pub(crate) struct Watched {
    events: watch::Receiver<Bytes>,
    is_first: bool,
    until: Option<Instant>,
    _board: Arc<Board>,
    _place: OwnedSemaphorePermit,
}

/// The tiles of a dashboard with their answers, as this reader may see them.
pub(crate) fn tiles_of(access: &Access, dashboard: &Dashboard, now: model::Instant, t: Texts) -> Vec<TileAnswer> {
    dashboard.tiles.iter().map(|tile| answer(access, tile, now, t)).collect()
}

impl Live {
    /// Begins to watch a dashboard. A viewer with credentials is sent away
    /// after a while, to show them again.
    ///
    /// # Errors
    /// When there is no such dashboard for this reader, or the platform stops.
    /// `Ok(None)` when there are too many viewers.
    pub(crate) fn watch(
        &self,
        engine: &Engine,
        access: &Access,
        slug: &str,
        language: Language,
        is_known: bool,
    ) -> Result<Option<Watched>, Trouble> {
        let Ok(place) = Arc::clone(&self.viewers).try_acquire_owned() else { return Ok(None) };
        let board = self.board(engine, access, slug, language)?;
        let until = is_known.then(|| Instant::now() + CREDENTIALS);
        Ok(Some(Watched { events: board.events.clone(), is_first: true, until, _board: board, _place: place }))
    }

    fn board(&self, engine: &Engine, access: &Access, slug: &str, language: Language) -> Result<Arc<Board>, Trouble> {
        // Who sees what nobody else may see gets a drawing of their own.
        let Some(eyes) = access.eyes()? else { return Drawing::start(engine, access, slug, language) };
        let key = Key { tenant: access.tenant().clone(), eyes, slug: slug.to_owned(), language };
        let mut boards = self.boards.lock();
        // One whose drawing has ended, because the dashboard was taken away, is begun anew.
        let known = boards.get(&key).and_then(Weak::upgrade).filter(|board| board.events.has_changed().is_ok());
        if let Some(board) = known {
            return Ok(board);
        }
        boards.retain(|_, board| board.strong_count() > 0);
        let board = Drawing::start(engine, access, slug, language)?;
        boards.insert(key, Arc::downgrade(&board));
        Ok(board)
    }
}

impl Watched {
    /// The next bytes of the stream; `None` at its end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.is_first) {
            return Some(self.events.borrow_and_update().clone());
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return None;
        }
        match tokio::time::timeout(ALIVE, self.events.changed()).await {
            Ok(Ok(())) => Some(self.events.borrow_and_update().clone()),
            Ok(Err(_)) => None,
            // A comment (HTML, section 9.2.6): proxies close what is silent.
            Err(_) => Some(Bytes::from_static(b":\n\n")),
        }
    }
}

/// What draws a dashboard while somebody looks.
struct Drawing {
    engine: Engine,
    access: Access,
    slug: String,
    t: Texts,
    /// The datasets that its tiles show.
    datasets: Vec<Arc<Dataset>>,
}

impl Drawing {
    fn start(engine: &Engine, access: &Access, slug: &str, language: Language) -> Result<Arc<Board>, Trouble> {
        // Heard first, read second: nothing is written between.
        let listener = access.listen()?;
        let mut drawing =
            Self { engine: engine.clone(), access: access.clone(), slug: slug.to_owned(), t: language.texts(), datasets: Vec::new() };
        let (sender, events) = watch::channel(drawing.draw()?);
        tokio::spawn(drawing.keep(sender, listener));
        Ok(Arc::new(Board { events }))
    }

    /// Draws until nobody looks, the dashboard is gone, or the platform stops.
    async fn keep(mut self, sender: watch::Sender<Bytes>, mut listener: Listener) {
        let mut beat = tokio::time::interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                news = listener.next() => match news {
                    None => return,
                    Some(news) if self.concerns(&news) => {}
                    Some(_) => continue,
                },
                _ = beat.tick() => {}
                () = sender.closed() => return,
            }
            tokio::time::sleep(GATHER).await;
            listener.skip();
            let Ok(event) = self.draw() else { return };
            sender.send_if_modified(|shown| {
                let is_new = *shown != event;
                *shown = event;
                is_new
            });
        }
    }

    /// Whether news are about something that a tile shows.
    fn concerns(&self, news: &News) -> bool {
        let News::Written { entities, .. } = news else { return true };
        let now = self.engine.now();
        let filters: Vec<_> = self.datasets.iter().map(|dataset| dataset.filter()).collect();
        entities.iter().any(|view| {
            let entity = view.entity();
            entity.id.as_str().ends_with(&self.slug) || filters.iter().any(|filter| filter.matches(entity, now, &|_| true))
        })
    }

    /// The event with the state of all tiles.
    fn draw(&mut self) -> Result<Bytes, Trouble> {
        let row = self.access.dashboard(&self.slug)?;
        let dashboard = Dashboard::parse(&row.text).map_err(|_| Trouble::NotFound)?;
        self.datasets = dashboard.tiles.iter().filter_map(|tile| self.access.dataset(&tile.dataset).ok()).collect();
        let (position, now) = (self.access.position(), self.engine.now());
        let answers = tiles_of(&self.access, &dashboard, now, self.t);
        let tiles: Vec<_> = dashboard
            .tiles
            .iter()
            .zip(answers)
            .map(|(tile, answer)| json!({ "id": tile.id, "html": answer.to_string(), "say": answer.say }))
            .collect();
        let data = json!({ "now": Stand::at(now, self.t.language).to_string(), "tiles": tiles });
        Ok(format!("retry: {RETRY_MS}\nid: {position}\nevent: tiles\ndata: {data}\n\n").into())
    }
}

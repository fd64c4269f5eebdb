//! The files that polled sources ask for, served on this machine alone.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How many plays a file holds: a look that comes late misses nothing.
const PLAYS: usize = 3;

/// The files by name, each with its newest plays. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Files(Arc<Mutex<BTreeMap<&'static str, VecDeque<String>>>>);

impl Files {
    /// Adds what was played to a file.
    pub(super) fn put(&self, name: &'static str, play: String) {
        let mut files = self.0.lock();
        let plays = files.entry(name).or_default();
        plays.push_back(play);
        if plays.len() > PLAYS {
            plays.pop_front();
        }
    }

    /// A file's text: the first line once, then all others.
    fn text(&self, name: &str) -> Option<String> {
        let files = self.0.lock();
        let plays = files.get(name)?;
        let first = plays.front()?.lines().next()?;
        let rest = plays.iter().flat_map(|play| play.lines().skip(1));
        Some(std::iter::once(first).chain(rest).fold(String::new(), |text, line| text + line + "\n"))
    }

    /// Serves until `stopped` is dropped or told.
    pub(super) async fn serve(self, listener: TcpListener, stopped: oneshot::Receiver<()>) {
        let router = Router::new().route("/{name}", get(file)).with_state(self);
        let stop = async { drop(stopped.await) };
        web::serve(listener, router, web::Config::default(), Arc::default(), stop).await;
    }
}

async fn file(State(files): State<Files>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(text) = files.text(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    let tag = format!("\"{:016x}\"", hasher.finish());
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    ([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (ETAG, tag)], text).into_response()
}

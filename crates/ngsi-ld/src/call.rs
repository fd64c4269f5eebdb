//! One request on its way through: who asks, for what, in which terms.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use engine::Access;
use http::header::{CONTENT_TYPE, HOST, LINK};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use model::json::Node;

use crate::context::{Context, Library};
use crate::error::Error;
use crate::negotiate::{BodyKind, Media, context_link, linked_context};
use crate::params::Params;
use crate::wire::parse;

/// Bodies up to this size are read at once: that costs less than to hand them over.
const AT_ONCE_BYTES_MAX: usize = 64 * 1024;

/// A request whose head was checked.
pub(crate) struct Call {
    pub(crate) access: Access,
    pub(crate) parts: Parts,
    pub(crate) params: Params,
    pub(crate) media: Media,
    /// What the body is written as; JSON where there is none.
    pub(crate) body_kind: BodyKind,
    pub(crate) library: Arc<Library>,
}

impl Call {
    fn host(&self) -> Option<&str> {
        self.parts.headers.get(HOST).and_then(|host| host.to_str().ok())
    }

    /// The context of a request without a body, or with a JSON one: that of `Link`, else the core.
    pub(crate) fn reader_context(&self) -> Result<Arc<Context>, Error> {
        match linked_context(&self.parts.headers)? {
            None => Ok(Context::core()),
            Some(url) => self.library.at(&url, self.host()),
        }
    }

    /// What `read` makes of a body and its context (clause 6.3.5).
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        body: &Bytes,
        read: impl FnOnce(Node<'_>, &Context) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let work = |call: &Self, body: &[u8]| {
            let document = parse::document(body)?;
            let context = call.context_of(document.root())?;
            read(document.root(), &context)
        };
        self.with_body(body, work).await
    }

    /// Work on a body: a large one is not read on the threads that answer.
    pub(crate) async fn with_body<T: Send + 'static>(
        self: &Arc<Self>,
        body: &Bytes,
        work: impl FnOnce(&Self, &[u8]) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if body.len() <= AT_ONCE_BYTES_MAX {
            return work(self, body);
        }
        let body = body.clone();
        self.aside(move |call| work(call, &body)).await
    }

    /// Work that may take long, away from the threads that answer.
    pub(crate) async fn aside<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let call = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&call)).await;
        done.unwrap_or_else(|_| Err(Error::internal("work aside panicked; the line before says where")))
    }

    /// The context of a document.
    pub(crate) fn context_of(&self, document: Node<'_>) -> Result<Arc<Context>, Error> {
        match (self.body_kind, document.get(parse::CONTEXT)) {
            (BodyKind::Json, None) => self.reader_context(),
            (BodyKind::Json, Some(_)) => Err(Error::bad_request(
                "`@context` stands in a body of application/json; send application/ld+json, or name the context in the header `Link`",
            )),
            (BodyKind::LdJson, None) => Err(Error::bad_request("`@context` is missing in a body of application/ld+json")),
            (BodyKind::LdJson, Some(context)) => {
                self.refuse_link()?;
                self.library.of(&context.to_json(), self.host())
            }
        }
    }

    /// With application/ld+json, contexts stand in the body only.
    pub(crate) fn refuse_second_context(&self) -> Result<(), Error> {
        if self.body_kind == BodyKind::LdJson { self.refuse_link() } else { Ok(()) }
    }

    fn refuse_link(&self) -> Result<(), Error> {
        if linked_context(&self.parts.headers)?.is_some() {
            return Err(Error::bad_request(
                "a context is in the header `Link` and in the body of application/ld+json; only one place is allowed",
            ));
        }
        Ok(())
    }

    /// An answer with its context where it belongs.
    pub(crate) fn answer(&self, status: StatusCode, context: &Context, body: impl Into<Bytes>) -> Response {
        self.answer_as(status, context, body, self.media == Media::Json)
    }

    pub(crate) fn answer_as(&self, status: StatusCode, context: &Context, body: impl Into<Bytes>, context_in_link: bool) -> Response {
        let mut response = Response::new(Body::from(body.into()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.media.content_type()));
        if context_in_link && let Some(link) = context.url().and_then(context_link) {
            response.headers_mut().append(LINK, link);
        }
        response
    }
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A JSON answer without a context: results of batches and updates.
pub(crate) fn plain_json(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

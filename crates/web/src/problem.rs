//! Problem documents: how every error leaves the house (RFC 9457).

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::blame::{Cause, SENTENCE};

/// The kinds of faults that callers tell apart. The inner layers have the same
/// words; each protocol crate maps them to its standard's types in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It is not there, or not for this caller.
    NotFound,
    /// It is there already.
    Exists,
    /// The request makes no sense.
    Invalid,
    /// No valid credentials.
    Unauthorized,
    /// Valid credentials, but not for this.
    Forbidden,
    /// It contradicts what is.
    Conflict,
    /// It is larger than allowed.
    TooLarge,
    /// The disk is full.
    NoSpace,
    /// Not now; later perhaps.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Fault {
    /// Status, type and title (RFC 9457, section 3.1).
    #[must_use]
    pub fn describe(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "urn:allmende:problem:not-found", "Not found"),
            Self::Exists => (StatusCode::CONFLICT, "urn:allmende:problem:exists", "Already exists"),
            Self::Invalid => (StatusCode::BAD_REQUEST, "urn:allmende:problem:invalid", "Invalid request"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "urn:allmende:problem:unauthorized", "Credentials missing or not valid"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "urn:allmende:problem:forbidden", "Not allowed"),
            Self::Conflict => (StatusCode::CONFLICT, "urn:allmende:problem:conflict", "Conflict"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "urn:allmende:problem:too-large", "Too large"),
            Self::NoSpace => (StatusCode::INSUFFICIENT_STORAGE, "urn:allmende:problem:no-space", "No space left"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "urn:allmende:problem:unavailable", "Not available at the moment"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "urn:allmende:problem:internal", "Internal fault"),
        }
    }
}

/// A problem document, ready to be answered. Boxed, so that results that carry
/// one stay small; its parts are reached as fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem(Box<Parts>);

/// The parts of a [`Problem`].
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// The HTTP status.
    pub status: StatusCode,
    /// `type`: a URI that programs compare.
    pub kind: Cow<'static, str>,
    /// `title`: the same sentence for every case of the type.
    pub title: Cow<'static, str>,
    /// `detail`: what happened here and what helps.
    pub detail: Option<String>,
    /// Further members, in order.
    pub members: Vec<(&'static str, serde_json::Value)>,
    /// Headers that belong to the answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Why, for the log alone.
    pub cause: Option<String>,
}

impl Problem {
    /// A problem with all its parts.
    #[must_use]
    pub fn new(
        status: StatusCode,
        kind: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        let (kind, title, detail) = (kind.into(), title.into(), Some(detail.into()));
        Self(Box::new(Parts { status, kind, title, detail, members: Vec::new(), headers: Vec::new(), cause: None }))
    }

    /// A problem of one of our own kinds.
    #[must_use]
    pub fn of(fault: Fault, detail: impl Into<String>) -> Self {
        let (status, kind, title) = fault.describe();
        let problem = Self::new(status, kind, title, detail);
        match fault {
            Fault::Unauthorized => problem.with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"allmende\"")),
            Fault::Unavailable => problem.with_header(RETRY_AFTER, HeaderValue::from_static("5")),
            _ => problem,
        }
    }

    /// A problem that is only a status, for example 405.
    #[must_use]
    pub fn of_status(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, "about:blank", status.canonical_reason().unwrap_or("Error"), detail)
    }

    /// 404.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::of(Fault::NotFound, detail)
    }

    /// 400.
    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::of(Fault::Invalid, detail)
    }

    /// 403.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::of(Fault::Forbidden, detail)
    }

    /// 413.
    #[must_use]
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::of(Fault::TooLarge, detail)
    }

    /// 500: the fault goes to the log with the id of the request, and is answered without it.
    #[must_use]
    pub fn internal(fault: impl fmt::Display) -> Self {
        Self::of(Fault::Internal, SENTENCE).with_cause(fault)
    }

    /// The same with what the log is told of it.
    #[must_use]
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The same with a further member.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut document = serde_json::Map::new();
        document.insert("type".into(), self.kind.as_ref().into());
        document.insert("title".into(), self.title.as_ref().into());
        document.insert("status".into(), self.status.as_u16().into());
        if let Some(detail) = &self.detail {
            document.insert("detail".into(), detail.as_str().into());
        }
        for (name, value) in &self.members {
            document.insert((*name).into(), value.clone());
        }
        serde_json::Value::Object(document).to_string()
    }
}

impl Deref for Problem {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail.as_deref().unwrap_or(&self.title))
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.to_json().into());
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        for (name, value) in self.0.headers {
            response.headers_mut().append(name, value);
        }
        if let Some(cause) = self.0.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

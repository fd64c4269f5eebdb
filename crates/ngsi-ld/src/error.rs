//! Errors as the standard words them (NGSI-LD V1.9.1, clauses 5.5.2, 6.3.2).
//!
//! Client mistakes are answered, not logged. Inner faults are logged once,
//! here, and answered without their details.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use model::json::write_string;

/// A request that fails, in the words of the standard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    kind: ErrorKind,
    detail: String,
    header: Option<Box<(HeaderName, HeaderValue)>>,
    cause: Option<Box<str>>,
}

/// The error types of the standard, and plain statuses where it defines none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is not well-formed: no JSON, empty body, unknown parameter.
    InvalidRequest,
    /// Well-formed, but its content is wrong.
    BadRequestData,
    /// The entity exists.
    AlreadyExists,
    /// It contradicts the present state.
    Conflict,
    /// There is no such thing.
    ResourceNotFound,
    /// There is no such tenant.
    NonexistentTenant,
    /// The standard knows it, this program does not.
    OperationNotSupported,
    /// The query costs too much.
    TooComplexQuery,
    /// A fault of ours.
    InternalError,
    /// A remote `@context` cannot be had.
    LdContextNotAvailable,
    /// A status the standard has no type for.
    Http(StatusCode),
}

impl ErrorKind {
    /// The last part of the type's URI, the title, the status.
    fn entry(self) -> (Option<&'static str>, &'static str, StatusCode) {
        match self {
            Self::InvalidRequest => (Some("InvalidRequest"), "The request is not well-formed", StatusCode::BAD_REQUEST),
            Self::BadRequestData => (Some("BadRequestData"), "The content of the request is not valid", StatusCode::BAD_REQUEST),
            Self::AlreadyExists => (Some("AlreadyExists"), "It exists already", StatusCode::CONFLICT),
            Self::Conflict => (Some("Conflict"), "It contradicts the present state", StatusCode::CONFLICT),
            Self::ResourceNotFound => (Some("ResourceNotFound"), "There is no such thing", StatusCode::NOT_FOUND),
            Self::NonexistentTenant => (Some("NonexistentTenant"), "There is no such tenant", StatusCode::NOT_FOUND),
            Self::OperationNotSupported => (Some("OperationNotSupported"), "Not supported", StatusCode::UNPROCESSABLE_ENTITY),
            Self::TooComplexQuery => (Some("TooComplexQuery"), "The query is too complex", StatusCode::FORBIDDEN),
            Self::InternalError => (Some("InternalError"), "A fault in the platform", StatusCode::INTERNAL_SERVER_ERROR),
            Self::LdContextNotAvailable => (Some("LdContextNotAvailable"), "The @context cannot be had", StatusCode::GATEWAY_TIMEOUT),
            Self::Http(status) => (None, status.canonical_reason().unwrap_or("Error"), status),
        }
    }
}

impl Error {
    /// An error of a kind with a sentence for people.
    #[must_use]
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), header: None, cause: None }
    }

    /// The request is not well-formed.
    #[must_use]
    pub fn invalid_request(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, detail)
    }

    /// The content is wrong.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequestData, detail)
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::ResourceNotFound, detail)
    }

    /// The standard knows it, this program does not.
    #[must_use]
    pub fn not_supported(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::OperationNotSupported, detail)
    }

    /// Nothing this resource can answer with is accepted.
    #[must_use]
    pub fn not_acceptable(offers: &str) -> Self {
        let detail = format!("nothing in the header `Accept` can be answered with; on offer: {offers}");
        Self::new(ErrorKind::Http(StatusCode::NOT_ACCEPTABLE), detail)
    }

    /// The media type of the body is not taken.
    #[must_use]
    pub fn unsupported_media_type(sent: &str, taken: &'static str) -> Self {
        let detail = format!("the body's media type `{sent}` is not taken here; send {taken}");
        Self::new(ErrorKind::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE), detail).with_header(ACCEPT, taken)
    }

    /// The method does not exist on this resource.
    #[must_use]
    pub fn method_not_allowed(method: &http::Method, allowed: &str) -> Self {
        let detail = format!("`{method}` is not possible here; possible: {allowed}");
        Self::new(ErrorKind::Http(StatusCode::METHOD_NOT_ALLOWED), detail).with_header(ALLOW, allowed)
    }

    /// The body is larger than allowed.
    #[must_use]
    pub fn too_large(limit_bytes: usize) -> Self {
        Self::new(
            ErrorKind::Http(StatusCode::PAYLOAD_TOO_LARGE),
            format!("the body is larger than {limit_bytes} bytes; send it in several requests"),
        )
    }

    /// A fault of ours; `cause` is for the log.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into().into()), ..Self::new(ErrorKind::InternalError, web::blame::SENTENCE) }
    }

    /// Why, where it is a fault of ours: for the log alone.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The same, with a place in front of its sentence.
    #[must_use]
    pub fn at(mut self, place: impl std::fmt::Display) -> Self {
        self.detail = format!("{place}: {}", self.detail);
        self
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.kind.entry().2
    }

    /// The problem details (RFC 9457) as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let (name, title, status) = self.kind.entry();
        let mut out = String::with_capacity(160 + self.detail.len());
        match name {
            Some(name) => {
                out.push_str("{\"type\":\"https://uri.etsi.org/ngsi-ld/errors/");
                out.push_str(name);
                out.push('"');
            }
            None => out.push_str("{\"type\":\"about:blank\""),
        }
        out.push_str(",\"title\":");
        write_string(title, &mut out);
        out.push_str(",\"status\":");
        out.push_str(status.as_str());
        out.push_str(",\"detail\":");
        write_string(&self.detail, &mut out);
        out.push('}');
        out
    }

    /// The same with a header that belongs to the answer.
    #[must_use]
    pub fn with_header_value(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    fn with_header(self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.with_header_value(name, value),
            Err(_) => self,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = self.status();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(header) = self.header {
            response.headers_mut().insert(header.0, header.1);
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(web::blame::Cause(cause.into()));
        }
        response
    }
}

impl From<engine::Error> for Error {
    fn from(error: engine::Error) -> Self {
        use engine::Kind;
        let detail = error.for_anybody();
        let caused = |this: Self| Self { cause: Some(error.to_string().into()), ..this };
        match error.kind() {
            Kind::NotFound => Self::not_found(detail),
            Kind::Exists => Self::new(ErrorKind::AlreadyExists, detail),
            Kind::Invalid => Self::bad_request(detail),
            Kind::Unauthorized => {
                Self::new(ErrorKind::Http(StatusCode::UNAUTHORIZED), detail).with_header(WWW_AUTHENTICATE, "Bearer realm=\"allmende\"")
            }
            Kind::Forbidden => Self::new(ErrorKind::Http(StatusCode::FORBIDDEN), detail),
            Kind::Conflict => Self::new(ErrorKind::Conflict, detail),
            Kind::TooLarge => Self::new(ErrorKind::Http(StatusCode::PAYLOAD_TOO_LARGE), detail),
            Kind::NoSpace => caused(Self::new(ErrorKind::Http(StatusCode::INSUFFICIENT_STORAGE), detail)),
            Kind::Unavailable => caused(Self::new(ErrorKind::Http(StatusCode::SERVICE_UNAVAILABLE), detail)).with_header(RETRY_AFTER, "1"),
            Kind::Internal if error.may_have_happened() => {
                let detail = "the platform failed, and whether it was written is not known: read it back before you repeat it; the log names the cause under the id in `instance`";
                caused(Self::new(ErrorKind::InternalError, detail))
            }
            Kind::Internal => Self::internal(error.to_string()),
        }
    }
}

impl From<model::name::TooManyNames> for Error {
    fn from(error: model::name::TooManyNames) -> Self {
        Self::bad_request(error.to_string())
    }
}

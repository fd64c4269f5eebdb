//! A request for a page: who asks, in which language, for what; and how
//! answers and failures become pages.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::{Access, Kind, Role};
use model::{Instant, TenantId};
use web::{Params, Rejection, Visitor};

use crate::allowance::sender;
use crate::frame::{Frame, Section, Site, User};
use crate::guesses::Guess;
use crate::messages::{Language, Texts};
use crate::pages::error::ErrorPage;
use crate::state::State;

/// The largest form taken: a long definition of a source.
const FORM_BYTES_MAX: usize = 1 << 20;

/// A request for a page.
pub(crate) struct Ask {
    pub(crate) state: State,
    pub(crate) access: Access,
    pub(crate) visitor: Visitor,
    pub(crate) language: Language,
    /// The path without the language.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) params: Params,
    pub(crate) headers: HeaderMap,
    pub(crate) https: bool,
    /// Whom to count where addresses are counted.
    pub(crate) sender: IpAddr,
    /// The id of the request, which stands in the log too.
    pub(crate) request: String,
}

/// Why there is no page to show.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// There is no such page, or not for this reader.
    NotFound,
    /// The address or form holds something unusable, said in the reader's language.
    Invalid(String),
    /// Nobody is logged in and somebody must be.
    Login,
    /// The role does not suffice.
    Forbidden,
    /// The form is out of date.
    Expired,
    /// The engine failed.
    Engine(engine::Error),
}

impl From<engine::Error> for Trouble {
    fn from(error: engine::Error) -> Self {
        match error.kind() {
            Kind::NotFound => Self::NotFound,
            Kind::Forbidden | Kind::Unauthorized => Self::Forbidden,
            _ => Self::Engine(error),
        }
    }
}

impl<S> FromRequestParts<S> for Ask
where
    S: Send + Sync,
    State: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, outer: &S) -> Result<Self, Response> {
        let state = State::from_ref(outer);
        let uri = parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |original| original.0.clone());
        let (language, path) = language_of(uri.path());
        let unavailable = |site: &Site| unavailable(&Frame::new(language, site.clone(), path, "", Section::Other));
        let visitor = match Visitor::from_request_parts(parts, outer).await {
            Ok(visitor) => visitor,
            Err(Rejection::Unavailable(_)) => {
                let tenant = parts.extensions.get::<web::Auth>().and_then(|auth| auth.tenant_of(parts));
                return Err(unavailable(tenant.map_or_else(|| state.own_site(), |tenant| state.site(&tenant))));
            }
            Err(other) => return Err(other.into_response()),
        };
        let access = state.engine().access(&visitor.tenant, visitor.principal.clone()).map_err(|error| match error.kind() {
            Kind::Unavailable => unavailable(state.site(&visitor.tenant)),
            _ => StatusCode::NOT_FOUND.into_response(),
        })?;
        let query = uri.query().unwrap_or("").to_owned();
        let params = Params::of_form(&query).map_err(IntoResponse::into_response)?;
        let https = parts.extensions.get::<web::Auth>().is_some_and(web::Auth::is_https);
        let request = parts.extensions.get::<web::RequestId>().and_then(|id| id.0.to_str().ok()).unwrap_or_default().to_owned();
        let sender = sender(parts.extensions.get::<web::Peer>().copied(), &parts.headers);
        let (path, headers) = (path.to_owned(), parts.headers.clone());
        Ok(Self { request, access, visitor, language, path, query, params, headers, https, sender, state })
    }
}

/// The language of a path, and the path without it.
fn language_of(path: &str) -> (Language, &str) {
    match path.strip_prefix("/en") {
        Some("") => (Language::En, "/"),
        Some(rest) if rest.starts_with('/') => (Language::En, rest),
        _ => (Language::De, path),
    }
}

impl Ask {
    /// Somebody's attempt to say the password of an account.
    pub(crate) fn guess(&self, account: &str) -> Guess {
        Guess { tenant: self.tenant().to_string(), account: account.to_owned(), from: self.sender }
    }

    /// The texts of the language.
    pub(crate) fn t(&self) -> Texts {
        self.language.texts()
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Instant {
        self.state.engine().now()
    }

    /// The municipality.
    pub(crate) fn site(&self) -> &Site {
        self.state.site(self.tenant())
    }

    /// The tenant.
    pub(crate) fn tenant(&self) -> &TenantId {
        &self.visitor.tenant
    }

    /// The frame of a page.
    pub(crate) fn frame(&self, section: Section) -> Frame {
        let mut frame = Frame::new(self.language, self.site().clone(), &self.path, &self.query, section);
        frame.has_dashboards = self.access.dashboards().is_ok_and(|rows| !rows.is_empty());
        if let (Some(csrf), engine::Actor::Account(name)) = (&self.visitor.csrf, &self.visitor.principal.actor) {
            frame.user = Some(User { name: name.to_string(), csrf: csrf.clone(), administers: self.require_editor().is_ok() });
        }
        frame
    }

    /// The frame of a page of the administration.
    pub(crate) fn admin_frame(&self) -> Frame {
        Frame { indexed: false, ..self.frame(Section::Admin) }
    }

    /// An address in the page's language.
    pub(crate) fn href(&self, path: &str) -> String {
        format!("{}{path}", self.language.prefix())
    }

    /// The value of a parameter; the first when it is repeated.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.all(name).next().map(str::trim).filter(|value| !value.is_empty())
    }

    /// The page number of a list, from 1.
    pub(crate) fn page_number(&self) -> Result<u64, Trouble> {
        let Some(text) = self.param("seite") else { return Ok(1) };
        text.parse()
            .ok()
            .filter(|page| (1..=1_000_000).contains(page))
            .ok_or_else(|| self.bad_param("seite", text, self.t().error_expected_page()))
    }

    /// A parameter cannot be used.
    pub(crate) fn bad_param(&self, name: &str, value: &str, expected: &str) -> Trouble {
        let shown: String = value.chars().take(60).collect();
        Trouble::Invalid(self.t().error_bad_filter(expected, name, shown))
    }

    /// Refuses who may not look after sources.
    pub(crate) fn require_editor(&self) -> Result<(), Trouble> {
        match self.visitor.principal.role {
            Role::Editor | Role::Administrator => Ok(()),
            _ if self.visitor.is_known() => Err(Trouble::Forbidden),
            _ => Err(Trouble::Login),
        }
    }

    /// The form of a request that changes something, checked to come from our own page.
    pub(crate) async fn form(&self, body: Body) -> Result<Params, Trouble> {
        let bytes = web::limit::read(&self.headers, body, FORM_BYTES_MAX).await.map_err(|problem| Trouble::Invalid(problem.to_string()))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Trouble::Invalid(self.t().error_bad_request_title().to_owned()))?;
        let form = Params::of_form(text).map_err(|problem| Trouble::Invalid(problem.to_string()))?;
        let token = form.all("csrf").next();
        web::csrf::check(&self.headers, &self.visitor, token).map_err(|_| Trouble::Expired)?;
        Ok(form)
    }

    /// The page, or the page of what went wrong.
    pub(crate) fn answer(&self, outcome: Result<Response, Trouble>) -> Response {
        outcome.unwrap_or_else(|trouble| self.failure(trouble))
    }

    /// A page as an answer: cached only against its tag, so that readers see the newest data.
    pub(crate) fn page(&self, page: &impl std::fmt::Display) -> Response {
        self.page_with(StatusCode::OK, page)
    }

    /// The same with a status.
    pub(crate) fn page_with(&self, status: StatusCode, page: &impl std::fmt::Display) -> Response {
        let text = page.to_string();
        let tag = tag_of(text.as_bytes());
        if status == StatusCode::OK && is_known(&self.headers, &tag) {
            return unchanged(&tag);
        }
        let mut response = html(status, self.language, text);
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    fn failure(&self, trouble: Trouble) -> Response {
        let frame = Frame { indexed: false, ..self.frame(Section::Other) };
        match trouble {
            Trouble::NotFound => self.page_with(StatusCode::NOT_FOUND, &ErrorPage::not_found(frame)),
            Trouble::Invalid(text) => self.page_with(StatusCode::BAD_REQUEST, &ErrorPage::bad_request(frame, text)),
            Trouble::Login => {
                let target = if self.headers.contains_key(header::CONTENT_TYPE) { "/verwaltung".to_owned() } else { self.path.clone() };
                redirect(&format!("{}?weiter={}", self.href("/verwaltung/anmelden"), web::params::encode(&target)))
            }
            Trouble::Forbidden => self.page_with(StatusCode::FORBIDDEN, &ErrorPage::forbidden(frame)),
            Trouble::Expired => self.page_with(StatusCode::FORBIDDEN, &ErrorPage::expired(frame)),
            Trouble::Engine(error) if error.kind() == Kind::Unavailable => caused(unavailable(&frame), error),
            Trouble::Engine(error) if error.kind() == Kind::NoSpace => {
                caused(self.page_with(StatusCode::INSUFFICIENT_STORAGE, &ErrorPage::no_space(frame)), error)
            }
            Trouble::Engine(error) => {
                let page = ErrorPage::internal(frame, self.request.clone());
                caused(self.page_with(StatusCode::INTERNAL_SERVER_ERROR, &page), error)
            }
        }
    }
}

/// A page. Only good ones are kept, and only against their tag.
fn html(status: StatusCode, language: Language, text: String) -> Response {
    let caching = if status == StatusCode::OK { "no-cache" } else { "no-store" };
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_LANGUAGE, language.code()), (header::CACHE_CONTROL, caching)];
    (status, headers, text).into_response()
}

/// The answer with its cause for the log.
fn caused(mut response: Response, error: engine::Error) -> Response {
    response.extensions_mut().insert(web::blame::Cause(error.to_string()));
    response
}

/// The page while the data cannot be reached.
fn unavailable(frame: &Frame) -> Response {
    let page = ErrorPage::unavailable(Frame { indexed: false, ..frame.clone() });
    html(StatusCode::SERVICE_UNAVAILABLE, frame.language(), page.to_string())
}

/// Sends the browser to another address, by GET.
pub(crate) fn redirect(target: &str) -> Response {
    match HeaderValue::from_str(target) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A weak tag of a page: the same content, perhaps compressed otherwise.
pub(crate) fn tag_of(content: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Whether the client has what the tag names (RFC 9110, section 13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|known| bare(known) == bare(tag))
}

/// The answer when the client has it already.
pub(crate) fn unchanged(tag: &str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_en_is_a_language() {
        assert_eq!(language_of("/en"), (Language::En, "/"));
        assert_eq!(language_of("/en/datensaetze"), (Language::En, "/datensaetze"));
        assert_eq!(language_of("/energie"), (Language::De, "/energie"));
        assert_eq!(language_of("/"), (Language::De, "/"));
    }
}

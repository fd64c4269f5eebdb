//! Sources that are asked over HTTP: page by page, each page an input of its own.

use std::collections::HashSet;
use std::time::Duration;

use axum::http::header::{
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LINK, RETRY_AFTER,
};
use bytes::Bytes;
use engine::Access;
use harmonise::{Code, Http, KeyPlace, Message, Paging};
use model::Instant;
use sha2::Digest as _;
use web::outbound::{self, Get, Got};

use crate::Error;
use crate::input::Work;
use crate::report::{InputReport, Outcome};
use crate::run::blocking;
use crate::service::Ingest;
use crate::state::Validators;
use crate::trouble::Remote;

/// Asks for the pages of a source and takes them in, one by one.
pub(crate) struct Poll<'a> {
    pub(crate) ingest: &'a Ingest,
    pub(crate) access: &'a Access,
    pub(crate) http: &'a Http,
    pub(crate) version: u64,
}

impl Poll<'_> {
    /// Takes every page in; what is done of it stands in `inputs`, also when
    /// it fails. Answers what makes the next question conditional.
    ///
    /// # Errors
    /// [`Error::Remote`] when a page cannot be had, and those of runs.
    pub(crate) async fn run(
        &self,
        known: Option<Validators>,
        work: &Work<'_>,
        inputs: &mut Vec<InputReport>,
    ) -> Result<Option<Validators>, Error> {
        let mut page = self.first_page();
        let (mut seen, mut last) = (HashSet::new(), None);
        let known = known.filter(|known| self.is_conditional() && known.version == self.version && known.url == page);
        for number in 1..=self.http.pages_max {
            if !seen.insert(page.clone()) {
                return Err(failed(Code::PagesCircle));
            }
            let got = self.get(&page, known.as_ref()).await?;
            match got.status.as_u16() {
                204 => return Ok(None),
                304 if known.is_some() => return Ok(known),
                _ => {}
            }
            let checksum: [u8; 32] = sha2::Sha256::digest(&got.body).into();
            if last.replace(checksum) == Some(checksum) {
                return Err(failed(Code::PagesSame));
            }
            let next = self.next_link(&got)?;
            let validators = self.validators(&page, &got.headers);
            let input = work.body(self.input_name(&page, number), got.body).await?;
            let records = match &input.outcome {
                Outcome::Skipped { run } => self.access.run(*run)?.records,
                _ => input.counts.records,
            };
            let has_failed = matches!(input.outcome, Outcome::Failed { .. });
            inputs.push(input);
            if has_failed {
                return Ok(None);
            }
            match next.or_else(|| self.next_offset(number, records)) {
                Some(next) => page = next,
                None => return Ok(validators),
            }
        }
        Err(failed(Code::PagesMany.with("max", self.http.pages_max)))
    }

    /// The first page, not to be kept.
    pub(crate) async fn first(&self) -> Result<Bytes, Error> {
        Ok(self.get(&self.first_page(), None).await?.body)
    }

    /// Whether one answer is all there is: then its validators speak for all.
    fn is_conditional(&self) -> bool {
        self.http.paging.is_none()
    }

    fn first_page(&self) -> String {
        match &self.http.paging {
            Some(Paging::Offset { parameter, .. }) => self.offset_page(parameter, 0),
            _ => self.http.url.clone(),
        }
    }

    fn offset_page(&self, parameter: &str, offset: u64) -> String {
        let mut url = with_parameter(&self.http.url, parameter, &offset.to_string());
        if let Some(Paging::Offset { size, size_parameter: Some(name), .. }) = &self.http.paging {
            url = with_parameter(&url, name, &size.to_string());
        }
        url
    }

    async fn get(&self, page: &str, known: Option<&Validators>) -> Result<Got, Error> {
        let (mut url, mut headers) = (page.to_owned(), Vec::new());
        let header = |name: &str, value: &str| {
            let pair = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
            pair.ok_or_else(|| failed(Code::RemoteHeader.with("name", name)))
        };
        for (name, value) in &self.http.headers {
            headers.push(header(name, value)?);
        }
        if let Some(known) = known {
            let pairs = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)];
            headers.extend(pairs.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(value.as_ref()?).ok()?))));
        }
        if let Some((place, key)) = self.key_for(page).await? {
            let (name, value) = match place {
                KeyPlace::Query(name) => {
                    url = with_parameter(&url, name, &key);
                    (None, key)
                }
                KeyPlace::Bearer => (Some("authorization"), format!("Bearer {key}")),
                KeyPlace::Header(name) => (Some(name.as_str()), key),
            };
            if let Some(name) = name {
                let (name, mut value) = header(name, &value)?;
                value.set_sensitive(true);
                headers.push((name, value));
            }
        }
        let get = Get { url, headers, timeout: self.http.timeout, bytes_max: self.http.bytes_max };
        let got = self.ingest.config().outbound.get(&get).await.map_err(Remote::from)?;
        self.check(&got, known.is_some())?;
        Ok(got)
    }

    /// The key, when this page is on the host that the definition names.
    async fn key_for(&self, page: &str) -> Result<Option<(&KeyPlace, String)>, Error> {
        let Some(key) = &self.http.key else { return Ok(None) };
        let (home, host) = (host_of(&self.http.url)?, host_of(page)?);
        let is_plain = page.starts_with("http:") && !self.http.url.starts_with("http:");
        if home != host || is_plain {
            return Ok(None);
        }
        let (secrets, tenant, name) = (self.ingest.config().secrets.clone(), self.access.tenant().clone(), key.secret.clone());
        let secret = blocking(move || secrets.read(&tenant, &name, &host)).await?.map_err(failed)?;
        Ok(Some((&key.place, secret)))
    }

    fn check(&self, got: &Got, is_conditional: bool) -> Result<(), Error> {
        let status = got.status.as_u16();
        if got.status.is_success() || (status == 304 && is_conditional) {
            let found = got.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            if found.to_ascii_lowercase().starts_with("text/html") {
                return Err(failed(Code::RemoteWebPage.with("found", found)));
            }
            return Ok(());
        }
        let code = match status {
            401 | 403 => Code::RemoteRefused,
            429 => Code::RemoteTooOften,
            503 if got.headers.contains_key(RETRY_AFTER) => Code::RemoteTooOften,
            _ => Code::RemoteStatus,
        };
        let wait = got.headers.get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, self.ingest.engine().now()));
        Err(Error::Remote(Remote { message: code.with("status", status.to_string()), wait }))
    }

    fn validators(&self, page: &str, headers: &HeaderMap) -> Option<Validators> {
        let text = |name: HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let (etag, last_modified) = (text(ETAG), text(LAST_MODIFIED));
        let useful = self.is_conditional() && (etag.is_some() || last_modified.is_some());
        useful.then(|| Validators { version: self.version, url: page.to_owned(), etag, last_modified })
    }

    fn next_link(&self, got: &Got) -> Result<Option<String>, Error> {
        let link = match &self.http.paging {
            Some(Paging::Link) => {
                got.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_of).map(str::to_owned)
            }
            Some(Paging::Next(pointer)) => {
                let body: serde_json::Value =
                    serde_json::from_slice(&got.body).map_err(|error| failed(Code::PageNoJson.with("detail", error.to_string())))?;
                match body.pointer(pointer) {
                    None | Some(serde_json::Value::Null) => None,
                    Some(serde_json::Value::String(link)) if link.is_empty() => None,
                    Some(serde_json::Value::String(link)) => Some(link.clone()),
                    Some(_) => return Err(failed(Code::PageNoLink.with("field", pointer.as_str()))),
                }
            }
            _ => None,
        };
        let Some(link) = link else { return Ok(None) };
        Ok(Some(outbound::resolve(&got.url, &link).map_err(Remote::from)?))
    }

    fn next_offset(&self, number: usize, records: u64) -> Option<String> {
        let Some(Paging::Offset { parameter, size, .. }) = &self.http.paging else { return None };
        (records >= *size).then(|| self.offset_page(parameter, size.saturating_mul(number as u64)))
    }

    /// Host and path: a query may hold what is nobody's business.
    fn input_name(&self, page: &str, number: usize) -> String {
        let plain = page.split(['?', '#']).next().unwrap_or(page);
        let plain = plain.split_once("://").map_or(plain, |(_, rest)| rest);
        if self.is_conditional() { plain.to_owned() } else { format!("{plain}#{number}") }
    }
}

fn host_of(url: &str) -> Result<String, Error> {
    Ok(outbound::host_of(url).map_err(Remote::from)?)
}

fn failed(message: impl Into<Message>) -> Error {
    Remote::from(message.into()).into()
}

/// An address with a parameter set, unless it has it.
fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let (bare, fragment) = url.split_once('#').map_or((url, None), |(bare, fragment)| (bare, Some(fragment)));
    let (path, query) = bare.split_once('?').unwrap_or((bare, ""));
    let name = web::params::encode(name);
    if query.split('&').any(|pair| pair.split('=').next() == Some(name.as_str())) {
        return url.to_owned();
    }
    let joint = if query.is_empty() { "" } else { "&" };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{path}?{query}{joint}{name}={}{fragment}", web::params::encode(value))
}

/// The target of the link with `rel="next"` in a header (RFC 8288, section 3).
fn next_of(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (target, after) = rest[start + 1..].split_once('>')?;
        let params = after.find(",").map_or(after, |_| after.split('<').next().unwrap_or(after));
        let is_next = params.split(';').filter_map(|param| param.trim().split_once('=')).any(|(name, value)| {
            let value = value.trim().trim_end_matches(',').trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel") && value.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = after;
    }
    None
}

/// How long to wait (RFC 9110, section 10.2.3): seconds, or a date.
fn retry_after(text: &str, now: Instant) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp().as_microsecond();
    Some(Duration::from_micros(u64::try_from(at - now.micros()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        assert_eq!(next_of("<https://a.example/?p=2>; rel=\"next\""), Some("https://a.example/?p=2"));
        assert_eq!(next_of("</x?a=1,2>; rel=prev, </x?a=3,4>; title=\"a\"; rel=\"last next\""), Some("/x?a=3,4"));
        assert_eq!(next_of("<?p=9>; rel=\"last\", <?p=1>; rel=\"first\""), None);
        assert_eq!(next_of("<broken"), None);
    }

    #[test]
    fn parameters_are_added_once() {
        assert_eq!(with_parameter("https://a.example/x", "n", "ä b"), "https://a.example/x?n=%C3%A4%20b");
        assert_eq!(with_parameter("https://a.example/x?a=1#z", "n", "2"), "https://a.example/x?a=1&n=2#z");
        assert_eq!(with_parameter("https://a.example/x?n=1", "n", "2"), "https://a.example/x?n=1");
    }

    #[test]
    fn servers_ask_for_patience_in_two_ways() {
        let now = Instant::parse("2026-05-04T10:00:00Z").expect("an instant");
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Mon, 04 May 2026 10:01:30 GMT", now), Some(Duration::from_secs(90)));
        assert_eq!(retry_after("Mon, 04 May 2026 09:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("bald", now), None);
    }
}

//! Media types of requests and answers, and `Link` to `@context`s
//! (NGSI-LD V1.9.1, clauses 6.3.4 to 6.3.6).

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LINK, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};

use crate::error::{Error, ErrorKind};

/// The relation of a link to a context (JSON-LD 1.1, section 6.1).
const CONTEXT_RELATION: &str = "http://www.w3.org/ns/json-ld#context";

/// What an answer is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    LdJson,
    GeoJson,
}

impl Media {
    /// The best that is accepted; in doubt JSON.
    pub(crate) fn accepted(headers: &HeaderMap, geo: bool) -> Result<Self, Error> {
        const OFFERS: [&str; 3] = ["application/json", "application/ld+json", "application/geo+json"];
        let offers = if geo { &OFFERS[..] } else { &OFFERS[..2] };
        let index = web::negotiate::best(headers, offers).ok_or_else(|| Error::not_acceptable(&offers.join(", ")))?;
        Ok([Self::Json, Self::LdJson, Self::GeoJson][index])
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::LdJson => "application/ld+json",
            Self::GeoJson => "application/geo+json",
        }
    }

    /// Whether each entity carries its `@context`.
    pub(crate) fn embeds_context(self) -> bool {
        self == Self::LdJson
    }
}

/// What a body is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Json,
    LdJson,
}

impl BodyKind {
    /// The media type of a body; merge-patch is taken by PATCH.
    pub(crate) fn of(headers: &HeaderMap, method: &Method) -> Result<Self, Error> {
        let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let essence = sent.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => Ok(Self::Json),
            "application/ld+json" => Ok(Self::LdJson),
            "application/merge-patch+json" if *method == Method::PATCH => Ok(Self::Json),
            _ if *method == Method::PATCH => {
                Err(Error::unsupported_media_type(sent, "application/json, application/ld+json, application/merge-patch+json"))
            }
            _ => Err(Error::unsupported_media_type(sent, "application/json, application/ld+json")),
        }
    }
}

/// A body must say how long it is, or come in chunks.
pub(crate) fn require_length(headers: &HeaderMap, version: Version) -> Result<(), Error> {
    if version >= Version::HTTP_2 || headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Http(StatusCode::LENGTH_REQUIRED), "the header `Content-Length` is missing"))
}

/// The address of the context that the `Link` headers name.
pub(crate) fn linked_context(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let mut found: Option<String> = None;
    for value in headers.get_all(LINK) {
        let text = value.to_str().map_err(|_| Error::bad_request("the header `Link` is not text"))?;
        for link in links(text)? {
            if !link.is_context() {
                continue;
            }
            if found.as_deref().is_some_and(|known| known != link.url) {
                return Err(Error::bad_request("the header `Link` names two `@context`s; one is expected"));
            }
            found = Some(link.url.to_owned());
        }
    }
    Ok(found)
}

/// The `Link` to a context.
pub(crate) fn context_link(url: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("<{url}>; rel=\"{CONTEXT_RELATION}\"; type=\"application/ld+json\"")).ok()
}

struct Link<'a> {
    url: &'a str,
    relation: Option<&'a str>,
}

impl Link<'_> {
    fn is_context(&self) -> bool {
        self.relation.is_some_and(|relation| relation.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case(CONTEXT_RELATION)))
    }
}

/// The links of one header (RFC 8288, section 3).
fn links(text: &str) -> Result<Vec<Link<'_>>, Error> {
    let wrong = || {
        Error::bad_request(format!(
            "the header `Link` cannot be read; expected `<URL>; rel=\"{CONTEXT_RELATION}\"; type=\"application/ld+json\"`"
        ))
    };
    let mut all = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let inner = rest.strip_prefix('<').ok_or_else(wrong)?;
        let (url, after) = inner.split_once('>').ok_or_else(wrong)?;
        let end = end_of_parameters(after);
        all.push(Link { url: url.trim(), relation: parameter(&after[..end], "rel") });
        rest = after[end..].trim_start_matches(',').trim_start();
    }
    Ok(all)
}

/// Where the next link begins: a comma outside quotes.
fn end_of_parameters(text: &str) -> usize {
    let mut quoted = false;
    for (index, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return index,
            _ => {}
        }
    }
    text.len()
}

fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(headers: &[&str]) -> Result<Option<String>, String> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(LINK, HeaderValue::from_str(header).expect("a header"));
        }
        linked_context(&map).map_err(|error| error.to_string())
    }

    #[test]
    fn finds_the_context_among_links() {
        let context = "<https://example.org/c.jsonld>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"";
        assert_eq!(linked(&[context]), Ok(Some("https://example.org/c.jsonld".into())));
        assert_eq!(linked(&["</next?a=1,2>; rel=\"next\"", context]), Ok(Some("https://example.org/c.jsonld".into())));
        assert_eq!(linked(&[&format!("</a>; title=\"x, y\"; rel=next, {context}")]), Ok(Some("https://example.org/c.jsonld".into())));
        assert_eq!(linked(&["</a>; rel=next"]), Ok(None));
        assert_eq!(linked(&[]), Ok(None));
    }

    #[test]
    fn refuses_what_is_no_link() {
        assert!(linked(&["https://example.org/c.jsonld"]).is_err());
        let two = "<https://a.org/>; rel=\"http://www.w3.org/ns/json-ld#context\", <https://b.org/>; rel=\"http://www.w3.org/ns/json-ld#context\"";
        assert!(linked(&[two]).is_err());
    }

    #[test]
    fn json_before_the_others() {
        let media = |accept: Option<&str>, geo| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(http::header::ACCEPT, HeaderValue::from_str(accept).expect("a header"));
            }
            Media::accepted(&headers, geo).ok()
        };
        assert_eq!(media(None, true), Some(Media::Json));
        assert_eq!(media(Some("application/ld+json, application/json"), true), Some(Media::Json));
        assert_eq!(media(Some("application/ld+json, application/json;q=0.5"), true), Some(Media::LdJson));
        assert_eq!(media(Some("application/geo+json"), true), Some(Media::GeoJson));
        assert_eq!(media(Some("application/geo+json"), false), None);
        assert_eq!(media(Some("application/*;q=0.2"), false), Some(Media::Json));
        assert_eq!(media(Some("text/html, */*;q=0.8"), false), Some(Media::Json));
        assert_eq!(media(Some("application/json;q=0"), true), None);
    }
}

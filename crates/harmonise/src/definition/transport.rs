//! How records arrive: the part of `[source]` that speaks of ways, and how often to look.

use std::time::Duration;

use super::section::Section;
use super::source::Glob;
use crate::local::Interval;
use crate::message::{Code, Message};

/// How records arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// One file; the path is relative to the definition's folder.
    File {
        /// The path.
        path: String,
    },
    /// All files of a folder that fit a pattern.
    Folder {
        /// The folder, relative to the definition's folder.
        path: String,
        /// Which files in it.
        glob: Glob,
    },
    /// Asked for over HTTP.
    Http(Box<Http>),
    /// Sent to us over HTTP.
    Push,
}

/// What is asked for over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Where it begins; `http` or `https`.
    pub url: String,
    /// Headers to send. Nothing secret.
    pub headers: Vec<(String, String)>,
    /// The key to send.
    pub key: Option<Key>,
    /// How the next page is found; `None` when there is one page.
    pub paging: Option<Paging>,
    /// How many pages there may be.
    pub pages_max: usize,
    /// How long one page may take.
    pub timeout: Duration,
    /// How large one page may be, in bytes.
    pub bytes_max: usize,
}

/// A key that the operator keeps; the definition only names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The secret's name.
    pub secret: String,
    /// Where it is sent.
    pub place: KeyPlace,
}

/// Where a key is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer,
    /// A header of its own.
    Header(String),
    /// A parameter of the address.
    Query(String),
}

/// How the next page is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// The header `Link` with `rel="next"` (RFC 8288).
    Link,
    /// A JSON pointer to the next address; nothing there is the end.
    Next(String),
    /// A parameter that says how many records to pass over.
    Offset {
        /// Its name.
        parameter: String,
        /// How many records a page has; fewer are the end.
        size: u64,
        /// The parameter that asks for so many.
        size_parameter: Option<String>,
    },
}

#[derive(Clone, Copy)]
enum Way {
    File,
    Folder,
    Http,
    Push,
}

const WAYS: [(&str, Way); 4] = [("file", Way::File), ("folder", Way::Folder), ("http", Way::Http), ("push", Way::Push)];

/// Reads the keys of the way.
pub(super) fn transport(section: &mut Section<'_>) -> Option<Transport> {
    if !section.has("transport") {
        let _ = section.need("transport", Code::UseTransport);
        let _ = (section.text("path"), section.text("glob"), section.text("url"));
        return None;
    }
    match section.word("transport", &WAYS)? {
        Way::Push => {
            if section.has("path") || section.has("glob") {
                let _ = (section.text("path"), section.text("glob"));
                section.fault("path", None, Code::PushPath, Code::DropPath);
            }
            Some(Transport::Push)
        }
        Way::Http => http(section),
        Way::File => {
            let path = section.need("path", Code::NameFile)?;
            Some(Transport::File { path })
        }
        Way::Folder => {
            let path = section.need("path", Code::NameFolder);
            let glob = if section.has("glob") { section.read("glob", Code::WriteGlob, Glob::parse) } else { Glob::parse("*").ok() };
            Some(Transport::Folder { path: path?, glob: glob? })
        }
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);
const TIMEOUT_MAX: Duration = Duration::from_secs(600);
const PAGES: u64 = 100;
const PAGES_MAX: u64 = 10_000;
const BYTES: u64 = 32 << 20;
const BYTES_MAX: u64 = 256 << 20;

fn http(section: &mut Section<'_>) -> Option<Transport> {
    let url = if section.has("url") { section.read("url", Code::WriteUrl, address) } else { section.need("url", Code::NameUrl) };
    let (mut headers, mut key, mut paging) = (Vec::new(), None, None);
    let (mut pages_max, mut timeout, mut bytes_max) = (PAGES, TIMEOUT, BYTES);
    if let Some(mut more) = section.child("http") {
        headers = more.pairs("headers");
        if let Some((name, _)) = headers.iter().find(|(name, _)| is_secret(name)) {
            more.fault("headers", Some(name), Code::HeaderSecret, Code::NameKey);
        }
        key = more.child("key").and_then(read_key);
        paging = more.child("paging").and_then(read_paging);
        pages_max = up_to(&mut more, "pages_max", PAGES, PAGES_MAX);
        bytes_max = up_to(&mut more, "bytes_max", BYTES, BYTES_MAX);
        timeout = more
            .read("timeout", Code::WriteTimeout, |text| {
                period(text).and_then(|time| if time > TIMEOUT_MAX { Err(Code::TimeoutLong.with("value", text)) } else { Ok(time) })
            })
            .unwrap_or(TIMEOUT);
        more.finish();
    }
    let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Some(Transport::Http(Box::new(Http {
        url: url?,
        headers,
        key,
        paging,
        pages_max: size(pages_max),
        timeout,
        bytes_max: size(bytes_max),
    })))
}

fn up_to(section: &mut Section<'_>, key: &'static str, usual: u64, most: u64) -> u64 {
    let number = section.whole(key, 1).unwrap_or(usual);
    if number > most {
        section.fault(key, Some(&number.to_string()), Code::NumberLarge, Code::WriteAtMost.with("max", most));
    }
    number.min(most)
}

/// An address without anything secret in it.
fn address(text: &str) -> Result<String, Message> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or(Code::AddressStart)?;
    let (host, query) = (rest.split(['/', '?', '#']).next().unwrap_or(""), rest.split_once('?').map_or("", |(_, query)| query));
    if host.contains('@') {
        return Err(Code::AddressPassword.into());
    }
    if host.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Code::AddressSigns.into());
    }
    match query.split('&').filter_map(|pair| pair.split('=').next()).find(|name| is_secret(name)) {
        Some(name) => Err(Code::AddressKey.with("name", name)),
        None => Ok(text.to_owned()),
    }
}

/// Whether a parameter or header of this name usually holds a key.
fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let known = ["key", "token", "appid", "authorization", "password", "secret", "cookie", "proxyauthorization", "auth"];
    known.contains(&plain.as_str()) || plain.ends_with("apikey") || plain.ends_with("accesstoken") || plain.ends_with("authtoken")
}

fn read_key(mut section: Section<'_>) -> Option<Key> {
    let secret = section.need("secret", Code::NameSecret).and_then(|name| {
        if super::source::is_slug(&name) {
            return Some(name);
        }
        section.fault("secret", None, Code::NoSecretName, Code::WriteSlug);
        None
    });
    let (header, query) = (section.text("header"), section.text("query"));
    if header.is_some() && query.is_some() {
        section.fault("query", None, Code::KeyTwice, Code::KeepHeader);
    }
    section.finish();
    let place = header.map(KeyPlace::Header).or(query.map(KeyPlace::Query)).unwrap_or(KeyPlace::Bearer);
    Some(Key { secret: secret?, place })
}

#[derive(Clone, Copy)]
enum By {
    Link,
    Next,
    Offset,
}

fn read_paging(mut section: Section<'_>) -> Option<Paging> {
    if !section.has("by") {
        let _ = section.need("by", Code::UsePaging);
    }
    let by = section.word("by", &[("link", By::Link), ("next", By::Next), ("offset", By::Offset)]);
    let paging = match by {
        None => None,
        Some(By::Link) => Some(Paging::Link),
        Some(By::Next) => {
            let field = section.need("field", Code::NameNext);
            if field.as_ref().is_some_and(|field| !field.starts_with('/')) {
                section.fault("field", field.as_deref(), Code::PointerStart, Code::WriteNext);
            }
            field.map(Paging::Next)
        }
        Some(By::Offset) => {
            let parameter = section.need("parameter", Code::NameParameter);
            let size = section.whole("size", 1);
            if !section.has("size") {
                let _ = section.need("size", Code::NamePageSize);
            }
            let size_parameter = section.text("size_parameter");
            parameter.zip(size).map(|(parameter, size)| Paging::Offset { parameter, size, size_parameter })
        }
    };
    section.finish();
    paging
}

/// Reads a duration: `90s`, `5m`, `2h`, `1d`, or ISO 8601.
pub(super) fn period(text: &str) -> Result<Duration, Message> {
    let seconds = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((number, "s")) => number.parse().ok(),
        Some((number, "m")) => number.parse().ok().map(|n: u32| u64::from(n) * 60),
        Some((number, "h")) => number.parse().ok().map(|n: u32| u64::from(n) * 3600),
        Some((number, "d")) => number.parse().ok().map(|n: u32| u64::from(n) * 86_400),
        _ => None,
    };
    let time = match seconds {
        Some(seconds) => Duration::from_secs(seconds),
        None => Interval::parse(text)
            .map(|interval| Duration::from_micros(interval.micros().unsigned_abs()))
            .map_err(|_| Code::NoPeriod.with("value", text))?,
    };
    if time < Duration::from_secs(1) { Err(Code::PeriodShort.with("value", text)) } else { Ok(time) }
}

//! The contexts at hand: resolved once, found again by what they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::Json;

use super::known::{self, Known};
use super::{Context, Definitions, core};
use crate::error::{Error, ErrorKind};

/// Where this program serves its own context documents.
const HOSTED: &str = "/ngsi-ld/v1/jsonldContexts/";

/// How many resolved contexts are kept.
const KEPT_MAX: usize = 512;
/// Contexts whose text is longer are resolved anew each time.
const KEPT_BYTES_MAX: usize = 64 * 1024;
/// How deep arrays of contexts may nest.
const DEPTH_MAX: usize = 8;

/// Where the definitions of an address come from.
enum Document<'a> {
    /// A document that travels with the program, by its place in [`super::KNOWN`].
    Shipped(usize),
    /// One that the operator gave.
    Given(&'a Json),
}

/// Resolves contexts and keeps the last ones.
#[derive(Debug, Default)]
pub struct Library {
    given: HashMap<String, Json>,
    kept: Mutex<HashMap<String, Arc<Context>>>,
}

impl Library {
    /// A library with documents of the operator's beside those shipped:
    /// addresses and what is published there.
    ///
    /// # Errors
    /// A document is no JSON or holds no `@context`.
    pub fn with_documents(documents: Vec<(String, String)>) -> Result<Self, Error> {
        let mut given = HashMap::new();
        for (url, text) in documents {
            let document = model::json::parse(text.as_bytes())
                .map_err(|error| Error::bad_request(format!("the context document `{url}` is not JSON: {error}")))?;
            let context = document
                .get("@context")
                .cloned()
                .ok_or_else(|| Error::bad_request(format!("the context document `{url}` has no member `@context`")))?;
            given.insert(url, context);
        }
        Ok(Self { given, kept: Mutex::default() })
    }

    /// The context at an address, as a `Link` header names it. `host` is what
    /// the request called this server, so that its own addresses are known.
    ///
    /// # Errors
    /// The address is none of those that can be resolved without asking others.
    pub fn at(&self, url: &str, host: Option<&str>) -> Result<Arc<Context>, Error> {
        if core::is_core_url(url) {
            return Ok(Context::core());
        }
        match self.find(url, host)? {
            Document::Shipped(index) => self.kept(url, || Ok(known::context(index, url))),
            Document::Given(_) => self.kept(url, || {
                let mut json = String::with_capacity(url.len() + 2);
                model::json::write_string(url, &mut json);
                let mut definitions = Definitions::default();
                self.collect(&Json::from(url), host, &mut definitions, &mut Vec::new(), 0)?;
                Ok(Arc::new(Context::new(json, Some(url.to_owned()), Some(definitions.finish()))))
            }),
        }
    }

    /// The context of a document's `@context` member.
    ///
    /// # Errors
    /// The value is no context, or names a document that is not at hand.
    pub fn of(&self, value: &Json, host: Option<&str>) -> Result<Arc<Context>, Error> {
        let single = match value {
            Json::Array(items) if items.len() == 1 => &items[0],
            other => other,
        };
        if let Json::String(url) = single
            && !matches!(value, Json::Array(_))
        {
            return self.at(url, host);
        }
        let json = value.to_string();
        self.kept(&json.clone(), || self.resolve(value, json, host))
    }

    fn kept(&self, key: &str, make: impl FnOnce() -> Result<Arc<Context>, Error>) -> Result<Arc<Context>, Error> {
        if let Some(context) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(Arc::clone(context));
        }
        let context = make()?;
        if key.len() <= KEPT_BYTES_MAX {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
            kept.insert(key.to_owned(), Arc::clone(&context));
        }
        Ok(context)
    }

    fn resolve(&self, value: &Json, json: String, host: Option<&str>) -> Result<Arc<Context>, Error> {
        let mut definitions = Definitions::default();
        let mut urls = Vec::new();
        let any = self.collect(value, host, &mut definitions, &mut urls, 0)?;
        // An array whose only document is one address can be linked to like that address.
        let url = match (any, urls.as_slice()) {
            (Found::Documents, [one]) => Some(one.clone()),
            (Found::Nothing, _) => Some(core::URL.to_owned()),
            _ => None,
        };
        let user = (any != Found::Nothing).then(|| definitions.finish());
        Ok(Arc::new(Context::new(json, url, user)))
    }

    fn collect(
        &self,
        value: &Json,
        host: Option<&str>,
        into: &mut Definitions,
        urls: &mut Vec<String>,
        depth: usize,
    ) -> Result<Found, Error> {
        if depth > DEPTH_MAX {
            return Err(Error::bad_request(format!("`@context` nests deeper than {DEPTH_MAX} arrays and documents")));
        }
        match value {
            Json::Null => Ok(Found::Nothing),
            Json::String(url) if core::is_core_url(url) => Ok(Found::Nothing),
            Json::String(url) => {
                match self.find(url, host)? {
                    Document::Shipped(index) => {
                        into.add(Known::object(index).get("@context").and_then(Json::as_object).unwrap_or_default())?
                    }
                    Document::Given(context) => {
                        self.collect(context, host, into, &mut Vec::new(), depth + 1)?;
                    }
                }
                urls.push(url.to_string());
                Ok(Found::Documents)
            }
            Json::Object(members) => {
                into.add(members)?;
                Ok(Found::Objects)
            }
            Json::Array(items) => {
                let mut found = Found::Nothing;
                for item in items {
                    found = found.max(self.collect(item, host, into, urls, depth + 1)?);
                }
                Ok(found)
            }
            other => {
                Err(Error::bad_request(format!("`@context` must be an address, an object or an array of these, not {}", other.kind())))
            }
        }
    }

    /// The document an address means.
    fn find(&self, url: &str, host: Option<&str>) -> Result<Document<'_>, Error> {
        if let Some(context) = self.given.get(url) {
            return Ok(Document::Given(context));
        }
        if let Some(index) = Known::by_url(url) {
            return Ok(Document::Shipped(index));
        }
        if let Some(id) = own_path(url, host).and_then(|path| path.strip_prefix(HOSTED)) {
            let index = Known::by_id(id);
            return index.map(Document::Shipped).ok_or_else(|| {
                Error::new(ErrorKind::LdContextNotAvailable, format!("this server has no context `{id}`; `{HOSTED}` lists those it has"))
            });
        }
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Error::bad_request(format!("`{url}` is not the address of an `@context`: expected http:// or https://")));
        }
        Err(Error::new(
            ErrorKind::LdContextNotAvailable,
            format!(
                "the `@context` `{url}` is not at hand and fetching from other servers is not configured; use one listed at `{HOSTED}`, or send the terms inline as application/ld+json"
            ),
        ))
    }
}

/// What a context was made of, beside the core.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Nothing,
    Documents,
    Objects,
}

/// The path of an address that is ours: relative, or with the host the request named.
fn own_path<'a>(url: &'a str, host: Option<&str>) -> Option<&'a str> {
    if url.starts_with('/') {
        return Some(url);
    }
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let (authority, _) = rest.split_once('/')?;
    host.is_some_and(|host| host.eq_ignore_ascii_case(authority)).then(|| &rest[authority.len()..])
}

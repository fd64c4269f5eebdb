//! Query parameters: only those a resource knows, each at most once
//! (NGSI-LD V1.9.1, clause 6.3.20).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::Error;

/// The decoded parameters of a request, in the order they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string.
    ///
    /// # Errors
    /// A parameter is not known on this resource, or there twice (InvalidRequest, naming those allowed), or is not
    /// percent-encoded UTF-8.
    pub fn read(query: Option<&str>, allowed: &[&[&str]]) -> Result<Self, Error> {
        let mut all: Vec<(String, String)> = Vec::new();
        for pair in query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name, "the name of a parameter")?;
            let shown: String = name.chars().take(60).collect();
            if !allowed.iter().any(|group| group.contains(&name.as_str())) {
                let mut names: Vec<&str> = allowed.concat();
                names.sort_unstable();
                let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                return Err(Error::invalid_request(format!("the parameter `{shown}` is not known here; allowed: {known}")));
            }
            if all.iter().any(|(known, _)| *known == name) {
                return Err(Error::invalid_request(format!("the parameter `{shown}` is there twice")));
            }
            // Many clients write blanks as `+`, as forms do. Scopes, patterns and names hold `+` themselves and no blanks.
            let literal = matches!(name.as_str(), "scopeQ" | "id" | "idPattern" | "type" | "datasetId" | "attrs" | "pick" | "omit");
            let value = if !literal && value.contains('+') { Cow::Owned(value.replace('+', "%20")) } else { Cow::Borrowed(value) };
            let value = decode(&value, &format!("the parameter `{shown}`"))?;
            all.push((name, value));
        }
        Ok(Self(all))
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A truth value; `false` when it is not there.
    ///
    /// # Errors
    /// It is there and neither `true` nor `false`.
    pub fn flag(&self, name: &str) -> Result<bool, Error> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Error::bad_request(format!("`{name}={other}`: true or false is expected"))),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is there and no whole number from 0.
    pub fn number(&self, name: &str) -> Result<Option<usize>, Error> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| Error::bad_request(format!("`{name}={text}`: a whole number from 0 is expected"))))
            .transpose()
    }

    /// The same parameters, sorted by name, with others for limit and offset.
    #[must_use]
    pub fn page(&self, limit: usize, offset: usize) -> String {
        let mut all: Vec<(&str, Cow<'_, str>)> = self
            .0
            .iter()
            .filter(|(name, _)| name != "limit" && name != "offset")
            .map(|(name, value)| (name.as_str(), encode(value)))
            .collect();
        all.push(("limit", Cow::Owned(limit.to_string())));
        all.push(("offset", Cow::Owned(offset.to_string())));
        all.sort_by_key(|(name, _)| *name);
        all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

fn decode(text: &str, what: &str) -> Result<String, Error> {
    percent_decode_str(text)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| Error::invalid_request(format!("{what} is not percent-encoded UTF-8")))
}

/// A value inside a `Link` header: commas and brackets must not end it.
fn encode(value: &str) -> Cow<'_, str> {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/').remove(b'*');
    utf8_percent_encode(value, ESCAPED).into()
}

/// One segment of a path. What a path may hold stays as it is: clients
/// compare the last segment of `Location` with the id they sent.
#[must_use]
pub fn path_segment(text: &str) -> String {
    const ESCAPED: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'/')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'[')
        .add(b'\\')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_once_and_decoded() {
        let params = Params::read(Some("type=A%2CB&q=name==%22a+b%22&scopeQ=/a/+"), &[&["type", "q"], &["scopeQ"]]).expect("valid");
        assert_eq!(params.get("type"), Some("A,B"));
        assert_eq!(params.get("q"), Some("name==\"a b\""));
        assert_eq!(params.get("scopeQ"), Some("/a/+"));
        let message = |query| Params::read(Some(query), &[&["type", "id"]]).expect_err("refused").to_string();
        assert_eq!(message("pageSize=3"), "the parameter `pageSize` is not known here; allowed: id, type");
        assert_eq!(message("id=a&id=b"), "the parameter `id` is there twice");
        assert_eq!(message("id=%ff"), "the parameter `id` is not percent-encoded UTF-8");
    }

    #[test]
    fn pages_keep_every_parameter() {
        let params = Params::read(Some("type=A,B&offset=3&count=true"), &[&["type", "offset", "count"]]).expect("valid");
        assert_eq!(params.page(10, 20), "count=true&limit=10&offset=20&type=A%2CB");
    }
}

//! Sentences for people, made where something goes wrong and worded where they
//! are read: a code, what fills the gaps, and the English wording. `Display`
//! is the English one; other languages have a wording for each code.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use model::TenantId;

/// A sentence, or a part of one that fills a gap of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    code: Cow<'static, str>,
    english: Cow<'static, str>,
    with: Vec<(&'static str, Sentence)>,
}

impl Sentence {
    /// A sentence of a code; `{name}` in its wording is a gap.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, english: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts { code: code.into(), english: english.into(), with: Vec::new() }))
    }

    /// The same with a gap filled.
    #[must_use]
    pub fn with(mut self, gap: &'static str, part: impl Into<Self>) -> Self {
        self.0.with.push((gap, part.into()));
        self
    }

    /// The same for whoever asks from outside: of a file or folder its name, not
    /// where on the machine it lies. Such stand in gaps called `path`.
    #[must_use]
    pub fn for_anybody(&self) -> Self {
        let told = |(gap, part): &(&'static str, Self)| match *gap {
            "path" => (*gap, Self::from(part.0.english.rsplit('/').next().unwrap_or_default())),
            _ => (*gap, part.for_anybody()),
        };
        let Parts { code, english, with } = &*self.0;
        Self(Box::new(Parts { code: code.clone(), english: english.clone(), with: with.iter().map(told).collect() }))
    }

    /// The sentence in the wording that `words` has for its code, else in English.
    pub fn say<'a>(&self, words: &dyn Fn(&str) -> Option<&'a str>) -> String {
        if self.0.with.is_empty() {
            // Without gaps, braces are only braces.
            return words(&self.0.code).unwrap_or(&self.0.english).to_owned();
        }
        let mut rest = words(&self.0.code).unwrap_or(&self.0.english);
        let mut said = String::new();
        while let Some((before, (gap, after))) = rest.split_once('{').and_then(|(before, gap)| Some((before, gap.split_once('}')?))) {
            said.push_str(before);
            let part = self.0.with.iter().find(|(name, _)| *name == gap);
            said.push_str(&part.map_or_else(|| "…".to_owned(), |(_, part)| part.say(words)));
            rest = after;
        }
        said + rest
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(&|_| None))
    }
}

/// What has no wording of its own: names, numbers, what others said.
impl From<String> for Sentence {
    fn from(text: String) -> Self {
        Self::new("", text)
    }
}

impl<T: fmt::Display + ?Sized> From<&T> for Sentence {
    fn from(shown: &T) -> Self {
        shown.to_string().into()
    }
}

impl From<u64> for Sentence {
    fn from(number: u64) -> Self {
        number.to_string().into()
    }
}

/// `the tenant …`
pub(crate) fn tenant(tenant: &TenantId) -> Sentence {
    Sentence::new("the-tenant", "the tenant `{tenant}`").with("tenant", tenant)
}

/// `the key store of the tenant …`
pub(crate) fn keys(tenant: &TenantId) -> Sentence {
    Sentence::new("the-keys", "the key store of the tenant `{tenant}`").with("tenant", tenant)
}

/// `the database …`
pub(crate) fn database(path: &Path) -> Sentence {
    Sentence::new("the-database", "the database `{path}`").with("path", &path.display())
}

/// A file or folder by its path.
pub(crate) fn file(path: &Path) -> Sentence {
    Sentence::new("path", "`{path}`").with("path", &path.display())
}

#[cfg(test)]
mod tests {
    use super::Sentence;

    #[test]
    fn where_files_lie_is_told_to_nobody() {
        let full = Sentence::new("full", "no space for {what} on `{path}`").with("path", "/srv/stadt/tenant.db");
        let maybe = Sentence::new("maybe", "{error}; read /ngsi-ld/v1").with("error", full.with("what", super::file("/srv/x.db".as_ref())));
        assert_eq!(maybe.to_string(), "no space for `/srv/x.db` on `/srv/stadt/tenant.db`; read /ngsi-ld/v1");
        assert_eq!(maybe.for_anybody().to_string(), "no space for `x.db` on `tenant.db`; read /ngsi-ld/v1");
    }

    #[test]
    fn gaps_are_filled_once_in_any_language() {
        let part = Sentence::new("part", "the part `{name}`").with("name", "{detail}");
        let said = Sentence::new("bad", "{what} is bad: {detail}").with("what", part).with("detail", "x");
        assert_eq!(said.to_string(), "the part `{detail}` is bad: x");
        let german = |code: &str| match code {
            "bad" => Some("schlecht ist {what} ({detail})"),
            "part" => Some("das Teil `{name}`"),
            _ => None,
        };
        assert_eq!(said.say(&german), "schlecht ist das Teil `{detail}` (x)");
        assert_eq!(Sentence::from("50 {%}").to_string(), "50 {%}");
    }
}

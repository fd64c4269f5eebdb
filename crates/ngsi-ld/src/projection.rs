//! What of an entity is shown: `pick`, `omit`, `attrs`, `datasetId`, `lang`
//! (NGSI-LD V1.9.1, clauses 4.15, 4.21, 4.5.5).

use model::query::{Filter, Path, ScopePattern};
use model::{Attribute, Iri, Name, Text};

use crate::context::Context;
use crate::error::Error;

/// Which members of an entity are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Projection {
    /// All.
    #[default]
    All,
    /// Only these.
    Pick(Members),
    /// All but these.
    Omit(Members),
    /// Id, type, scope and only these attributes; entities with none of them are not shown.
    Attrs(Vec<Name>),
}

/// Members of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// `id`
    pub id: bool,
    /// `type`
    pub kind: bool,
    /// `scope`
    pub scope: bool,
    /// Attributes.
    pub names: Vec<Name>,
}

impl Projection {
    /// Reads `pick`, `omit` and `attrs`, of which one may be there at most
    /// (`pick` and `omit` together, when no member is in both).
    ///
    /// # Errors
    /// A list is empty or not in the grammar, or the combination is not allowed.
    pub fn read(pick: Option<&str>, omit: Option<&str>, attrs: Option<&str>, context: &Context) -> Result<Self, Error> {
        if attrs.is_some() && (pick.is_some() || omit.is_some()) {
            return Err(Error::bad_request("`attrs` cannot be combined with `pick` or `omit`; `pick` and `omit` replace it"));
        }
        match (pick, omit, attrs) {
            (Some(pick), None, _) => Ok(Self::Pick(Members::read("pick", pick, context)?)),
            (None, Some(omit), _) => Ok(Self::Omit(Members::read("omit", omit, context)?)),
            (Some(pick), Some(omit), _) => {
                Members::read("pick", pick, context)?.without(&Members::read("omit", omit, context)?).map(Self::Pick)
            }
            (None, None, Some(attrs)) => Ok(Self::Attrs(attribute_names("attrs", attrs, context)?)),
            (None, None, None) => Ok(Self::All),
        }
    }

    /// Whether the id is shown.
    #[must_use]
    pub fn shows_id(&self) -> bool {
        self.shows(|members| members.id)
    }

    /// Whether the types are shown.
    #[must_use]
    pub fn shows_type(&self) -> bool {
        self.shows(|members| members.kind)
    }

    /// Whether the scopes are shown.
    #[must_use]
    pub fn shows_scope(&self) -> bool {
        self.shows(|members| members.scope)
    }

    fn shows(&self, member: impl Fn(&Members) -> bool) -> bool {
        match self {
            Self::All | Self::Attrs(_) => true,
            Self::Pick(members) => member(members),
            Self::Omit(members) => !member(members),
        }
    }

    /// Whether an attribute is shown.
    #[must_use]
    pub fn shows_attribute(&self, name: Name) -> bool {
        match self {
            Self::All => true,
            Self::Pick(members) => members.names.contains(&name),
            Self::Omit(members) => !members.names.contains(&name),
            Self::Attrs(names) => names.contains(&name),
        }
    }

    /// The attributes asked for by name.
    #[must_use]
    pub fn attributes(&self) -> Option<&[Name]> {
        match self {
            Self::Pick(members) => Some(&members.names),
            Self::Attrs(names) => Some(names),
            Self::All | Self::Omit(_) => None,
        }
    }

    /// Which entities have anything to show.
    #[must_use]
    pub fn filter(&self) -> Filter {
        let has = |names: &[Name]| names.iter().map(|name| Filter::Has(Path::value(*name))).collect::<Vec<Filter>>();
        match self {
            Self::Attrs(names) => Filter::any(has(names)),
            Self::Pick(members) if !members.id && !members.kind => {
                let mut any = has(&members.names);
                if members.scope {
                    any.push(Filter::Scope(ScopePattern { levels: Vec::new(), below: true }));
                }
                Filter::any(any)
            }
            Self::All | Self::Omit(_) | Self::Pick(_) => Filter::Always,
        }
    }
}

impl Members {
    /// `term *(("," / "|") term)`
    fn read(parameter: &str, text: &str, context: &Context) -> Result<Self, Error> {
        if text.contains(['{', '}']) {
            return Err(Error::bad_request(format!(
                "`{parameter}={text}`: braces enter linked entities and need `join`, which is not offered"
            )));
        }
        let mut members = Self::default();
        for term in text.split([',', '|']) {
            match term.trim() {
                "" => return Err(Error::bad_request(format!("`{parameter}={text}`: names with `,` between them are expected"))),
                "id" | "@id" => members.id = true,
                "type" | "@type" => members.kind = true,
                "scope" => members.scope = true,
                name => members.names.push(context.find(name).map_err(|error| error.at(format!("`{parameter}`")))?),
            }
        }
        Ok(members)
    }

    fn without(mut self, other: &Self) -> Result<Self, Error> {
        let clash = (self.id && other.id)
            || (self.kind && other.kind)
            || (self.scope && other.scope)
            || self.names.iter().any(|name| other.names.contains(name));
        if clash {
            return Err(Error::bad_request("a member cannot be in `pick` and in `omit`"));
        }
        self.names.dedup();
        Ok(self)
    }
}

/// A list of attribute names; `id`, `type` and `scope` are none.
///
/// # Errors
/// An empty element or something that is no attribute name.
pub fn attribute_names(parameter: &str, text: &str, context: &Context) -> Result<Vec<Name>, Error> {
    text.split(',')
        .map(|name| match name.trim() {
            "" => Err(Error::bad_request(format!("`{parameter}={text}`: names with `,` between them are expected"))),
            "id" | "type" | "scope" | "@id" | "@type" => {
                Err(Error::bad_request(format!("`{parameter}={text}`: `{name}` is not an attribute; `pick` and `omit` take it")))
            }
            name => context.find(name).map_err(|error| error.at(format!("`{parameter}`"))),
        })
        .collect()
}

/// Which instances are shown, by `datasetId`; `None` in the list is `@none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datasets(Vec<Option<Iri>>);

impl Datasets {
    /// Reads `datasetId`: URIs or `@none`.
    ///
    /// # Errors
    /// An element is neither.
    pub fn read(text: &str) -> Result<Self, Error> {
        let one = |part: &str| match part.trim() {
            "@none" => Ok(None),
            uri => Iri::parse(uri).map(Some).map_err(|error| Error::bad_request(format!("`datasetId`: {error}, or `@none`"))),
        };
        text.split(',').map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an instance is shown.
    #[must_use]
    pub fn shows(&self, attribute: &Attribute) -> bool {
        self.0.contains(&attribute.dataset)
    }
}

/// The languages a reader takes, best first (RFC 9110, section 12.5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages(Vec<Text>);

impl Languages {
    /// Reads language ranges with weights: `de-AT,de;q=0.9,*;q=0.1`.
    ///
    /// # Errors
    /// A range or weight is not in the grammar.
    pub fn read(text: &str) -> Result<Self, Error> {
        let wrong = || Error::bad_request(format!("`lang={text}`: expected language tags with weights, such as `de-AT,de;q=0.9,*;q=0.1`"));
        let mut ranges = Vec::new();
        for part in text.split(',') {
            let (tag, weight) = part.split_once(';').map_or((part, "q=1"), |(tag, weight)| (tag, weight));
            let weight: f32 =
                weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).filter(|q| (0.0..=1.0).contains(q)).ok_or_else(wrong)?;
            let tag = tag.trim();
            if tag.is_empty() || !tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'*' | b'@')) {
                return Err(wrong());
            }
            if weight > 0.0 {
                ranges.push((Text::from(tag), weight));
            }
        }
        ranges.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(Self(ranges.into_iter().map(|(tag, _)| tag).collect()))
    }

    /// The entry of a language map for this reader: the best range that fits,
    /// else `@none`, German, English, the first.
    #[must_use]
    pub fn choose<'a>(&self, map: &'a [(Text, Vec<Text>)]) -> Option<&'a (Text, Vec<Text>)> {
        self.0
            .iter()
            .find_map(|range| find_range(map, range))
            .or_else(|| ["@none", "de", "en"].into_iter().find_map(|tag| map.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag))))
            .or_else(|| map.first())
    }
}

/// `nl-BE` falls back to `nl`, `en` finds `en-US`, `*` any.
fn find_range<'a>(map: &'a [(Text, Vec<Text>)], range: &str) -> Option<&'a (Text, Vec<Text>)> {
    if range == "*" {
        return map.first();
    }
    let mut wanted = range;
    loop {
        if let Some(found) = map.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(wanted)) {
            return Some(found);
        }
        match wanted.rfind('-') {
            Some(cut) => wanted = &wanted[..cut],
            None => break,
        }
    }
    map.iter().find(|(tag, _)| tag.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(lang: &str, tags: &[&str]) -> String {
        let map: Vec<(Text, Vec<Text>)> = tags.iter().map(|tag| ((*tag).into(), vec![Text::from("x")])).collect();
        Languages::read(lang).map_or_else(|e| e.to_string(), |l| l.choose(&map).map_or_else(String::new, |(tag, _)| tag.to_string()))
    }

    #[test]
    fn languages_by_weight_with_fallback() {
        assert_eq!(chosen("en;q=0.5,de", &["en", "de"]), "de");
        assert_eq!(chosen("nl-BE", &["en", "nl"]), "nl");
        assert_eq!(chosen("en", &["de", "en-US"]), "en-US");
        assert_eq!(chosen("*", &["fr", "de"]), "fr");
        assert_eq!(chosen("EN", &["fr", "en"]), "en");
        assert_eq!(chosen("it", &["fr", "en", "de"]), "de");
        assert_eq!(chosen("it", &["fr", "@none"]), "@none");
        assert!(chosen("de;q=2", &[]).starts_with("`lang=de;q=2`"));
    }

    #[test]
    fn pick_and_omit() {
        let context = Context::core();
        let read = |pick, omit, attrs| Projection::read(pick, omit, attrs, &context);
        assert!(
            matches!(read(Some("id,no2|type"), None, None), Ok(Projection::Pick(m)) if m.id && m.kind && !m.scope && m.names.len() == 1)
        );
        assert!(read(Some("no2,"), None, None).is_err());
        assert!(read(Some("a{b}"), None, None).is_err());
        assert!(read(Some("id"), Some("id"), None).is_err());
        assert!(read(Some("id"), None, Some("no2")).is_err());
        assert!(read(None, None, Some("id")).is_err());
        assert!(read(None, None, None).is_ok_and(|p| p == Projection::All));
    }
}

//! Identifiers: IRIs, entity ids, tenants.

use std::fmt;
use std::sync::Arc;

/// Text that should be an identifier and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not an absolute IRI.
    #[error(
        "`{0}` is not an absolute URI: expected a scheme and no spaces or invisible characters, for example `urn:ngsi-ld:ParkingSite:altstadt`"
    )]
    NotAnIri(String),
    /// Not a tenant name.
    #[error("`{0}` is not a tenant name: expected 1 to 63 characters a-z, 0-9 and `-`, beginning with a letter")]
    NotATenant(String),
}

/// An absolute IRI without spaces, markup or invisible characters
/// (NGSI-LD V1.9.1, clause 4.6.1 refers to RFC 3986 and RFC 3987).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Iri(Arc<str>);

/// The id of an entity.
pub type EntityId = Iri;

impl Iri {
    /// Checks and keeps an IRI as it came.
    ///
    /// # Errors
    /// [`InvalidId::NotAnIri`] names the text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if is_absolute_iri(text) {
            Ok(Self(text.into()))
        } else {
            let shown: String = text.chars().take(200).collect();
            Err(InvalidId::NotAnIri(shown))
        }
    }

    /// The IRI as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `text` is an absolute IRI this platform accepts.
#[must_use]
pub fn is_absolute_iri(text: &str) -> bool {
    let Some(colon) = text.find(':') else { return false };
    let (scheme, rest) = (&text.as_bytes()[..colon], &text[colon + 1..]);
    !rest.is_empty()
        && text.len() <= 2048
        && scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && if rest.is_ascii() { rest.bytes().all(is_ascii_iri_char) } else { rest.chars().all(is_iri_char) }
}

/// Most identifiers are ASCII; their bytes need no decoding.
fn is_ascii_iri_char(b: u8) -> bool {
    b > b' ' && !matches!(b, b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'`' | 0x7f)
}

fn is_iri_char(c: char) -> bool {
    match c {
        c if c.is_ascii() => is_ascii_iri_char(c as u8),
        c if c.is_whitespace() || c.is_control() => false,
        // Zero-width and bidirectional controls: two ids must not look alike by them.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' => false,
        // Variation selectors and characters that show nothing.
        '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' | '\u{180b}'..='\u{180f}' => false,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' => false,
        // Noncharacters (Unicode 16, section 23.7).
        '\u{fdd0}'..='\u{fdef}' => false,
        c if u32::from(c) & 0xfffe == 0xfffe => false,
        _ => true,
    }
}

impl fmt::Display for Iri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Iri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

impl std::borrow::Borrow<str> for Iri {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The name of a tenant. Storage and engine accept it only inside a
/// [`crate::TenantContext`], which a name alone does not make.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// Checks a tenant's name: it is also the name of its folder.
    ///
    /// # Errors
    /// [`InvalidId::NotATenant`] names the text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let bytes = text.as_bytes();
        let ok = (1..=63).contains(&bytes.len())
            && bytes[0].is_ascii_lowercase()
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
        if ok { Ok(Self(text.into())) } else { Err(InvalidId::NotATenant(text.chars().take(100).collect())) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_absolute_iris() {
        for good in ["urn:ngsi-ld:ParkingSite:P1", "https://example.org/ü?x=1#y", "a:b"] {
            assert!(Iri::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "P1",
            ":x",
            "1a:b",
            "urn:",
            "urn:a b",
            "urn:<b>",
            "urn:\u{200b}x",
            "urn:a\n",
            "urn:a\u{fe0f}",
            "urn:a\u{3164}",
            "urn:a\u{1fffe}",
        ] {
            assert!(Iri::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn tenants_are_folder_names() {
        assert!(TenantId::parse("musterstadt").is_ok());
        for bad in ["", "../x", "Muster", "a b", "1a", "ä"] {
            assert!(TenantId::parse(bad).is_err(), "{bad:?}");
        }
    }
}

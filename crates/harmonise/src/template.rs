//! Texts with gaps: `urn:ngsi-ld:OffStreetParking:muenster-{car_park|slug}`.

use crate::fields::Fields;
use crate::message::{Code, Message};

/// A text with gaps that fields of a record fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field { name: String, how: How },
}

/// How a field's text is put into the gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Plain,
    Slug,
    Lower,
    Upper,
}

impl Template {
    /// Reads a template; `{{` and `}}` stand for braces.
    pub(crate) fn parse(text: &str) -> Result<Self, Message> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let doubled = rest[at..].starts_with("{{") || rest[at..].starts_with("}}");
            if doubled {
                plain.push_str(&rest[at..=at]);
                rest = &rest[at + 2..];
                continue;
            }
            let gap = rest[at..].strip_prefix('{').and_then(|after| after.split_once('}'));
            let Some((inner, after)) = gap else {
                return Err(Code::BraceAlone.into());
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(gap_of(inner)?);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// The fields it needs.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text it begins with before the first gap.
    pub(crate) fn beginning(&self) -> &str {
        match self.0.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// The text with its gaps filled; fails with the name of a field that is missing or empty.
    pub(crate) fn fill(&self, fields: &Fields<'_>) -> Result<String, String> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field { name, how } => {
                    let value = fields.text(name).filter(|text| !text.is_empty()).ok_or_else(|| name.clone())?;
                    match how {
                        How::Plain => out.push_str(&value),
                        How::Slug => out.push_str(&slug(&value)),
                        How::Lower => out.push_str(&value.to_lowercase()),
                        How::Upper => out.push_str(&value.to_uppercase()),
                    }
                }
            }
        }
        Ok(out)
    }
}

fn gap_of(inner: &str) -> Result<Part, Message> {
    let (name, how) = match inner.split_once('|') {
        None => (inner, How::Plain),
        Some((name, "slug")) => (name, How::Slug),
        Some((name, "lower")) => (name, How::Lower),
        Some((name, "upper")) => (name, How::Upper),
        Some((_, other)) => return Err(Code::GapWay.with("how", other)),
    };
    if name.trim().is_empty() {
        return Err(Code::GapEmpty.into());
    }
    Ok(Part::Field { name: name.trim().to_owned(), how })
}

/// Lower-case ASCII with dashes: `PH Münster Arkaden` is `ph-muenster-arkaden`.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.to_lowercase().chars() {
        match c {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            c if c.is_ascii_alphanumeric() => out.push(c),
            _ if out.ends_with('-') || out.is_empty() => {}
            _ => out.push('-'),
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain() {
        assert_eq!(slug("PH Münster Arkaden"), "ph-muenster-arkaden");
        assert_eq!(slug("  Straße / Nord (2)  "), "strasse-nord-2");
    }

    #[test]
    fn templates_are_checked() {
        assert!(Template::parse("urn:a:{id|slug}-{{x}}").is_ok());
        assert_eq!(Template::parse("urn:a:{id|slug}-").expect("valid").beginning(), "urn:a:");
        for bad in ["{", "a}", "{x|y}", "{}", "{ |slug}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}

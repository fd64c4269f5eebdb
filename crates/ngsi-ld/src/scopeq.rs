//! Scope queries (NGSI-LD V1.9.1, clause 4.19): `/a/b` exactly, `+` one level,
//! a trailing `/#` this and all below; `;` is and, `|` or `,` is or.

use model::Filter;
use model::query::ScopePattern;

use crate::error::Error;

const DEPTH_MAX: usize = 16;

/// Parses a scope query.
///
/// # Errors
/// Names the part that is no scope pattern.
pub fn parse(text: &str) -> Result<Filter, Error> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let filter = parser.either()?;
    if parser.at < text.len() { Err(parser.fail()) } else { Ok(filter) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn either(&mut self) -> Result<Filter, Error> {
        let mut all = vec![self.both()?];
        while self.take('|') || self.take(',') {
            all.push(self.both()?);
        }
        Ok(Filter::any(all))
    }

    fn both(&mut self) -> Result<Filter, Error> {
        let mut all = vec![self.one()?];
        while self.take(';') {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::And(all) })
    }

    fn one(&mut self) -> Result<Filter, Error> {
        if self.take('(') {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(Error::bad_request(format!("`scopeQ` nests deeper than {DEPTH_MAX} parentheses")));
            }
            let inner = self.either()?;
            self.depth -= 1;
            return if self.take(')') { Ok(inner) } else { Err(self.fail()) };
        }
        let rest = &self.text[self.at..];
        let stop = rest.find([',', '|', ';', '(', ')']).unwrap_or(rest.len());
        let pattern = rest[..stop].trim();
        if pattern.is_empty() {
            return Err(self.fail());
        }
        self.at += stop;
        let pattern = ScopePattern::parse(pattern).map_err(|error| Error::bad_request(format!("`scopeQ`: {error}")))?;
        Ok(Filter::Scope(pattern))
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.text[self.at..].starts_with(wanted);
        self.at += usize::from(there);
        there
    }

    fn fail(&self) -> Error {
        Error::bad_request(format!(
            "`scopeQ={}`: a scope such as `/a/b`, `/a/+` or `/a/#` is expected at position {}; `;` means and, `|` or `,` means or",
            self.text,
            self.at + 1
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Entity, Instant, Iri, Name, Scope};

    fn selects(scope_q: &str, scopes: &[&str]) -> bool {
        let mut entity = Entity::new(Iri::parse("urn:x:1").expect("valid"), Name::known("urn:x:T"));
        entity.scopes = scopes.iter().map(|scope| Scope::parse(scope).expect("valid")).collect();
        parse(scope_q).expect("valid").matches(&entity, Instant::from_micros(0), &|_| true)
    }

    #[test]
    fn each_line_of_the_grammar() {
        assert!(selects("/a/b", &["/a/b"]));
        assert!(!selects("/a/b", &["/a/b/c"]));
        assert!(selects("/a/+/c", &["/a/b/c"]));
        assert!(selects("/a/#", &["/a"]) && selects("/a/#", &["/a/b/c"]));
        assert!(selects("/#", &["/x"]) && !selects("/#", &[]));
        assert!(selects("/a;/b", &["/a", "/b"]) && !selects("/a;/b", &["/a"]));
        assert!(selects("/a|/b", &["/b"]) && selects("/a,/b", &["/a"]));
        assert!(selects("(/a;/b)|/c", &["/c"]));
    }

    #[test]
    fn what_is_no_scope_query() {
        for bad in ["", "/a;", "(/a", "/a)", "/a//b", "/a/#/b", "/1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}

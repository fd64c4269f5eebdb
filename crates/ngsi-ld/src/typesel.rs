//! Type selection (NGSI-LD V1.9.1, clause 4.17): `A,B` or `A|B` is either,
//! `(A;B)` both; names or IRIs, split first, then expanded.

use model::Filter;

use crate::context::Context;
use crate::error::Error;

const DEPTH_MAX: usize = 16;

/// Parses a type selection. `*` is any.
///
/// # Errors
/// Names the part that is no type.
pub fn parse(text: &str, context: &Context) -> Result<Filter, Error> {
    if text.trim() == "*" {
        return Ok(Filter::Always);
    }
    let mut parser = Parser { text, at: 0, context, depth: 0 };
    let filter = parser.either()?;
    if parser.at < text.len() { Err(parser.fail()) } else { Ok(filter) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    context: &'a Context,
    depth: usize,
}

impl Parser<'_> {
    fn either(&mut self) -> Result<Filter, Error> {
        let mut all = vec![self.both()?];
        while self.take(',') || self.take('|') {
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
                return Err(Error::bad_request(format!("`type` nests deeper than {DEPTH_MAX} parentheses")));
            }
            let inner = self.either()?;
            self.depth -= 1;
            return if self.take(')') { Ok(inner) } else { Err(self.fail()) };
        }
        let rest = &self.text[self.at..];
        let stop = rest.find([',', '|', ';', '(', ')']).unwrap_or(rest.len());
        let name = rest[..stop].trim();
        if name.is_empty() {
            return Err(self.fail());
        }
        self.at += stop;
        Ok(Filter::Type(self.context.find(name).map_err(|error| error.at("`type`"))?))
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.text[self.at..].trim_start().starts_with(wanted);
        if there {
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start().len() + 1;
        }
        there
    }

    fn fail(&self) -> Error {
        Error::bad_request(format!(
            "`type={}`: a type, or types with `,` (either) or `;` (both) between them and parentheses, is expected at position {}",
            self.text,
            self.at + 1
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(text: &str, expected: &Expect) {
        let context = Context::core();
        for name in ["A", "B", "C"] {
            context.name(name).expect("a name");
        }
        let shown = match parse(text, &context) {
            Ok(filter) => format!("{filter:?}").replace("https://uri.etsi.org/ngsi-ld/default-context/", ""),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn either_both_and_parentheses() {
        check("A", &expect!["Type(<A>)"]);
        check("A,B", &expect!["Or([Type(<A>), Type(<B>)])"]);
        check("A|B", &expect!["Or([Type(<A>), Type(<B>)])"]);
        check("(A;B)", &expect!["And([Type(<A>), Type(<B>)])"]);
        check("(A;B),C", &expect!["Or([And([Type(<A>), Type(<B>)]), Type(<C>)])"]);
        check("*", &expect!["Always"]);
        check("https://example.org/unseen", &expect!["Type(<https://uri.etsi.org/ngsi-ld/unknown-name>)"]);
    }

    #[test]
    fn what_is_no_selection() {
        check(
            "",
            &expect!["`type=`: a type, or types with `,` (either) or `;` (both) between them and parentheses, is expected at position 1"],
        );
        check(
            "A,",
            &expect!["`type=A,`: a type, or types with `,` (either) or `;` (both) between them and parentheses, is expected at position 3"],
        );
        check(
            "(A",
            &expect!["`type=(A`: a type, or types with `,` (either) or `;` (both) between them and parentheses, is expected at position 3"],
        );
        check(
            "a b",
            &expect![
                "`type`: `a b` is not a name: expected a letter followed by letters, digits and `_`, such a name after a prefix (`ex:name`), or a full IRI"
            ],
        );
    }
}

//! `q`: conditions on attributes (NGSI-LD V1.9.1, clause 4.9).
//!
//! ```text
//! q     = and *("|" and)      and = atom *(";" atom)      atom = "(" q ")" | path [op value]
//! path  = name *("." name) ["[" name *("." name) "]"]     blanks around operators are ignored
//! value = scalar | scalar ".." scalar | scalar 1*("," scalar) | pattern
//! ```

#[cfg(test)]
mod tests;
mod value;

use model::query::{Comparison, Filter, Op, Path, Target};
use model::{Name, Text};

use crate::context::Context;
use crate::error::{Error, ErrorKind};

/// How deep parentheses may nest.
const DEPTH_MAX: usize = 32;
/// How many conditions one query may have.
const TERMS_MAX: usize = 256;

/// Parses `q`; names are expanded with the reader's context.
///
/// # Errors
/// Names the place where the text leaves the grammar and what was expected.
pub fn parse(text: &str, context: &Context) -> Result<Filter, Error> {
    parse_expanding(text, context, &[])
}

/// As [`parse`]; values compared with attributes in `expanded` are terms and
/// are expanded themselves, in quotes or without (`expandValues`).
///
/// # Errors
/// As [`parse`].
pub fn parse_expanding(text: &str, context: &Context, expanded: &[Name]) -> Result<Filter, Error> {
    let mut parser = Parser { text, at: 0, context, depth: 0, terms: 0, expanded, expands: false };
    let filter = parser.alternatives()?;
    match parser.peek() {
        None => Ok(filter),
        Some(')') => Err(parser.fail("this `)` closes nothing")),
        Some(_) => Err(parser.fail("`;`, `|` or the end is expected")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    context: &'a Context,
    depth: usize,
    terms: usize,
    /// Attributes whose values are terms.
    expanded: &'a [Name],
    /// Whether the condition at hand is on one of these.
    expands: bool,
}

impl<'a> Parser<'a> {
    fn alternatives(&mut self) -> Result<Filter, Error> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(too_complex(&format!("`q` nests deeper than {DEPTH_MAX} parentheses")));
        }
        let mut all = vec![self.conjunction()?];
        while self.take('|') {
            all.push(self.conjunction()?);
        }
        self.depth -= 1;
        Ok(Filter::any(all))
    }

    fn conjunction(&mut self) -> Result<Filter, Error> {
        let mut all = vec![self.atom()?];
        while self.take(';') {
            all.push(self.atom()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::And(all) })
    }

    fn atom(&mut self) -> Result<Filter, Error> {
        if self.take('(') {
            let inner = self.alternatives()?;
            return if self.take(')') { Ok(inner) } else { Err(self.fail("`)` is expected")) };
        }
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(too_complex(&format!("`q` has more than {TERMS_MAX} conditions")));
        }
        let path = self.path()?;
        self.expands = path.attribute.is_some_and(|name| self.expanded.contains(&name));
        let Some(op) = self.operator()? else { return Ok(Filter::Has(path)) };
        let operand = match op {
            Op::Eq | Op::Ne => self.equality_operand()?,
            Op::Lt | Op::Le | Op::Gt | Op::Ge => self.order_operand()?,
            Op::Matches | Op::NotMatches => self.pattern()?,
        };
        Ok(Filter::Compare(Comparison { path, op, operand }))
    }

    /// `name.sub.observedAt[member.member]`
    fn path(&mut self) -> Result<Path, Error> {
        self.skip_blank();
        let start = self.at;
        let rest = self.rest();
        let stop = rest.find(|c: char| {
            matches!(c, '=' | '!' | '<' | '>' | '~' | ';' | '|' | '(' | ')' | '[' | ']' | '{' | '}' | '"') || c.is_whitespace()
        });
        let names = &rest[..stop.unwrap_or(rest.len())];
        if names.is_empty() {
            return Err(self.fail(if rest.starts_with('!') {
                "a name is expected; there is no `!name` in `q`, only `name!=value`"
            } else {
                "the name of an attribute is expected"
            }));
        }
        self.at += names.len();
        if self.rest().starts_with('{') {
            return Err(self.fail("conditions on linked entities (`name{…}`) need `join`, which is not offered"));
        }
        let mut path = self.path_of(names).map_err(|error| error.at(format!("`q`, position {}", start + 1)))?;
        if self.rest().starts_with('[') {
            path.within = self.members()?;
        }
        Ok(path)
    }

    fn path_of(&self, names: &str) -> Result<Path, Error> {
        let segments = split_names(names)?;
        let (last, before) = segments.split_last().ok_or_else(|| Error::bad_request("a name is expected"))?;
        let target = system_target(last);
        if before.is_empty() {
            return match target {
                Some(target @ (Target::CreatedAt | Target::ModifiedAt)) => {
                    Ok(Path { attribute: None, sub: Vec::new(), target, within: Vec::new() })
                }
                _ if matches!(last.as_str(), "id" | "type" | "scope") => Err(Error::bad_request(format!(
                    "`{last}` is not an attribute; use the parameter {}",
                    if last == "scope" { "`scopeQ`" } else { "of that name" }
                ))),
                _ => Ok(Path::value(self.context.find(last)?)),
            };
        }
        let (names, target) = match target {
            Some(target) => (before, target),
            None => (segments.as_slice(), Target::Value),
        };
        let mut names = names.iter().map(|name| self.context.find(name)).collect::<Result<Vec<Name>, Error>>()?;
        let attribute = names.remove(0);
        Ok(Path { attribute: Some(attribute), sub: names, target, within: Vec::new() })
    }

    /// `[a.b]`; members are raw: values are never expanded.
    fn members(&mut self) -> Result<Vec<Text>, Error> {
        let rest = self.rest();
        let Some(end) = rest.find(']') else { return Err(self.fail("`]` is expected")) };
        let inner = &rest[1..end];
        if inner.is_empty() || inner.split('.').any(str::is_empty) {
            return Err(self.fail("between `[` and `]` one or several names with `.` between them are expected"));
        }
        self.at += end + 1;
        inner.split('.').map(|member| decode(member).map(Text::from)).collect()
    }

    fn operator(&mut self) -> Result<Option<Op>, Error> {
        self.skip_blank();
        let all = [
            ("!~=", Op::NotMatches),
            ("~=", Op::Matches),
            ("==", Op::Eq),
            ("!=", Op::Ne),
            (">=", Op::Ge),
            ("<=", Op::Le),
            (">", Op::Gt),
            ("<", Op::Lt),
        ];
        for (word, op) in all {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(Some(op));
            }
        }
        match self.rest().chars().next() {
            Some('=') => Err(self.fail("`=` is no operator; `==` compares")),
            Some('!' | '~') => Err(self.fail("an operator is expected: == != < <= > >= ~= !~=")),
            _ => Ok(None),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_blank();
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += if there { wanted.len_utf8() } else { 0 };
        there
    }

    fn fail(&self, reason: &str) -> Error {
        let near: String = self.rest().chars().take(30).collect();
        let position = self.text[..self.at].chars().count() + 1;
        let shown = if near.is_empty() { "its end".to_owned() } else { format!("position {position} (`{near}`)") };
        Error::bad_request(format!("`q`, {shown}: {reason}"))
    }
}

fn too_complex(detail: &str) -> Error {
    Error::new(ErrorKind::TooComplexQuery, detail)
}

/// Members of an attribute that the system knows.
fn system_target(name: &str) -> Option<Target> {
    match name {
        "observedAt" => Some(Target::ObservedAt),
        "createdAt" => Some(Target::CreatedAt),
        "modifiedAt" => Some(Target::ModifiedAt),
        "unitCode" => Some(Target::UnitCode),
        "datasetId" => Some(Target::DatasetId),
        _ => None,
    }
}

/// Splits a path at its dots. The dots of a full IRI may be percent-encoded,
/// as the clause has it, or left as they are: no name holds a `/` or `#`, so
/// dots before the last of these belong to the IRI.
fn split_names(text: &str) -> Result<Vec<String>, Error> {
    let whole = match text.matches("://").count() {
        0 => 0,
        1 => text.rfind(['/', '#']).unwrap_or(0),
        _ => return Err(Error::bad_request(format!("`{text}` holds two IRIs; write the dots inside an IRI as `%2E`"))),
    };
    let mut names: Vec<String> = Vec::new();
    let mut start = 0;
    for (index, _) in text.match_indices('.').filter(|(index, _)| *index > whole) {
        names.push(decode(&text[start..index])?);
        start = index + 1;
    }
    names.push(decode(&text[start..])?);
    if names.iter().any(String::is_empty) {
        return Err(Error::bad_request(format!("`{text}` has a `.` without a name beside it")));
    }
    Ok(names)
}

fn decode(text: &str) -> Result<String, Error> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Error::bad_request(format!("`{text}` is not percent-encoded UTF-8")))
}

/// Whether a filter looks at any attribute, system members excepted.
#[must_use]
pub fn names_an_attribute(filter: &Filter) -> bool {
    let mut any = false;
    filter.visit_attributes(&mut |_| any = true);
    any
}

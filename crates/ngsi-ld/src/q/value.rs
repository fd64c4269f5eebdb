//! The right sides of `q`: scalars, ranges, lists, patterns.

use model::query::{Operand, Pattern};
use model::{Instant, Iri, Json, Number};

use super::Parser;
use crate::error::Error;

impl Parser<'_> {
    /// After `==` and `!=`: a scalar, a range or a list.
    pub(super) fn equality_operand(&mut self) -> Result<Operand, Error> {
        let first = self.scalar()?;
        self.skip_blank();
        if self.rest().starts_with("..") {
            self.at += 2;
            let last = self.scalar()?;
            return self.range(first, last);
        }
        let mut all = vec![first];
        while self.take(',') {
            all.push(self.scalar()?);
        }
        let mut all: Vec<Operand> = all.into_iter().flat_map(|one| self.meanings(one)).collect();
        Ok(if all.len() == 1 { all.remove(0) } else { Operand::List(all) })
    }

    /// After `<` and its like: a number, text or a time.
    pub(super) fn order_operand(&mut self) -> Result<Operand, Error> {
        match self.scalar()? {
            Operand::Bool(_) => Err(self.fail("truth values have no order")),
            operand => Ok(operand),
        }
    }

    /// A regular expression: in quotes, or as it stands up to `;`, `|` or `)` outside its own parentheses.
    pub(super) fn pattern(&mut self) -> Result<Operand, Error> {
        self.skip_blank();
        let text = if self.rest().starts_with('"') {
            self.quoted_pattern()?
        } else {
            let length = bare_pattern(self.rest());
            let text = self.rest()[..length].trim_end().to_owned();
            self.at += length;
            text
        };
        if text.is_empty() {
            return Err(self.fail("a pattern is expected"));
        }
        Pattern::parse(&text).map(Operand::Pattern).map_err(|error| Error::bad_request(format!("`q`: {error}")))
    }

    fn quoted_pattern(&mut self) -> Result<String, Error> {
        let literal = self.quoted()?;
        // `\d` is no escape of JSON's, but everybody writes it.
        Ok(match model::json::parse(literal.as_bytes()) {
            Ok(Json::String(text)) => text.to_string(),
            _ => literal[1..literal.len() - 1].replace("\\\"", "\""),
        })
    }

    fn range(&mut self, first: Operand, last: Operand) -> Result<Operand, Error> {
        let comparable = matches!(
            (&first, &last),
            (Operand::Number(_), Operand::Number(_)) | (Operand::Text(_), Operand::Text(_)) | (Operand::Instant(_), Operand::Instant(_))
        );
        if comparable {
            Ok(Operand::Range(Box::new((first, last))))
        } else {
            Err(self.fail("both ends of a range must be numbers, both texts or both times"))
        }
    }

    /// Quoted text can also mean a term of a vocabulary, which is kept
    /// expanded: it is compared both as it stands and expanded.
    fn meanings(&self, operand: Operand) -> Vec<Operand> {
        if self.expands
            && let Some(term) = self.term_operand(&operand)
        {
            return vec![term];
        }
        let term = match &operand {
            Operand::Text(text) if crate::context::is_plain_name(text) => {
                self.context.expand(text).ok().and_then(|iri| Iri::parse(&iri).ok())
            }
            _ => None,
        };
        std::iter::once(operand).chain(term.map(Operand::Iri)).collect()
    }

    fn term_operand(&self, operand: &Operand) -> Option<Operand> {
        let text = match operand {
            Operand::Text(text) => text.as_str(),
            Operand::Iri(iri) => iri.as_str(),
            _ => return None,
        };
        let iri = self.context.expand(text).ok()?;
        Iri::parse(&iri).ok().map(Operand::Iri)
    }

    fn scalar(&mut self) -> Result<Operand, Error> {
        self.skip_blank();
        if self.rest().starts_with('"') {
            let literal = self.quoted()?;
            return match model::json::parse(literal.as_bytes()) {
                Ok(Json::String(text)) => Ok(Operand::Text(text)),
                _ => Err(self.fail("a string must be quoted as in JSON")),
            };
        }
        let rest = self.rest();
        let stop = rest.find([',', ';', '|', ')', '(', '"']).unwrap_or(rest.len());
        let stop = rest[..stop].find("..").unwrap_or(stop);
        let word = rest[..stop].trim_end();
        let operand =
            word_operand(word).or_else(|| (self.expands && crate::context::is_plain_name(word)).then(|| Operand::Text(word.into())));
        if operand.is_none() {
            return Err(self.fail(if word.is_empty() {
                "a value is expected"
            } else {
                "text needs double quotes; without them only numbers, true, false, times and URIs are values"
            }));
        }
        self.at += stop;
        operand.ok_or_else(|| self.fail("a value is expected"))
    }

    /// A literal with its quotes.
    fn quoted(&mut self) -> Result<String, Error> {
        let rest = self.rest();
        let mut escaped = false;
        for (index, c) in rest.char_indices().skip(1) {
            match c {
                '"' if !escaped => {
                    let literal = rest[..=index].to_owned();
                    self.at += index + 1;
                    return Ok(literal);
                }
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        Err(self.fail("this string is not closed"))
    }
}

fn word_operand(word: &str) -> Option<Operand> {
    match word {
        "true" => return Some(Operand::Bool(true)),
        "false" => return Some(Operand::Bool(false)),
        _ => {}
    }
    if let Some(number) = Number::parse(word) {
        return Some(Operand::Number(number));
    }
    if let Ok(instant) = Instant::parse(word) {
        return Some(Operand::Instant(instant));
    }
    if is_date(word) || is_time(word) {
        return Some(Operand::Text(word.into()));
    }
    Iri::parse(word).ok().map(Operand::Iri)
}

/// `YYYY-MM-DD`
fn is_date(word: &str) -> bool {
    word.len() == 10 && Instant::parse(&format!("{word}T00:00:00Z")).is_ok()
}

/// `hh:mm:ss[.f…]Z`
fn is_time(word: &str) -> bool {
    word.as_bytes().first().is_some_and(u8::is_ascii_digit) && Instant::parse(&format!("2000-01-01T{word}")).is_ok()
}

/// How far an unquoted pattern goes.
fn bare_pattern(text: &str) -> usize {
    let (mut round, mut square, mut escaped) = (0_usize, false, false);
    for (index, c) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' => square = true,
            ']' => square = false,
            _ if square => {}
            '(' => round += 1,
            ')' if round > 0 => round -= 1,
            ';' | '|' | ')' if round == 0 => return index,
            _ => {}
        }
    }
    text.len()
}

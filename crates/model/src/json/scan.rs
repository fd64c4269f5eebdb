//! The one pass over a JSON text: checks it and notes where its parts stand.

use std::borrow::Cow;
use std::collections::HashSet;

use super::document::{Part, PartKind};
use super::{Limits, ParseError};

/// How many digits a number may have.
const DIGITS_MAX: usize = 400;
/// With more members than this, doubles are found by hashing.
const SEARCHED_MAX: u32 = 24;

pub(super) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    limits: Limits,
    parts: Vec<Part>,
}

impl<'a> Scanner<'a> {
    /// Scans a whole document; the first part is its value.
    pub(super) fn scan(bytes: &'a [u8], limits: Limits) -> Result<(&'a str, Vec<Part>), ParseError> {
        let text = std::str::from_utf8(bytes).map_err(|error| error_at(bytes, error.valid_up_to(), "the text is not UTF-8"))?;
        if u32::try_from(bytes.len()).is_err() {
            return Err(error_at(bytes, 0, "the text is larger than 4 GiB"));
        }
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        // A part takes ten bytes and more in most texts.
        let mut scanner = Self { text, bytes, at, limits, parts: Vec::with_capacity(bytes.len() / 10 + 4) };
        scanner.value(0)?;
        scanner.skip_blank();
        if scanner.at < bytes.len() {
            return Err(scanner.fail("the document ends here, but more text follows"));
        }
        Ok((text, scanner.parts))
    }

    fn fail(&self, reason: &str) -> ParseError {
        error_at(self.bytes, self.at, reason)
    }

    fn skip_blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(there);
        there
    }

    /// Notes a part; what it holds comes after it.
    fn note(&mut self, kind: PartKind, start: usize, size: usize) {
        let next = self.parts.len() + 1;
        // A text below 4 GiB has no place or size above it.
        self.parts.push(Part { kind, start: start as u32, size: size as u32, next: next as u32 });
    }

    fn value(&mut self, depth: usize) -> Result<(), ParseError> {
        self.skip_blank();
        match self.bytes.get(self.at) {
            None => Err(self.fail("the text ends where a value is expected")),
            Some(b'"') => self.string(),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b't') => self.word("true", PartKind::True),
            Some(b'f') => self.word("false", PartKind::False),
            Some(b'n') => self.word("null", PartKind::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.fail("a value is expected")),
        }
    }

    fn word(&mut self, word: &str, kind: PartKind) -> Result<(), ParseError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fail("a value is expected; text needs quotes"));
        }
        self.note(kind, self.at, word.len());
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), ParseError> {
        let Some(length) = number_length(&self.bytes[self.at..]) else {
            return Err(self.fail("this is not a number JSON knows"));
        };
        if length > DIGITS_MAX {
            return Err(self.fail(&format!("this number has more than {DIGITS_MAX} digits")));
        }
        self.note(PartKind::Number, self.at, length);
        self.at += length;
        Ok(())
    }

    fn string(&mut self) -> Result<(), ParseError> {
        self.at += 1;
        let start = self.at;
        let mut end = start;
        let mut kind = PartKind::Plain;
        loop {
            end += plain_length(&self.bytes[end..]);
            match self.bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    kind = PartKind::Escaped;
                    end += escape(&self.bytes[end..]).map_err(|reason| error_at(self.bytes, end, reason))?.1;
                }
                Some(_) => return Err(error_at(self.bytes, end, "a control character inside a string must be escaped")),
                None => return Err(self.fail("this string is not closed")),
            }
        }
        self.note(kind, start, end - start);
        self.at = end + 1;
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<(), ParseError> {
        let array = self.open(PartKind::Array, depth)?;
        let mut items = 0;
        self.skip_blank();
        if !self.take(b']') {
            loop {
                self.value(depth + 1)?;
                items += 1;
                self.skip_blank();
                if self.take(b']') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.fail("`,` or `]` is expected"));
                }
            }
        }
        self.close(array, items);
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<(), ParseError> {
        let object = self.open(PartKind::Object, depth)?;
        let mut members = 0;
        let mut names = None;
        self.skip_blank();
        if !self.take(b'}') {
            loop {
                self.skip_blank();
                let named_at = self.at;
                if self.bytes.get(named_at) != Some(&b'"') {
                    return Err(self.fail("a member name in quotes is expected"));
                }
                let name = self.parts.len();
                self.string()?;
                if self.occurred(object, name, members, &mut names) {
                    let name = self.parts[name].text(self.text);
                    return Err(error_at(self.bytes, named_at, &format!("the member `{name}` occurs twice")));
                }
                self.skip_blank();
                if !self.take(b':') {
                    return Err(self.fail("`:` is expected"));
                }
                self.value(depth + 1)?;
                members += 1;
                if members as usize > self.limits.members_max {
                    return Err(self.fail(&format!("an object may have {} members at most", self.limits.members_max)));
                }
                self.skip_blank();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.fail("`,` or `}` is expected"));
                }
            }
        }
        self.close(object, members);
        Ok(())
    }

    fn open(&mut self, kind: PartKind, depth: usize) -> Result<usize, ParseError> {
        if depth >= self.limits.depth_max {
            return Err(self.fail(&format!("arrays and objects may nest {} deep at most", self.limits.depth_max)));
        }
        let index = self.parts.len();
        self.note(kind, self.at, 0);
        self.at += 1;
        Ok(index)
    }

    fn close(&mut self, index: usize, size: u32) {
        let next = self.parts.len() as u32;
        let part = &mut self.parts[index];
        part.size = size;
        part.next = next;
    }

    /// Whether the member named last has the name of one before it.
    fn occurred(&self, object: usize, name: usize, members: u32, names: &mut Option<HashSet<Cow<'a, str>>>) -> bool {
        if members < SEARCHED_MAX {
            return self.names_before(object, name).any(|known| self.same_text(known, name));
        }
        let text = |part: usize| self.parts[part].text(self.text);
        let names = names.get_or_insert_with(|| self.names_before(object, name).map(text).collect());
        !names.insert(text(name))
    }

    fn names_before(&self, object: usize, name: usize) -> impl Iterator<Item = usize> {
        let mut at = object + 1;
        std::iter::from_fn(move || {
            let here = (at < name).then_some(at)?;
            at = self.parts[here + 1].next as usize;
            Some(here)
        })
    }

    fn same_text(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.parts[a], &self.parts[b]);
        if a.kind == PartKind::Plain && b.kind == PartKind::Plain {
            return a.size == b.size && a.text(self.text) == b.text(self.text);
        }
        a.text(self.text) == b.text(self.text)
    }
}

fn error_at(bytes: &[u8], at: usize, reason: &str) -> ParseError {
    let before = &bytes[..at.min(bytes.len())];
    let line = 1 + before.iter().filter(|b| **b == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|b| **b != b'\n').count();
    ParseError { line, column, reason: reason.to_owned() }
}

/// How many bytes stand before the next quote, backslash or control character.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    // Eight bytes at a time: a byte that is looked for gets its highest bit set.
    // What is borrowed beyond it may set others too, but only later ones.
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let mut length = 0;
    let (words, _) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let found = (quote | backslash | below(word, 0x20)) & HIGHEST;
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let rest = &bytes[length..];
    length + rest.iter().position(|b| *b < 0x20 || *b == b'"' || *b == b'\\').unwrap_or(rest.len())
}

/// The text of a string whose escapes were checked.
pub(super) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let Ok((character, length)) = escape(&rest.as_bytes()[at..]) else { break };
        out.push_str(&rest[..at]);
        out.push(character);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

/// The character that the escape at the start of `bytes` stands for, and its length.
fn escape(bytes: &[u8]) -> Result<(char, usize), &'static str> {
    let character = match bytes.get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(bytes),
        _ => return Err("unknown escape"),
    };
    Ok((character, 2))
}

fn unicode_escape(bytes: &[u8]) -> Result<(char, usize), &'static str> {
    let high = hex4(bytes, 2)?;
    if !(0xd800..0xe000).contains(&high) {
        return char::from_u32(high).map(|character| (character, 6)).ok_or("this is no character");
    }
    if high < 0xdc00 && bytes.get(6..8) == Some(b"\\u".as_slice()) {
        let low = hex4(bytes, 8)?;
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return char::from_u32(code).map(|character| (character, 12)).ok_or("this is no character");
        }
    }
    Err("half of a surrogate pair is no character")
}

fn hex4(bytes: &[u8], from: usize) -> Result<u32, &'static str> {
    const EXPECTED: &str = "\\u needs four hexadecimal digits";
    let digits = bytes.get(from..from + 4).ok_or(EXPECTED)?;
    digits.iter().try_fold(0, |acc, digit| Ok(acc * 16 + char::from(*digit).to_digit(16).ok_or(EXPECTED)?))
}

/// Length of the JSON number at the start of `bytes` (RFC 8259, section 6).
pub(super) fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

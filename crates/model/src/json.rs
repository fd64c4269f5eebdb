//! JSON values that keep numbers as they came, with a strict, bounded parser.

use std::fmt;

use crate::Text;

/// A JSON value. Objects keep the order of their members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, digit for digit.
    Number(Number),
    /// Text.
    String(Text),
    /// Values in order.
    Array(Vec<Json>),
    /// Members in order, names unique.
    Object(Vec<(Text, Json)>),
}

/// A number as it was written: `1.0`, `1` and 2⁵³+1 stay what they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(Text);

impl Number {
    /// Keeps a number's text when it follows the JSON grammar (RFC 8259, section 6).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (scan_number(text.as_bytes()) == Some(text.len())).then(|| Self(text.into()))
    }

    /// The shortest text that reads back as the same double; `None` for infinity and NaN.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self(compact_str::format_compact!("{value}")))
    }

    /// The text as it came.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The nearest double.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// The integer, when it is written as one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(compact_str::format_compact!("{value}"))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl Json {
    /// A member of an object.
    #[must_use]
    pub fn get(&self, member: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == member).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(Text, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// An object from its members.
    #[must_use]
    pub fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// What kind of value this is, as messages name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Appends compact JSON.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(number.text()),
            Self::String(text) => write_string(text, out),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Compact JSON.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out);
        f.write_str(&out)
    }
}

/// Appends a JSON string with its quotes.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut kept = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[kept..index]);
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
        kept = index + 1;
    }
    out.push_str(&text[kept..]);
    out.push('"');
}

/// What a document may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How deep arrays and objects may nest.
    pub depth_max: usize,
    /// How many members one object may have.
    pub members_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth_max: 64, members_max: 10_000 }
    }
}

/// Why a text is not JSON that we take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct ParseError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in bytes, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Parses one JSON document (RFC 8259): UTF-8, no duplicate members, bounded depth.
///
/// # Errors
/// [`ParseError`] names the place and what is wrong there.
pub fn parse(bytes: &[u8]) -> Result<Json, ParseError> {
    parse_with(bytes, Limits::default())
}

/// As [`parse`], with limits of the caller's.
///
/// # Errors
/// [`ParseError`] names the place and what is wrong there.
pub fn parse_with(bytes: &[u8], limits: Limits) -> Result<Json, ParseError> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(error_at(bytes, error.valid_up_to(), "the text is not UTF-8")),
    };
    let text_start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut parser = Parser { text, bytes, at: text_start, limits };
    let value = parser.value(0)?;
    parser.skip_blank();
    if parser.at < bytes.len() {
        return Err(parser.fail("the document ends here, but more text follows"));
    }
    Ok(value)
}

fn error_at(bytes: &[u8], at: usize, reason: &str) -> ParseError {
    let before = &bytes[..at.min(bytes.len())];
    let line = 1 + before.iter().filter(|b| **b == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|b| **b != b'\n').count();
    ParseError { line, column, reason: reason.to_owned() }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    limits: Limits,
}

impl Parser<'_> {
    fn fail(&self, reason: &str) -> ParseError {
        error_at(self.bytes, self.at, reason)
    }

    fn skip_blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, ParseError> {
        self.skip_blank();
        match self.bytes.get(self.at) {
            None => Err(self.fail("the text ends where a value is expected")),
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.fail("a value is expected")),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, ParseError> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.fail("a value is expected; text needs quotes"))
        }
    }

    fn number(&mut self) -> Result<Json, ParseError> {
        let Some(length) = scan_number(&self.bytes[self.at..]) else {
            return Err(self.fail("this is not a number JSON knows"));
        };
        if length > 400 {
            return Err(self.fail("this number has more than 400 digits"));
        }
        let number = Number(self.text[self.at..self.at + length].into());
        self.at += length;
        Ok(Json::Number(number))
    }

    fn string(&mut self) -> Result<Text, ParseError> {
        self.at += 1;
        let start = self.at;
        let Some(stop) = self.stop_in_string() else {
            return Err(self.fail("this string is not closed"));
        };
        if self.bytes[stop] == b'"' {
            self.at = stop + 1;
            return Ok(self.text[start..stop].into());
        }
        let mut out = Text::from(&self.text[start..stop]);
        self.at = stop;
        loop {
            match self.bytes.get(self.at) {
                None => return Err(self.fail("this string is not closed")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(0..=0x1f) => return Err(self.fail("a control character inside a string must be escaped")),
                Some(_) => {
                    let from = self.at;
                    let Some(stop) = self.stop_in_string() else {
                        return Err(self.fail("this string is not closed"));
                    };
                    out.push_str(&self.text[from..stop]);
                    self.at = stop;
                }
            }
        }
    }

    /// The next quote, backslash or control character.
    fn stop_in_string(&self) -> Option<usize> {
        self.bytes[self.at..].iter().position(|b| *b < 0x20 || *b == b'"' || *b == b'\\').map(|n| self.at + n)
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let code = self.bytes.get(self.at + 1).copied();
        let simple = match code {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.fail("unknown escape")),
        };
        self.at += 2;
        Ok(simple)
    }

    fn unicode_escape(&mut self) -> Result<char, ParseError> {
        let high = self.hex4(self.at + 2)?;
        if !(0xd800..0xe000).contains(&high) {
            self.at += 6;
            return char::from_u32(high).ok_or_else(|| self.fail("this is no character"));
        }
        let paired = self.bytes.get(self.at + 6..self.at + 8) == Some(b"\\u".as_slice());
        if high < 0xdc00 && paired {
            let low = self.hex4(self.at + 8)?;
            if (0xdc00..0xe000).contains(&low) {
                self.at += 12;
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(code).ok_or_else(|| self.fail("this is no character"));
            }
        }
        Err(self.fail("half of a surrogate pair is no character"))
    }

    fn hex4(&self, from: usize) -> Result<u32, ParseError> {
        let digits = self.bytes.get(from..from + 4).ok_or_else(|| self.fail("\\u needs four hexadecimal digits"))?;
        digits.iter().try_fold(0, |acc, d| {
            char::from(*d).to_digit(16).map(|value| acc * 16 + value).ok_or_else(|| self.fail("\\u needs four hexadecimal digits"))
        })
    }

    fn array(&mut self, depth: usize) -> Result<Json, ParseError> {
        self.deeper(depth)?;
        self.at += 1;
        let mut items = Vec::new();
        self.skip_blank();
        if self.take(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_blank();
            if self.take(b']') {
                return Ok(Json::Array(items));
            }
            if !self.take(b',') {
                return Err(self.fail("`,` or `]` is expected"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, ParseError> {
        self.deeper(depth)?;
        self.at += 1;
        let mut members: Vec<(Text, Json)> = Vec::new();
        self.skip_blank();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        let mut seen = MemberNames::default();
        loop {
            self.skip_blank();
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err(self.fail("a member name in quotes is expected"));
            }
            let named_at = self.at;
            let name = self.string()?;
            if seen.holds(&name, &members) {
                self.at = named_at;
                return Err(self.fail(&format!("the member `{name}` occurs twice")));
            }
            self.skip_blank();
            if !self.take(b':') {
                return Err(self.fail("`:` is expected"));
            }
            let value = self.value(depth + 1)?;
            members.push((name, value));
            if members.len() > self.limits.members_max {
                return Err(self.fail(&format!("an object may have {} members at most", self.limits.members_max)));
            }
            self.skip_blank();
            if self.take(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.take(b',') {
                return Err(self.fail("`,` or `}` is expected"));
            }
        }
    }

    fn deeper(&self, depth: usize) -> Result<(), ParseError> {
        if depth >= self.limits.depth_max {
            return Err(self.fail(&format!("arrays and objects may nest {} deep at most", self.limits.depth_max)));
        }
        Ok(())
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(there);
        there
    }
}

/// Finds repeated member names: by scanning while there are few, by hashing then.
#[derive(Default)]
struct MemberNames(Option<std::collections::HashSet<Text>>);

impl MemberNames {
    fn holds(&mut self, name: &Text, members: &[(Text, Json)]) -> bool {
        if members.len() < 24 {
            return members.iter().any(|(known, _)| known == name);
        }
        let set = self.0.get_or_insert_with(|| members.iter().map(|(known, _)| known.clone()).collect());
        !set.insert(name.clone())
    }
}

/// Length of the JSON number at the start of `bytes` (RFC 8259, section 6).
fn scan_number(bytes: &[u8]) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) -> String {
        parse(text.as_bytes()).map_or_else(|e| e.to_string(), |json| json.to_string())
    }

    #[test]
    fn numbers_stay_as_they_came() {
        for text in ["1.0", "-0", "9007199254740993", "1e400", "12.30", "[0.1,1E-7]"] {
            assert_eq!(round_trip(text), text);
        }
        for text in ["01", "1.", ".5", "+1", "1e", "NaN", "- 1"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn strings_unescape_and_escape() {
        assert_eq!(parse(br#""\u00fc\n\ud83d\ude00\/""#).expect("valid"), Json::from("ü\n😀/"));
        assert_eq!(round_trip(r#""a\u0001\"b\\""#), r#""a\u0001\"b\\""#);
        assert!(parse(br#""\ud83d""#).is_err());
        assert!(parse(b"\"a\nb\"").is_err());
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(round_trip("{\"a\":1,\n \"a\":2}"), "line 2, column 2: the member `a` occurs twice");
        assert_eq!(round_trip("{\"a\":1} x"), "line 1, column 9: the document ends here, but more text follows");
        assert_eq!(round_trip("[1,]"), "line 1, column 4: a value is expected");
        assert_eq!(parse(b"\"\xff\"").expect_err("not UTF-8").reason, "the text is not UTF-8");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(65) + &"]".repeat(65);
        assert!(round_trip(&deep).contains("64 deep"));
        let fine = "[".repeat(64) + &"]".repeat(64);
        assert_eq!(round_trip(&fine), fine);
    }

    #[test]
    fn many_members_are_checked_for_doubles() {
        let mut text = String::from("{");
        for index in 0..100 {
            text.push_str(&format!("\"m{index}\":{index},"));
        }
        assert!(parse(format!("{text}\"x\":1}}").as_bytes()).is_ok());
        assert!(parse(format!("{text}\"m3\":1}}").as_bytes()).is_err());
        assert!(parse(format!("{text}\"m99\":1}}").as_bytes()).is_err());
    }
}

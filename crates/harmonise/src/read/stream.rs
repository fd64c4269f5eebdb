//! JSON text as a stream of bytes: finds where values begin and end without
//! keeping more than the one that is asked for.

use std::io::Read;

use super::lines::read_some;
use super::{EXCERPT_BYTES, Fatal, unusable};
use crate::message::{Code, Message};

/// A JSON text being read.
pub(super) struct Stream<'a> {
    reader: &'a mut dyn Read,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    line: u64,
}

/// The bytes of one value.
pub(super) struct Captured {
    pub(super) bytes: Vec<u8>,
    /// It was longer than allowed; `bytes` is its beginning.
    pub(super) too_long: bool,
}

impl<'a> Stream<'a> {
    pub(super) fn new(reader: &'a mut dyn Read) -> Self {
        Self { reader, buffer: vec![0; 64 * 1024], at: 0, filled: 0, line: 1 }
    }

    /// A complaint about the present place.
    pub(super) fn fail(&self, reason: impl Into<Message>) -> Fatal {
        unusable(Code::JsonAt.with("line", self.line).with("reason", reason.into()))
    }

    /// The next byte, without taking it.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Fatal> {
        if self.at == self.filled {
            self.at = 0;
            self.filled = read_some(self.reader, &mut self.buffer)?;
        }
        Ok(self.buffer[..self.filled].get(self.at).copied())
    }

    fn bump(&mut self) {
        if self.buffer.get(self.at) == Some(&b'\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    /// Passes over the mark of UTF-8 at the beginning.
    pub(super) fn skip_mark(&mut self) -> Result<(), Fatal> {
        if self.peek()? == Some(0xef) {
            for expected in [0xef, 0xbb, 0xbf] {
                if self.peek()? != Some(expected) {
                    return Err(self.fail(Code::JsonBeginning));
                }
                self.bump();
            }
        }
        match self.peek()? {
            Some(0xff | 0xfe | 0) => Err(self.fail(Code::JsonNotUtf8)),
            _ => Ok(()),
        }
    }

    /// The next byte that is no blank, without taking it.
    pub(super) fn peek_token(&mut self) -> Result<Option<u8>, Fatal> {
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some(byte));
            }
            self.bump();
        }
        Ok(None)
    }

    /// Takes a sign when it is the next that is no blank.
    pub(super) fn take(&mut self, sign: u8) -> Result<bool, Fatal> {
        let there = self.peek_token()? == Some(sign);
        if there {
            self.bump();
        }
        Ok(there)
    }

    /// Takes a sign that must come now.
    pub(super) fn expect(&mut self, sign: u8) -> Result<(), Fatal> {
        if self.take(sign)? {
            return Ok(());
        }
        let found = match self.peek()? {
            None => Message::from(Code::JsonSignEnd),
            Some(byte) => Code::JsonSign.with("found", char::from(byte).to_string()),
        };
        Err(self.fail(found.with("sign", char::from(sign).to_string())))
    }

    /// Takes the name of a member and the colon behind it.
    pub(super) fn member_name(&mut self) -> Result<String, Fatal> {
        if self.peek_token()? != Some(b'"') {
            return Err(self.fail(Code::JsonMember));
        }
        let captured = self.value(10_000)?;
        let name = model::json::parse(&captured.bytes).ok().and_then(|json| json.as_str().map(str::to_owned));
        let name = name.ok_or_else(|| self.fail(Code::JsonMemberBad))?;
        self.expect(b':')?;
        Ok(name)
    }

    /// Takes one value of at most so many bytes; of a longer one the beginning.
    pub(super) fn value(&mut self, bytes_max: usize) -> Result<Captured, Fatal> {
        let mut captured = Captured { bytes: Vec::new(), too_long: false };
        let Some(first) = self.peek_token()? else { return Err(self.fail(Code::JsonValueEnd)) };
        if !matches!(first, b'{' | b'[' | b'"') {
            return self.word(bytes_max, captured);
        }
        let (mut depth, mut in_string, mut escaped) = (0_u64, false, false);
        loop {
            let Some(byte) = self.peek()? else { return Err(self.fail(Code::JsonCutOff)) };
            self.bump();
            captured.push(byte, bytes_max);
            if in_string {
                in_string = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
            } else {
                match byte {
                    b'"' => in_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if depth == 0 && !in_string {
                return Ok(captured);
            }
        }
    }

    /// A value without brackets or quotes: ends before the next sign.
    fn word(&mut self, bytes_max: usize, mut captured: Captured) -> Result<Captured, Fatal> {
        while let Some(byte) = self.peek()? {
            if matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\r' | b'\n') {
                break;
            }
            self.bump();
            captured.push(byte, bytes_max);
        }
        if captured.bytes.is_empty() {
            return Err(self.fail(Code::JsonValue));
        }
        Ok(captured)
    }
}

impl Captured {
    fn push(&mut self, byte: u8, bytes_max: usize) {
        if self.too_long {
            return;
        }
        if self.bytes.len() >= bytes_max {
            self.too_long = true;
            self.bytes.truncate(EXCERPT_BYTES);
            self.bytes.shrink_to_fit();
            return;
        }
        self.bytes.push(byte);
    }
}

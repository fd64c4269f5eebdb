//! Bytes become text: UTF-8, ISO-8859-1 or Windows-1252, declared or found out.

use std::borrow::Cow;

use super::{Fatal, unusable};
use crate::definition::Encoding;
use crate::message::{Code, Message};

/// Decodes the lines of one input. An undeclared encoding is decided by the
/// first line with bytes beyond ASCII, and by nothing before it.
#[derive(Debug, Clone)]
pub(crate) struct Decoder {
    declared: Encoding,
    decided: Option<Encoding>,
}

impl Decoder {
    pub(crate) fn new(declared: Encoding) -> Self {
        Self { declared, decided: None }
    }

    /// What was decided, or declared.
    pub(crate) fn encoding(&self) -> Encoding {
        self.decided.unwrap_or(self.declared)
    }

    /// Decodes a line.
    ///
    /// The first line beyond ASCII shows whether the declaration fits: when it does
    /// not, no line of the input would be right, and the input is refused as a whole.
    /// Later lines that do not decode are broken one by one: the inner result.
    pub(crate) fn decode<'a>(&mut self, bytes: &'a [u8], line: u64) -> Result<Result<Cow<'a, str>, Message>, Fatal> {
        if bytes.is_ascii() {
            return Ok(Ok(ascii(bytes)));
        }
        if self.decided.is_none() {
            self.decided = Some(decide(self.declared, bytes, line)?);
        }
        Ok(decode_as(self.encoding(), bytes))
    }
}

fn ascii(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn decide(declared: Encoding, bytes: &[u8], line: u64) -> Result<Encoding, Fatal> {
    let utf8 = std::str::from_utf8(bytes);
    match (declared, utf8) {
        (Encoding::Auto, Ok(_)) => Ok(Encoding::Utf8),
        (Encoding::Auto, Err(_)) => Ok(Encoding::Windows1252),
        (Encoding::Utf8, Err(error)) => Err(unusable(at_byte(Code::LineNotUtf8.with("line", line), bytes, error))),
        // Text that is valid UTF-8 beyond ASCII is practically never meant as anything else.
        (Encoding::Latin1 | Encoding::Windows1252, Ok(_)) => {
            Err(unusable(Code::LineIsUtf8.with("line", line).with("encoding", declared.word())))
        }
        (declared, _) => Ok(declared),
    }
}

/// Names the byte that is not UTF-8 and its place, from 1.
fn at_byte(message: Message, bytes: &[u8], error: std::str::Utf8Error) -> Message {
    let at = error.valid_up_to();
    message.with("byte", format!("{:02X}", bytes.get(at).copied().unwrap_or(0))).with("place", at + 1)
}

/// Decodes with an encoding that is known.
pub(crate) fn decode_as(encoding: Encoding, bytes: &[u8]) -> Result<Cow<'_, str>, Message> {
    match encoding {
        Encoding::Utf8 | Encoding::Auto => {
            std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| at_byte(Code::NotUtf8.into(), bytes, error))
        }
        Encoding::Latin1 => Ok(encoding_rs::mem::decode_latin1(bytes)),
        Encoding::Windows1252 => Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(declared: Encoding, lines: &[&[u8]]) -> String {
        let mut decoder = Decoder::new(declared);
        let decoded = lines.iter().zip(1..).map(|(bytes, line)| match decoder.decode(bytes, line) {
            Ok(Ok(text)) => text.into_owned(),
            Ok(Err(reason)) => format!("[{reason}]"),
            Err(fatal) => format!("!{fatal}"),
        });
        decoded.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn the_first_line_beyond_ascii_decides() {
        assert_eq!(show(Encoding::Auto, &[b"a", b"M\xfcnster", b"\x80"]), "a|Münster|€");
        assert_eq!(show(Encoding::Auto, &[b"a", "Münster".as_bytes(), b"\xfc"]), "a|Münster|[the text is not UTF-8: byte 0xFC at place 1]");
        assert_eq!(show(Encoding::Latin1, &[b"Stra\xdfe"]), "Straße");
    }

    #[test]
    fn a_wrong_declaration_is_told() {
        assert_eq!(
            show(Encoding::Utf8, &[b"M\xfcnster"]),
            "!line 1 is not UTF-8: byte 0xFC at place 2; set `format.encoding` to `iso-8859-1`, `windows-1252` or `auto`"
        );
        assert_eq!(
            show(Encoding::Latin1, &["Münster".as_bytes()]),
            "!line 1 is UTF-8, and the definition says `iso-8859-1`; set `format.encoding` to `utf-8` or `auto`"
        );
    }
}

//! What kind of file it is, told by its first bytes and never by its name.

use std::io::Read;

use super::{Given, Kind, Open, Sample, json, table, workbook};
use crate::{Fatal, Message};

/// Why a file is no table that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing stands in it.
    Empty,
    /// It has a header and no rows.
    HeaderOnly,
    /// A picture.
    Image,
    /// A PDF.
    Pdf,
    /// A spreadsheet behind a password.
    Protected,
    /// A spreadsheet of the old binary kind (`.xls`).
    OldSpreadsheet,
    /// A spreadsheet of the OpenDocument kind (`.ods`).
    OpenDocument,
    /// A text document or slides.
    Document,
    /// An archive of other files.
    Archive,
    /// Text in UTF-16.
    Utf16,
    /// Bytes that are no text.
    Binary,
    /// Text in which no table can be seen.
    NoTable,
    /// JSON without a list of records.
    NoRecords,
    /// More columns than can be taken.
    TooWide {
        /// How many it has.
        found: usize,
    },
    /// It cannot be read; why.
    Broken(Message),
}

impl From<Fatal> for Refusal {
    fn from(fatal: Fatal) -> Self {
        Self::Broken(fatal.message())
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Fatal::Read(error).into()
    }
}

/// The magic numbers of pictures.
const IMAGES: [&[u8]; 6] = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*"];

/// Reads the beginning of a file.
///
/// # Errors
/// [`Refusal`] when it is no table that can be taken.
pub fn look(open: Open<'_>, given: &Given) -> Result<Sample, Refusal> {
    let head = head(open)?;
    match recognise(&head)? {
        Kind::Xlsx => workbook::sample(open, given),
        Kind::Csv => table::sample(open, given),
        Kind::Json | Kind::GeoJson => json::sample(open),
    }
}

fn head(open: Open<'_>) -> Result<Vec<u8>, Refusal> {
    let mut head = Vec::new();
    open()?.take(64 << 10).read_to_end(&mut head)?;
    Ok(head)
}

/// The kind of a file by its first bytes; 64 KiB are enough.
///
/// # Errors
/// [`Refusal`] when it is none that can be taken.
pub fn recognise(head: &[u8]) -> Result<Kind, Refusal> {
    let bare = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if bare.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::Empty);
    }
    if head.starts_with(b"%PDF") {
        return Err(Refusal::Pdf);
    }
    let is_webp = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP");
    // `BM` alone may begin a text.
    let is_image = IMAGES.iter().any(|magic| head.starts_with(magic) && (magic.len() > 2 || head.contains(&0)));
    if is_image || is_webp {
        return Err(Refusal::Image);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(compound(head));
    }
    if head.starts_with(b"PK\x03\x04") {
        return archive(head);
    }
    if head.starts_with(b"PK\x05\x06") || head.starts_with(b"\x1f\x8b") || head.starts_with(b"7z\xbc\xaf") || head.starts_with(b"Rar!") {
        return Err(Refusal::Archive);
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(Refusal::Utf16);
    }
    if head.contains(&0) {
        return Err(Refusal::Binary);
    }
    let first = bare.iter().find(|byte| !byte.is_ascii_whitespace());
    if matches!(first, Some(b'{' | b'[')) {
        return Ok(Kind::Json);
    }
    Ok(Kind::Csv)
}

/// A compound file: Microsoft's container for old and for encrypted documents (MS-CFB).
fn compound(head: &[u8]) -> Refusal {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let holds = |text: &str| memchr::memmem::find(head, &utf16(text)).is_some();
    if holds("EncryptedPackage") || holds("EncryptionInfo") {
        Refusal::Protected
    } else if holds("WordDocument") || holds("PowerPoint Document") {
        Refusal::Document
    } else {
        Refusal::OldSpreadsheet
    }
}

/// A zip archive: told apart by the names of its parts.
fn archive(head: &[u8]) -> Result<Kind, Refusal> {
    let holds = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    if holds(b"opendocument.spreadsheet") {
        return Err(Refusal::OpenDocument);
    }
    if holds(b"word/") || holds(b"ppt/") || holds(b"opendocument.text") {
        return Err(Refusal::Document);
    }
    if holds(b"xl/") || holds(b"[Content_Types].xml") {
        return Ok(Kind::Xlsx);
    }
    Err(Refusal::Archive)
}

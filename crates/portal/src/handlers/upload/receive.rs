//! Taking a file in: the form is checked first, then the file's first bytes,
//! then it is kept piece by piece; never more than a few pieces are in memory.

use std::io::{self, Read};

use axum::extract::Multipart;
use axum::extract::multipart::Field;
use axum::http::StatusCode;
use bytes::Bytes;
use engine::StoredFile;
use harmonise::guess::{Refusal, recognise};
use tokio::sync::mpsc;

use super::FILE_BYTES_MAX;
use crate::ask::{Ask, Trouble};

/// How many bytes show what kind of file it is.
const HEAD_BYTES: usize = 64 << 10;
/// Longer names are cut.
const NAME_CHARS_MAX: usize = 150;
/// How many bytes of a form's text fields are read.
const TEXT_BYTES_MAX: usize = 4 << 10;

/// What came.
pub(super) enum Received {
    /// A file, kept.
    File { name: String, kept: StoredFile },
    /// None was chosen.
    Nothing,
    /// It is larger than may be.
    TooLarge { size_bytes: u64 },
    /// The disk is full.
    NoSpace,
    /// It is no table.
    Refused { name: String, refusal: Refusal },
}

impl Received {
    /// The status of the page that says why nothing was taken.
    pub(super) fn status(&self) -> StatusCode {
        if matches!(self, Self::NoSpace) { StatusCode::INSUFFICIENT_STORAGE } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// Reads a form with a file. The token stands before the file, so nothing is kept for a forged request.
pub(super) async fn receive(ask: &Ask, mut form: Multipart) -> Result<Received, Trouble> {
    let mut checked = false;
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(ask, &error))? {
        match field.name() {
            Some("csrf") => {
                let token = text(&mut field).await.map_err(|error| broken(ask, &error))?;
                web::csrf::check(&ask.headers, &ask.visitor, Some(&token)).map_err(|_| Trouble::Expired)?;
                checked = true;
            }
            Some("datei") if checked => return file(ask, field).await,
            _ => {}
        }
    }
    if checked { Ok(Received::Nothing) } else { Err(Trouble::Expired) }
}

fn broken(ask: &Ask, error: &axum::extract::multipart::MultipartError) -> Trouble {
    tracing::debug!(%error, "an upload broke off");
    Trouble::Invalid(ask.t().upload_broken_off().to_owned())
}

async fn text(field: &mut Field<'_>) -> Result<String, axum::extract::multipart::MultipartError> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await? {
        let room = TEXT_BYTES_MAX.saturating_sub(bytes.len());
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last part of a name, without what could mislead.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    last.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect::<String>().trim().to_owned()
}

async fn file(ask: &Ask, mut field: Field<'_>) -> Result<Received, Trouble> {
    let name = plain_name(field.file_name().unwrap_or(""));
    let mut head = Vec::new();
    while head.len() < HEAD_BYTES {
        match field.chunk().await.map_err(|error| broken(ask, &error))? {
            Some(piece) => head.extend_from_slice(&piece),
            None => break,
        }
    }
    if name.is_empty() && head.is_empty() {
        return Ok(Received::Nothing);
    }
    if let Err(refusal) = recognise(&head[..head.len().min(HEAD_BYTES)]) {
        drain(ask, &mut field).await?;
        return Ok(Received::Refused { name, refusal });
    }
    keep(ask, name, head, &mut field).await
}

/// Reads on to the end: browsers show an answer only after they sent all.
async fn drain(ask: &Ask, field: &mut Field<'_>) -> Result<u64, Trouble> {
    let mut size_bytes = 0;
    while let Some(piece) = field.chunk().await.map_err(|error| broken(ask, &error))? {
        size_bytes += piece.len() as u64;
    }
    Ok(size_bytes)
}

async fn keep(ask: &Ask, name: String, head: Vec<u8>, field: &mut Field<'_>) -> Result<Received, Trouble> {
    let (pieces, receiver) = mpsc::channel(4);
    let access = ask.access.clone();
    let keeping = tokio::spawn(async move { access.keep_stream(Box::new(Pieces { receiver, piece: Bytes::new() })).await });
    let mut size_bytes = head.len() as u64;
    let mut next = Some(Bytes::from(head));
    let mut fault = None;
    while let Some(piece) = next.take() {
        // Who keeps may have failed, for example on a full disk: its error is the answer.
        if pieces.send(Ok(piece)).await.is_err() {
            break;
        }
        match field.chunk().await {
            Ok(None) => break,
            Ok(Some(piece)) => {
                size_bytes += piece.len() as u64;
                if size_bytes > FILE_BYTES_MAX {
                    fault = Some(Ok(size_bytes));
                    break;
                }
                next = Some(piece);
            }
            Err(error) => {
                fault = Some(Err(broken(ask, &error)));
                break;
            }
        }
    }
    if fault.is_some() {
        // An error in the stream: nothing of it is kept.
        pieces.send(Err(io::ErrorKind::UnexpectedEof.into())).await.unwrap_or_default();
    }
    drop(pieces);
    let kept = keeping.await.map_err(|error| Trouble::Engine(engine::Error::new(engine::Kind::Internal, error.to_string())))?;
    match fault {
        None => match kept {
            Ok(kept) => Ok(Received::File { name, kept }),
            Err(error) if error.kind() == engine::Kind::NoSpace => {
                drain(ask, field).await?;
                Ok(Received::NoSpace)
            }
            Err(error) => Err(error.into()),
        },
        Some(Ok(seen)) => Ok(Received::TooLarge { size_bytes: seen + drain(ask, field).await? }),
        Some(Err(trouble)) => Err(trouble),
    }
}

/// Pieces of a file as something to read, on a thread that may block.
struct Pieces {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let length = out.len().min(self.piece.len());
        out[..length].copy_from_slice(&self.piece.split_to(length));
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn names_lose_their_folders() {
        assert_eq!(plain_name(r"C:\Akten\Bäume 2026.xlsx"), "Bäume 2026.xlsx");
        assert_eq!(plain_name("../../etc/passwd\n"), "passwd");
    }
}

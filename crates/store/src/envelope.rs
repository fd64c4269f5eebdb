//! Encryption at rest: XChaCha20-Poly1305 for small things in one piece and
//! for large ones in a stream of chunks.
//!
//! A stream is `ALLMFILE`, a format byte, 19 random bytes, then chunks of
//! 64 KiB, each with its tag. A chunk's nonce is the random part, its number,
//! and whether it is the last: so chunks cannot be swapped, left out or cut
//! off without being noticed.

use std::io::{self, Read, Write};

use chacha20poly1305::aead::{Aead, AeadInOut, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::{Error, disk};

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const CHUNK_BYTES: usize = 64 << 10;
const PREFIX_BYTES: usize = 19;
const MAGIC: &[u8; 9] = b"ALLMFILE\x01";

/// Nonce and ciphertext of a small content; `context` must be the same to open it.
pub(crate) fn seal(key: &[u8; 32], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
    let nonce: [u8; NONCE_BYTES] = disk::random()?;
    let payload = Payload { msg: plain, aad: context };
    let ciphertext = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Error::invalid(format!("a content of {} bytes is too large to be encrypted in one piece", plain.len())))?;
    Ok([&nonce[..], &ciphertext].concat())
}

/// The content of [`seal`]; `None` when key, context or content are not the same.
pub(crate) fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    cipher(key).decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: context }).ok()
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key).into())
}

/// What both directions know of a stream.
struct Stream {
    cipher: XChaCha20Poly1305,
    prefix: [u8; PREFIX_BYTES],
    chunk: u32,
}

impl Stream {
    /// The nonce of the next chunk.
    fn nonce(&mut self, is_last: bool) -> io::Result<XNonce> {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..PREFIX_BYTES].copy_from_slice(&self.prefix);
        nonce[PREFIX_BYTES..NONCE_BYTES - 1].copy_from_slice(&self.chunk.to_be_bytes());
        nonce[NONCE_BYTES - 1] = u8::from(is_last);
        self.chunk = self.chunk.checked_add(1).ok_or_else(|| io::Error::other("a file larger than 256 TiB cannot be kept"))?;
        Ok(nonce.into())
    }
}

/// Encrypts what is written to it. [`Sealer::finish`] writes the end, without
/// which nobody will read the rest.
pub(crate) struct Sealer<W> {
    stream: Stream,
    buffer: Vec<u8>,
    out: W,
}

impl<W: Write> Sealer<W> {
    pub(crate) fn new(key: &[u8; 32], prefix: [u8; PREFIX_BYTES], mut out: W) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        out.write_all(&prefix)?;
        let stream = Stream { cipher: cipher(key), prefix, chunk: 0 };
        Ok(Self { stream, buffer: Vec::with_capacity(CHUNK_BYTES + TAG_BYTES), out })
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.chunk(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn chunk(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = self.stream.nonce(is_last)?;
        let tag = self
            .stream
            .cipher
            .encrypt_inout_detached(&nonce, &[], self.buffer.as_mut_slice().into())
            .map_err(|_| io::Error::other("a chunk could not be encrypted"))?;
        self.out.write_all(&self.buffer)?;
        self.out.write_all(&tag)?;
        self.buffer.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until more comes: the last one is marked.
        if self.buffer.len() == CHUNK_BYTES {
            self.chunk(false)?;
        }
        let length = bytes.len().min(CHUNK_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Decrypts what it reads; every byte it gives out is authentic.
pub(crate) struct Opener<R> {
    stream: Stream,
    /// One chunk in plain, from `at` on not yet given out.
    plain: Vec<u8>,
    at: usize,
    /// Bytes of the next chunk that were read to see whether there is one.
    ahead: Vec<u8>,
    ended: bool,
    source: R,
}

impl<R: Read> Opener<R> {
    pub(crate) fn new(key: &[u8; 32], mut source: R) -> io::Result<Self> {
        let mut start = [0; MAGIC.len() + PREFIX_BYTES];
        source.read_exact(&mut start).map_err(|_| damaged("it ends within its first bytes"))?;
        let (magic, prefix) = start.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(damaged("it is not one of ours, or was written by a newer version"));
        }
        let prefix = prefix.try_into().map_err(|_| damaged("it ends within its first bytes"))?;
        let stream = Stream { cipher: cipher(key), prefix, chunk: 0 };
        Ok(Self { stream, plain: Vec::new(), at: 0, ahead: Vec::new(), ended: false, source })
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        const WITH_TAG: u64 = (CHUNK_BYTES + TAG_BYTES) as u64;
        let mut sealed = std::mem::take(&mut self.ahead);
        let missing = WITH_TAG + 1 - sealed.len() as u64;
        (&mut self.source).take(missing).read_to_end(&mut sealed)?;
        self.ended = sealed.len() as u64 <= WITH_TAG;
        if !self.ended {
            self.ahead = sealed.split_off(CHUNK_BYTES + TAG_BYTES);
        }
        let nonce = self.stream.nonce(self.ended)?;
        self.stream
            .cipher
            .decrypt_in_place(&nonce, &[], &mut sealed)
            .map_err(|_| damaged("a part of it is changed or missing, or the key is another one"))?;
        self.plain = sealed;
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() && !self.ended {
            self.next_chunk()?;
        }
        let length = out.len().min(self.plain.len() - self.at);
        out[..length].copy_from_slice(&self.plain[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

pub(crate) fn damaged(detail: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the stored file is damaged: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(&KEY, [3; PREFIX_BYTES], Vec::new()).expect("starts");
        sealer.write_all(plain).expect("writes");
        sealer.finish().expect("ends")
    }

    fn opened(key: &[u8; 32], sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        Opener::new(key, sealed)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn streams_of_every_length_round_trip() {
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 150_000] {
            let plain: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            assert_eq!(opened(&KEY, &sealed(&plain)).expect("opens"), plain, "{length}");
        }
    }

    #[test]
    fn a_changed_cut_or_reordered_stream_is_refused() {
        let good = sealed(&vec![1; 3 * CHUNK_BYTES]);
        let start = MAGIC.len() + PREFIX_BYTES;
        let step = CHUNK_BYTES + TAG_BYTES;
        for at in [0, 8, 12, start, start + 5, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(opened(&KEY, &bad).is_err(), "flipped at {at}");
        }
        for length in [0, 5, start, start + 10, start + step, start + 2 * step, good.len() - 1] {
            assert!(opened(&KEY, &good[..length]).is_err(), "cut at {length}");
        }
        let swapped =
            [&good[..start], &good[start + step..start + 2 * step], &good[start..start + step], &good[start + 2 * step..]].concat();
        assert!(opened(&KEY, &swapped).is_err());
        assert!(opened(&[8; 32], &good).is_err());
    }

    #[test]
    fn small_contents_are_bound_to_their_context() {
        let sealed = seal(&KEY, b"here", b"content").expect("sealed");
        assert_eq!(open(&KEY, b"here", &sealed).as_deref(), Some(&b"content"[..]));
        assert_eq!(open(&KEY, b"there", &sealed), None);
        assert_eq!(open(&[8; 32], b"here", &sealed), None);
        assert_eq!(open(&KEY, b"here", &sealed[..20]), None);
    }
}

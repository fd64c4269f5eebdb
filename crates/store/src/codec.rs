//! The binary form of what is kept: payloads and headers of the log, entities
//! of snapshots, single values for the envelope of personal data.
//!
//! A payload begins with a format byte. Strings that repeat (names, ids,
//! units, object members) are written once per payload and then referred to
//! by number; instants are differences to the one before; decimal numbers keep
//! their digits. Names stand as expanded IRIs, so no number in a file depends
//! on the process that wrote it. Reading trusts nothing: every length is
//! checked against what is there before anything is allocated.

mod read;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Read;

use model::{Attribute, Effect, Entity, Header, Removal, Value};

use crate::Error;
use read::Decoder;
use write::Encoder;

/// How deep JSON and sub-attributes may nest in each other.
const DEPTH_MAX: usize = 128;

/// How large one payload may be before compression.
const PAYLOAD_BYTES_MAX: usize = 512 << 20;

/// Payloads above this are worth compressing.
const COMPRESS_ABOVE_BYTES: usize = 1024;

const FORMAT_PLAIN: u8 = 1;
const FORMAT_ZSTD: u8 = 2;

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damage(pub(crate) &'static str);

/// Encodes what the envelope of personal data holds: a value, and its
/// sub-attributes behind it where it has any.
///
/// # Errors
/// [`Error::Invalid`] when it nests deeper than can be read again.
pub fn encode_content(value: &Value, sub: &[Attribute]) -> Result<Vec<u8>, Error> {
    let mut encoder = Encoder::new();
    encoder.byte(FORMAT_PLAIN);
    encoder.content(value, sub)?;
    Ok(encoder.finish())
}

/// Decodes what [`encode_content`] made.
///
/// # Errors
/// [`Error::Corrupt`] when it is not such a content; never panics.
pub fn decode_content(bytes: &[u8]) -> Result<(Value, Vec<Attribute>), Error> {
    whole(bytes, Decoder::content).map_err(|damage| Error::corrupt("an encoded value", damage.0))
}

/// Encodes the effects of a commit; large payloads are compressed.
pub(crate) fn encode_effects(effects: &[Effect]) -> Result<Vec<u8>, Error> {
    let mut encoder = Encoder::new();
    encoder.byte(FORMAT_PLAIN);
    encoder.count(effects.len());
    for effect in effects {
        encoder.effect(effect)?;
    }
    let plain = encoder.finish();
    if plain.len() > PAYLOAD_BYTES_MAX {
        return Err(Error::invalid(format!(
            "a commit of {} MiB is too large: at most {} MiB fit into one; split the request",
            plain.len() >> 20,
            PAYLOAD_BYTES_MAX >> 20
        )));
    }
    Ok(compressed(plain))
}

pub(crate) fn decode_effects(bytes: &[u8]) -> Result<Vec<Effect>, Damage> {
    whole(&inflated(bytes)?, |decoder| decoder.list(Decoder::effect))
}

/// Encodes a removal of history.
pub(crate) fn encode_removal(removal: &Removal) -> Vec<u8> {
    let mut encoder = Encoder::new();
    encoder.byte(FORMAT_PLAIN);
    encoder.removal(removal);
    encoder.finish()
}

pub(crate) fn decode_removal(bytes: &[u8]) -> Result<Removal, Damage> {
    whole(bytes, Decoder::removal)
}

/// Encodes a header together with the hash of its payload.
pub(crate) fn encode_header(header: &Header, payload_hash: &[u8; 32]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    encoder.byte(FORMAT_PLAIN);
    encoder.header(header);
    encoder.bytes(payload_hash);
    encoder.finish()
}

pub(crate) fn decode_header(bytes: &[u8]) -> Result<(Header, [u8; 32]), Damage> {
    whole(bytes, |decoder| Ok((decoder.header()?, decoder.hash()?)))
}

/// Encodes a group of entities that share one table of strings.
pub(crate) fn encode_entities<'a>(entities: impl Iterator<Item = &'a Entity>, size_bytes: usize) -> Result<(Vec<u8>, usize), Error> {
    let mut encoder = Encoder::new();
    encoder.byte(FORMAT_PLAIN);
    let mut count = 0;
    for entity in entities {
        encoder.byte(1);
        encoder.entity(entity)?;
        count += 1;
        if encoder.len() >= size_bytes {
            break;
        }
    }
    encoder.byte(0);
    Ok((compressed(encoder.finish()), count))
}

/// Hands every entity of a group to `each`; says how many there were.
pub(crate) fn decode_entities(bytes: &[u8], each: &mut dyn FnMut(Entity)) -> Result<u64, Damage> {
    whole(&inflated(bytes)?, |decoder| {
        let mut count = 0;
        while decoder.byte()? == 1 {
            each(decoder.entity()?);
            count += 1;
        }
        Ok(count)
    })
}

/// Reads a whole plain encoding: format byte, content, and nothing after it.
fn whole<'a, T>(bytes: &'a [u8], read: impl FnOnce(&mut Decoder<'a>) -> Result<T, Damage>) -> Result<T, Damage> {
    let mut decoder = Decoder::new(bytes);
    if decoder.byte()? != FORMAT_PLAIN {
        return Err(Damage("unknown format; was it written by a newer version?"));
    }
    let value = read(&mut decoder)?;
    decoder.end()?;
    Ok(value)
}

thread_local! {
    // A context costs more to make than a payload to compress.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

fn compressed(plain: Vec<u8>) -> Vec<u8> {
    if plain.len() <= COMPRESS_ABOVE_BYTES {
        return plain;
    }
    let packed = COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = zstd::bulk::Compressor::new(1).ok();
        }
        slot.as_mut().and_then(|compressor| compressor.compress(&plain).ok())
    });
    match packed {
        Some(packed) if packed.len() + 8 < plain.len() => {
            let mut out = Vec::with_capacity(packed.len() + 1);
            out.push(FORMAT_ZSTD);
            out.extend_from_slice(&packed);
            out
        }
        _ => plain,
    }
}

/// The plain form of an encoding that may be compressed.
fn inflated(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Damage> {
    const BROKEN: Damage = Damage("the compressed content does not unpack");
    let Some((&FORMAT_ZSTD, packed)) = bytes.split_first() else { return Ok(Cow::Borrowed(bytes)) };
    let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(|_| BROKEN)?;
    // Grows with what really unpacks: a forged length must not allocate.
    let mut plain = Vec::with_capacity(packed.len().saturating_mul(3));
    let limit = u64::try_from(PAYLOAD_BYTES_MAX).unwrap_or(u64::MAX);
    decoder.take(limit + 1).read_to_end(&mut plain).map_err(|_| BROKEN)?;
    if plain.len() > PAYLOAD_BYTES_MAX {
        return Err(Damage("the content unpacks to more than a payload may hold"));
    }
    Ok(Cow::Owned(plain))
}

//! What came in of a person and is kept as it came: raw inputs, and records in
//! quarantine. Where a value came from says so exactly; for what never became
//! a value there are words to look for.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use model::{EntityId, Origin};
use store::{ErasedInputs, QuarantineKey, QuarantineRow, QuarantineState};

use crate::Error;
use crate::tenant::Shared;

/// Shortest word, in bytes: with less, everything would be found.
const WORD_BYTES_MIN: usize = 3;
/// How many records of quarantine are opened at once.
const PAGE: usize = 1_000;

/// What is looked for, in the encodings that text comes in; capital and small
/// letters of ASCII are the same.
pub(super) struct Words {
    search: AhoCorasick,
    /// Whether there are any but the id itself, so that raw inputs are read for them.
    are_given: bool,
}

impl Words {
    pub(super) fn new(entity: &EntityId, words: &[String]) -> Result<Self, Error> {
        if let Some(short) = words.iter().find(|word| word.trim().len() < WORD_BYTES_MIN) {
            return Err(Error::invalid(format!("the word `{short}` is too short to look for; give at least {WORD_BYTES_MIN} bytes")));
        }
        let all = words.iter().map(|word| word.trim()).chain([entity.as_str()]);
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(all.flat_map(encoded));
        let search = search.map_err(|error| Error::invalid(format!("these words cannot be looked for: {error}")))?;
        Ok(Self { search, are_given: !words.is_empty() })
    }

    fn are_in(&self, row: &QuarantineRow) -> bool {
        [&row.item.raw[..], row.item.reason.as_bytes(), row.item.context.as_bytes()].iter().any(|part| self.search.is_match(*part))
    }
}

/// A word in UTF-8, in UTF-16, and where that can say it in ISO 8859-1.
fn encoded(word: &str) -> Vec<Vec<u8>> {
    let mut all = vec![
        word.as_bytes().to_vec(),
        word.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        word.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    all.extend(word.chars().map(|letter| u8::try_from(letter).ok()).collect::<Option<Vec<u8>>>());
    all
}

/// Raw inputs and records in quarantine that values came from, or that hold one of the words.
pub(super) fn find(shared: &Shared, origins: &BTreeSet<Origin>, words: &Words) -> Result<ErasedInputs, Error> {
    Ok(ErasedInputs { files: files(shared, origins, words)?, records: records(shared, origins, words)? })
}

fn files(shared: &Shared, origins: &BTreeSet<Origin>, words: &Words) -> Result<Vec<[u8; 32]>, Error> {
    let runs: BTreeSet<u64> = origins.iter().map(|origin| origin.run).collect();
    let mut read = BTreeSet::new();
    for run in runs {
        read.extend(shared.store.run(run)?.map(|row| row.checksum));
    }
    let mut found = Vec::new();
    for checksum in shared.store.files()? {
        if read.contains(&checksum) || (words.are_given && holds(shared, &checksum, words)?) {
            found.push(checksum);
        }
    }
    Ok(found)
}

/// Whether a raw input holds one of the words, as it came: packed formats are not unpacked.
fn holds(shared: &Shared, checksum: &[u8; 32], words: &Words) -> Result<bool, Error> {
    let Some(content) = shared.store.open_file(checksum)? else { return Ok(false) };
    match words.search.stream_find_iter(content).next() {
        None => Ok(false),
        Some(Ok(_)) => Ok(true),
        Some(Err(error)) => Err(Error::internal(format!("a raw input cannot be searched: {error}"))),
    }
}

fn records(shared: &Shared, origins: &BTreeSet<Origin>, words: &Words) -> Result<Vec<QuarantineKey>, Error> {
    let is_of = |row: &&QuarantineRow| {
        let origin = Origin { run: row.item.run, record: row.item.record };
        origins.contains(&origin) || words.are_in(row)
    };
    let mut found = Vec::new();
    for state in [QuarantineState::Open, QuarantineState::Replayed, QuarantineState::Discarded] {
        let mut after = 0;
        loop {
            let page = shared.store.quarantined(None, state, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            found.extend(page.iter().filter(is_of).map(|row| QuarantineKey { id: row.id, run: row.item.run, record: row.item.record }));
        }
    }
    Ok(found)
}

//! What is to be said about a question, in sentences.

use engine::Found;

use super::address_of;
use crate::ask::Ask;

/// Corrections, words that nothing has, places: each a sentence.
pub(super) fn of(ask: &Ask, found: &Found) -> Vec<String> {
    let t = ask.t();
    let has_rest = found.is_partial || !found.corrections.is_empty();
    let mut remarks: Vec<String> = found.corrections.iter().map(|one| t.search_corrected(&one.asked, &one.meant)).collect();
    if has_rest && !found.missing.is_empty() {
        let words: Vec<String> = found.missing.iter().map(|word| t.search_quoted(word)).collect();
        remarks.push(t.search_missing(words.join(", ")));
    } else if found.is_partial {
        remarks.push(t.search_partial().to_owned());
    }
    remarks.extend(found.places.iter().map(|place| match &place.name {
        Some(name) => t.search_place(&place.key, name),
        None => t.search_unknown_place(&place.key),
    }));
    remarks
}

/// The question without its typing errors, with its address.
pub(super) fn meant(ask: &Ask, q: &str, found: &Found) -> Option<(String, String)> {
    let better = found.corrections.iter().fold(q.to_owned(), |text, one| text.replace(&one.asked, &one.meant));
    (!found.corrections.is_empty()).then(|| (better.clone(), address_of(ask, &better)))
}

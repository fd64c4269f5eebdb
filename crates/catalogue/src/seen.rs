//! Since when a document is as it is, for `Last-Modified`.
//!
//! No time in the data tells it: a dataset that is withdrawn changes the list
//! and no time in it. So it is the second in which the document was first seen
//! as it is; after a start of the platform it is later, never earlier.

use std::collections::HashMap;

use model::Instant;
use parking_lot::Mutex;

/// How many documents are remembered.
const DOCUMENTS_MAX: usize = 10_000;

/// Documents by address, each with its tag and the second since which it has it.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<String, (String, i64)>>);

impl Seen {
    /// Seconds since 1970 at which the document of an address became what it
    /// is. `None` while that cannot be told: twice changed within a second.
    pub(crate) fn since(&self, address: &str, tag: &str, now: Instant) -> Option<i64> {
        let second = now.micros().div_euclid(1_000_000);
        let mut seen = self.0.lock();
        if seen.len() >= DOCUMENTS_MAX && !seen.contains_key(address) {
            seen.clear();
        }
        let since = match seen.get(address) {
            Some((known, since)) if known == tag => *since,
            // Who has seen the one before has its second: this one's is another.
            Some((_, since)) => second.max(since + 1),
            None => second,
        };
        seen.insert(address.to_owned(), (tag.to_owned(), since));
        (since <= second).then_some(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_within_the_same_second_has_no_time_yet() {
        let seen = Seen::default();
        let at = |millis: i64| Instant::from_micros(millis * 1000);
        assert_eq!(seen.since("/a", "1", at(5_100)), Some(5));
        assert_eq!(seen.since("/a", "1", at(9_000)), Some(5));
        assert_eq!(seen.since("/a", "2", at(9_100)), Some(9));
        assert_eq!(seen.since("/a", "3", at(9_900)), None);
        assert_eq!(seen.since("/a", "3", at(10_000)), Some(10));
        assert_eq!(seen.since("/b", "3", at(10_000)), Some(10));
    }
}

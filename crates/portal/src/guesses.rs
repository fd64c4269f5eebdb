//! How often passwords may be guessed, without a way to lock somebody out
//! (OWASP ASVS 5.0.0, 6.3.1 and its chapter on resisting account lock-out).
//!
//! Wrong passwords count per account and address, so that a stranger stands in
//! their own way only. A much milder bound counts per account alone, against
//! guessing from many addresses; it does not hold for an address from which
//! somebody got in with this account. All of it is in memory and nowhere else.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;

/// How many wrong passwords an account may get within a minute from one address,
const FROM_ONE_MAX: u32 = 10;
/// and from all addresses that are new to it.
const FROM_ALL_MAX: u32 = 100;
const MINUTE_MICROS: i64 = 60_000_000;
/// How many addresses are remembered as an account's own.
const KNOWN_MAX: usize = 8;

/// Whose password from where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Guess {
    pub(crate) tenant: String,
    pub(crate) account: String,
    /// Where from, as [`crate::allowance::sender`] tells.
    pub(crate) from: IpAddr,
}

#[derive(Default)]
pub(crate) struct Guesses(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    from_one: HashMap<Guess, Failures>,
    from_all: HashMap<(String, String), Failures>,
    /// Where people got in, the last address last.
    known: HashMap<(String, String), Vec<IpAddr>>,
}

struct Failures {
    count: u32,
    since: i64,
}

impl Failures {
    fn is_young(&self, now: i64) -> bool {
        now - self.since < MINUTE_MICROS
    }
}

impl Guess {
    fn of_account(&self) -> (String, String) {
        (self.tenant.clone(), self.account.clone())
    }
}

impl Guesses {
    /// Whether too many went before.
    pub(crate) fn must_wait(&self, guess: &Guess, now: i64) -> bool {
        let counts = self.0.lock();
        let reached = |failures: Option<&Failures>, most| failures.is_some_and(|it| it.count >= most && it.is_young(now));
        let account = guess.of_account();
        let is_known = counts.known.get(&account).is_some_and(|all| all.contains(&guess.from));
        reached(counts.from_one.get(guess), FROM_ONE_MAX) || (!is_known && reached(counts.from_all.get(&account), FROM_ALL_MAX))
    }

    /// Notes a wrong password.
    pub(crate) fn failed(&self, guess: &Guess, now: i64) {
        let counts = &mut *self.0.lock();
        counts.from_one.retain(|_, known| known.is_young(now));
        counts.from_all.retain(|_, known| known.is_young(now));
        let new = || Failures { count: 0, since: now };
        counts.from_one.entry(guess.clone()).or_insert_with(new).count += 1;
        counts.from_all.entry(guess.of_account()).or_insert_with(new).count += 1;
    }

    /// Notes that somebody got in.
    pub(crate) fn succeeded(&self, guess: &Guess) {
        let mut counts = self.0.lock();
        let known = counts.known.entry(guess.of_account()).or_default();
        known.retain(|address| *address != guess.from);
        if known.len() == KNOWN_MAX {
            known.remove(0);
        }
        known.push(guess.from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(account: &str, from: &str) -> Guess {
        Guess { tenant: "stadt".to_owned(), account: account.to_owned(), from: from.parse().expect("an address") }
    }

    #[test]
    fn a_stranger_stands_in_their_own_way_only() {
        let guesses = Guesses::default();
        let (stranger, owner) = (guess("anna", "192.0.2.1"), guess("anna", "192.0.2.2"));
        for _ in 0..FROM_ONE_MAX {
            assert!(!guesses.must_wait(&stranger, 0));
            guesses.failed(&stranger, 0);
        }
        assert!(guesses.must_wait(&stranger, MINUTE_MICROS - 1) && !guesses.must_wait(&owner, 1));
        assert!(!guesses.must_wait(&guess("bert", "192.0.2.1"), 1), "another account");
        assert!(!guesses.must_wait(&Guess { tenant: "dorf".to_owned(), ..stranger.clone() }, 1), "another tenant");
        assert!(!guesses.must_wait(&stranger, MINUTE_MICROS), "a minute later");
    }

    #[test]
    fn many_strangers_are_bounded_and_leave_the_owner_alone() {
        let guesses = Guesses::default();
        let owner = guess("anna", "198.51.100.7");
        guesses.succeeded(&owner);
        for number in 0..FROM_ALL_MAX {
            let stranger = guess("anna", &format!("192.0.2.{number}"));
            assert!(!guesses.must_wait(&stranger, 0), "{number}");
            guesses.failed(&stranger, 0);
        }
        assert!(guesses.must_wait(&guess("anna", "203.0.113.1"), 1) && !guesses.must_wait(&owner, 1));
        assert!(!guesses.must_wait(&guess("anna", "203.0.113.1"), MINUTE_MICROS), "a minute later");
        for _ in 0..FROM_ONE_MAX {
            guesses.failed(&owner, 1);
        }
        assert!(guesses.must_wait(&owner, 1), "where somebody got in one may guess no more often");
    }

    #[test]
    fn few_addresses_are_remembered() {
        let guesses = Guesses::default();
        for number in 0..=KNOWN_MAX {
            guesses.succeeded(&guess("anna", &format!("198.51.100.{number}")));
            guesses.succeeded(&guess("anna", "198.51.100.0"));
        }
        let counts = guesses.0.lock();
        let known = &counts.known[&guess("anna", "::").of_account()];
        assert_eq!((known.len(), known.last().map(ToString::to_string)), (KNOWN_MAX, Some("198.51.100.0".to_owned())));
    }
}

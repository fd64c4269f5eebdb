//! What the clock showed when something was deleted by it last: a clock that
//! has jumped since is not believed until somebody confirms it.

use model::Instant;

use crate::Error;
use crate::tenant::Shared;

/// A clock that went on by more than this between two passes is asked about.
const JUMP_MAX_MICROS: i64 = 48 * 3_600 * 1_000_000;

/// Since when the clock has gone on by more than it should: since the last
/// pass over `what`, or before the first one since the newest entry of the log.
pub(crate) fn jumped_since(shared: &Shared, what: &str, now: Instant) -> Result<Option<Instant>, Error> {
    let seen = shared.store.setting(&key(what))?.and_then(|micros| micros.parse().ok()).map(Instant::from_micros);
    let since = match seen {
        Some(seen) => Some(seen),
        None => shared.store.last_header()?.map(|header| header.at),
    };
    Ok(since.filter(|since| now.micros().saturating_sub(since.micros()) > JUMP_MAX_MICROS))
}

/// Notes what the clock showed in a pass that was carried out or confirmed.
pub(crate) fn note_seen(shared: &Shared, what: &str, seen: Instant) -> Result<(), Error> {
    Ok(shared.store.put_setting(&key(what), &seen.micros().to_string())?)
}

fn key(what: &str) -> String {
    format!("retention.seen.{what}")
}

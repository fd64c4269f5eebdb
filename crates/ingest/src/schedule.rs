//! When sources are looked at: planned, started, never two at once for one
//! source, never a burst for what was missed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::{Access, Actor, Principal, Role, ScheduleRow, SourceState};
use harmonise::{Definition, Transport};
use model::{Instant, TenantId};
use sha2::Digest as _;

use crate::Error;
use crate::places::NoPlace;
use crate::run::{How, blocking};
use crate::service::Ingest;
use crate::state::{micros, state_of};
use crate::turns::Turn;

/// How often somebody looks whose time has come.
const BEAT: Duration = Duration::from_secs(1);
/// How long looks at work may take to end. One that waits for a server holds nothing that must be put away.
const ENDING: Duration = Duration::from_secs(2);
/// How old a file of a watched folder must be: a younger one may still be written to.
pub(crate) const SETTLE: Duration = Duration::from_secs(10);
/// How soon a new definition is looked at: people like to start the first run themselves.
const FIRST: Duration = Duration::from_secs(30);
/// After a failure the next look comes so soon at first, unless `every` is shorter.
const RETRY: Duration = Duration::from_secs(300);
/// However often it fails, it is looked at so often, unless `every` is longer.
const RETRY_MAX: Duration = Duration::from_secs(3600);
/// A source whose look could not be noted, as on a full disk, is left alone for so long.
const REST: Duration = Duration::from_secs(60);
/// How long a server may ask us to wait.
const WAIT_MAX: Duration = Duration::from_secs(86_400);
/// Sources of one rhythm are spread over this part of it.
const SPREAD: u32 = 10;
const SPREAD_MAX: Duration = Duration::from_secs(60);

/// What a definition says about time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Timing {
    /// How often it is looked at; `None` for what is pushed.
    pub(crate) every: Option<Duration>,
    pub(crate) silent_after: Option<Duration>,
    /// Which host is asked, with its port.
    pub(crate) host: Option<String>,
}

/// Timings of definitions by version: they are read once.
#[derive(Default)]
pub(crate) struct Timings(Mutex<HashMap<(TenantId, String), (u64, Timing)>>);

/// From which the next look is planned.
pub(crate) struct Next {
    pub(crate) every: Option<Duration>,
    /// When this look was due.
    pub(crate) before: Option<Instant>,
    pub(crate) failures: u64,
    /// What the server asked for.
    pub(crate) wait: Option<Duration>,
}

impl Next {
    /// When to look next. A source keeps its rhythm; what was missed is not made up for.
    pub(crate) fn after(&self, now: Instant, name: &str) -> Option<Instant> {
        let every = self.every?;
        if self.failures == 0 {
            // One that is planned for the first time gets its place among the others.
            let Some(before) = self.before else { return Some(plus(now, every.saturating_add(place(name, every)))) };
            let kept = plus(before, every);
            return Some(if kept > now && kept <= plus(now, every) { kept } else { plus(now, every.saturating_add(place(name, every))) });
        }
        let doublings = u32::try_from(self.failures - 1).unwrap_or(u32::MAX).min(16);
        let pause = every.min(RETRY).saturating_mul(1 << doublings).min(every.max(RETRY_MAX));
        let pause = pause.max(self.wait.unwrap_or_default().min(WAIT_MAX));
        Some(plus(now, pause.saturating_add(place(name, pause))))
    }
}

/// Where a source stands in the spread of its rhythm: always the same place.
fn place(name: &str, every: Duration) -> Duration {
    let digest = sha2::Sha256::digest(name.as_bytes());
    let part = u32::from(u16::from_be_bytes([digest[0], digest[1]]));
    ((every / SPREAD).min(SPREAD_MAX) * part) / u32::from(u16::MAX)
}

fn plus(at: Instant, time: Duration) -> Instant {
    at.plus_micros(micros(time))
}

/// A look whose time has come.
struct Due {
    access: Access,
    row: ScheduleRow,
}

impl Ingest {
    /// Looks at sources when their time has come, until `stopped`; then lets
    /// looks at work end after the record they are at.
    pub async fn look_until(&self, stopped: impl Future<Output = ()>) {
        let looking = async {
            let mut beat = tokio::time::interval(BEAT);
            beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                beat.tick().await;
                self.tick().await;
            }
        };
        tokio::select! { () = stopped => {}, () = looking => {} }
        self.stop_all();
        if tokio::time::timeout(ENDING, self.places().empty(self.config().looks_max)).await.is_err() {
            tracing::info!("looks at sources were still waiting for servers");
        }
    }

    /// Starts the looks that are due, the longest waiting first, as many as
    /// the configuration allows at once. The handles are for who wants to
    /// wait; the looks go on without them.
    pub(crate) async fn tick(&self) -> Vec<tokio::task::JoinHandle<()>> {
        let ingest = self.clone();
        let mut due = blocking(move || ingest.due()).await.unwrap_or_default();
        due.sort_by_key(|due| due.row.state.due_at);
        let mut started = Vec::new();
        for Due { access, row } in due {
            let Ok(turn) = self.turn(&access, &row.source) else { continue };
            let host = self.timing(&access, &row.source, row.version).ok().and_then(|timing| timing.host);
            let place = match self.places().take(host.as_deref(), row.state.failures > 0) {
                Ok(place) => place,
                Err(NoPlace::ForThisOne) => continue,
                Err(NoPlace::ForAnybody) => break,
            };
            let ingest = self.clone();
            started.push(tokio::spawn(async move {
                ingest.look_as_planned(&access, &row, &turn).await;
                drop(place);
            }));
        }
        started
    }

    /// What is due in all tenants; what is new is planned on the way.
    fn due(&self) -> Vec<Due> {
        let now = self.engine().now();
        let mut all = Vec::new();
        for tenant in self.engine().tenants() {
            let Ok(access) = self.engine().access(&tenant, Principal::new(Actor::System, Role::Editor)) else { continue };
            match access.schedule(None) {
                Ok(rows) => {
                    all.extend(rows.into_iter().filter(|row| self.is_due(&access, row, now)).map(|row| Due { access: access.clone(), row }))
                }
                Err(error) => tracing::error!(%error, tenant = tenant.as_str(), "the schedule cannot be read"),
            }
        }
        all
    }

    fn is_due(&self, access: &Access, row: &ScheduleRow, now: Instant) -> bool {
        if row.paused || !self.timing(access, &row.source, row.version).is_ok_and(|timing| timing.every.is_some()) {
            return false;
        }
        if self.rests().rests(access.tenant(), &row.source, now) {
            return false;
        }
        // A version that nobody looked at yet has no due time of its own: it is planned by who looks.
        row.state.version != row.version || row.state.due_at.is_none_or(|due| due <= now)
    }

    async fn look_as_planned(&self, access: &Access, row: &ScheduleRow, turn: &Turn) {
        let source = row.source.as_str();
        let outcome = match self.is_planned(access, row).await {
            Ok(true) => self.look(access, source, self.folders().clone(), How::Planned, turn, &|_| {}).await.map(|_| ()),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        match outcome {
            // It stands with the source, where people look.
            Err(error) => tracing::info!(%error, source, tenant = access.tenant().as_str(), "a source could not be read"),
            Ok(()) => tracing::debug!(source, tenant = access.tenant().as_str(), "a source was looked at"),
        }
        // Whatever kept the look from being noted would keep the next one from it, too.
        let now = self.engine().now();
        let state = state_of(access, source).unwrap_or_default();
        if state.version != row.version || state.due_at.is_none_or(|due| due <= now) {
            self.rests().until(access.tenant(), source, plus(now, REST));
        }
    }

    /// Whether the look is due, now that the turn is held; a new version is planned.
    async fn is_planned(&self, access: &Access, row: &ScheduleRow) -> Result<bool, Error> {
        let state = state_of(access, &row.source)?;
        let now = self.engine().now();
        if state.version == row.version && state.due_at.is_some() {
            return Ok(state.due_at.is_some_and(|due| due <= now));
        }
        let every = self.timing(access, &row.source, row.version)?.every.unwrap_or(FIRST);
        let state = SourceState { version: row.version, due_at: Some(plus(now, every.min(FIRST))), failures: 0, ..state };
        access.put_source_state(&row.source, state).await?;
        Ok(false)
    }

    /// What a version of a source's definition says about time.
    pub(crate) fn timing(&self, access: &Access, source: &str, version: u64) -> Result<Timing, Error> {
        let key = (access.tenant().clone(), source.to_owned());
        let timings = &self.timings().0;
        if let Some((known, timing)) = timings.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && *known == version
        {
            return Ok(timing.clone());
        }
        let row = access.source(source, Some(version))?;
        // One that an older version wrote otherwise rests until somebody mends it.
        let timing = Definition::parse(&row.text).map_or_else(
            |_| Timing::default(),
            |definition| {
                let source = definition.source;
                let host = match &source.transport {
                    Transport::Http(http) => web::outbound::host_of(&http.url).ok(),
                    _ => None,
                };
                let every = source.every.filter(|_| source.transport != Transport::Push);
                Timing { every, silent_after: source.silent_after, host }
            },
        );
        timings.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (version, timing.clone()));
        Ok(timing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn at(minutes: i64) -> Instant {
        Instant::from_micros(minutes * MINUTE)
    }

    /// Minutes until the next look, without the spread.
    fn pause(every_m: u64, before: Option<i64>, failures: u64, wait_m: Option<u64>) -> i64 {
        let minutes = |m: u64| Duration::from_secs(m * 60);
        let next = Next { every: Some(minutes(every_m)), before: before.map(at), failures, wait: wait_m.map(minutes) };
        (next.after(at(1000), "x").expect("planned").micros() - at(1000).micros()) / MINUTE
    }

    #[test]
    fn a_source_keeps_its_rhythm_and_makes_nothing_up() {
        assert_eq!(pause(5, Some(998), 0, None), 3, "the look took two minutes");
        assert_eq!(pause(5, Some(100), 0, None), 5, "it was off for hours");
        assert_eq!(pause(5, Some(9000), 0, None), 5, "its rhythm was slower before");
        assert_eq!(pause(5, None, 0, None), 5);
        assert_eq!(Next { every: None, before: None, failures: 0, wait: None }.after(at(0), "x"), None);
    }

    #[test]
    fn failures_slow_it_down_and_no_more_than_that() {
        let pauses: Vec<i64> = (1..=7).map(|failures| pause(5, Some(1000), failures, None)).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60, 60]);
        let daily: Vec<i64> = [1, 2, 9, 60].into_iter().map(|failures| pause(1440, Some(1000), failures, None)).collect();
        assert_eq!(daily, [5, 10, 1280, 1440]);
        assert_eq!(pause(5, Some(1000), 1, Some(30)), 30, "the server asked for it");
        assert_eq!(pause(5, Some(1000), 1, Some(99_999)), 1440, "but not for ever");
    }

    #[test]
    fn sources_of_one_rhythm_do_not_start_together() {
        let hour = Duration::from_secs(3600);
        let places: std::collections::BTreeSet<u64> = (0..20).map(|n| place(&format!("quelle-{n}"), hour).as_secs()).collect();
        assert!(places.len() > 10 && places.iter().all(|place| *place <= 60), "{places:?}");
        assert_eq!(place("a", hour), place("a", hour));
    }
}

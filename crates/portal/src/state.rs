//! What the pages need from outside: the engine, the municipality's texts,
//! and the workshop that handles sources.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use axum::Router;
use engine::{Access, Engine, SourceRow, StoredFile};
use harmonise::{Found, Issue, Reason};
use model::{Instant, Name, TenantId};
use tokio::sync::{Semaphore, SemaphorePermit};
use web::BoxFuture;

use crate::allowance::Allowance;
use crate::dashboard::Live;
use crate::facets::Facets;
use crate::frame::Site;
use crate::guesses::{Guess, Guesses};
use crate::kept::Kept;

/// How many passwords are checked at once: each costs a core for a while.
const LOGINS_AT_ONCE: usize = 2;

/// Everything the pages share. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Inner>);

struct Inner {
    engine: Engine,
    site: Site,
    /// For tenants that have one of their own.
    sites: HashMap<TenantId, Site>,
    workshop: Arc<dyn Workshop>,
    logins: Semaphore,
    guesses: Guesses,
    reports: Allowance,
    interfaces: OnceLock<Router>,
    live: Live,
    facets: Facets,
    kept: Kept,
}

impl State {
    /// Over an engine, for a municipality and for tenants that are others, with a workshop for their sources.
    #[must_use]
    pub fn new(engine: Engine, site: Site, sites: HashMap<TenantId, Site>, workshop: Arc<dyn Workshop>) -> Self {
        Self(Arc::new(Inner {
            engine,
            site,
            sites,
            workshop,
            logins: Semaphore::new(LOGINS_AT_ONCE),
            guesses: Guesses::default(),
            reports: Allowance::default(),
            interfaces: OnceLock::new(),
            live: Live::default(),
            facets: Facets::default(),
            kept: Kept::default(),
        }))
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The municipality that a tenant is.
    #[must_use]
    pub fn site(&self, tenant: &TenantId) -> &Site {
        self.0.sites.get(tenant).unwrap_or(&self.0.site)
    }

    /// The municipality of requests for no tenant in particular.
    #[must_use]
    pub fn own_site(&self) -> &Site {
        &self.0.site
    }

    /// What lists of datasets can be narrowed by.
    pub(crate) fn facets(&self) -> &Facets {
        &self.0.facets
    }

    /// The workshop.
    #[must_use]
    pub fn workshop(&self) -> &dyn Workshop {
        &*self.0.workshop
    }

    /// The pages kept for readers without credentials.
    pub(crate) fn kept(&self) -> &Kept {
        &self.0.kept
    }

    /// The dashboards that are watched.
    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    /// The same with the interfaces for programs, which pages show and try.
    #[must_use]
    pub fn with_interfaces(self, router: Router) -> Self {
        self.0.interfaces.get_or_init(|| router);
        self
    }

    /// The interfaces for programs.
    pub(crate) fn interfaces(&self) -> &Router {
        self.0.interfaces.get_or_init(Router::new)
    }

    /// Whether an address may send one more report now.
    pub(crate) fn may_report(&self, from: std::net::IpAddr) -> bool {
        self.0.reports.take(from, self.0.engine.now().micros())
    }

    /// Waits for a turn to check a password; none when too many were wrong.
    pub(crate) async fn login_turn(&self, guess: &Guess) -> Option<SemaphorePermit<'_>> {
        let must_wait = || self.0.guesses.must_wait(guess, self.0.engine.now().micros());
        if must_wait() {
            return None;
        }
        let turn = self.0.logins.acquire().await.ok()?;
        // Of many that came at once, those before this one were wrong by now.
        (!must_wait()).then_some(turn)
    }

    /// Notes whether the password was right.
    pub(crate) fn note_login(&self, guess: &Guess, was_right: bool) {
        if was_right {
            self.0.guesses.succeeded(guess);
        } else {
            self.0.guesses.failed(guess, self.0.engine.now().micros());
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("site", &self.0.site.owner).finish_non_exhaustive()
    }
}

/// What the administration does with sources. `server` wires it to the part
/// that takes data in, which pages must not know.
pub trait Workshop: Send + Sync + 'static {
    /// Checks a definition without keeping it: the source's name, or all faults.
    ///
    /// # Errors
    /// The faults, each with its place, the value and the remedy.
    fn check(&self, text: &str) -> Result<String, Vec<Issue>>;

    /// Keeps a definition as the source's newest version and declares its dataset; answers the version.
    fn put<'a>(&'a self, access: &'a Access, text: &'a str) -> BoxFuture<'a, Result<u64, WorkError>>;

    /// Begins a run of a source and answers when it has begun; the run goes on by itself.
    fn start<'a>(&'a self, access: &'a Access, source: &'a str) -> BoxFuture<'a, Result<(), WorkError>>;

    /// How a source does.
    ///
    /// # Errors
    /// When this principal may not manage sources.
    fn standing(&self, access: &Access, source: &SourceRow) -> Result<Standing, WorkError>;

    /// Takes the columns that a source has now to be right.
    fn accept_columns<'a>(&'a self, access: &'a Access, source: &'a str) -> BoxFuture<'a, Result<(), WorkError>>;

    /// Takes in a kept file under a source's definition; `input` is the file's name.
    fn take_kept<'a>(
        &'a self,
        access: &'a Access,
        source: &'a str,
        input: &'a str,
        kept: StoredFile,
    ) -> BoxFuture<'a, Result<(), WorkError>>;

    /// Maps what waits in a source's quarantine again.
    fn replay<'a>(&'a self, access: &'a Access, source: &'a str) -> BoxFuture<'a, Result<Replayed, WorkError>>;

    /// The raw record behind a value that this reader has seen; `None` when it is not kept or this reader may not see it.
    fn raw<'a>(&'a self, access: &'a Access, run: u64, record: u64) -> BoxFuture<'a, Result<Option<Found>, WorkError>>;

    /// How the definition of a run made an attribute; nothing when this reader may not see its records.
    ///
    /// # Errors
    /// When there is no such run, or its definition cannot be read.
    fn rules(&self, access: &Access, run: u64, attribute: Name) -> Result<Vec<Reason>, WorkError>;
}

/// How a source does between its runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// When it is looked at next; `None` when nobody looks by itself.
    pub due_at: Option<Instant>,
    /// When it was looked at last, or sent something.
    pub checked_at: Option<Instant>,
    /// Its newest observation.
    pub observed_at: Option<Instant>,
    /// Why it failed last.
    pub trouble: Option<Reason>,
    /// How often in a row it failed, and since when; the latter unless it failed before anybody wrote that down.
    pub failures: (u64, Option<Instant>),
    /// Since when it brought nothing new, when that is too long.
    pub silent_since: Option<Instant>,
    /// How its columns differ from those it had when its definition was written.
    pub drift: Vec<Reason>,
}

/// What a replay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Records that left the quarantine.
    pub settled: u64,
    /// Records that wait on.
    pub waiting: u64,
}

/// Why the workshop could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// The definition has faults.
    #[error("the definition has {} faults", .0.len())]
    Definition(Vec<Issue>),
    /// It cannot be done now, for a reason people can act on: a run is at work, a file is missing.
    #[error("{0}")]
    Refused(Reason),
    /// The engine did not allow or manage it.
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

//! A real engine over a temporary folder, for the tests of every crate above.

use std::ops::Deref;
use std::sync::Arc;

use model::{Instant, ManualClock, TenantId};
use policy::{Actor, Principal, Role};

use crate::{Access, Config, Engine};

/// An engine with the tenant `musterstadt` whose folder goes when it goes,
/// and whose clock stands at 2026-05-04T10:00:00Z.
pub struct ScratchEngine {
    engine: Engine,
    clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
}

impl Engine {
    /// Makes a scratch engine.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    #[must_use]
    pub fn scratch() -> ScratchEngine {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let start = Instant::parse("2026-05-04T10:00:00Z").expect("a valid instant");
        let clock = Arc::new(ManualClock::at(start));
        let engine = Self::open(Config::at(folder.path()), Arc::clone(&clock) as Arc<dyn model::Clock>).expect("a new folder opens");
        engine.create_tenant(&ScratchEngine::tenant()).expect("a new folder has no tenant");
        ScratchEngine { engine, clock, folder }
    }
}

impl ScratchEngine {
    /// Its tenant.
    #[must_use]
    pub fn tenant() -> TenantId {
        TenantId::parse("musterstadt").expect("a valid name")
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Access with a role.
    ///
    /// # Panics
    /// Never: the tenant is there.
    #[must_use]
    pub fn with_role(&self, role: Role) -> Access {
        self.engine.access(&Self::tenant(), Principal::new(Actor::Account("test".into()), role)).expect("the tenant is there")
    }

    /// Stops the engine and opens its folder again.
    ///
    /// # Panics
    /// When it does not stop or open.
    #[must_use]
    pub fn reopened(self) -> Self {
        let Self { engine, clock, folder } = self;
        engine.shutdown().expect("it stops");
        drop(engine);
        let engine = Engine::open(Config::at(folder.path()), Arc::clone(&clock) as Arc<dyn model::Clock>).expect("it opens again");
        Self { engine, clock, folder }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Deref for ScratchEngine {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}

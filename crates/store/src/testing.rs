//! A store to test with, and small commits to fill it.

use std::path::PathBuf;

use model::{
    Attribute, Change, Class, Commit, DoorKey, Effect, Entity, EntityId, Header, Instant, Json, Name, TenantContext, TenantId, Value,
};
use tempfile::TempDir;

use crate::{Config, Store, TenantStore};

/// A store with one tenant, in a place that goes away with it.
pub(crate) struct World {
    place: TempDir,
    store: Option<Store>,
    tenant: Option<TenantStore>,
}

impl World {
    pub(crate) fn embedded() -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let mut world = Self { place, store: None, tenant: None };
        world.store = Some(Store::open(&world.root(), world.config()).expect("opens"));
        world.tenant = Some(world.store().create_tenant(&context("musterstadt")).expect("a tenant"));
        world
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.place.path().join("data")
    }

    /// Somewhere outside the data directory.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(crate) fn config(&self) -> Config {
        Config { wal_max_bytes: 1 << 20, reserve_max_bytes: 0 }
    }

    pub(crate) fn store(&self) -> &Store {
        self.store.as_ref().expect("open")
    }

    pub(crate) fn tenant(&self) -> &TenantStore {
        self.tenant.as_ref().expect("open")
    }

    /// Gives up the store while its tenant stays open.
    pub(crate) fn close_store(&mut self) {
        self.store = None;
    }

    pub(crate) fn close(&mut self) {
        self.tenant = None;
        self.store = None;
    }

    pub(crate) fn reopen(&mut self) {
        self.close();
        self.store = Some(Store::open(&self.root(), self.config()).expect("opens again"));
        self.tenant = Some(self.store().tenant(&context("musterstadt")).expect("the tenant"));
    }
}

/// Stands in for the door: the one place of this crate that makes a context.
pub(crate) fn context(tenant: &str) -> TenantContext {
    TenantContext::new(&DoorKey::cut(), TenantId::parse(tenant).expect("a tenant's name"))
}

pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_790_000_000 + seconds)
}

pub(crate) fn station(number: u64) -> EntityId {
    EntityId::parse(&format!("urn:ngsi-ld:AirQualityObserved:{number}")).expect("an IRI")
}

fn no2(value: i64) -> Attribute {
    Attribute::new(Name::known("https://example.org/no2"), Value::Property(Json::from(value))).observed(at(value))
}

/// An entity with one value.
pub(crate) fn entity(number: u64) -> Entity {
    Entity::new(station(number), Name::known("https://example.org/AirQualityObserved")).with(no2(number.cast_signed()))
}

/// A commit of effects.
pub(crate) fn commit(seq: u64, effects: Vec<Effect>) -> Commit {
    let header = Header { seq, at: at(seq.cast_signed()), actor: "source:luft".into(), purpose: None, run: Some(7) };
    Commit { header, effects }
}

/// A commit of one value.
pub(crate) fn value(seq: u64) -> Commit {
    let change = Change::AttributeSet { attribute: no2(seq.cast_signed()), class: Class::Open, origin: None };
    commit(seq, vec![Effect { entity: station(1), subject: None, change }])
}

/// A commit that makes an entity.
pub(crate) fn born(seq: u64) -> Commit {
    let change = Change::EntitySet {
        types: vec![Name::known("https://example.org/AirQualityObserved")],
        scopes: Vec::new(),
        created_at: at(0),
        expires_at: None,
    };
    commit(seq, vec![Effect { entity: station(seq), subject: None, change }])
}

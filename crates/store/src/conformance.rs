//! What every backend must do, told through the public face of the store.
//! A backend is a way to make a [`World`]; the cases know nothing else.

mod files;
mod history;
mod log;
mod tables;

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

/// A commit of one value: sealing makes its payload superfluous.
pub(crate) fn value(seq: u64) -> Commit {
    let change = Change::AttributeSet { attribute: no2(seq.cast_signed()), class: Class::Open, origin: None };
    commit(seq, vec![Effect { entity: station(1), subject: None, change }])
}

/// A commit that makes an entity: it is needed for ever.
pub(crate) fn lasting(seq: u64) -> Commit {
    let change = Change::EntitySet {
        types: vec![Name::known("https://example.org/AirQualityObserved")],
        scopes: Vec::new(),
        created_at: at(0),
        expires_at: None,
    };
    commit(seq, vec![Effect { entity: station(seq), subject: None, change }])
}

macro_rules! cases {
    ($($module:ident: $($case:ident)+;)+) => {
        mod embedded {
            $($(
                #[test]
                fn $case() {
                    super::$module::$case(super::World::embedded());
                }
            )+)+
        }
    };
}

cases! {
    log:
        commits_come_back_as_they_were_written
        positions_without_gap_or_nothing
        a_failed_append_leaves_the_log_usable
        the_audit_runs_backwards
        commits_of_a_person_are_found
        the_chain_names_its_first_broken_link
        a_changed_payload_is_never_read;
    history:
        snapshots_come_back
        the_older_snapshot_steps_in
        a_snapshot_of_another_log_is_refused
        sealing_drops_values_and_keeps_headers
        sealing_needs_a_snapshot_and_an_intent
        replaced_objects_stay_known_until_they_are_gone
        without_a_good_snapshot_nothing_is_invented;
    tables:
        sources_have_versions
        runs_are_told
        quarantine_is_kept_and_settled
        accounts_tokens_sessions_settings
        keys_are_made_once
        destroyed_keys_are_gone;
    files:
        files_are_kept_once
        a_damaged_file_is_an_error
        nothing_readable_lies_around
        a_second_process_is_kept_out
        foreign_and_newer_folders_are_left_alone
        tenants_are_apart
        a_lost_key_store_is_named
        backup_and_restore
        a_damaged_backup_is_refused
        a_backup_stays_out_of_the_data
        everything_is_private;
}

//! What datasets hold, followed change by change, is what a look at all entities tells.

use std::sync::Arc;

use model::geo::Position;
use model::{Attribute, Class, Dataset, Entity, EntityId, Geometry, Instant, Value};
use policy::{Action, Principal, Role};
use proptest::prelude::*;

use super::{Held, State, look};
use crate::classes::{Classes, Visibility};
use crate::tests::{dataset, name, number, station};

const NOW: i64 = 1_000;

fn eyes<T>(classes: &Classes, role: Role, see: impl FnOnce(&Visibility<'_>) -> T) -> T {
    let permit = policy::decide(&Principal::new(policy::Actor::Anonymous, role), Action::Read).expect("reading is never refused");
    see(&Visibility::new(classes, &permit, Instant::from_micros(NOW)))
}

/// Datasets over the same type: all of it, ids with `a`, ids with `ab` where all is internal.
fn datasets(open: bool) -> Vec<Arc<Dataset>> {
    let of = |slug: &str, prefix: &str, class: Class| {
        let mut one = Dataset { id: EntityId::parse(&format!("urn:ngsi-ld:Dataset:{slug}")).expect("valid"), ..dataset(true) };
        one.id_prefix = Some(format!("urn:ngsi-ld:Station:{prefix}").into());
        one.columns[0].class = class;
        one.columns.push(model::dataset::Column { attribute: name("location"), ..one.columns[0].clone() });
        Arc::new(one)
    };
    vec![of("all", "", Class::Open), of("a", "a", Class::Open), of("ab", "ab", if open { Class::Open } else { Class::Internal })]
}

#[derive(Debug, Clone)]
enum Step {
    /// Sets an entity: id, when written, times of `no2` and of the undeclared `secret`, whether it has a place, when it expires.
    Put(&'static str, i64, Option<i64>, Option<i64>, bool, Option<i64>),
    Remove(&'static str),
    /// Declares the datasets again.
    Declare(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ids = || prop::sample::select(vec!["a", "ab1", "ab2", "b"]);
    let time = || prop::option::of(0..20_i64);
    let expiry = prop::option::weighted(0.2, prop::sample::select(vec![500, 2_000]));
    let step = prop_oneof![
        6 => (ids(), 0..20_i64, time(), time(), any::<bool>(), expiry).prop_map(|(id, at, a, b, place, end)| Step::Put(id, at, a, b, place, end)),
        2 => ids().prop_map(Step::Remove),
        1 => any::<bool>().prop_map(Step::Declare),
    ];
    prop::collection::vec(step, 1..30)
}

fn entity(id: &str, written: i64, no2: Option<i64>, secret: Option<i64>, has_place: bool, end: Option<i64>) -> Entity {
    let mut entity = Entity { modified_at: Instant::from_micros(written), expires_at: end.map(Instant::from_micros), ..station(id) };
    for (short, at) in [("no2", no2), ("secret", secret)] {
        if let Some(at) = at {
            entity = entity.with(Attribute::new(name(short), number("1")).observed(Instant::from_micros(at)));
        }
    }
    if has_place {
        let place = Geometry::Point(Position::new(8.0, 50.0));
        entity = entity.with(Attribute::new(name("location"), Value::Geo(place)));
    }
    entity
}

proptest! {
    #[test]
    fn what_is_followed_is_what_is_there(steps in steps()) {
        let mut state = State::default();
        let (mut declared, mut classes) = (datasets(false), Arc::new(Classes::of(&datasets(false))));
        state.declare(&declared, Arc::clone(&classes));
        for step in steps {
            match step {
                Step::Put(id, at, no2, secret, place, end) => {
                    let entity = entity(id, at, no2, secret, place, end);
                    state.put(&entity.id.clone(), Some(Arc::new(entity)));
                }
                Step::Remove(id) => state.put(&crate::tests::id(id), None),
                Step::Declare(open) => {
                    declared = datasets(open);
                    classes = Arc::new(Classes::of(&declared));
                    state.declare(&declared, Arc::clone(&classes));
                }
            }
            for role in [Role::Public, Role::Reader, Role::Editor] {
                for dataset in &declared {
                    let (followed, seen): (Held, Held) = eyes(&classes, role, |eyes| {
                        let mask = eyes.permit.mask().expect("a permit by classes");
                        let entities = state.of_type(dataset.entity_type).map(|stored| &*stored.entity);
                        (state.holdings(eyes.now).of(dataset, mask), look(dataset, entities, eyes))
                    });
                    prop_assert_eq!(followed, seen, "{} as {:?}", dataset.id, role);
                }
            }
        }
    }
}

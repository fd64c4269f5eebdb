//! Random writes, imports, seals, snapshots and restarts against a plain list.

use std::collections::BTreeMap;

use model::series::{SeriesLimit, SeriesQuery};
use model::time::TimeProperty;
use model::{Attribute, EntityId, Filter, Instant, Query, TimeWindow, Value};
use proptest::prelude::*;

use super::{id, name, number, station};
use crate::{Engine, Operation, Role, ScratchEngine};

#[derive(Debug, Clone)]
enum Step {
    Import { entity: u8, time: u8, value: u8 },
    Write { entity: u8, time: u8, value: u8 },
    Delete { entity: u8 },
    Failing,
    Seal,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_u8, 0..12_u8, 0..5_u8).prop_map(|(entity, time, value)| Step::Import { entity, time, value }),
        4 => (0..4_u8, 0..12_u8, 0..5_u8).prop_map(|(entity, time, value)| Step::Write { entity, time, value }),
        1 => (0..4_u8).prop_map(|entity| Step::Delete { entity }),
        1 => Just(Step::Failing),
        1 => Just(Step::Seal),
        1 => Just(Step::Restart),
    ]
}

/// What the engine should hold, kept the plain way.
#[derive(Default)]
struct Plain {
    current: BTreeMap<EntityId, (Instant, Value)>,
    history: BTreeMap<(EntityId, Instant), Value>,
}

impl Plain {
    fn import(&mut self, entity: &EntityId, time: Instant, value: &Value) {
        self.history.insert((entity.clone(), time), value.clone());
        if self.current.get(entity).is_none_or(|(seen, _)| time >= *seen) {
            self.current.insert(entity.clone(), (time, value.clone()));
        }
    }

    fn write(&mut self, entity: &EntityId, time: Instant, value: &Value) {
        self.history.insert((entity.clone(), time), value.clone());
        self.current.insert(entity.clone(), (time, value.clone()));
    }
}

fn entity_id(number: u8) -> EntityId {
    id(&number.to_string())
}

fn attribute(time: Instant, value: &Value) -> Attribute {
    Attribute::new(name("no2"), value.clone()).observed(time)
}

async fn take(engine: ScratchEngine, plain: &mut Plain, step: Step) -> ScratchEngine {
    let access = engine.with_role(Role::Editor);
    let time = |t: u8| Instant::from_seconds(1_700_000_000 + i64::from(t) * 900);
    match step {
        Step::Import { entity, time: t, value } => {
            let value = number(&value.to_string());
            let partial = station(&entity.to_string()).with(attribute(time(t), &value));
            access.import(1, vec![(1, partial)]).await.expect("imported");
            plain.import(&entity_id(entity), time(t), &value);
        }
        Step::Write { entity, time: t, value } => {
            let value = number(&value.to_string());
            let whole = station(&entity.to_string()).with(attribute(time(t), &value));
            access.write(vec![Operation::Upsert { entity: whole, replace: false }]).await.expect("written");
            plain.write(&entity_id(entity), time(t), &value);
        }
        Step::Delete { entity } => {
            access.write(vec![Operation::Delete(entity_id(entity))]).await.expect("answered");
            plain.current.remove(&entity_id(entity));
        }
        Step::Failing => {
            let refused = access.write(vec![Operation::Delete(id("nobody"))]).await.expect("answered");
            assert!(refused.outcomes[0].is_err());
        }
        Step::Seal => {
            let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
            tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
        }
        Step::Restart => {
            drop(access);
            return engine.reopened();
        }
    }
    engine
}

async fn check(engine: &ScratchEngine, plain: &Plain) {
    let access = engine.with_role(Role::Editor);
    let page = access.query(&Query::of(Filter::Type(name("Station")), 100)).expect("answered");
    let current: BTreeMap<_, _> = page
        .views
        .iter()
        .map(|view| {
            let now = view.entity().attribute(name("no2")).expect("every station has one");
            (view.entity().id.clone(), (now.observed_at.expect("observed"), now.value.clone()))
        })
        .collect();
    assert_eq!(current, plain.current);
    let question = SeriesQuery {
        entities: (0..4).map(entity_id).collect(),
        attributes: Some(vec![name("no2")]),
        window: TimeWindow::ALL,
        time_property: TimeProperty::ObservedAt,
        limit: SeriesLimit::All,
    };
    let found = access.series(question).await.expect("answered");
    let history: Vec<_> = found.into_iter().map(|o| ((o.entity.clone(), o.time()), o.attribute.value)).collect();
    let expected: Vec<_> = plain.history.clone().into_iter().collect();
    assert_eq!(history, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn state_and_history_are_those_of_a_plain_list(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (mut engine, mut plain) = (Engine::scratch(), Plain::default());
            for step in steps {
                engine = take(engine, &mut plain, step).await;
            }
            check(&engine, &plain).await;
            let engine = engine.reopened();
            check(&engine, &plain).await;
        });
    }
}

//! Random writes, imports, removals, retention, seals, snapshots and restarts against a plain list.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use model::dataset::{Keep, Retention, RetentionOf};
use model::{Attribute, Dataset, EntityId, Fact, Filter, Instant, Known, Query, RemovedSeries, SeriesKey, SeriesQuery, TimeWindow, Value};
use proptest::prelude::*;

use super::{dataset, id, name, number, station};
use crate::{Access, Engine, Operation, Role, ScratchEngine};

#[derive(Debug, Clone)]
enum Step {
    Import {
        entity: u8,
        time: u8,
        value: u8,
    },
    Write {
        entity: u8,
        time: u8,
        value: u8,
    },
    Delete {
        entity: u8,
    },
    Retract {
        entity: u8,
        time: u8,
    },
    Correct {
        entity: u8,
        time: u8,
        value: u8,
    },
    RemoveHistory {
        entity: u8,
        from: u8,
        to: u8,
    },
    /// The time of all values up to this one is over.
    Retain {
        upto: u8,
    },
    Failing,
    Seal,
    Compact,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_u8, 0..12_u8, 0..5_u8).prop_map(|(entity, time, value)| Step::Import { entity, time, value }),
        4 => (0..4_u8, 0..12_u8, 0..5_u8).prop_map(|(entity, time, value)| Step::Write { entity, time, value }),
        1 => (0..4_u8).prop_map(|entity| Step::Delete { entity }),
        2 => (0..4_u8, 0..12_u8).prop_map(|(entity, time)| Step::Retract { entity, time }),
        2 => (0..4_u8, 0..12_u8, 0..5_u8).prop_map(|(entity, time, value)| Step::Correct { entity, time, value }),
        1 => (0..4_u8, 0..12_u8, 1..12_u8).prop_map(|(entity, from, to)| Step::RemoveHistory { entity, from, to }),
        1 => (0..12_u8).prop_map(|upto| Step::Retain { upto }),
        1 => Just(Step::Failing),
        2 => Just(Step::Seal),
        1 => Just(Step::Compact),
        1 => Just(Step::Restart),
    ]
}

/// What the engine should hold, kept the plain way.
#[derive(Default)]
struct Plain {
    current: BTreeMap<EntityId, (Instant, Value)>,
    /// All that was ever said of an instant; nothing is a retraction.
    history: BTreeMap<(EntityId, Instant), Vec<Option<Value>>>,
}

impl Plain {
    fn say(&mut self, entity: &EntityId, time: Instant, value: Option<&Value>) {
        self.history.entry((entity.clone(), time)).or_default().push(value.cloned());
    }

    fn holds(&self, entity: &EntityId, time: Instant) -> Option<&Value> {
        self.history.get(&(entity.clone(), time))?.last()?.as_ref()
    }

    fn import(&mut self, entity: &EntityId, time: Instant, value: &Value) {
        if self.current.get(entity).is_none_or(|(seen, _)| time >= *seen) {
            // An equal value is left alone, unless the current one was another.
            if self.current.get(entity) != Some(&(time, value.clone())) {
                self.say(entity, time, Some(value));
            }
            self.current.insert(entity.clone(), (time, value.clone()));
        } else if self.holds(entity, time) != Some(value) {
            self.say(entity, time, Some(value));
        }
    }

    fn write(&mut self, entity: &EntityId, time: Instant, value: &Value) {
        if self.current.get(entity) != Some(&(time, value.clone())) {
            self.say(entity, time, Some(value));
        }
        self.current.insert(entity.clone(), (time, value.clone()));
    }

    fn correct(&mut self, entity: &EntityId, time: Instant, value: &Value) {
        self.say(entity, time, Some(value));
        if self.is_current(entity, time) {
            self.current.insert(entity.clone(), (time, value.clone()));
        }
    }

    /// Where the instant was the current one, the newest that is left is.
    fn retract(&mut self, entity: &EntityId, time: Instant) {
        let was_current = self.is_current(entity, time);
        self.say(entity, time, None);
        if was_current {
            let of = |((id, at), said): (&(EntityId, Instant), &Vec<Option<Value>>)| {
                (id == entity).then(|| said.last()?.clone().map(|value| (*at, value))).flatten()
            };
            match self.history.iter().filter_map(of).next_back() {
                Some((at, value)) => {
                    self.say(entity, at, Some(&value));
                    self.current.insert(entity.clone(), (at, value));
                }
                None => drop(self.current.remove(entity)),
            }
        }
    }

    fn is_current(&self, entity: &EntityId, time: Instant) -> bool {
        self.current.get(entity).is_some_and(|(at, _)| *at == time)
    }
}

fn entity_id(number: u8) -> EntityId {
    id(&number.to_string())
}

fn attribute(time: Instant, value: &Value) -> Attribute {
    Attribute::new(name("no2"), value.clone()).observed(time)
}

fn instance(entity: &EntityId, time: Instant) -> String {
    SeriesKey { entity: entity.clone(), attribute: name("no2"), dataset: None }.instance_id(time)
}

async fn take(engine: ScratchEngine, plain: &mut Plain, step: Step) -> ScratchEngine {
    let access = engine.with_role(Role::Editor);
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
        Step::Retract { entity, time: t } => {
            let (id, time) = (entity_id(entity), time(t));
            let done = access.retract(&id, name("no2"), &instance(&id, time)).await;
            assert_eq!(done.is_ok(), plain.holds(&id, time).is_some(), "{done:?}");
            if done.is_ok() {
                plain.retract(&id, time);
            }
        }
        Step::Correct { entity, time: t, value } => {
            let (id, time, value) = (entity_id(entity), time(t), number(&value.to_string()));
            let done = access.correct(&id, &instance(&id, time), Attribute::new(name("no2"), value.clone())).await;
            assert_eq!(done.is_ok(), plain.holds(&id, time).is_some(), "{done:?}");
            if done.is_ok() {
                plain.correct(&id, time, &value);
            }
        }
        Step::RemoveHistory { entity, from, to } => {
            let (id, window) = (entity_id(entity), TimeWindow { start: time(from), end: time(from + to) });
            let access = engine.with_role(Role::Administrator);
            access.remove_history(&id, RemovedSeries::Attribute(name("no2")), window).await.expect("removed");
            plain.history.retain(|(of, at), _| *of != id || !window.contains(*at));
        }
        Step::Retain { upto } => {
            let access = engine.with_role(Role::Administrator);
            let seconds = u32::try_from((engine.now().micros() - time(upto).micros()) / 1_000_000).expect("a few years");
            let rule = Retention { of: RetentionOf::Rest, keep: Keep { months: 0, days: 0, seconds }, rollup: None };
            access.put_dataset(Dataset { retention: vec![rule], ..dataset(true) }).await.expect("declared");
            let plan = access.retention_plans().await.expect("a plan").remove(0);
            let due = plain.history.iter().filter(|((_, at), _)| *at <= time(upto)).map(|(_, said)| said.len()).sum::<usize>();
            // Current values count that lost their place in the past.
            assert!(plan.values() >= due as u64, "{} of {due}", plan.values());
            access.confirm_retention("luft", &plan.token, None).await.expect("confirmed");
            plain.history.retain(|(_, at), _| *at > time(upto));
            plain.current.retain(|_, (at, _)| *at > time(upto));
        }
        Step::Failing => {
            let refused = access.write(vec![Operation::Delete(id("nobody"))]).await.expect("answered");
            assert!(refused.outcomes[0].is_err());
        }
        Step::Seal => {
            let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
            tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
        }
        Step::Compact => {
            let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
            tenant.shared.past.compact(8, &AtomicBool::new(false)).expect("compacted");
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
        .filter_map(|view| {
            let now = view.entity().attribute(name("no2"))?;
            Some((view.entity().id.clone(), (now.observed_at.expect("observed"), now.value.clone())))
        })
        .collect();
    assert_eq!(current, plain.current);
    let question = SeriesQuery { entities: (0..4).map(entity_id).collect(), attributes: Some(vec![name("no2")]), ..SeriesQuery::default() };
    let found = access.series(question.clone()).await.expect("answered");
    let history: Vec<_> = found.into_iter().map(|o| ((o.entity.clone(), o.time()), o.attribute.value)).collect();
    let held = plain.history.iter().filter_map(|(at, said)| Some((at.clone(), said.last()?.clone()?)));
    assert_eq!(history, held.collect::<Vec<_>>());
    let found = access.series(SeriesQuery { known: Known::Versions, ..question.clone() }).await.expect("answered");
    let mut versions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for o in found.into_iter().filter(|o| o.fact != Fact::Deleted) {
        versions.entry((o.entity.clone(), o.time())).or_default().push((o.fact == Fact::Value).then_some(o.attribute.value));
    }
    assert_eq!(versions, plain.history);
    check_walk(engine, &question);
}

fn time(t: u8) -> Instant {
    Instant::from_seconds(1_700_000_000 + i64::from(t) * 900)
}

/// One after the other, values are what they are all together.
#[track_caller]
fn check_walk(engine: &ScratchEngine, question: &SeriesQuery) {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let moment = tenant.shared.past.moment(&tenant.shared.state);
    let window = TimeWindow { start: time(3), end: time(9) };
    for (known, window) in
        [(Known::Now, TimeWindow::ALL), (Known::Versions, TimeWindow::ALL), (Known::Now, window), (Known::Versions, window)]
    {
        let question = Access::authorized(SeriesQuery { known, window, ..question.clone() });
        let mut walked = Vec::new();
        let take = &mut |row| {
            walked.push(row);
            Ok(())
        };
        moment.walk(&question, take).expect("walked");
        assert_eq!(walked, tenant.shared.past.series(&question).expect("answered"));
    }
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

//! Retention: never early, asked about when the clock jumps or much would go,
//! written down, and gone from the disk (DP-05, RT-13).

use model::dataset::{Keep, Retention, RetentionOf};
use model::series::RemovedSeries;
use model::{Attribute, Class, Dataset, Entity, EntityId, Instant, Json, Known, Name, SeriesKey, SeriesQuery, TimeWindow, Value};

use super::policy::holds;
use super::{dataset, id, instant, name, no2, station};
use crate::{Access, AttributePatch, Edit, Engine, Fragment, Instances, Kind, Operation, Reason, RetentionReceipt, Role, ScratchEngine};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

fn kept(rules: &[(&str, RetentionOf)]) -> Dataset {
    let rule = |(keep, of): &(&str, RetentionOf)| Retention { of: of.clone(), keep: Keep::parse(keep).expect("a period"), rollup: None };
    Dataset { retention: rules.iter().map(rule).collect(), ..dataset(true) }
}

/// Forty hourly values up to half an hour ago, all within their two days.
async fn city(rules: &[(&str, RetentionOf)]) -> ScratchEngine {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Administrator);
    access.put_dataset(kept(rules)).await.expect("declared");
    let newest = engine.now().plus_micros(-HOUR / 2);
    let values =
        (0..40).map(|back| (back + 1, station("a").with(no2("40", &newest.plus_micros(-i64::from(back as u32) * HOUR).to_string()))));
    access.import(1, values.collect()).await.expect("imported");
    engine
}

/// Puts the clock to an instant, before or after its own.
fn set(engine: &ScratchEngine, to: Instant) {
    engine.clock().advance_micros(to.micros() - engine.now().micros());
}

fn admin(engine: &ScratchEngine) -> Access {
    engine.with_role(Role::Administrator)
}

async fn times(engine: &ScratchEngine, short: &str) -> Vec<Instant> {
    let question =
        SeriesQuery { entities: vec![id("a")], attributes: Some(vec![name(short)]), known: Known::Versions, ..SeriesQuery::default() };
    admin(engine).series(question).await.expect("answered").iter().map(model::Observation::time).collect()
}

/// Hour after hour, as housekeeping does.
async fn pass(engine: &ScratchEngine) -> Vec<RetentionReceipt> {
    engine.clock().advance_micros(HOUR);
    admin(engine).keep_retention().await.expect("a pass")
}

fn seal(engine: &ScratchEngine) {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
}

fn current(engine: &ScratchEngine, short: &str) -> Option<Attribute> {
    let shared = &engine.loaded(&ScratchEngine::tenant()).expect("there").shared;
    let stored = shared.state.read().get(&id("a")).cloned()?;
    stored.entity.attribute(name(short)).cloned()
}

#[tokio::test]
async fn each_value_goes_within_the_hour_its_time_is_over_and_none_before() {
    let mut engine = city(&[("P2D", RetentionOf::Rest)]).await;
    let mut gone = 0;
    for hour in 1..=60 {
        if hour % 7 == 0 {
            seal(&engine);
        }
        if hour % 13 == 0 {
            engine = engine.reopened();
        }
        // Somebody goes on measuring, or at the end everything would go at once.
        let now = engine.now().to_string();
        admin(&engine).import(2, vec![(1, station("a").with(no2("41", &now)))]).await.expect("imported");
        let receipts = pass(&engine).await;
        let left = times(&engine, "no2").await;
        let due = engine.now().plus_micros(-2 * DAY);
        assert!(left.iter().all(|time| *time > due), "hour {hour}: unreadable within the hour");
        gone += receipts.iter().map(RetentionReceipt::values).sum::<u64>();
        assert_eq!(u64::try_from(left.len()).expect("few") + gone, 40 + hour, "hour {hour}: nothing before its time");
    }
    assert!(gone > 40, "{gone}");
}

#[tokio::test]
async fn a_rule_of_an_attribute_holds_before_that_of_its_class_and_of_the_rest() {
    let engine = city(&[
        ("P1Y", RetentionOf::Rest),
        ("P10D", RetentionOf::Classes(vec![Class::Open])),
        ("P2D", RetentionOf::Attributes(vec![name("no2")])),
    ])
    .await;
    let declared = kept(&[("P1Y", RetentionOf::Rest), ("P10D", RetentionOf::Classes(vec![Class::Internal]))]);
    assert_eq!(declared.keeps(name("no2")).deleted.map(|keep| keep.to_string()).as_deref(), Some("P1Y"));
    assert_eq!(declared.keeps(name("note")).deleted.map(|keep| keep.to_string()).as_deref(), Some("P10D"));
    engine.clock().advance_micros(10 * HOUR);
    let plan = admin(&engine).retention_plans().await.expect("a plan").remove(0);
    let said = |part: &crate::Due| (part.attribute.short().to_owned(), part.class, part.keep.to_string(), part.values, part.oldest);
    let oldest = instant("2026-05-02T18:30:00Z");
    assert_eq!(plan.parts.iter().map(said).collect::<Vec<_>>(), [("no2".to_owned(), Class::Open, "P2D".to_owned(), 2, oldest)]);
    assert_eq!((plan.total, plan.reasons.len()), (40, 0));
    assert_eq!(times(&engine, "no2").await.len(), 40, "a plan deletes nothing");
}

#[tokio::test]
async fn what_holds_now_stays_and_what_was_measured_long_ago_goes() {
    let engine = city(&[("P30D", RetentionOf::Rest)]).await;
    let text = |short: &str, text: &str| Attribute::new(name(short), Value::Property(Json::from(text)));
    let mut entity = station("a");
    entity.attributes = vec![text("note", "am Markt"), text("operator", "Erika")];
    admin(&engine).write(vec![Operation::Upsert { entity, replace: false }]).await.expect("written");
    let mut b = station("b");
    b.attributes = vec![no2("1", "2026-05-04T09:00:00Z")];
    admin(&engine).write(vec![Operation::Create(b)]).await.expect("written");
    admin(&engine).write(vec![Operation::Delete(id("b"))]).await.expect("deleted");
    for _ in 0..31 * 24 {
        engine.clock().advance_micros(HOUR);
        let access = admin(&engine);
        access.keep_retention().await.expect("a pass");
        for plan in access.retention_waiting().expect("may") {
            access.confirm_retention("luft", &plan.token, None).await.expect("confirmed");
        }
    }
    assert_eq!(current(&engine, "no2"), None, "its newest value is older than 30 days");
    assert_eq!(times(&engine, "no2").await.len(), 1, "only that it was deleted stays known");
    assert!(current(&engine, "note").is_some(), "what nobody observed holds until something else is said");
    assert_eq!(times(&engine, "note").await.len(), 1, "with its place in the past");
    assert_eq!(current(&engine, "operator"), None, "but not where it is a person's");
    let shared = &engine.loaded(&ScratchEngine::tenant()).expect("there").shared;
    let b = SeriesKey { entity: id("b"), attribute: name("no2"), dataset: None };
    let counted = shared.past.count(Instant::MAX, &mut |key| (*key == b).then_some(Instant::MAX)).expect("counted");
    assert_eq!(counted.len(), 0, "what was deleted from the state goes from the past too");
}

#[tokio::test]
async fn a_clock_that_jumps_deletes_nothing_until_somebody_confirms() {
    let engine = city(&[("P2D", RetentionOf::Rest)]).await;
    pass(&engine).await;
    let before = engine.now();
    for micros in [HOUR, -HOUR, -DAY, DAY, 47 * HOUR] {
        engine.clock().advance_micros(micros);
        assert!(
            admin(&engine).retention_plans().await.expect("a plan")[0].reasons.iter().all(|reason| *reason == Reason::Share),
            "{micros}"
        );
    }
    set(&engine, before.plus_micros(365 * DAY));
    let engine = engine.reopened();
    for _ in 0..3 {
        // Writes while the clock is wrong are no proof that it is right.
        admin(&engine).import(2, vec![(1, station("a").with(no2("41", &engine.now().to_string())))]).await.expect("imported");
        assert_eq!(pass(&engine).await, []);
    }
    let plan = admin(&engine).retention_waiting().expect("may").remove(0);
    assert_eq!(plan.reasons, [Reason::Clock(before), Reason::Share]);
    assert_eq!(times(&engine, "no2").await.len(), 43);
    // Set right again, it goes on by itself.
    set(&engine, before);
    let token = plan.token.clone();
    assert_eq!(admin(&engine).confirm_retention("luft", &token, None).await.expect_err("its time has not come").kind(), Kind::Conflict);
    pass(&engine).await;
    assert_eq!(admin(&engine).retention_waiting().expect("may").len(), 0);
    assert_eq!(times(&engine, "no2").await.len(), 43);
}

#[tokio::test]
async fn a_clock_that_jumped_is_asked_about_also_where_nothing_is_due() {
    let engine = city(&[("P2Y", RetentionOf::Rest)]).await;
    pass(&engine).await;
    engine.clock().advance_micros(100 * DAY);
    assert_eq!(pass(&engine).await, []);
    let plan = admin(&engine).retention_waiting().expect("may").remove(0);
    assert_eq!((plan.values(), plan.reasons.len()), (0, 1));
    let receipts = admin(&engine).confirm_retention("luft", &plan.token, None).await.expect("confirmed");
    assert_eq!((receipts[0].values(), receipts[0].confirmed_by.as_deref()), (0, Some("user:test")));
    pass(&engine).await;
    assert_eq!(admin(&engine).retention_waiting().expect("may").len(), 0);
}

#[tokio::test]
async fn more_than_a_fifth_waits_and_a_confirmation_holds_for_what_it_named() {
    let engine = city(&[("P2D", RetentionOf::Rest)]).await;
    pass(&engine).await;
    let access = admin(&engine);
    // Eight of forty are a fifth, nine are more.
    set(&engine, instant("2026-05-05T01:30:00Z"));
    assert_eq!(access.retention_plans().await.expect("a plan")[0].reasons, []);
    set(&engine, instant("2026-05-05T02:30:00Z"));
    assert_eq!(access.keep_retention().await.expect("a pass"), []);
    let plan = access.retention_waiting().expect("may").remove(0);
    assert_eq!((plan.values(), plan.total, plan.reasons.as_slice()), (9, 40, [Reason::Share].as_slice()));
    // New values that are not due change nothing; a late one that is due does.
    let late = |value: &str, at: &str| vec![(1, station("a").with(no2(value, at)))];
    access.import(2, late("41", "2026-05-05T02:00:00Z")).await.expect("imported");
    access.import(2, late("7", "2026-05-02T19:15:00Z")).await.expect("imported");
    for (slug, token, kind) in
        [("luft", plan.token.as_str(), Kind::Conflict), ("luft", "morgen", Kind::Conflict), ("andere", plan.token.as_str(), Kind::NotFound)]
    {
        assert_eq!(access.confirm_retention(slug, token, None).await.expect_err("refused").kind(), kind, "{slug} {token}");
    }
    assert_eq!(times(&engine, "no2").await.len(), 42, "nothing was deleted");
    let plan = access.retention_plans().await.expect("a plan").remove(0);
    engine.clock().advance_micros(5 * HOUR);
    let receipt = access.confirm_retention("luft", &plan.token, None).await.expect("confirmed").remove(0);
    assert_eq!((receipt.values(), receipt.total, receipt.confirmed_by.as_deref()), (10, 42, Some("user:test")));
    assert_eq!(times(&engine, "no2").await.len(), 32, "what came due since waits for its own pass");
    assert_eq!(access.retention_waiting().expect("may").len(), 0);
    for role in [Role::Reader, Role::Editor] {
        let access = engine.with_role(role);
        assert_eq!(access.retention_plans().await.expect_err("refused").kind(), Kind::Forbidden);
        assert_eq!(access.confirm_retention("luft", "x", None).await.expect_err("refused").kind(), Kind::Forbidden);
        assert_eq!(access.retention_receipts("luft", 9).await.expect_err("refused").kind(), Kind::Forbidden);
    }
}

/// A text that stands nowhere but in the values that go.
const CANARY: &str = "kanarienvogel-31c4";

#[tokio::test]
async fn receipts_last_and_nothing_of_what_went_is_left_on_the_disk() {
    let mut engine = city(&[("P2D", RetentionOf::Rest)]).await;
    let old = Attribute::new(name("note"), Value::Property(Json::from(CANARY))).observed(instant("2026-05-02T12:00:00Z"));
    admin(&engine).import(1, vec![(9, station("a").with(old))]).await.expect("imported");
    let folder = engine.folder().join("tenants");
    seal(&engine);
    assert!(holds(&folder, CANARY.as_bytes()), "the search finds what is there");
    assert_eq!(pass(&engine).await.len(), 0);
    pass(&engine).await;
    // Cut off between the commit and the compaction, twice.
    for _ in 0..2 {
        engine = engine.reopened();
        assert_eq!(times(&engine, "note").await.len(), 1, "only that it was deleted");
        let receipt = admin(&engine).retention_receipts("luft", 9).await.expect("receipts").remove(0);
        assert_eq!((receipt.values(), receipt.finished_at), (1, None));
    }
    while !admin(&engine).finish_removals().await.expect("done") {}
    admin(&engine).settle_retention().await.expect("noted");
    assert!(!holds(&folder, CANARY.as_bytes()), "log, snapshots, segments");
    for _ in 0..2 {
        let receipts = admin(&engine).retention_receipts("luft", 9).await.expect("receipts");
        assert_eq!((receipts.len(), receipts[0].values(), receipts[0].finished_at), (1, 1, Some(engine.now())));
        assert_eq!(receipts[0].parts[0].attribute, name("note"));
        seal(&engine);
        engine = engine.reopened();
    }
}

#[tokio::test]
async fn receipts_are_written_by_nobody_else() {
    let mut engine = city(&[("P2D", RetentionOf::Rest)]).await;
    engine.clock().advance_micros(10 * HOUR);
    pass(&engine).await;
    let said = admin(&engine).retention_receipts("luft", 9).await.expect("receipts");
    assert_eq!(said.len(), 1);
    let receipts = EntityId::parse("urn:ngsi-ld:Retention:luft").expect("an id");
    let kind = Name::known("https://allmende.eu/def/Retention");
    let run = Name::known("https://allmende.eu/def/retentionRun");
    for id in [receipts.clone(), EntityId::parse("urn:ngsi-ld:Retention:andere").expect("an id")] {
        let forged = Attribute::new(run, Value::JsonProperty(Json::Null)).observed(engine.now());
        let entity = Entity::new(id.clone(), kind).with(forged.clone());
        let fragment = Fragment { attributes: vec![forged.clone()], ..Fragment::new(id.clone()) };
        let patch = AttributePatch {
            name: run,
            dataset: None,
            value: Some(Value::JsonProperty(Json::Null)),
            observed_at: Edit::Keep,
            unit: Edit::Keep,
            sub: Vec::new(),
            removed_sub: Vec::new(),
            expires_at: Edit::Keep,
        };
        let operations = vec![
            Operation::Create(entity.clone()),
            Operation::Upsert { entity: entity.clone(), replace: true },
            Operation::Upsert { entity: entity.clone(), replace: false },
            Operation::Append { fragment: fragment.clone(), overwrite: true },
            Operation::Update(fragment),
            Operation::PatchAttribute { id: id.clone(), patch },
            Operation::DeleteAttribute { id: id.clone(), name: run, which: Instances::All },
            Operation::Delete(id.clone()),
        ];
        let access = admin(&engine);
        for outcome in access.write(operations).await.expect("answered").outcomes {
            let kind = outcome.expect_err("refused").kind();
            let expected: &[Kind] = if id == receipts { &[Kind::Forbidden, Kind::Exists] } else { &[Kind::Forbidden, Kind::NotFound] };
            assert!(expected.contains(&kind), "{kind:?}");
        }
        assert_eq!(access.import(1, vec![(1, entity)]).await.expect_err("refused").kind(), Kind::Forbidden);
        let removed = access.remove_history(&id, RemovedSeries::All, TimeWindow::ALL).await;
        assert_eq!(removed.expect_err("refused").kind(), Kind::Forbidden);
        let key = SeriesKey { entity: id.clone(), attribute: run, dataset: None };
        let refused = if id == receipts { Kind::Forbidden } else { Kind::NotFound };
        let instance = key.instance_id(said[0].at);
        assert_eq!(access.correct(&id, &instance, forged).await.expect_err("refused").kind(), refused);
        assert_eq!(access.retract(&id, run, &instance).await.expect_err("refused").kind(), refused);
        assert_eq!(access.erase(&id, &[], "Az. 1").await.expect_err("refused").kind(), Kind::Forbidden);
        assert_eq!(access.erasures().await.expect("the ledger"), [], "nothing that a start would make up for");
    }
    for _ in 0..2 {
        assert_eq!(admin(&engine).retention_receipts("luft", 9).await.expect("receipts"), said);
        engine = engine.reopened();
    }
    while !admin(&engine).finish_removals().await.expect("done") {}
    admin(&engine).settle_retention().await.expect("the engine itself may");
    assert!(admin(&engine).retention_receipts("luft", 9).await.expect("receipts")[0].finished_at.is_some());
}

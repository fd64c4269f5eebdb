//! Reports of errors: taken from anybody, hidden from everybody but who answers them.

use std::sync::atomic::AtomicBool;

use model::series::{self, SeriesQuery};
use model::{EntityId, Filter, Instant, Known, Name, Observation, Query, Value};

use super::{dataset, id, instant, name, no2, station};
use crate::{
    About, Access, Actor, Engine, Fragment, Kind, NewReport, Operation, Principal, ReportState, ReportedValue, Role, SETTLED_REPORTS,
    ScratchEngine,
};

const AT: &str = "2026-05-04T09:00:00Z";

async fn city() -> ScratchEngine {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.put_dataset(dataset(true)).await.expect("declared");
    access.write(vec![Operation::Create(station("a").with(no2("40", AT)))]).await.expect("written");
    engine
}

fn new(contact: Option<&str>) -> NewReport {
    about(|_| {}, contact)
}

/// A report about the value, or another one.
fn about(change: impl FnOnce(&mut ReportedValue), contact: Option<&str>) -> NewReport {
    let mut about = ReportedValue {
        dataset: dataset(true).id,
        entity: id("a"),
        attribute: name("no2"),
        observed_at: Some(instant(AT)),
        shown: "40 µg/m³".into(),
    };
    change(&mut about);
    NewReport { about: About::Value(about), message: "Das kann nicht sein.".into(), contact: contact.map(Into::into) }
}

fn public(engine: &ScratchEngine) -> Access {
    engine.access(&ScratchEngine::tenant(), policy::Principal::anonymous()).expect("the tenant is there")
}

#[tokio::test]
async fn anybody_reports_and_follows_by_the_key_alone() {
    let engine = city().await;
    let key = public(&engine).report(new(Some("erika@beispiel.example"))).await.expect("taken");
    let report = public(&engine).report_of(&key).expect("known by its key");
    assert_eq!((report.state, report.about, report.has_contact), (ReportState::Open, new(None).about, true));
    assert_eq!(public(&engine).report_of(&key.replace(['0', 'a'], "1").replace('2', "3")).expect_err("another key").kind(), Kind::NotFound);
    assert_eq!(public(&engine).report_of("../a").expect_err("no key").kind(), Kind::NotFound);
    assert_eq!(public(&engine).reports().expect_err("restricted").kind(), Kind::Forbidden);
    assert_eq!(engine.with_role(Role::Reader).contact_of_report(&key).await.expect_err("restricted").kind(), Kind::Forbidden);
    let all = Query::of(Filter::Type(model::Name::known("https://allmende.eu/def/Report")), 10);
    assert_eq!(public(&engine).query(&all).expect("answered").views.len(), 0);
    let seen = engine.with_role(Role::Editor).query(&all).expect("answered").views;
    assert!(seen[0].entity().attributes.iter().all(|attribute| attribute.name.short() != "contactAddress"));
}

#[tokio::test]
async fn a_dataset_of_that_type_opens_nothing() {
    let engine = city().await;
    let key = public(&engine).report(new(None)).await.expect("taken");
    let mut greedy = dataset(true);
    greedy.id = model::EntityId::parse("urn:ngsi-ld:Dataset:gier").expect("valid");
    greedy.slug = "gier".into();
    greedy.entity_type = model::Name::known("https://allmende.eu/def/Report");
    greedy.columns[0].attribute = model::Name::known("https://allmende.eu/def/message");
    engine.with_role(Role::Editor).put_dataset(greedy).await.expect("declared");
    let id = model::EntityId::parse(&format!("urn:ngsi-ld:Report:{key}")).expect("valid");
    assert!(public(&engine).entity(&id).is_err());
}

#[tokio::test]
async fn the_address_is_ciphertext_and_goes_with_its_key_when_settled() {
    let engine = city().await;
    let key = public(&engine).report(new(Some("erika@beispiel.example"))).await.expect("taken");
    let clerk = engine.with_role(Role::Editor);
    assert_eq!(clerk.contact_of_report(&key).await.expect("may").as_deref(), Some("erika@beispiel.example"));
    drop(clerk);
    let engine = engine.reopened();
    let clerk = engine.with_role(Role::Editor);
    assert_eq!(clerk.contact_of_report(&key).await.expect("may").as_deref(), Some("erika@beispiel.example"));
    let seen = clerk.report_of(&key).expect("there").changed_at;
    clerk.settle_report(&key, seen, ReportState::Answered, Some("Berichtigt.")).await.expect("settled");
    assert_eq!(clerk.contact_of_report(&key).await.expect("may"), None);
    assert!(!clerk.report_of(&key).expect("there").has_contact);
    drop(clerk);
    let engine = engine.reopened();
    let log = std::fs::read(engine.folder().join("tenants/musterstadt/tenant.db")).expect("the log");
    assert!(!log.windows(5).any(|part| part == b"erika"), "nowhere in clear");
}

#[tokio::test]
async fn answers_are_public_and_rejections_are_not() {
    let engine = city().await;
    let clerk = engine.with_role(Role::Editor);
    for (state, answer) in [(ReportState::Answered, Some("Berichtigt.")), (ReportState::Rejected, None)] {
        let key = public(&engine).report(new(None)).await.expect("taken");
        let seen = clerk.report_of(&key).expect("there").changed_at;
        clerk.settle_report(&key, seen, state, answer).await.expect("settled");
        assert_eq!(public(&engine).report_of(&key).expect("there").state, state);
    }
    let said = public(&engine).answers_about(&id("a"), name("no2")).expect("visible");
    assert_eq!(said.iter().map(|report| report.answer.as_deref()).collect::<Vec<_>>(), [Some("Berichtigt.")]);
    assert_eq!(clerk.reports().expect("may").len(), 2);
}

#[tokio::test]
async fn what_cannot_be_right_is_refused() {
    let engine = city().await;
    let refused = |new: NewReport| async { public(&engine).report(new).await.expect_err("refused").kind() };
    let long = NewReport { message: "x".repeat(2001).into(), ..new(None) };
    assert_eq!(refused(long).await, Kind::TooLarge);
    assert_eq!(refused(NewReport { message: "".into(), ..new(None) }).await, Kind::TooLarge);
    let elsewhere = about(|value| value.observed_at = Some(instant("2020-01-01T00:00:00Z")), None);
    assert_eq!(refused(elsewhere).await, Kind::NotFound);
    let hidden = about(|value| value.attribute = name("note"), None);
    assert_eq!(refused(hidden).await, Kind::NotFound);
    let key = public(&engine).report(new(None)).await.expect("taken");
    let clerk = engine.with_role(Role::Editor);
    let seen = clerk.report_of(&key).expect("there").changed_at;
    let silent = clerk.settle_report(&key, seen, ReportState::Answered, Some(" ")).await;
    assert_eq!(silent.expect_err("no answer").kind(), Kind::Invalid);
    let late = clerk.settle_report(&key, Instant::MAX, ReportState::Rejected, None).await;
    assert_eq!(late.expect_err("changed in between").kind(), Kind::Conflict);
    let public = public(&engine).settle_report(&key, seen, ReportState::Rejected, None).await;
    assert_eq!(public.expect_err("may not").kind(), Kind::Forbidden);
}

#[tokio::test]
async fn a_barrier_on_a_page_is_kept_like_any_report() {
    let engine = city().await;
    let barrier = |path: &str| NewReport { about: About::Page(path.into()), ..new(Some("erika@beispiel.example")) };
    let key = public(&engine).report(barrier("/datensaetze/luft")).await.expect("taken");
    let engine = engine.reopened();
    assert_eq!(public(&engine).report_of(&key).expect("kept").about, About::Page("/datensaetze/luft".into()));
    assert_eq!(public(&engine).answers_about(&id("a"), name("no2")).expect("visible"), []);
    let clerk = engine.with_role(Role::Editor);
    assert_eq!(clerk.reports().expect("may").len(), 1);
    assert!(clerk.contact_of_report(&key).await.expect("may").is_some());
    let long = public(&engine).report(barrier(&"x".repeat(501))).await;
    assert_eq!(long.expect_err("no address").kind(), Kind::TooLarge);
}

const DAY: i64 = 86_400_000_000;

/// The platform itself, which keeps house.
fn platform(engine: &ScratchEngine) -> Access {
    engine.access(&ScratchEngine::tenant(), Principal::new(Actor::System, Role::Administrator)).expect("the tenant is there")
}

fn entity_of(key: &str) -> EntityId {
    EntityId::parse(&format!("urn:ngsi-ld:Report:{key}")).expect("valid")
}

async fn settle(engine: &ScratchEngine, key: &str, state: ReportState) {
    let clerk = engine.with_role(Role::Editor);
    let seen = clerk.report_of(key).expect("there").changed_at;
    clerk.settle_report(key, seen, state, (state == ReportState::Answered).then_some("Berichtigt.")).await.expect("settled");
}

/// Lets time go by as it does where housekeeping runs: it looks at the clock again and again.
async fn pass(engine: &ScratchEngine, micros: i64) {
    let end = engine.now().plus_micros(micros);
    while engine.now() < end {
        let step = DAY.min(end.micros() - engine.now().micros());
        engine.clock().advance_micros(step);
        assert_eq!(platform(engine).delete_settled_reports(u16::MAX).await.expect("may"), 0);
    }
}

/// How much was ever said of a report, its life included.
async fn versions(engine: &ScratchEngine, key: &str) -> usize {
    let mut count = 0;
    for attributes in [None, Some(vec![series::life()])] {
        let question = SeriesQuery { entities: vec![entity_of(key)], attributes, known: Known::Versions, ..SeriesQuery::default() };
        count += platform(engine).series(question).await.expect("answered").len();
    }
    count
}

#[tokio::test]
async fn settled_reports_go_with_all_versions_on_the_day_and_not_before() {
    let mut engine = city().await;
    let mut keys = Vec::new();
    for (contact, state) in [(None, ReportState::Rejected), (Some("erika@beispiel.example"), ReportState::Answered)] {
        let key = public(&engine).report(new(contact)).await.expect("taken");
        settle(&engine, &key, state).await;
        keys.push(key);
    }
    let open = public(&engine).report(new(None)).await.expect("taken");
    let answers = |engine: &ScratchEngine| public(engine).answers_about(&id("a"), name("no2")).expect("visible").len();
    pass(&engine, 30 * DAY - 1).await;
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 0, "never early");
    assert_eq!((versions(&engine, &keys[0]).await > 0, answers(&engine)), (true, 1));
    assert_eq!(engine.with_role(Role::Editor).delete_settled_reports(30).await.expect_err("may not").kind(), Kind::Forbidden);
    engine.clock().advance_micros(1);
    let before = platform(&engine).audit(None, 1).expect("may")[0].seq;
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 2);
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 0, "once");
    let entry = platform(&engine).audit(None, 1).expect("may").remove(0);
    assert_eq!((entry.seq, &*entry.actor), (before + 1, "system"), "one commit, in the audit");
    for step in 0..3 {
        for key in &keys {
            assert_eq!(public(&engine).report_of(key).expect_err("gone").kind(), Kind::NotFound);
            assert_eq!(platform(&engine).former_entity(&entity_of(key)).await.expect_err("gone").kind(), Kind::NotFound);
            assert_eq!(versions(&engine, key).await, 0, "step {step}");
        }
        assert_eq!(answers(&engine), 0);
        assert_eq!(public(&engine).report_of(&open).expect("it waits for an answer").state, ReportState::Open);
        assert!(versions(&engine, &open).await > 0);
        match step {
            0 => {
                let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
                tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
            }
            _ => engine = engine.reopened(),
        }
    }
}

#[tokio::test]
async fn a_report_that_was_opened_again_is_kept_from_its_last_settling_on() {
    let engine = city().await;
    let key = public(&engine).report(new(None)).await.expect("taken");
    settle(&engine, &key, ReportState::Answered).await;
    pass(&engine, 20 * DAY).await;
    settle(&engine, &key, ReportState::Open).await;
    pass(&engine, 20 * DAY).await;
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 0, "it is open");
    settle(&engine, &key, ReportState::Rejected).await;
    pass(&engine, 29 * DAY).await;
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 0);
    engine.clock().advance_micros(DAY);
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 1);
}

#[tokio::test]
async fn a_clock_that_jumps_deletes_no_report_until_somebody_confirms() {
    let engine = city().await;
    let old = public(&engine).report(new(None)).await.expect("taken");
    settle(&engine, &old, ReportState::Rejected).await;
    pass(&engine, 20 * DAY).await;
    let young = public(&engine).report(new(None)).await.expect("taken");
    settle(&engine, &young, ReportState::Rejected).await;
    let before = engine.now();
    let there = |engine: &ScratchEngine| [&old, &young].map(|key| public(engine).report_of(key).is_ok());
    engine.clock().advance_micros(365 * DAY);
    let jumped = engine.now();
    let engine = engine.reopened();
    for _ in 0..3 {
        // Writes while the clock is wrong are no proof that it is right.
        engine.with_role(Role::Editor).import(1, vec![(1, station("a").with(no2("41", AT)))]).await.expect("imported");
        assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 0);
        engine.clock().advance_micros(DAY / 24);
    }
    let waiting = platform(&engine).reports_waiting().expect("may").expect("waits");
    assert_eq!((waiting.since, waiting.as_of, waiting.count), (before, jumped, 2));
    let confirm = async |engine: &ScratchEngine, role: Role, token: &str| {
        let access = engine.with_role(role);
        access.confirm_retention(SETTLED_REPORTS, token, None).await.map_err(|error| error.kind())
    };
    assert_eq!(confirm(&engine, Role::Editor, &waiting.token()).await, Err(Kind::Forbidden));
    // Set right again, nothing is confirmed, and it goes on by itself.
    engine.clock().advance_micros(before.plus_micros(DAY).micros() - engine.now().micros());
    assert_eq!(confirm(&engine, Role::Administrator, &waiting.token()).await, Err(Kind::Conflict), "its time has not come");
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 0);
    assert_eq!((platform(&engine).reports_waiting().expect("may"), there(&engine)), (None, [true, true]));
    // It stood still for a fortnight: what somebody confirms is what waited.
    engine.clock().advance_micros(14 * DAY);
    let stood = engine.now();
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 0);
    let still = platform(&engine).reports_waiting().expect("may").expect("waits");
    assert_eq!((still.as_of, still.count), (stood, 1));
    assert_eq!(confirm(&engine, Role::Administrator, &waiting.token()).await, Err(Kind::Conflict), "another");
    assert_eq!(there(&engine), [true, true]);
    assert_eq!(confirm(&engine, Role::Administrator, &still.token()).await, Ok(vec![]));
    assert_eq!((platform(&engine).reports_waiting().expect("may"), there(&engine)), (None, [false, true]));
    pass(&engine, 15 * DAY).await;
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 1);
    // Without a settled report there is nothing to ask.
    engine.clock().advance_micros(100 * DAY);
    assert_eq!(platform(&engine).delete_settled_reports(30).await.expect("may"), 0);
    assert_eq!(platform(&engine).reports_waiting().expect("may"), None);
}

#[tokio::test]
async fn a_key_that_a_cut_off_settling_left_goes_with_the_report() {
    let engine = city().await;
    let key = public(&engine).report(new(Some("erika@beispiel.example"))).await.expect("taken");
    let mut settled = Fragment::new(entity_of(&key));
    settled.attributes =
        vec![model::Attribute::new(Name::known("https://allmende.eu/def/reportState"), Value::Property("rejected".into()))];
    engine.with_role(Role::Editor).write(vec![Operation::Update(settled)]).await.expect("written");
    let shared = std::sync::Arc::clone(&engine.loaded(&ScratchEngine::tenant()).expect("there").shared);
    let stored = shared.state.read().get(&entity_of(&key)).cloned().expect("there");
    let address = stored.entity.attribute(Name::known("https://allmende.eu/def/contactAddress")).expect("sealed").clone();
    assert!(shared.envelope.opened(&address).expect("readable").is_some());
    engine.clock().advance_micros(DAY);
    assert_eq!(platform(&engine).delete_settled_reports(1).await.expect("may"), 1);
    assert_eq!(shared.envelope.opened(&address).expect("asked"), None);
}

#[tokio::test]
async fn what_was_deleted_leaves_the_disk_with_the_second_seal() {
    let engine = city().await;
    let key = public(&engine).report(new(None)).await.expect("taken");
    settle(&engine, &key, ReportState::Rejected).await;
    engine.clock().advance_micros(DAY);
    assert_eq!(platform(&engine).delete_settled_reports(1).await.expect("may"), 1);
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    for value in ["41", "42"] {
        assert_eq!(tenant.shared.store.removals().expect("read").len(), 1, "log or files hold it still");
        engine.with_role(Role::Editor).import(1, vec![(1, station("a").with(no2(value, AT)))]).await.expect("imported");
        tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
        while tenant.shared.past.compact(8, &AtomicBool::new(false)).expect("compacted") {}
    }
    assert_eq!(tenant.shared.store.removals().expect("read"), []);
    let moment = tenant.shared.past.moment(&tenant.shared.state);
    for segment in moment.segments.iter() {
        let mut look = |rows: Vec<Observation>| {
            assert!(rows.iter().all(|row| row.entity != entity_of(&key)));
            true
        };
        moment.history.rows(segment, &mut look).expect("readable");
    }
}

//! The past put right: what was known when, deletions, corrections, removals.

use std::sync::atomic::AtomicBool;

use model::series::{self, RemovedSeries};
use model::time::TimeProperty;
use model::{Attribute, Clock as _, Fact, Instant, Known, Observation, Removal, Removals, SeriesKey, SeriesQuery, TimeWindow, Value};

use super::{id, instant, name, no2, number, station};
use crate::{Engine, Instances, Kind, Operation, Role, ScratchEngine};

fn question() -> SeriesQuery {
    SeriesQuery { entities: vec![id("a")], attributes: Some(vec![name("no2")]), ..SeriesQuery::default() }
}

fn seal(engine: &ScratchEngine) {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
}

async fn ask(engine: &ScratchEngine, question: SeriesQuery) -> Vec<Observation> {
    engine.with_role(Role::Editor).series(question).await.expect("answered")
}

fn said(found: &[Observation]) -> Vec<(String, Option<f64>)> {
    found.iter().map(|o| (o.time().to_string(), o.attribute.value.as_f64())).collect()
}

/// Asked twice: from the tail, then sealed.
macro_rules! both {
    ($engine:ident, $check:block) => {
        for _ in 0..2 {
            $check
            seal(&$engine);
        }
    };
}

#[tokio::test]
async fn what_was_known_then_is_not_what_is_known_now() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let record = |value: &str| vec![(1, station("a").with(no2(value, "2026-01-01T00:00:00Z")))];
    access.import(1, record("10")).await.expect("imported");
    let then = engine.clock().now();
    engine.clock().advance_micros(3_600_000_000);
    access.import(2, record("20")).await.expect("imported");
    both!(engine, {
        assert_eq!(said(&ask(&engine, question()).await), [("2026-01-01T00:00:00Z".to_owned(), Some(20.0))]);
        let known = ask(&engine, SeriesQuery { known: Known::At(then), ..question() }).await;
        assert_eq!(said(&known), [("2026-01-01T00:00:00Z".to_owned(), Some(10.0))]);
        let all = ask(&engine, SeriesQuery { known: Known::Versions, ..question() }).await;
        assert_eq!(
            all.iter().map(|o| (o.attribute.value.as_f64(), o.recorded_at)).collect::<Vec<_>>(),
            [(Some(10.0), then), (Some(20.0), then.plus_micros(3_600_000_000))]
        );
        let before = then.plus_micros(-1);
        assert_eq!(ask(&engine, SeriesQuery { known: Known::At(before), ..question() }).await, []);
    });
}

#[tokio::test]
async fn a_deleted_attribute_and_a_deleted_entity_are_part_of_the_past() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let written = Operation::Create(station("a").with(no2("10", "2026-01-01T00:00:00Z")));
    access.write(vec![written]).await.expect("written").outcomes[0].as_ref().expect("created");
    let born = engine.clock().now();
    engine.clock().advance_micros(60_000_000);
    let gone = Operation::DeleteAttribute { id: id("a"), name: name("no2"), which: Instances::Default };
    access.write(vec![gone]).await.expect("deleted").outcomes[0].as_ref().expect("deleted");
    let lost = engine.clock().now();
    engine.clock().advance_micros(60_000_000);
    access.write(vec![Operation::Delete(id("a"))]).await.expect("deleted").outcomes[0].as_ref().expect("deleted");
    let died = engine.clock().now();
    both!(engine, {
        assert_eq!(said(&ask(&engine, question()).await), [("2026-01-01T00:00:00Z".to_owned(), Some(10.0))]);
        let deletions = |window| SeriesQuery { time_property: TimeProperty::DeletedAt, window, ..question() };
        let found = ask(&engine, deletions(TimeWindow::ALL)).await;
        assert_eq!(found.iter().map(|o| (o.fact, o.recorded_at)).collect::<Vec<_>>(), [(Fact::Deleted, lost)]);
        assert_eq!(ask(&engine, deletions(TimeWindow { start: Instant::MIN, end: lost })).await, []);
        let life = SeriesQuery { attributes: Some(vec![series::life()]), known: Known::Versions, ..question() };
        let life: Vec<_> = ask(&engine, life).await.into_iter().map(|o| (o.fact, o.recorded_at, o.attribute.value)).collect();
        assert_eq!(life[0], (Fact::Value, born, Value::Vocab(vec![name("Station")])));
        assert_eq!((life[1].0, life[1].1, life.len()), (Fact::Deleted, died, 2));
        let unnamed = ask(&engine, SeriesQuery { attributes: None, ..question() }).await;
        assert_eq!(unnamed.len(), 1, "the life of an entity is no attribute of it");
    });
}

#[tokio::test]
async fn a_retracted_reading_gives_way_to_the_one_before_and_stays_on_record() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let hours = ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"];
    let records = (1..).zip(hours).map(|(record, hour)| (record, station("a").with(no2(&record.to_string(), hour)))).collect();
    access.import(1, records).await.expect("imported");
    seal(&engine);
    let key = SeriesKey { entity: id("a"), attribute: name("no2"), dataset: None };
    let newest = key.instance_id(instant(hours[2]));
    access.retract(&id("a"), name("no2"), &newest).await.expect("retracted");
    assert_eq!(access.retract(&id("a"), name("no2"), &newest).await.expect_err("gone").kind(), Kind::NotFound);
    both!(engine, {
        assert_eq!(said(&ask(&engine, question()).await).len(), 2);
        let now = access.entity(&id("a")).expect("there");
        assert_eq!(now.entity().attribute(name("no2")).expect("there").observed_at, Some(instant(hours[1])));
        let all = ask(&engine, SeriesQuery { known: Known::Versions, ..question() }).await;
        let third: Vec<_> = all.iter().filter(|o| o.time() == instant(hours[2])).map(|o| o.fact).collect();
        assert_eq!(third, [Fact::Value, Fact::Retracted]);
    });
    let corrected = Attribute::new(name("no2"), number("7.5"));
    access.correct(&id("a"), &key.instance_id(instant(hours[0])), corrected).await.expect("corrected");
    assert_eq!(said(&ask(&engine, question()).await)[0].1, Some(7.5));
    let refused = access.correct(&id("a"), "urn:ngsi-ld:Instance:17-0123456789abcdef", Attribute::new(name("no2"), number("1"))).await;
    assert_eq!(refused.expect_err("unknown").kind(), Kind::NotFound);
    let none = access.correct(&id("a"), &newest, Attribute::new(name("no2"), Value::Property(model::Json::Null))).await;
    assert!(none.expect_err("null").to_string().contains("needs a value"));
}

#[tokio::test]
async fn an_instance_without_a_time_of_observation_keeps_its_place_when_it_is_corrected() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.write(vec![Operation::Create(station("a").with(Attribute::new(name("no2"), number("1"))))]).await.expect("written");
    let place = engine.clock().now();
    engine.clock().advance_micros(1_000_000);
    let found = &ask(&engine, question()).await[0];
    let instance = found.key().instance_id(found.time());
    access.correct(&id("a"), &instance, Attribute::new(name("no2"), number("2"))).await.expect("corrected");
    both!(engine, {
        let found = ask(&engine, question()).await;
        assert_eq!((found.len(), found[0].time(), found[0].attribute.value.as_f64()), (1, place, Some(2.0)));
        assert_eq!(found[0].key().instance_id(found[0].time()), instance);
    });
}

#[tokio::test]
async fn removed_history_is_gone_for_readers_at_once_and_after_a_restart() {
    let mut engine = Engine::scratch();
    let hours = ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"];
    let records = |value: &str| (1..).zip(hours).map(|(n, hour)| (n, station("a").with(no2(value, hour)))).collect::<Vec<_>>();
    engine.with_role(Role::Editor).import(1, records("10")).await.expect("imported");
    seal(&engine);
    let refused = engine.with_role(Role::Editor).remove_history(&id("a"), RemovedSeries::All, TimeWindow::ALL).await;
    assert_eq!(refused.expect_err("editors may not").kind(), Kind::Forbidden);
    let access = engine.with_role(Role::Administrator);
    let nothing = TimeWindow { start: instant(hours[1]), end: instant(hours[1]) };
    assert_eq!(access.remove_history(&id("a"), RemovedSeries::All, nothing).await.expect_err("empty").kind(), Kind::Invalid);
    access.remove_history(&id("a"), RemovedSeries::All, TimeWindow::ALL).await.expect("removed");
    drop(access);
    for _ in 0..2 {
        assert_eq!(ask(&engine, SeriesQuery { known: Known::Versions, ..question() }).await, []);
        assert!(engine.with_role(Role::Editor).entity(&id("a")).is_ok(), "the current state stays");
        engine = engine.reopened();
    }
    // What comes later is history again, even if it says the same.
    engine.with_role(Role::Editor).import(2, records("11")).await.expect("imported");
    assert_eq!(said(&ask(&engine, question()).await).len(), 2);
}

/// The rows that the segments of history hold, of what entity they may be.
fn rows_in_files(engine: &ScratchEngine) -> usize {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let moment = tenant.shared.past.moment(&tenant.shared.state);
    let mut count = 0;
    for segment in moment.segments.iter() {
        let mut take = |rows: Vec<Observation>| {
            count += rows.len();
            true
        };
        moment.history.rows(segment, &mut take).expect("readable");
    }
    count
}

/// How many of them an export would carry away.
fn rows_of_export(engine: &ScratchEngine) -> usize {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let moment = tenant.shared.past.moment(&tenant.shared.state);
    let mut count = 0;
    for segment in moment.segments.iter() {
        let mut take = |rows: Vec<Observation>| {
            count += rows.iter().filter(|row| moment.holds(row)).count();
            true
        };
        moment.history.rows(segment, &mut take).expect("readable");
    }
    count
}

fn removal(of: &str) -> Removal {
    Removal { entity: id(of), series: RemovedSeries::All, window: TimeWindow::ALL, seq: 0 }
}

fn compact(engine: &ScratchEngine) -> bool {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.past.compact(8, &AtomicBool::new(false)).expect("compacted")
}

fn files_of_history(engine: &ScratchEngine) -> usize {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    std::fs::read_dir(tenant.shared.store.history_folder()).expect("listed").count()
}

#[tokio::test]
async fn small_segments_become_one_and_readers_notice_nothing() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    for hour in 0..8 {
        let at = format!("2026-01-01T{hour:02}:00:00Z");
        access.import(1, vec![(1, station("a").with(no2(&hour.to_string(), &at)))]).await.expect("imported");
        seal(&engine);
    }
    let before = ask(&engine, question()).await;
    assert_eq!((before.len(), files_of_history(&engine)), (8, 8));
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let reader = tenant.shared.past.moment(&tenant.shared.state);
    assert!(compact(&engine));
    assert_eq!(ask(&engine, question()).await, before);
    assert!(!compact(&engine));
    assert_eq!(files_of_history(&engine), 9, "somebody reads the old ones still");
    reader.history.rows(&reader.segments[0], &mut |_| true).expect("readable");
    drop(reader);
    assert!(!compact(&engine));
    assert_eq!(files_of_history(&engine), 1);
    drop((access, tenant));
    let engine = engine.reopened();
    assert_eq!(ask(&engine, question()).await, before);
}

#[tokio::test]
async fn what_was_removed_leaves_the_files_and_then_the_list() {
    let engine = Engine::scratch();
    let both = |hour: &str| vec![(1, station("a").with(no2("10", hour))), (2, station("b").with(no2("20", hour)))];
    let editor = engine.with_role(Role::Editor);
    editor.import(1, both("2026-01-01T00:00:00Z")).await.expect("imported");
    seal(&engine);
    assert_eq!(rows_in_files(&engine), 4, "two values and two births");
    let access = engine.with_role(Role::Administrator);
    access.remove_history(&id("a"), RemovedSeries::All, TimeWindow::ALL).await.expect("removed");
    let stopped = AtomicBool::new(true);
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    assert_eq!(rows_of_export(&engine), 2, "nor is it carried away");
    assert!(!tenant.shared.past.compact(8, &stopped).expect("stopped"));
    assert_eq!((rows_in_files(&engine), files_of_history(&engine)), (4, 1), "what is stopped leaves no trace");
    assert!(compact(&engine));
    assert_eq!(rows_in_files(&engine), 2);
    assert_eq!(tenant.shared.store.removals().expect("read").len(), 1, "the log holds it still");
    // Two snapshots later the log is only headers there.
    for hour in 1..3 {
        editor.import(1, both(&format!("2026-01-01T{hour:02}:00:00Z"))).await.expect("imported");
        seal(&engine);
    }
    assert!(!compact(&engine));
    assert_eq!(tenant.shared.store.removals().expect("read"), []);
    assert_eq!(ask(&engine, question()).await.len(), 2);
    // What is removed later outlives the settling of what was removed before.
    let (first, later) = (Removal { seq: 3, ..removal("a") }, Removal { seq: 5, ..removal("b") });
    let both = Removals::from_iter([first.clone(), later.clone()]);
    let left = both.without(&Removals::from_iter([first]));
    assert_eq!(left.of(&SeriesKey { entity: id("b"), attribute: name("no2"), dataset: None }), [&later]);
    assert_eq!(left.entities(), [&id("b")]);
    let other = SeriesQuery { entities: vec![id("b")], ..question() };
    assert_eq!(ask(&engine, other).await.len(), 3);
}

#[tokio::test]
async fn a_compaction_that_is_cut_off_leaves_the_old_segments_or_the_new() {
    let engine = Engine::scratch();
    for hour in 0..8 {
        let at = format!("2026-01-01T{hour:02}:00:00Z");
        engine.with_role(Role::Editor).import(1, vec![(1, station("a").with(no2("1", &at)))]).await.expect("imported");
        seal(&engine);
    }
    let before = ask(&engine, question()).await;
    {
        let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
        let moment = tenant.shared.past.moment(&tenant.shared.state);
        let merge = moment.history.plan_merge(moment.segments.iter().cloned());
        tenant.shared.store.begin_seal(merge.objects()).expect("announced");
        let merged = moment.history.merge(&merge, &model::Removals::default(), &|| true).expect("merged").expect("not stopped");
        assert_eq!((merged.len(), files_of_history(&engine)), (1, 9));
    }
    let engine = engine.reopened();
    assert_eq!(ask(&engine, question()).await, before);
    assert_eq!(files_of_history(&engine), 8, "cut off before the manifest changed: the new one goes");
    assert!(compact(&engine));
    assert_eq!(files_of_history(&engine), 9);
    let engine = engine.reopened();
    assert_eq!(ask(&engine, question()).await, before);
    assert_eq!(files_of_history(&engine), 1, "cut off after it changed: the old ones go");
}

#[tokio::test]
async fn the_past_of_a_deleted_entity_is_open_to_whom_its_present_was() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.put_dataset(super::dataset(true)).await.expect("declared");
    let note = Attribute::new(name("note"), Value::Property(model::Json::from("intern")));
    let created = Operation::Create(station("a").with(no2("10", "2026-01-01T00:00:00Z")).with(note));
    access.write(vec![created, Operation::Create(station("b").with(Attribute::new(name("note"), number("1"))))]).await.expect("written");
    access.write(vec![Operation::Delete(id("a")), Operation::Delete(id("b"))]).await.expect("deleted");
    let everything = SeriesQuery { entities: vec![id("a"), id("b"), id("c")], ..SeriesQuery::default() };
    both!(engine, {
        let public = engine.with_role(Role::Public);
        let names = |found: Vec<Observation>| found.iter().map(|o| o.attribute.name).collect::<Vec<_>>();
        assert_eq!(names(public.series(everything.clone()).await.expect("answered")), [name("no2")]);
        assert_eq!(names(access.series(everything.clone()).await.expect("answered")).len(), 3);
        let former = public.former_entity(&id("a")).await.expect("seen");
        assert_eq!((former.types.as_slice(), names_of(&former)), ([name("Station")].as_slice(), vec![name("no2")]));
        assert_eq!(names_of(&access.former_entity(&id("a")).await.expect("seen")).len(), 2);
        for hidden in ["b", "c"] {
            assert_eq!(public.former_entity(&id(hidden)).await.expect_err("unseen").kind(), Kind::NotFound);
        }
    });
}

fn names_of(entity: &model::Entity) -> Vec<model::Name> {
    entity.attributes.iter().map(|attribute| attribute.name).collect()
}

/// Whether a file below a folder holds these bytes.
fn holds(folder: &std::path::Path, word: &[u8]) -> bool {
    std::fs::read_dir(folder).expect("listed").map(|entry| entry.expect("read").path()).any(|path| {
        if path.is_dir() { holds(&path, word) } else { std::fs::read(&path).expect("read").windows(word.len()).any(|part| part == word) }
    })
}

#[tokio::test]
async fn what_was_removed_leaves_the_disk_when_nobody_writes_either() {
    const CANARY: &str = "Kanarienvogel";
    let engine = Engine::scratch();
    let editor = engine.with_role(Role::Editor);
    let note = |text: &str| station("a").with(Attribute::new(name("note"), Value::Property(model::Json::from(text))));
    editor.import(1, vec![(1, note(CANARY))]).await.expect("imported");
    editor.write(vec![Operation::Upsert { entity: note("still"), replace: false }]).await.expect("written");
    let folder = engine.folder().join("tenants/musterstadt");
    assert!(holds(&folder, CANARY.as_bytes()));
    let access = engine.with_role(Role::Administrator);
    assert!(access.finish_removals().await.expect("nothing to do"));
    access.remove_history(&id("a"), RemovedSeries::Attribute(name("note")), TimeWindow::ALL).await.expect("removed");
    assert!(holds(&folder, CANARY.as_bytes()), "the log holds it");
    assert!(access.finish_removals().await.expect("taken off"));
    assert!(!holds(&folder, CANARY.as_bytes()), "neither log nor snapshot nor segment");
    assert_eq!(editor.finish_removals().await.expect_err("editors may not").kind(), Kind::Forbidden);
    let now = editor.entity(&id("a")).expect("there");
    assert_eq!(now.entity().value(name("note")).and_then(Value::as_str), Some("still"));
}

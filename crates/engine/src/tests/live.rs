//! Listening to what is written, and the dashboards that live by it.

use futures_util::FutureExt as _;
use policy::Role;

use super::{dataset, id, no2, station};
use crate::operation::Operation;
use crate::{Access, Engine, Kind, Listener, News};

async fn put(access: &Access, short: &str, value: &str) {
    let entity = station(short).with(no2(value, "2026-05-04T09:00:00Z"));
    let receipt = access.write(vec![Operation::Upsert { entity, replace: false }]).await.expect("written");
    receipt.outcomes.into_iter().for_each(|outcome| drop(outcome.expect("taken")));
}

/// What the listener hears next, without waiting: an answer came after the news was told.
fn heard(listener: &mut Listener) -> String {
    match listener.next().now_or_never() {
        None => "nothing".into(),
        Some(None) => "the end".into(),
        Some(Some(News::Reread)) => "reread".into(),
        Some(Some(News::Written { entities, .. })) => {
            let names = entities.iter().map(|view| view.entity().id.as_str().rsplit(':').next().unwrap_or_default().to_owned());
            names.collect::<Vec<_>>().join(" ")
        }
    }
}

#[tokio::test]
async fn a_listener_hears_of_what_it_may_see_after_it_is_durable() {
    let engine = Engine::scratch();
    let (inside, outside) = (engine.with_role(Role::Administrator), engine.with_role(Role::Public));
    let (mut editor, mut public) = (inside.listen().expect("may"), outside.listen().expect("may"));
    put(&inside, "hidden", "1").await;
    assert_eq!((heard(&mut editor), heard(&mut public)), ("hidden".into(), "nothing".into()));
    // A declaration changes what may be seen: everything is to be read anew.
    inside.put_dataset(dataset(true)).await.expect("declared");
    assert_eq!((heard(&mut editor), heard(&mut public)), ("reread".into(), "reread".into()));
    put(&inside, "nord", "2").await;
    assert_eq!(heard(&mut public), "nord");
    assert_eq!(outside.position(), inside.position());
    inside.write(vec![Operation::Delete(id("nord"))]).await.expect("gone");
    assert_eq!(heard(&mut public), "reread");
}

#[tokio::test]
async fn a_slow_listener_reads_anew_and_holds_nobody_up() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Administrator);
    let mut slow = access.listen().expect("may");
    for turn in 0..300 {
        put(&access, "nord", &turn.to_string()).await;
    }
    assert_eq!(heard(&mut slow), "reread");
    slow.skip();
    assert_eq!(heard(&mut slow), "nothing");
    put(&access, "sued", "1").await;
    assert_eq!(heard(&mut slow), "sued");
}

#[tokio::test]
async fn listening_ends_with_the_platform() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Public);
    let mut listener = access.listen().expect("may");
    engine.end_listening();
    assert_eq!(heard(&mut listener), "the end");
    assert_eq!(access.listen().map(drop).map_err(|error| error.kind()), Err(Kind::Unavailable));
}

#[tokio::test]
async fn dashboards_are_seen_when_they_are_published() {
    let engine = Engine::scratch();
    let (inside, outside) = (engine.with_role(Role::Administrator), engine.with_role(Role::Public));
    inside.put_dashboard("heute", true, "text").await.expect("kept");
    inside.put_dashboard("entwurf", false, "text").await.expect("kept");
    let slugs = |access: &Access| access.dashboards().expect("may").into_iter().map(|row| row.slug).collect::<Vec<_>>();
    assert_eq!(slugs(&outside), ["heute"]);
    assert_eq!(slugs(&inside), ["entwurf", "heute"]);
    assert_eq!(outside.dashboard("entwurf").map_err(|error| error.kind()), Err(Kind::NotFound));
    assert_eq!(outside.put_dashboard("x", true, "").await.map_err(|error| error.kind()), Err(Kind::Forbidden));
    assert_eq!(inside.put_dashboard("Ä/..", true, "").await.map_err(|error| error.kind()), Err(Kind::NotFound));
    inside.remove_dashboard("heute", None).await.expect("gone");
    assert!(slugs(&outside).is_empty());
    drop((inside, outside));
    let engine = engine.reopened();
    assert_eq!(engine.with_role(Role::Reader).dashboard("entwurf").expect("there").text, "text");
}

#[tokio::test]
async fn a_dashboard_changes_only_as_it_was_looked_at() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let kind = |result: Result<(), crate::Error>| result.map_err(|error| error.kind());
    assert_eq!(kind(access.replace_dashboard("heute", Some("eins"), true, "zwei").await), Err(Kind::Conflict), "it is gone");
    access.replace_dashboard("heute", None, true, "eins").await.expect("new");
    assert_eq!(kind(access.replace_dashboard("heute", None, true, "zwei").await), Err(Kind::Conflict), "the name is taken");
    // Both clerks saw the first one; one of them is told.
    let (one, other) = tokio::join!(
        access.replace_dashboard("heute", Some("eins"), true, "zwei"),
        access.replace_dashboard("heute", Some("eins"), true, "drei")
    );
    assert_eq!((kind(one), kind(other)), (Ok(()), Err(Kind::Conflict)));
    assert_eq!(access.dashboard("heute").expect("there").text, "zwei");
    assert_eq!(kind(access.remove_dashboard("heute", Some("eins")).await), Err(Kind::Conflict));
    access.remove_dashboard("heute", Some("zwei")).await.expect("gone");
    assert_eq!(kind(access.remove_dashboard("heute", Some("zwei")).await), Err(Kind::NotFound));
}

//! What each operation does (NGSI-LD V1.9.1, clauses 5.6.1 to 5.6.8).

use model::{Attribute, Iri, Value};

use super::{id, name, no2, number, station};
use crate::operation::{AttributePatch, Edit, Fragment, Instances};
use crate::{Engine, Kind, Operation, Outcome, Role};

fn fragment(attributes: Vec<Attribute>) -> Fragment {
    Fragment { attributes, ..Fragment::new(id("a")) }
}

/// Carries operations out one after the other; answers what the last became and the entity after it.
async fn after(operations: Vec<Operation>) -> (Result<Outcome, crate::Error>, Option<model::Entity>) {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let mut last = Ok(Outcome::Unchanged);
    for operation in operations {
        engine.clock().advance_micros(1_000_000);
        last = access.write(vec![operation]).await.expect("answered").outcomes.remove(0);
    }
    (last, access.entity(&id("a")).ok().map(|view| view.entity().clone()))
}

#[tokio::test]
async fn create_refuses_a_known_id() {
    let (outcome, entity) =
        after(vec![Operation::Create(station("a").with(no2("1", "2026-05-04T09:00:00Z"))), Operation::Create(station("a"))]).await;
    assert_eq!(outcome.expect_err("known").kind(), Kind::Exists);
    assert_eq!(entity.expect("kept").value(name("no2")), Some(&number("1")));
}

#[tokio::test]
async fn append_keeps_what_is_there_when_asked() {
    let start = Operation::Create(station("a").with(no2("1", "2026-05-04T09:00:00Z")));
    let append = |overwrite| Operation::Append {
        fragment: fragment(vec![no2("2", "2026-05-04T10:00:00Z"), Attribute::new(name("pm10"), number("9"))]),
        overwrite,
    };
    let (outcome, entity) = after(vec![start.clone(), append(false)]).await;
    let Ok(Outcome::Updated { updated, not_updated }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((updated, not_updated.len()), (vec![name("pm10")], 1));
    assert_eq!(entity.expect("there").value(name("no2")), Some(&number("1")));
    let (_, entity) = after(vec![start, append(true)]).await;
    assert_eq!(entity.expect("there").value(name("no2")), Some(&number("2")));
}

#[tokio::test]
async fn update_replaces_instances_whole_and_null_deletes() {
    let mut first = no2("1", "2026-05-04T09:00:00Z");
    first.sub.push(Attribute::new(name("quality"), number("3")));
    let mut update = fragment(vec![Attribute::new(name("no2"), number("2"))]);
    update.removed.push((name("pm10"), None));
    let start = station("a").with(first).with(Attribute::new(name("pm10"), number("9")));
    let (_, entity) = after(vec![Operation::Create(start), Operation::Update(update)]).await;
    let entity = entity.expect("there");
    let attribute = entity.attribute(name("no2")).expect("there");
    assert!(attribute.sub.is_empty() && attribute.observed_at.is_none(), "members that were not sent are gone");
    assert!(entity.attribute(name("pm10")).is_none());
    assert!(attribute.created_at < attribute.modified_at, "the instance keeps when it was first written");
}

#[tokio::test]
async fn a_partial_update_replaces_members() {
    let patch = AttributePatch {
        name: name("no2"),
        dataset: None,
        value: Some(number("7")),
        observed_at: Edit::Keep,
        unit: Edit::Keep,
        sub: Vec::new(),
        removed_sub: Vec::new(),
        expires_at: Edit::Keep,
    };
    let start = Operation::Create(station("a").with(no2("1", "2026-05-04T09:00:00Z")));
    let (_, entity) = after(vec![start.clone(), Operation::PatchAttribute { id: id("a"), patch: patch.clone() }]).await;
    let entity = entity.expect("there");
    assert_eq!(entity.attribute(name("no2")).expect("there").observed_at, Some(super::instant("2026-05-04T09:00:00Z")));
    assert_eq!(entity.value(name("no2")), Some(&number("7")));
    let without =
        AttributePatch { observed_at: Edit::Remove, expires_at: Edit::Set(super::instant("2999-01-01T00:00:00Z")), ..patch.clone() };
    let (_, entity) = after(vec![start.clone(), Operation::PatchAttribute { id: id("a"), patch: without }]).await;
    let entity = entity.expect("there");
    let attribute = entity.attribute(name("no2")).expect("there");
    assert_eq!((attribute.observed_at, attribute.expires_at), (None, Some(super::instant("2999-01-01T00:00:00Z"))));
    let other_type = AttributePatch { value: Some(Value::Relationship(vec![Iri::parse("urn:x:1").expect("valid")])), ..patch };
    let (outcome, _) = after(vec![start, Operation::PatchAttribute { id: id("a"), patch: other_type }]).await;
    assert_eq!(outcome.expect_err("another type").kind(), Kind::Invalid);
}

#[tokio::test]
async fn deleting_takes_the_default_instance_one_or_all() {
    let roof = Iri::parse("urn:x:roof").expect("valid");
    let mut second = Attribute::new(name("no2"), number("2"));
    second.dataset = Some(roof.clone());
    let start = Operation::Create(
        station("a").with(Attribute::new(name("no2"), number("1"))).with(second).with(Attribute::new(name("x"), number("0"))),
    );
    let left = |which| {
        let start = start.clone();
        async move {
            let (_, entity) = after(vec![start, Operation::DeleteAttribute { id: id("a"), name: name("no2"), which }]).await;
            entity.expect("there").instances(name("no2")).count()
        }
    };
    assert_eq!(left(Instances::Default).await, 1);
    assert_eq!(left(Instances::One(roof)).await, 1);
    assert_eq!(left(Instances::All).await, 0);
    let (outcome, entity) = after(vec![start, Operation::Delete(id("a"))]).await;
    assert_eq!((outcome, entity), (Ok(Outcome::Deleted), None));
}

#[tokio::test]
async fn the_same_again_is_unchanged() {
    let entity = station("a").with(no2("1", "2026-05-04T09:00:00Z"));
    let upsert = Operation::Upsert { entity, replace: true };
    let (outcome, entity) = after(vec![upsert.clone(), upsert]).await;
    assert_eq!(outcome, Ok(Outcome::Unchanged));
    let entity = entity.expect("there");
    assert_eq!(entity.created_at, entity.modified_at);
}

#[tokio::test]
async fn one_bad_entity_hides_no_other_and_later_ones_see_earlier_ones() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let operations = vec![
        Operation::Create(station("a")),
        Operation::Create(station("a")),
        Operation::Update(fragment(vec![Attribute::new(name("no2"), number("5"))])),
        Operation::Delete(id("nobody")),
        Operation::Create(station("b").with(Attribute::new(name("no2"), number("6")))),
    ];
    let kinds: Vec<_> =
        access.write(operations).await.expect("answered").outcomes.into_iter().map(|o| o.map(|_| ()).map_err(|e| e.kind())).collect();
    assert_eq!(kinds, [Ok(()), Err(Kind::Exists), Ok(()), Err(Kind::NotFound), Ok(())]);
    assert_eq!(access.entity(&id("a")).expect("there").entity().value(name("no2")), Some(&number("5")));
}

#[tokio::test]
async fn what_expires_is_gone_at_once() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    let mut entity = station("a").with(no2("1", "2026-05-04T09:00:00Z"));
    entity.expires_at = Some(super::instant("2026-05-04T10:00:10Z"));
    let mut other = station("b").with(no2("2", "2026-05-04T09:00:00Z")).with(Attribute::new(name("x"), number("1")));
    other.attributes[0].expires_at = entity.expires_at;
    access.write(vec![Operation::Create(entity), Operation::Create(other)]).await.expect("written");
    assert!(access.entity(&id("a")).is_ok());
    engine.clock().advance_micros(10_000_000);
    assert_eq!(access.entity(&id("a")).map(|_| ()).expect_err("expired").kind(), Kind::NotFound);
    assert!(access.entity(&id("b")).expect("there").entity().attribute(name("no2")).is_none());
    let again = access.write(vec![Operation::Create(station("a"))]).await.expect("answered");
    assert_eq!(again.outcomes, [Ok(Outcome::Created)], "the id is free again");
    assert!(access.entity(&id("a")).expect("there").entity().attributes.is_empty(), "nothing of the old one comes back");
}

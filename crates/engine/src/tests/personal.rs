//! What belongs to a person is in the envelope with all that is said of it,
//! whichever way it came, and nowhere else.

use model::{Attribute, EntityId, Iri, Json, Observation, Value};

use super::policy::holds;
use super::{dataset, id, instant, name, no2, number, station};
use crate::operation::{AttributePatch, Edit, Fragment};
use crate::{Engine, Kind, Operation, Outcome, Role, ScratchEngine};

/// In every sub-attribute of a person.
const PERSON: &str = "Kanarie";
/// In every sub-attribute of an open value: proves that the search finds what is there.
const OPEN: &str = "Amsel";

fn text(short: &str, text: &str) -> Attribute {
    Attribute::new(name(short), Value::Property(Json::from(text)))
}

/// The attribute, with sub-attributes that have sub-attributes.
fn with_sub(attribute: Attribute, word: &str, way: &str) -> Attribute {
    let inner = Attribute { sub: vec![text("by", &format!("{word} by {way}"))], ..text("source", &format!("{word} in {way}")) };
    let target = Iri::parse(&format!("urn:ngsi-ld:{word}:{way}")).expect("valid");
    Attribute { sub: vec![inner, Attribute::new(name("witness"), Value::Relationship(vec![target]))], ..attribute }
}

fn operator(value: &str, way: &str, hour: u8) -> Attribute {
    with_sub(text("operator", value), PERSON, way).observed(instant(&format!("2026-05-04T{hour:02}:00:00Z")))
}

fn pair(way: &str, hour: u8) -> Vec<Attribute> {
    let open = no2(&hour.to_string(), &format!("2026-05-04T{hour:02}:00:00Z"));
    vec![operator("Erika", way, hour), with_sub(open, OPEN, way)]
}

fn patch(short: &str) -> AttributePatch {
    AttributePatch {
        name: name(short),
        dataset: None,
        value: None,
        observed_at: Edit::Keep,
        unit: Edit::Keep,
        sub: Vec::new(),
        removed_sub: Vec::new(),
        expires_at: Edit::Keep,
    }
}

/// One value and one personal value by each way in; a late one goes to history alone.
async fn filled() -> ScratchEngine {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.put_dataset(dataset(true)).await.expect("declared");
    let fragment = |way, hour| Fragment { attributes: pair(way, hour), ..Fragment::new(id("a")) };
    let mut created = station("a");
    created.attributes = pair("create", 6);
    let patches = [("operator", PERSON), ("no2", OPEN)].map(|(short, word)| Operation::PatchAttribute {
        id: id("a"),
        patch: AttributePatch { sub: vec![text("note", &format!("{word} in patch"))], ..patch(short) },
    });
    let mut operations = vec![
        Operation::Create(created),
        Operation::Append { fragment: fragment("append", 7), overwrite: true },
        Operation::Update(fragment("update", 8)),
    ];
    operations.extend(patches);
    for operation in operations {
        let receipt = access.write(vec![operation]).await.expect("written");
        assert!(receipt.outcomes.iter().all(Result::is_ok), "{:?}", receipt.outcomes);
    }
    let run = access.begin_run("luft", 1, "a.csv", [1; 32]).await.expect("begun");
    let record = |way, hour| {
        let mut entity = station("a");
        entity.attributes = pair(way, hour);
        entity
    };
    access.import(run, vec![(1, record("import", 9)), (2, record("late", 5))]).await.expect("imported");
    engine
}

fn seal(engine: &ScratchEngine) {
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
}

/// All that is kept of the operator, sealed and unsealed, in the order of time.
fn kept(engine: &ScratchEngine) -> Vec<Attribute> {
    let shared = &engine.loaded(&ScratchEngine::tenant()).expect("there").shared;
    let moment = shared.past.moment(&shared.state);
    let mut rows: Vec<Observation> = moment.tail;
    for segment in moment.segments.iter() {
        let more = |found: Vec<Observation>| {
            rows.extend(found);
            true
        };
        moment.history.rows(segment, &mut { more }).expect("readable");
    }
    rows.retain(|row| row.attribute.name == name("operator"));
    rows.sort_by_key(|row| (row.time(), row.seq));
    rows.into_iter().map(|row| row.attribute).collect()
}

fn opened(engine: &ScratchEngine, attribute: &Attribute) -> Option<Attribute> {
    engine.loaded(&ScratchEngine::tenant()).expect("there").shared.envelope.opened(attribute).expect("readable")
}

fn current(engine: &ScratchEngine, id: &EntityId) -> Attribute {
    let shared = &engine.loaded(&ScratchEngine::tenant()).expect("there").shared;
    let stored = shared.state.read().get(id).cloned().expect("there");
    stored.entity.attribute(name("operator")).expect("there").clone()
}

#[tokio::test]
async fn sub_attributes_of_persons_are_nowhere_in_plain() {
    let engine = filled().await;
    let folder = engine.folder().join("tenants/musterstadt");
    let found = |place: &str, word: &str| holds(&folder.join(place), word.as_bytes());
    assert!(found("", OPEN) && !found("", PERSON), "in the log");
    assert!(kept(&engine).iter().all(|attribute| attribute.sub.is_empty() && attribute.observed_at.is_some()), "nor in memory");
    seal(&engine);
    for place in ["snapshots", "history"] {
        assert!(found(place, OPEN) && !found(place, PERSON), "{place}");
    }
    let engine = engine.reopened();
    assert!(!found("", PERSON), "nor after a restart");
    assert!(current(&engine, &id("a")).sub.is_empty());
}

#[tokio::test]
async fn who_may_open_an_envelope_gets_all_of_it() {
    let mut engine = filled().await;
    for round in ["unsealed", "sealed"] {
        let values = kept(&engine);
        let ways: Vec<String> = values.iter().map(|value| words(&opened(&engine, value).expect("its key is there"))).collect();
        let expected = ["late", "create", "append", "update", "update", "import"];
        assert_eq!(ways.len(), expected.len(), "{round}: {ways:?}");
        for (way, expected) in ways.iter().zip(expected) {
            assert!(way.contains(&format!("{PERSON} in {expected}")) && way.contains(&format!("{PERSON} by {expected}")), "{round}: {way}");
            assert!(way.contains(&format!("urn:ngsi-ld:{PERSON}:{expected}")) && way.contains("Erika"), "{round}: {way}");
        }
        assert!(ways[4].contains(&format!("{PERSON} in patch")), "{round}: a patch keeps what was there: {}", ways[4]);
        let now = opened(&engine, &current(&engine, &id("a"))).expect("its key is there");
        assert_eq!(Some(words(&now)), ways.last().cloned(), "{round}");
        let stamps = (now.modified_at, now.sub[0].modified_at, now.sub[0].sub[0].created_at);
        assert_eq!(stamps, (now.modified_at, now.modified_at, now.modified_at), "{round}: the system's times are in it");
        seal(&engine);
        engine = engine.reopened();
    }
}

fn words(attribute: &Attribute) -> String {
    format!("{:?}", (&attribute.value, attribute.sub.iter().map(words).collect::<Vec<_>>()))
}

#[tokio::test]
async fn what_says_the_same_in_its_envelope_is_not_written_again() {
    let engine = filled().await;
    let access = engine.with_role(Role::Editor);
    let send = async |attribute: Attribute| {
        let fragment = Fragment { attributes: vec![attribute], ..Fragment::new(id("a")) };
        access.write(vec![Operation::Update(fragment)]).await.expect("written").outcomes.remove(0).expect("accepted")
    };
    let updated = Outcome::Updated { updated: vec![name("operator")], not_updated: Vec::new() };
    assert_eq!(send(operator("Erika", "import", 9)).await, Outcome::Unchanged);
    assert_eq!(send(operator("Erika", "elsewhere", 9)).await, updated, "another sub-attribute");
    assert_eq!(send(operator("Max", "elsewhere", 9)).await, updated, "another value");
    let bare = Attribute { sub: Vec::new(), ..operator("Max", "", 9) };
    assert_eq!(send(bare.clone()).await, updated, "no sub-attribute");
    assert_eq!(send(bare.clone()).await, Outcome::Unchanged);
    assert_eq!(send(operator("Max", "again", 9)).await, updated, "one that had none");
    for _ in 0..2 {
        let entity = |way, hour| {
            let mut entity = station("a");
            entity.attributes = vec![operator("Erika", way, hour)];
            entity
        };
        assert_eq!(access.import(1, vec![(1, entity("late", 5))]).await.expect("imported").unchanged, 1);
        assert_eq!(access.import(1, vec![(1, entity("other", 4))]).await.expect("imported").corrected, 0);
        seal(&engine);
    }
}

#[tokio::test]
async fn sub_attributes_go_with_the_key_of_the_person() {
    let engine = filled().await;
    let access = engine.with_role(Role::Editor);
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    tenant.shared.envelope.forget(&id("a")).expect("destroyed");
    assert!(kept(&engine).iter().all(|attribute| opened(&engine, attribute).is_none()));
    let with = |value| Operation::PatchAttribute {
        id: id("a"),
        patch: AttributePatch { value, sub: vec![text("note", "neu")], ..patch("operator") },
    };
    let refused = access.write(vec![with(None)]).await.expect("answered").outcomes.remove(0);
    assert_eq!(refused.expect_err("nothing is left to be patched").kind(), Kind::NotFound);
    let written = access.write(vec![with(Some(Value::Property(Json::from("Max"))))]).await.expect("answered").outcomes.remove(0);
    assert!(written.is_ok(), "{written:?}");
    let now = opened(&engine, &current(&engine, &id("a"))).expect("under a new key");
    assert_eq!(now.sub.iter().map(|sub| sub.name.short()).collect::<Vec<_>>(), ["note"]);
}

#[tokio::test]
async fn a_patch_does_not_open_what_is_declared_open_later() {
    let engine = filled().await;
    let access = engine.with_role(Role::Editor);
    let mut opened = dataset(true);
    opened.columns[2].class = model::Class::Open;
    access.put_dataset(opened).await.expect("declared");
    let harmless = Operation::PatchAttribute { id: id("a"), patch: AttributePatch { sub: vec![text("note", "x")], ..patch("operator") } };
    let outcome = access.write(vec![harmless]).await.expect("answered").outcomes.remove(0);
    assert_eq!(outcome.expect_err("refused").kind(), Kind::Invalid);
    assert!(!holds(&engine.folder().join("tenants"), PERSON.as_bytes()));
    let whole = Fragment { attributes: vec![Attribute::new(name("operator"), number("1"))], ..Fragment::new(id("a")) };
    let outcome = access.write(vec![Operation::Update(whole)]).await.expect("answered").outcomes.remove(0);
    assert!(outcome.is_ok(), "{outcome:?}");
}

//! What may not be seen is not there: in answers, filters, counts, history.

use model::query::{Comparison, Op, Operand, OrderBy, OrderKey, Path};
use model::series::{SeriesLimit, SeriesQuery};
use model::time::TimeProperty;
use model::{Attribute, Filter, Json, Query, TimeWindow, Value};

use super::{dataset, id, name, no2, number, station};
use crate::{Engine, Kind, Operation, Role, ScratchEngine};

async fn city(published: bool) -> ScratchEngine {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Editor);
    access.put_dataset(dataset(published)).await.expect("declared");
    let text = |text: &str| Value::Property(Json::from(text));
    let full = station("a")
        .with(no2("40", "2026-05-04T09:00:00Z"))
        .with(Attribute::new(name("note"), text("innen")))
        .with(Attribute::new(name("operator"), text("Erika Beispiel")))
        .with(Attribute::new(name("undeclared"), number("1")));
    let hidden = station("b").with(Attribute::new(name("undeclared"), number("2")));
    access.write(vec![Operation::Create(full), Operation::Create(hidden)]).await.expect("written");
    engine
}

fn seen(engine: &ScratchEngine, role: Role) -> Vec<&'static str> {
    let access = engine.with_role(role);
    access.entity(&id("a")).map(|view| view.entity().attributes.iter().map(|a| a.name.short()).collect()).unwrap_or_default()
}

#[tokio::test]
async fn each_role_sees_its_classes() {
    let engine = city(true).await;
    assert_eq!(seen(&engine, Role::Public), ["no2"]);
    assert_eq!(seen(&engine, Role::Reader), ["no2", "note"]);
    assert_eq!(seen(&engine, Role::Editor), ["no2", "note", "undeclared"]);
    assert_eq!(seen(&engine, Role::Administrator), ["no2", "note", "undeclared"]);
}

#[tokio::test]
async fn what_is_not_published_is_internal() {
    let engine = city(false).await;
    assert!(seen(&engine, Role::Public).is_empty());
    assert_eq!(seen(&engine, Role::Reader), ["no2", "note"]);
    assert!(engine.with_role(Role::Public).dataset("luft").is_err());
    assert!(engine.with_role(Role::Reader).dataset("luft").is_ok());
}

#[tokio::test]
async fn an_entity_without_visible_attributes_does_not_exist() {
    let engine = city(true).await;
    let access = engine.with_role(Role::Public);
    let hidden = access.entity(&id("b")).map(|_| ()).expect_err("hidden");
    let missing = access.entity(&id("zz")).map(|_| ()).expect_err("missing");
    assert_eq!((hidden.kind(), hidden.to_string().replace(":b`", ":zz`")), (missing.kind(), missing.to_string()));
    let page = access.query(&Query { count: true, ..Query::of(Filter::Type(name("Station")), 10) }).expect("answered");
    assert_eq!((page.views.len(), page.total), (1, Some(1)));
}

#[tokio::test]
async fn filters_and_orders_do_not_look_at_what_is_hidden() {
    let engine = city(true).await;
    let note = Filter::Compare(Comparison { path: Path::value(name("note")), op: Op::Eq, operand: Operand::Text("innen".into()) });
    let count = |role| engine.with_role(role).query(&Query { count: true, ..Query::of(note.clone(), 0) }).expect("answered").total;
    assert_eq!(count(Role::Public), Some(0));
    assert_eq!(count(Role::Reader), Some(1));
    let ordered = Query {
        order: vec![OrderKey { by: OrderBy::Path(Path::value(name("undeclared"))), descending: true }],
        ..Query::of(Filter::Always, 10)
    };
    let ids: Vec<_> =
        engine.with_role(Role::Public).query(&ordered).expect("answered").views.iter().map(|v| v.entity().id.to_string()).collect();
    assert!(!ids.iter().any(|one| one.ends_with(":b")));
}

#[tokio::test]
async fn personal_values_are_ciphertext_and_nobody_reads_them() {
    let engine = city(true).await;
    for role in Role::GRANTABLE {
        assert!(!seen(&engine, role).contains(&"operator"));
    }
    let folder = engine.folder().to_owned();
    let engine = engine.reopened();
    assert_eq!(seen(&engine, Role::Public), ["no2"]);
    let found = holds(&folder.join("tenants"), "Erika Beispiel".as_bytes());
    assert!(!found, "the value is nowhere in the tenant's files");
    assert!(holds(&folder.join("tenants"), "urn:ngsi-ld:Station:a".as_bytes()), "the search itself finds what is there");
}

/// Whether a file below a folder holds these bytes, also inside zstd frames.
pub(super) fn holds(folder: &std::path::Path, wanted: &[u8]) -> bool {
    let contains = |bytes: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    std::fs::read_dir(folder).expect("readable").any(|entry| {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            return holds(&path, wanted);
        }
        let bytes = std::fs::read(&path).expect("readable");
        let frames = bytes.windows(4).enumerate().filter(|(_, four)| *four == [0x28, 0xb5, 0x2f, 0xfd]).map(|(at, _)| at);
        let mut inside = frames.filter_map(|at| {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(&bytes[at..]).ok()?.single_frame();
            let mut out = Vec::new();
            std::io::Read::read_to_end(&mut decoder, &mut out).ok().map(|_| out)
        });
        contains(&bytes) || inside.any(|out| contains(&out))
    })
}

#[tokio::test]
async fn history_is_guarded_like_the_state() {
    let engine = city(true).await;
    let question = |attribute| SeriesQuery {
        entities: vec![id("a"), id("b")],
        attributes: attribute,
        window: TimeWindow::ALL,
        time_property: TimeProperty::ObservedAt,
        limit: SeriesLimit::All,
        ..SeriesQuery::default()
    };
    let names = |found: Vec<model::Observation>| found.iter().map(|o| o.attribute.name.short()).collect::<Vec<_>>();
    let public = engine.with_role(Role::Public);
    assert_eq!(names(public.series(question(None)).await.expect("answered")), ["no2"]);
    assert!(public.series(question(Some(vec![name("undeclared")]))).await.expect("answered").is_empty());
    let origin = public.provenance(&id("a"), name("note"), None, None).await.map(|_| ());
    assert_eq!(origin.expect_err("hidden").kind(), Kind::NotFound);
}

#[tokio::test]
async fn roles_guard_writes_and_administration() {
    let engine = city(true).await;
    let reader = engine.with_role(Role::Reader);
    assert_eq!(reader.write(vec![Operation::Delete(id("a"))]).await.expect_err("refused").kind(), Kind::Forbidden);
    assert_eq!(reader.sources().expect_err("refused").kind(), Kind::Forbidden);
    assert_eq!(engine.with_role(Role::Editor).tokens().expect_err("refused").kind(), Kind::Forbidden);
    assert!(engine.with_role(Role::Administrator).tokens().is_ok());
}

#[tokio::test]
async fn tokens_and_sessions_come_and_go() {
    let engine = Engine::scratch();
    let tenant = ScratchEngine::tenant();
    let code = engine.first_run_code(&tenant).expect("answered").expect("there is no account");
    assert_eq!(
        engine.first_account(&tenant, "0000", "anna", "ein langes Kennwort").await.map(|_| ()).expect_err("wrong").kind(),
        Kind::Unauthorized
    );
    assert_eq!(engine.first_account(&tenant, &code, "anna", "kurz").await.map(|_| ()).expect_err("short").kind(), Kind::Invalid);
    let session = engine.first_account(&tenant, &code, "anna", "ein langes Kennwort").await.expect("made");
    assert_eq!(
        engine.first_account(&tenant, &code, "eva", "ein langes Kennwort").await.map(|_| ()).expect_err("used").kind(),
        Kind::Unauthorized
    );
    assert_eq!(engine.first_run_code(&tenant).expect("answered"), None);
    assert_eq!(engine.principal_of_session(&tenant, &session.secret).await.expect("known").csrf, session.csrf);
    engine.logout(&tenant, &session.secret).await.expect("ended");
    assert!(engine.principal_of_session(&tenant, &session.secret).await.is_err());
    assert!(engine.login(&tenant, "anna", "ein anderes Kennwort").await.is_err());
    let session = engine.login(&tenant, "anna", "ein langes Kennwort").await.expect("right");
    engine.clock().advance_micros(31 * 60_000_000);
    assert!(engine.principal_of_session(&tenant, &session.secret).await.is_err(), "idle for too long");
    let access = engine.with_role(Role::Administrator);
    let secret = access.create_token("Skript", Role::Editor, Some(engine.now().plus_micros(1_000_000))).await.expect("made");
    assert_eq!(engine.principal_of_token(&tenant, &secret).await.expect("known").role, Role::Editor);
    engine.clock().advance_micros(2_000_000);
    assert!(engine.principal_of_token(&tenant, &secret).await.is_err(), "expired");
    let lasting = access.create_token("Skript", Role::Editor, None).await.expect("made");
    let id = access.tokens().expect("listed").into_iter().find(|t| t.expires_at.is_none()).expect("there").id;
    access.revoke_token(&id).await.expect("taken back");
    assert!(engine.principal_of_token(&tenant, &lasting).await.is_err());
}

#[tokio::test]
async fn a_type_that_is_added_opens_nothing() {
    use model::dataset::terms;
    let engine = city(true).await;
    let access = engine.with_role(Role::Editor);
    let mut fragment = crate::operation::Fragment::new(id("b"));
    fragment.types = vec![terms::dataset()];
    fragment.attributes = vec![Attribute::new(terms::published(), Value::Property(Json::Bool(true)))];
    let receipt = access.write(vec![Operation::Append { fragment, overwrite: true }]).await.expect("written");
    assert!(receipt.outcomes[0].is_ok(), "{:?}", receipt.outcomes);
    assert!(engine.with_role(Role::Public).entity(&id("b")).is_err(), "it stays as closed as it was");
    let seen = engine.with_role(Role::Public).dataset("luft").map(|dataset| dataset.slug.to_string());
    assert_eq!(seen.as_deref(), Ok("luft"), "datasets proper are seen");
}

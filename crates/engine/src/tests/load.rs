//! Many values at once say the same as one by one.

use model::series::SeriesQuery;
use model::{Attribute, Entity, Instant, Json, Observation, TimeWindow, Value};
use proptest::prelude::*;

use super::{dataset, id, instant, name, no2, station};
use crate::load::Left;
use crate::{Access, Divided, Engine, Error, ImportReceipt, Loaded, Role, ScratchEngine};

/// Station, whether the value is a person's, minute, value.
type Reading = (u8, bool, u8, u8);

fn record(number: u64, (index, is_personal, minute, value): Reading) -> (u64, Entity) {
    let at = format!("2026-01-01T00:{minute:02}:00Z");
    let attribute = if is_personal {
        Attribute::new(name("operator"), Value::Property(Json::from(value.to_string().as_str()))).observed(instant(&at))
    } else {
        no2(&value.to_string(), &at)
    };
    (number, station(&index.to_string()).with(attribute))
}

/// All of it: what is told apart is imported, and what passes is loaded.
pub(super) async fn load(access: &Access, run: u64, records: Vec<(u64, Entity)>) -> Result<ImportReceipt, Error> {
    let Divided { plain, passing } = access.divide(run, records).await?;
    let mut receipt = access.import(run, plain).await?;
    let Loaded { receipt: loaded, plain } = access.load(passing).await?;
    receipt += loaded;
    receipt += access.import(run, plain).await?;
    Ok(receipt)
}

async fn begun() -> (ScratchEngine, u64) {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Administrator);
    access.put_dataset(dataset(true)).await.expect("declared");
    let run = access.begin_run("luft", 1, "a.csv", [1; 32]).await.expect("begun");
    (engine, run)
}

/// What anybody can see of it: all but the commits that brought it.
async fn seen(engine: &ScratchEngine) -> Vec<String> {
    let access = engine.with_role(Role::Administrator);
    let entities: Vec<_> = (0..3_u8).map(|index| id(&index.to_string())).collect();
    let question = SeriesQuery { entities: entities.clone(), ..SeriesQuery::default() };
    let past = access.series(question).await.expect("answered");
    let said = |o: &Observation| format!("{} {} {} {:?} {:?}", o.entity, o.attribute.name, o.time(), o.origin, o.class);
    let valued = |a: &Attribute| match &a.value {
        Value::Sealed(_) => "sealed".to_owned(),
        value => format!("{value:?}"),
    };
    let now = entities.iter().filter_map(|id| access.entity(id).ok());
    let now = now.flat_map(|view| {
        view.entity().attributes.iter().map(|a| format!("now {} {:?} {}", a.name, a.observed_at, valued(a))).collect::<Vec<_>>()
    });
    past.iter().map(|o| format!("{} {}", said(o), valued(&o.attribute))).chain(now).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn loading_says_what_importing_says(
        batches in prop::collection::vec(prop::collection::vec((0..3_u8, prop::bool::weighted(0.2), 0..20_u8, 0..3_u8), 1..40), 1..4)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let ((one, run), (other, _)) = (begun().await, begun().await);
            for (batch, readings) in (1..).zip(batches) {
                let records: Vec<_> = (batch * 1_000..).zip(readings).map(|(number, reading)| record(number, reading)).collect();
                let imported = one.with_role(Role::Editor).import(run, records.clone()).await.expect("imported");
                let loaded = load(&other.with_role(Role::Editor), run, records).await.expect("loaded");
                assert_eq!(imported, loaded);
                assert_eq!(seen(&one).await, seen(&other).await);
            }
            let before = seen(&other).await;
            assert_eq!(seen(&other.reopened()).await, before);
        });
    }
}

fn course(minutes: std::ops::Range<u8>) -> Vec<(u64, Entity)> {
    minutes.map(|minute| record(u64::from(minute), (0, false, minute, minute % 7))).collect()
}

#[tokio::test]
async fn what_is_loaded_passes_by_the_log_and_can_be_loaded_again() {
    let (engine, run) = begun().await;
    let access = engine.with_role(Role::Editor);
    let tail = || engine.health().tenants[0].tail;
    let before = tail();
    assert_eq!(
        load(&access, run, course(0..50)).await.expect("loaded"),
        ImportReceipt { written: 50, created: 1, ..ImportReceipt::default() }
    );
    // The life of the entity and its newest value.
    assert_eq!(tail() - before, 2);
    assert_eq!(engine.health().tenants[0].segments, 1);
    assert_eq!(load(&access, run, course(0..50)).await.expect("loaded"), ImportReceipt { unchanged: 50, ..ImportReceipt::default() });
    assert_eq!(engine.health().tenants[0].segments, 1);
    let changes: Vec<u64> = engine
        .with_role(Role::Administrator)
        .series(SeriesQuery { entities: vec![id("0")], attributes: Some(vec![name("no2")]), ..SeriesQuery::default() })
        .await
        .expect("answered")
        .iter()
        .map(|o| o.seq)
        .collect();
    assert_eq!(changes.len(), 50);
    assert!(changes.iter().all(|seq| *seq <= access.position()));
}

#[tokio::test]
async fn a_position_that_history_is_sealed_beyond_is_not_taken() {
    let (engine, run) = begun().await;
    let access = engine.with_role(Role::Editor);
    load(&access, run, course(0..10)).await.expect("loaded");
    let tenant = engine.loaded(&ScratchEngine::tenant()).expect("there");
    let sealed = access.position();
    tenant.shared.past.seal(&tenant.shared.state).expect("sealed");
    let question = SeriesQuery { entities: vec![id("0")], attributes: Some(vec![name("no2")]), ..SeriesQuery::default() };
    let rows = access.series(question.clone()).await.expect("answered");
    let at = Instant::from_seconds(2_000_000_000);
    let (left, receipt) = tenant.shared.past.load(sealed, at, vec![rows.clone()]).expect("answered");
    assert_eq!((left, receipt), (Left::OfPosition(vec![rows]), ImportReceipt::default()));
    // What was removed from history stays removed when more is loaded.
    let window = TimeWindow { start: instant("2026-01-01T00:00:00Z"), end: instant("2026-01-01T00:05:00Z") };
    engine.with_role(Role::Administrator).remove_history(&id("0"), model::RemovedSeries::All, window).await.expect("removed");
    load(&access, run, course(10..30)).await.expect("loaded");
    assert_eq!(access.series(question).await.expect("answered").len(), 25);
}

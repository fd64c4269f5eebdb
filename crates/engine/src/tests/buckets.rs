//! Aggregates through the door: kinds of values, windows that hold nothing, what may be seen.

use model::series::SeriesLimit;
use model::{Attribute, Entity, Json, TimeWindow, Value};

use super::{dataset, id, instant, name, station};
use crate::{BucketQuery, Engine, Figure, Gaps, Kind, Method, Operation, Period, Role, SampleQuery, ScratchEngine};

async fn write(engine: &ScratchEngine, values: &[(&str, Json)]) {
    let access = engine.with_role(Role::Editor);
    for (hour, (short, value)) in values.iter().enumerate() {
        let at = instant(&format!("2026-01-01T{hour:02}:00:00Z"));
        let entity: Entity = station("a").with(Attribute::new(name(short), Value::Property(value.clone())).observed(at));
        access.write(vec![Operation::Upsert { entity, replace: false }]).await.expect("written");
    }
}

fn question(attributes: &[&str], methods: &[Method]) -> BucketQuery {
    BucketQuery {
        methods: methods.to_vec(),
        ..BucketQuery::of(vec![id("a")], attributes.iter().map(|short| name(short)).collect(), TimeWindow::ALL)
    }
}

async fn figures(engine: &ScratchEngine, question: BucketQuery) -> Vec<Option<Figure>> {
    let found = engine.with_role(Role::Editor).buckets(question).await.expect("answered");
    found.into_iter().flat_map(|series| series.buckets).flat_map(|bucket| bucket.figures).collect()
}

#[tokio::test]
async fn each_kind_of_value_has_its_methods() {
    let engine = Engine::scratch();
    write(&engine, &[("open", true.into()), ("open", false.into()), ("word", "b".into()), ("word", "a".into())]).await;
    let number = |value: f64| Some(Figure::Number(value));
    let words = figures(&engine, question(&["word"], &[Method::TotalCount, Method::Min, Method::Avg])).await;
    assert_eq!(words, [number(2.0), Some(Figure::Text("a".into())), None]);
    assert_eq!(figures(&engine, question(&["open"], &[Method::Avg])).await, [number(0.5)]);
    // One attribute has figures, so the other is left out.
    assert_eq!(figures(&engine, question(&["open", "word"], &[Method::Sum])).await, [number(1.0), None]);
    let error = engine.with_role(Role::Editor).buckets(question(&["word"], &[Method::Sum, Method::StdDev])).await.expect_err("no numbers");
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(error.to_string().contains("sum,stddev") && error.to_string().contains("/word"), "{error}");
    // Of the newest one value only the newest is looked at.
    let newest = BucketQuery { limit: SeriesLimit::Last(1), ..question(&["word"], &[Method::Max]) };
    assert_eq!(figures(&engine, newest).await, [Some(Figure::Text("a".into()))]);
}

#[tokio::test]
async fn a_window_may_hold_nothing() {
    let engine = Engine::scratch();
    write(&engine, &[("no2", 3.into())]).await;
    for (start, end) in [("1970-01-01T00:00:00Z", "1971-01-01T00:00:00Z"), ("9998-01-01T00:00:00Z", "9999-12-31T23:59:59Z")] {
        let window = TimeWindow { start: instant(start), end: instant(end) };
        let asked = BucketQuery { window, period: Period::HOUR, gaps: Gaps::Mark, ..question(&["no2"], &[Method::Sum]) };
        assert_eq!(figures(&engine, asked).await, []);
    }
    let error = engine
        .with_role(Role::Editor)
        .buckets(BucketQuery { zone: "Europe/Atlantis".into(), ..question(&["no2"], &[Method::Sum]) })
        .await
        .expect_err("no such zone");
    assert!(error.to_string().contains("Europe/Berlin"), "{error}");
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_summed_up() {
    let engine = Engine::scratch();
    engine.with_role(Role::Editor).put_dataset(dataset(true)).await.expect("declared");
    write(&engine, &[("no2", 3.into()), ("note", "busy".into())]).await;
    let asked = question(&["no2", "note"], &[Method::TotalCount]);
    let count = async |role| engine.with_role(role).buckets(asked.clone()).await.expect("answered").len();
    assert_eq!((count(Role::Editor).await, count(Role::Public).await), (2, 1));
}

#[tokio::test]
async fn samples_are_seen_values_with_their_gaps() {
    let engine = Engine::scratch();
    engine.with_role(Role::Editor).put_dataset(dataset(true)).await.expect("declared");
    write(&engine, &[("no2", 3.into()), ("no2", 9.into()), ("note", 1.into()), ("note", 1.into()), ("no2", 4.into())]).await;
    let asked = |short: &str| SampleQuery {
        entities: vec![id("a")],
        attribute: name(short),
        window: TimeWindow::ALL,
        points_max: 10,
        gap_micros: 2 * 3_600_000_000,
    };
    let found = engine.with_role(Role::Public).samples(asked("no2")).await.expect("answered");
    let runs: Vec<Vec<f64>> = found[0].runs.iter().map(|run| run.iter().map(|point| point.1).collect()).collect();
    assert_eq!(runs, [vec![3.0, 9.0], vec![4.0]]);
    assert_eq!(engine.with_role(Role::Public).samples(asked("note")).await.expect("answered"), []);
}

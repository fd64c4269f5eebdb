//! Roll-ups take the place of values: aggregates stay what they were, nothing
//! is counted twice, and what cannot be known is said to be unknown.

mod measure;
mod model;

use ::model::dataset::{Keep, KeptRollup, Retention, RetentionOf};
use ::model::{Attribute, Dataset, Instant, Json, RemovedSeries, Rollup, SeriesQuery, TimeWindow, Value};

use super::policy::holds;
use super::{dataset, id, instant, name, no2, station};
use crate::{Access, BucketQuery, Engine, Figure, Kind, Method, Operation, Period, RetentionReceipt, Role, ScratchEngine};

fn rule(after: &str, length: Rollup, kept: Option<&str>) -> Dataset {
    let keep = |text: &str| Keep::parse(text).expect("a period");
    let rollup = KeptRollup { length, keep: kept.map(keep) };
    let rule = Retention { of: RetentionOf::Rest, keep: keep(after), rollup: Some(rollup) };
    Dataset { retention: vec![rule], ..dataset(true) }
}

fn admin(engine: &ScratchEngine) -> Access {
    engine.with_role(Role::Administrator)
}

async fn import(engine: &ScratchEngine, short: &str, value: &str, at: &str) {
    admin(engine).import(1, vec![(1, station(short).with(no2(value, at)))]).await.expect("imported");
}

/// Carries out what is due, whatever it is.
async fn pass(engine: &ScratchEngine) -> Vec<RetentionReceipt> {
    let plan = admin(engine).retention_plans().await.expect("a plan").remove(0);
    admin(engine).confirm_retention("luft", &plan.token, None).await.expect("confirmed")
}

async fn values(engine: &ScratchEngine, short: &str) -> Vec<Instant> {
    let question = SeriesQuery { entities: vec![id("a")], attributes: Some(vec![name(short)]), ..SeriesQuery::default() };
    admin(engine).series(question).await.expect("answered").iter().map(::model::Observation::time).collect()
}

async fn values_of(engine: &ScratchEngine, station: &str) -> Vec<Instant> {
    let question = SeriesQuery { entities: vec![id(station)], attributes: Some(vec![name("no2")]), ..SeriesQuery::default() };
    admin(engine).series(question).await.expect("answered").iter().map(::model::Observation::time).collect()
}

/// Each period's figures, and why some are not known.
async fn told(engine: &ScratchEngine, period: Period, methods: &[Method]) -> Vec<String> {
    let question = BucketQuery {
        period,
        methods: methods.to_vec(),
        zone: "Europe/Berlin".into(),
        ..BucketQuery::of(vec![id("a")], vec![name("no2")], TimeWindow::ALL)
    };
    let figure = |figure: &Option<Figure>| match figure {
        Some(Figure::Number(number)) => number.to_string(),
        Some(Figure::Text(text)) => text.to_string(),
        None => "?".to_owned(),
    };
    let series = admin(engine).buckets(question).await.expect("answered");
    let buckets = series.into_iter().flat_map(|one| one.buckets);
    buckets
        .map(|bucket| {
            let figures: Vec<String> = bucket.figures.iter().map(figure).collect();
            let only = bucket.only.map(|length| format!(" {}", length.word())).unwrap_or_default();
            format!("{}: {}{only}", bucket.start, figures.join(" "))
        })
        .collect()
}

#[tokio::test]
async fn hours_take_the_place_of_values_and_say_what_they_do_not_know() {
    let mut engine = Engine::scratch();
    admin(&engine).put_dataset(rule("P5D", Rollup::Hour, None)).await.expect("declared");
    for (value, at) in
        [("1", "2026-04-20T10:00:00Z"), ("2", "2026-04-20T10:30:00Z"), ("4", "2026-04-20T11:00:00Z"), ("8", "2026-05-04T09:00:00Z")]
    {
        import(&engine, "a", value, at).await;
    }
    let days = ["2026-04-19T22:00:00Z: 3 3 7 1 4 21", "2026-05-03T22:00:00Z: 1 1 8 8 8 64"];
    let methods = [Method::TotalCount, Method::DistinctCount, Method::Sum, Method::Min, Method::Max, Method::SumSq];
    assert_eq!(told(&engine, Period::DAY, &methods).await, days);
    let receipt = pass(&engine).await.remove(0);
    assert_eq!(
        receipt.parts.iter().map(|part| (part.values, part.becomes, part.rolled)).collect::<Vec<_>>(),
        [(3, Some(Rollup::Hour), None)]
    );
    for _ in 0..2 {
        assert_eq!(values(&engine, "no2").await, [instant("2026-05-04T09:00:00Z")], "raw values are gone");
        let known = [Method::TotalCount, Method::Sum, Method::Min, Method::Max, Method::SumSq];
        assert_eq!(told(&engine, Period::DAY, &known).await, ["2026-04-19T22:00:00Z: 3 7 1 4 21", "2026-05-03T22:00:00Z: 1 8 8 8 64"]);
        // How many are different is not known of several, and is of one.
        let distinct = [Method::DistinctCount, Method::Avg];
        let hours = ["2026-04-20T10:00:00Z: ? 1.5 PT1H", "2026-04-20T11:00:00Z: 1 4", "2026-05-04T09:00:00Z: 1 8"];
        assert_eq!(told(&engine, Period::HOUR, &distinct).await, hours);
        // Which value was in which half of the hour nobody knows; that there was one is known.
        let half = Period::parse("PT30M").expect("a period");
        let halves =
            ["2026-04-20T10:00:00Z: 1 ? PT1H", "2026-04-20T10:30:00Z: 1 ? PT1H", "2026-04-20T11:00:00Z: 1 4", "2026-05-04T09:00:00Z: 1 8"];
        assert_eq!(told(&engine, half, &[Method::TotalCount, Method::Sum]).await, halves);
        engine = engine.reopened();
    }
}

#[tokio::test]
async fn late_values_are_added_and_repeated_ones_are_not() {
    let engine = Engine::scratch();
    admin(&engine).put_dataset(rule("P5D", Rollup::Day, None)).await.expect("declared");
    let sums = async || told(&engine, Period::DAY, &[Method::TotalCount, Method::Sum]).await;
    for (value, at) in [("1", "2026-04-20T10:00:00Z"), ("2", "2026-04-20T10:30:00Z")] {
        import(&engine, "a", value, at).await;
    }
    pass(&engine).await;
    // The same again, another that says something else of a known instant, and one that is new.
    for (value, at) in
        [("1", "2026-04-20T10:00:00Z"), ("5", "2026-04-20T10:30:00Z"), ("4", "2026-04-20T22:30:00Z"), ("8", "2026-04-20T03:00:00Z")]
    {
        import(&engine, "a", value, at).await;
    }
    let expected = ["2026-04-19T22:00:00Z: 3 11", "2026-04-20T22:00:00Z: 1 4"];
    assert_eq!(sums().await, expected, "before the pass");
    for _ in 0..3 {
        pass(&engine).await;
        assert_eq!(sums().await, expected, "after the pass");
        assert!(values(&engine, "no2").await.is_empty());
    }
    while !admin(&engine).finish_removals().await.expect("done") {}
    assert_eq!(sums().await, expected, "when all is off the disk");
}

#[tokio::test]
async fn roll_ups_go_when_their_time_is_over_and_texts_stay_as_long() {
    let engine = Engine::scratch();
    admin(&engine).put_dataset(rule("P5D", Rollup::Hour, Some("P30D"))).await.expect("declared");
    let text = Attribute::new(name("note"), Value::Property(Json::from("am Markt"))).observed(instant("2026-04-20T10:00:00Z"));
    let secret = Attribute::new(name("operator"), Value::Property(Json::from("Erika"))).observed(instant("2026-04-20T10:00:00Z"));
    admin(&engine).import(1, vec![(1, station("a").with(text).with(secret))]).await.expect("imported");
    import(&engine, "a", "1", "2026-04-20T10:00:00Z").await;
    let receipts = pass(&engine).await;
    let said =
        |receipt: &RetentionReceipt| receipt.parts.iter().map(|part| (part.attribute.short().to_owned(), part.becomes)).collect::<Vec<_>>();
    assert_eq!(receipts.iter().flat_map(said).collect::<Vec<_>>(), [("operator".to_owned(), None), ("no2".to_owned(), Some(Rollup::Hour))]);
    assert_eq!((values(&engine, "no2").await.len(), values(&engine, "note").await.len()), (0, 1));
    let day = 24 * 3_600_000_000;
    engine.clock().advance_micros(16 * day - 1_000_000);
    // What is due then is only that the current values went.
    pass(&engine).await;
    assert_eq!(
        (told(&engine, Period::WHOLE, &[Method::TotalCount]).await.len(), values(&engine, "note").await.len()),
        (1, 1),
        "not before 30 days"
    );
    engine.clock().advance_micros(day + 1_000_000);
    let plan = admin(&engine).retention_plans().await.expect("a plan").remove(0);
    assert_eq!(plan.parts.iter().map(|part| (part.values, part.rolled)).collect::<Vec<_>>(), [(1, Some(Rollup::Hour)), (1, None)]);
    pass(&engine).await;
    assert_eq!(told(&engine, Period::WHOLE, &[Method::TotalCount]).await, Vec::<String>::new());
    assert_eq!(values(&engine, "note").await.len(), 0);
}

#[tokio::test]
async fn what_is_removed_takes_the_roll_ups_that_have_some_of_it() {
    for series in [RemovedSeries::All, RemovedSeries::Attribute(name("no2")), RemovedSeries::Instance(name("no2"), None)] {
        let engine = Engine::scratch();
        admin(&engine).put_dataset(rule("P5D", Rollup::Hour, None)).await.expect("declared");
        for hour in 10..14 {
            for minute in [0, 30] {
                import(&engine, "a", "1", &format!("2026-04-20T{hour}:{minute:02}:00Z")).await;
            }
        }
        pass(&engine).await;
        let window = |start: &str, end: &str| TimeWindow { start: instant(start), end: instant(end) };
        let remove = async |window| admin(&engine).remove_history(&id("a"), series.clone(), window).await.expect("removed");
        remove(window("2026-04-20T10:31:00Z", "2026-04-20T11:00:00Z")).await;
        assert_eq!(told(&engine, Period::DAY, &[Method::TotalCount]).await, ["2026-04-19T22:00:00Z: 8"], "{series:?}: nothing lies in it");
        remove(window("2026-04-20T10:30:00Z", "2026-04-20T12:00:00Z")).await;
        assert_eq!(told(&engine, Period::DAY, &[Method::TotalCount]).await, ["2026-04-19T22:00:00Z: 4"], "{series:?}");
        remove(TimeWindow::ALL).await;
        assert_eq!(told(&engine, Period::DAY, &[Method::TotalCount]).await, Vec::<String>::new(), "{series:?}");
    }
}

/// A text that stands nowhere but in the id of a thing.
const CANARY: &str = "kanarienvogel-77aa";

#[tokio::test]
async fn of_what_is_erased_no_roll_up_is_left_on_the_disk() {
    let engine = Engine::scratch();
    admin(&engine).put_dataset(rule("P5D", Rollup::Hour, None)).await.expect("declared");
    import(&engine, CANARY, "1", "2026-04-20T10:00:00Z").await;
    import(&engine, "a", "1", "2026-04-20T10:00:00Z").await;
    pass(&engine).await;
    while !admin(&engine).finish_removals().await.expect("done") {}
    let folder = engine.folder().join("tenants");
    assert!(holds(&folder, CANARY.as_bytes()), "the search finds what is there");
    admin(&engine).erase(&id(CANARY), &[], "a file number").await.expect("erased");
    while !admin(&engine).finish_removals().await.expect("done") {}
    // What the database has overwritten is written to its file at the latest when it is closed.
    let engine = engine.reopened();
    assert!(!holds(&folder, CANARY.as_bytes()), "log, snapshots, segments");
    assert_eq!(told(&engine, Period::WHOLE, &[Method::TotalCount]).await.len(), 1, "the other is there");
}

#[tokio::test]
async fn nobody_writes_roll_ups() {
    let engine = Engine::scratch();
    let mut forged = no2("1", "2026-04-20T10:00:00Z");
    forged.dataset = Some(::model::Iri::parse("urn:allmende:rollup:PT1H").expect("an IRI"));
    let error = admin(&engine).import(1, vec![(1, station("a").with(forged.clone()))]).await.expect_err("refused");
    assert!(error.kind() == Kind::Invalid && error.to_string().contains("urn:allmende:rollup:PT1H"), "{error}");
    let written = admin(&engine).write(vec![Operation::Create(station("a").with(forged))]).await.expect("answered");
    assert!(written.outcomes[0].is_err());
}

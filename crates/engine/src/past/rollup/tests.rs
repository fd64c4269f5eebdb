use model::{Attribute, Class, Fact, Iri, Name};
use proptest::prelude::*;

use super::super::buckets::Method;
use super::*;

fn observation(value: Value, start: i64) -> Observation {
    Observation {
        entity: Iri::parse("urn:x:1").expect("an IRI"),
        attribute: Attribute::new(Name::known("https://example.org/no2"), value).observed(Instant::from_micros(start)),
        fact: Fact::Value,
        class: Class::Open,
        seq: 1,
        recorded_at: Instant::from_micros(0),
        origin: None,
    }
}

fn value() -> impl Strategy<Value = Value> {
    let json = prop_oneof![
        6 => (-400_i64..400).prop_map(|tenths| number(tenths as f64 / 10.0)),
        2 => prop_oneof![-1e18..1e18, -1e-9..1e-9].prop_map(number),
        1 => any::<bool>().prop_map(Json::Bool),
        1 => Just(Json::from("n/a")),
    ];
    json.prop_map(Value::Property)
}

proptest! {
    /// Whatever comes in whichever order: it comes back from its text as it was, and is what all values at once are.
    #[test]
    fn roll_ups_are_put_together_from_parts(
        values in prop::collection::btree_map(prop_oneof![(0_i64..60).prop_map(|minute| minute * 60_000_000), 0_i64..HOUR_MICROS], value(), 0..80),
        parts in prop::collection::vec(0_usize..4, 80),
        start in (-1000_i64..1000).prop_map(|hour| hour * HOUR_MICROS),
    ) {
        let values: Vec<(i64, &Value)> = values.iter().map(|(offset, value)| (start + offset, value)).collect();
        let mut rolled = Rolled::new(Rollup::Hour, start);
        for part in 0..4 {
            rolled.add(values.iter().zip(&parts).filter(|(_, of)| **of == part).map(|((at, value), _)| (*at, *value)));
            // What is known already changes nothing.
            let before = rolled.clone();
            rolled.add(values.iter().zip(&parts).filter(|(_, of)| **of <= part).map(|((at, value), _)| (*at, *value)));
            prop_assert_eq!(&rolled, &before);
            rolled = Rolled::read(&observation(rolled.value(), start), Rollup::Hour).expect("reads back");
            prop_assert_eq!(&rolled, &before);
        }
        prop_assert_eq!(rolled.instants.iter().collect::<Vec<_>>(), values.iter().map(|(at, _)| *at).collect::<Vec<_>>());
        prop_assert_eq!(rolled.count(), values.len() as u64);
        prop_assert_eq!(rolled.instants.ends(), values.first().zip(values.last()).map(|(first, last)| (first.0, last.0)));
        for at in values.iter().flat_map(|(at, _)| [at - 1, *at, at + 1]) {
            prop_assert_eq!(rolled.instants.contains(at), values.iter().any(|(known, _)| *known == at), "{}", at - start);
        }
        let mut joined = Moments::default();
        let mut whole = Rolled::new(Rollup::Hour, start);
        whole.add(values.iter().copied());
        for half in values.chunks(values.len().div_ceil(2).max(1)) {
            let mut part = Rolled::new(Rollup::Hour, start);
            part.add(half.iter().copied());
            joined.join(&part.numbers);
        }
        let scale = values.iter().filter_map(|(_, value)| value.as_f64()).fold(1.0, |most: f64, value| most.max(value.abs()));
        for method in [Method::Sum, Method::Avg, Method::Min, Method::Max, Method::SumSq, Method::StdDev] {
            if !joined.is_empty() {
                let (got, wanted) = (joined.figure(method).expect("a figure"), whole.numbers.figure(method).expect("a figure"));
                let tolerance = 1e-12 * if method == Method::SumSq { scale * scale } else { scale };
                prop_assert!((got - wanted).abs() <= tolerance, "{:?}: {} instead of {}", method, got, wanted);
            }
        }
    }
}

#[test]
fn even_steps_are_short() {
    let mut rolled = Rolled::new(Rollup::Hour, 0);
    let one = Value::Property(Json::from(1_i64));
    rolled.add((0..60).map(|minute| (minute * 60_000_000, &one)));
    let Value::JsonProperty(json) = rolled.value() else { unreachable!("a JSON property") };
    assert_eq!(json.get("instants").map(ToString::to_string).as_deref(), Some("[60000000,0,1,1,59]"));
}

#[test]
fn what_is_beyond_all_numbers_comes_back() {
    let mut rolled = Rolled::new(Rollup::Day, 0);
    let most = Value::Property(number(f64::MAX));
    rolled.add((0..3).map(|hour| (hour * HOUR_MICROS, &most)));
    let back = Rolled::read(&observation(rolled.value(), 0), Rollup::Day).expect("reads back");
    let figures = |rolled: &Rolled| [Method::Sum, Method::SumSq, Method::Avg, Method::Max].map(|method| rolled.numbers.figure(method));
    assert_eq!(figures(&back), figures(&rolled));
    assert_eq!(back.numbers.figure(Method::Sum), Some(f64::INFINITY));
}

#[test]
fn days_begin_at_midnight_in_germany() {
    let start = |length, text: &str| start_of(length, Instant::parse(text).expect("an instant")).to_string();
    assert_eq!(start(Rollup::Day, "2024-03-31T22:30:00Z"), "2024-03-31T22:00:00Z");
    assert_eq!(start(Rollup::Day, "2024-03-31T21:59:59.999999Z"), "2024-03-30T23:00:00Z");
    assert_eq!(start(Rollup::Hour, "2024-03-31T21:59:59.999999Z"), "2024-03-31T21:00:00Z");
    assert_eq!(start(Rollup::Hour, "1969-12-31T23:59:59Z"), "1969-12-31T23:00:00Z");
}

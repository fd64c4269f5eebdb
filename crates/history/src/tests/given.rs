//! Arbitrary observations and questions, from small pools so that they meet.

use model::geo::Position;
use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{
    Attribute, Class, Fact, Geometry, Instant, Iri, Json, Known, Name, Number, Observation, Origin, Removal, RemovedSeries, Sealed,
    SeriesQuery, Text, TimeWindow, UnitCode, Value,
};
use proptest::prelude::*;

pub(super) fn observations() -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec(observation(), 1..90)
}

pub(super) fn question() -> impl Strategy<Value = SeriesQuery> {
    let window = prop_oneof![Just(TimeWindow::ALL), (instant(), instant()).prop_map(|(start, end)| TimeWindow { start, end }),];
    let time_property = prop_oneof![
        4 => Just(TimeProperty::ObservedAt),
        1 => Just(TimeProperty::CreatedAt),
        1 => Just(TimeProperty::ModifiedAt),
        1 => Just(TimeProperty::DeletedAt),
    ];
    let limit = prop_oneof![
        Just(SeriesLimit::All),
        (0_usize..5).prop_map(SeriesLimit::First),
        (0_usize..5).prop_map(SeriesLimit::Last),
        Just(SeriesLimit::Last(usize::MAX)),
    ];
    let attributes = prop::option::of(prop::collection::vec(name(), 0..3));
    let known = prop_oneof![3 => Just(Known::Now), 1 => instant().prop_map(Known::At), 1 => Just(Known::Versions)];
    (prop::collection::vec(entity(), 0..4), attributes, window, time_property, limit, known).prop_map(
        |(entities, attributes, window, time_property, limit, known)| SeriesQuery {
            entities,
            attributes,
            window,
            time_property,
            limit,
            known,
            grain: model::Grain::Values,
        },
    )
}

pub(super) fn removal() -> impl Strategy<Value = Removal> {
    let dataset = prop::option::of(prop::sample::select(["urn:d:1", "urn:d:2"].as_slice()).prop_map(iri));
    let series = prop_oneof![
        Just(RemovedSeries::All),
        name().prop_map(RemovedSeries::Attribute),
        (name(), dataset).prop_map(|(name, dataset)| RemovedSeries::Instance(name, dataset)),
    ];
    let window = prop_oneof![Just(TimeWindow::ALL), (instant(), instant()).prop_map(|(start, end)| TimeWindow { start, end })];
    (entity(), series, window, prop_oneof![0_u64..4, any::<u64>()]).prop_map(|(entity, series, window, seq)| Removal {
        entity,
        series,
        window,
        seq,
    })
}

fn observation() -> impl Strategy<Value = Observation> {
    let origin = prop::option::of((any::<u64>(), any::<u64>()).prop_map(|(run, record)| Origin { run, record }));
    let fact = prop_oneof![6 => Just(Fact::Value), 1 => Just(Fact::Retracted), 1 => Just(Fact::Deleted)];
    let class = prop::sample::select(Class::ALL.as_slice());
    (entity(), attribute(2), fact, class, prop_oneof![0_u64..4, any::<u64>()], instant(), origin).prop_map(
        |(entity, mut attribute, fact, class, seq, recorded_at, origin)| {
            if fact != Fact::Value {
                attribute.value = Value::Property(Json::Null);
            }
            Observation { entity, attribute, fact, class, seq, recorded_at, origin }
        },
    )
}

fn entity() -> impl Strategy<Value = Iri> {
    prop::sample::select(["urn:x:1", "urn:x:12", "urn:x:2", "urn:y:ü"].as_slice()).prop_map(iri)
}

fn iri(text: &str) -> Iri {
    Iri::parse(text).expect("an IRI")
}

fn name() -> impl Strategy<Value = Name> {
    prop::sample::select(["https://example.org/a", "https://example.org/b", "https://example.org/ab"].as_slice()).prop_map(Name::known)
}

fn instant() -> impl Strategy<Value = Instant> {
    prop_oneof![
        8 => (-3_i64..6).prop_map(Instant::from_seconds),
        1 => prop::sample::select(vec![Instant::MIN, Instant::MAX, Instant::from_micros(i64::MIN), Instant::from_micros(i64::MAX - 1)]),
    ]
}

fn attribute(depth: u32) -> BoxedStrategy<Attribute> {
    let sub = if depth == 0 { Just(Vec::new()).boxed() } else { prop::collection::vec(attribute(depth - 1), 0..3).boxed() };
    let dataset = prop::option::of(prop::sample::select(["urn:d:1", "urn:d:2"].as_slice()).prop_map(iri));
    let unit = prop::option::of(prop::sample::select(["CEL", "GQ", ""].as_slice()).prop_map(UnitCode::new));
    let times = (prop::option::of(instant()), prop::option::weighted(0.1, instant()), instant(), instant());
    (name(), dataset, value(), unit, times, sub)
        .prop_map(|(name, dataset, value, unit, (observed_at, expires_at, created_at, modified_at), sub)| Attribute {
            name,
            dataset,
            value,
            observed_at,
            unit,
            sub,
            expires_at,
            created_at,
            modified_at,
        })
        .boxed()
}

fn value() -> impl Strategy<Value = Value> {
    let iris = || prop::collection::vec(entity(), 0..3);
    let sealed = (any::<u64>(), prop::collection::vec(any::<u8>(), 0..40), any::<[u8; 32]>());
    prop_oneof![
        6 => number().prop_map(|number| Value::Property(Json::Number(number))),
        2 => json().prop_map(Value::Property),
        1 => json().prop_map(Value::JsonProperty),
        1 => geometry().prop_map(Value::Geo),
        1 => iris().prop_map(Value::Relationship),
        1 => iris().prop_map(Value::ListRelationship),
        1 => prop::collection::vec((tag(), prop::collection::vec(text(), 0..3)), 0..4).prop_map(Value::Language),
        1 => prop::collection::vec(name(), 0..3).prop_map(Value::Vocab),
        1 => prop::collection::vec(json(), 0..3).prop_map(Value::List),
        1 => sealed.prop_map(|(key, ciphertext, blind)| Value::Sealed(Box::new(Sealed { key, ciphertext, blind }))),
    ]
}

/// Numbers as people, sensors and adversaries write them.
pub(super) fn number() -> impl Strategy<Value = Number> {
    // A pattern given as text would be compiled anew for every number.
    let grammar = prop::string::string_regex("-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?").expect("a pattern");
    prop_oneof![
        (-400_i64..400, 0_usize..4).prop_map(|(tenths, digits)| format!("{:.digits$}", tenths as f64 / 10.0)),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(|value| format!("{value}")),
        prop::sample::select(["1.0", "-0", "-0.0", "9007199254740993", "1e400", "-1E-400", "12.30", "0e0"].as_slice())
            .prop_map(str::to_owned),
        grammar,
    ]
    .prop_map(|text| Number::parse(&text).expect("a number"))
}

fn json() -> impl Strategy<Value = Json> {
    let leaf =
        prop_oneof![Just(Json::Null), any::<bool>().prop_map(Json::Bool), number().prop_map(Json::Number), text().prop_map(Json::String),];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map(characters(), inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().rev().map(|(name, value)| (name.into(), value)).collect())),
        ]
    })
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![characters(), Just("Straße\u{feff}\"\\\n\u{1}".to_owned()), Just("12.5".to_owned())].prop_map(Text::from)
}

fn characters() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..5).prop_map(|characters| characters.into_iter().collect())
}

fn tag() -> impl Strategy<Value = Text> {
    prop::sample::select(["de", "en", "@none"].as_slice()).prop_map(Text::from)
}

fn geometry() -> impl Strategy<Value = Geometry> {
    let position = || {
        (-180.0..180.0_f64, -90.0..90.0_f64, prop::option::of(-100.0..9000.0_f64)).prop_map(|(lon, lat, height_m)| Position {
            lon,
            lat,
            height_m,
        })
    };
    let ring = move || {
        prop::collection::vec(position(), 3..5).prop_map(|mut ring| {
            ring.push(ring[0]);
            ring
        })
    };
    prop_oneof![
        position().prop_map(Geometry::Point),
        prop::collection::vec(position(), 2..4).prop_map(Geometry::LineString),
        prop::collection::vec(position(), 1..4).prop_map(Geometry::MultiPoint),
        prop::collection::vec(ring(), 1..3).prop_map(Geometry::Polygon),
        prop::collection::vec(prop::collection::vec(ring(), 1..2), 1..3).prop_map(Geometry::MultiPolygon),
    ]
}

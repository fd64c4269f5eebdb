use expect_test::{Expect, expect};
use model::geo::{Geometry, Position};
use model::{
    Attribute, Change, Class, Effect, Entity, Header, Instant, Iri, Json, Name, Number, Origin, Removal, RemovedSeries, Scope, Sealed,
    Text, TimeWindow, UnitCode, Value,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn texts() -> impl Strategy<Value = Text> {
    "\\PC{0,12}".prop_map(Text::from)
}

fn iris() -> impl Strategy<Value = Iri> {
    "urn:ngsi-ld:[A-Z][a-z]{0,3}:[a-z0-9äöü]{1,4}".prop_map(|text| Iri::parse(&text).expect("an IRI"))
}

fn names() -> impl Strategy<Value = Name> {
    "https://example\\.org/[a-c]{1,2}".prop_map(|text| Name::intern(&text).expect("room"))
}

fn instants() -> impl Strategy<Value = Instant> {
    prop_oneof![any::<i64>(), 1_700_000_000_000_000..1_800_000_000_000_000i64].prop_map(Instant::from_micros)
}

fn numbers() -> impl Strategy<Value = Number> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        any::<i64>().prop_map(|n| n.to_string()),
        Just("-0".to_owned()),
        Just("-0.00".to_owned()),
        Just("0.10".to_owned()),
        Just("9007199254740993".to_owned()),
    ]
    .prop_map(|text| Number::parse(&text).expect("a number"))
}

fn jsons() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        numbers().prop_map(Json::Number),
        texts().prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Json::Array), vec((texts(), inner), 0..4).prop_map(Json::Object)]
    })
}

fn positions() -> impl Strategy<Value = Vec<Position>> {
    let position = (-180.0..180.0, -90.0..90.0, option::of(-100.0..9000.0));
    vec(position.prop_map(|(lon, lat, height_m)| Position { lon, lat, height_m }), 0..5)
}

fn geometries() -> impl Strategy<Value = Geometry> {
    prop_oneof![
        (-180.0..180.0, -90.0..90.0).prop_map(|(lon, lat)| Geometry::Point(Position::new(lon, lat))),
        positions().prop_map(Geometry::MultiPoint),
        positions().prop_map(Geometry::LineString),
        vec(positions(), 0..3).prop_map(Geometry::MultiLineString),
        vec(positions(), 0..3).prop_map(Geometry::Polygon),
        vec(vec(positions(), 0..3), 0..3).prop_map(Geometry::MultiPolygon),
    ]
}

pub(crate) fn values() -> impl Strategy<Value = Value> {
    let sealed = (any::<u64>(), vec(any::<u8>(), 0..40), any::<[u8; 32]>());
    prop_oneof![
        jsons().prop_map(Value::Property),
        geometries().prop_map(Value::Geo),
        vec(iris(), 0..3).prop_map(Value::Relationship),
        vec((texts(), vec(texts(), 0..3)), 0..3).prop_map(Value::Language),
        vec(names(), 0..3).prop_map(Value::Vocab),
        vec(jsons(), 0..3).prop_map(Value::List),
        vec(iris(), 0..3).prop_map(Value::ListRelationship),
        jsons().prop_map(Value::JsonProperty),
        sealed.prop_map(|(key, ciphertext, blind)| Value::Sealed(Box::new(Sealed { key, ciphertext, blind }))),
    ]
}

fn attributes() -> impl Strategy<Value = Attribute> {
    let plain = (
        (names(), option::of(iris()), values()),
        (option::of(instants()), option::of("[A-Z0-9]{2,3}"), option::of(instants())),
        (instants(), instants()),
    );
    let plain = plain.prop_map(|((name, dataset, value), (observed_at, unit, expires_at), (created_at, modified_at))| Attribute {
        name,
        dataset,
        value,
        observed_at,
        unit: unit.map(|code| UnitCode::new(&code)),
        sub: Vec::new(),
        expires_at,
        created_at,
        modified_at,
    });
    plain.prop_recursive(2, 6, 2, |inner| (inner.clone(), vec(inner, 0..3)).prop_map(|(attribute, sub)| Attribute { sub, ..attribute }))
}

fn scopes() -> impl Strategy<Value = Scope> {
    "/[a-zä]{1,3}(/[a-z]{1,3})?".prop_map(|text| Scope::parse(&text).expect("a scope"))
}

pub(crate) fn entities() -> impl Strategy<Value = Entity> {
    let plain = (iris(), vec(names(), 1..3), vec(scopes(), 0..3), vec(attributes(), 0..4), option::of(instants()), instants(), instants());
    plain.prop_map(|(id, types, scopes, attributes, expires_at, created_at, modified_at)| Entity {
        id,
        types,
        scopes,
        attributes,
        expires_at,
        created_at,
        modified_at,
    })
}

fn windows() -> impl Strategy<Value = TimeWindow> {
    prop_oneof![Just(TimeWindow::ALL), (instants(), instants()).prop_map(|(start, end)| TimeWindow { start, end })]
}

fn removed_series() -> impl Strategy<Value = RemovedSeries> {
    prop_oneof![
        Just(RemovedSeries::All),
        names().prop_map(RemovedSeries::Attribute),
        (names(), option::of(iris())).prop_map(|(name, dataset)| RemovedSeries::Instance(name, dataset)),
    ]
}

pub(crate) fn effects() -> impl Strategy<Value = Effect> {
    let origin = || option::of((any::<u64>(), any::<u64>()).prop_map(|(run, record)| Origin { run, record }));
    let written = || (attributes(), prop::sample::select(&Class::ALL[..]), origin());
    let change = prop_oneof![
        (vec(names(), 1..3), vec(scopes(), 0..3), instants(), option::of(instants()))
            .prop_map(|(types, scopes, created_at, expires_at)| Change::EntitySet { types, scopes, created_at, expires_at }),
        Just(Change::EntityRemoved),
        written().prop_map(|(attribute, class, origin)| Change::AttributeSet { attribute, class, origin }),
        (names(), option::of(iris())).prop_map(|(name, dataset)| Change::AttributeRemoved { name, dataset }),
        written().prop_map(|(attribute, class, origin)| Change::Observed { attribute, class, origin }),
        written().prop_map(|(attribute, class, _)| Change::Retracted { attribute, class }),
        (removed_series(), windows(), option::of(any::<u64>())).prop_map(|(series, window, upto)| Change::HistoryRemoved {
            series,
            window,
            upto
        }),
    ];
    (iris(), option::of(any::<[u8; 32]>()), change).prop_map(|(entity, subject, change)| Effect { entity, subject, change })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn effects_round_trip(effects in vec(effects(), 0..8)) {
        let bytes = encode_effects(&effects).expect("encodes");
        prop_assert_eq!(decode_effects(&bytes), Ok(effects));
    }

    #[test]
    fn removals_round_trip(entity in iris(), series in removed_series(), window in windows(), seq: u64) {
        let removal = Removal { entity, series, window, seq };
        prop_assert_eq!(decode_removal(&encode_removal(&removal)), Ok(removal));
    }

    #[test]
    fn contents_round_trip(value in values(), sub in vec(attributes(), 0..3)) {
        let bytes = encode_content(&value, &sub).expect("encodes");
        prop_assert!(bytes.starts_with(&encode_content(&value, &[]).expect("encodes")), "equal values begin alike");
        prop_assert_eq!(decode_content(&bytes).expect("decodes"), (value, sub));
    }

    #[test]
    fn entities_round_trip(entities in vec(entities(), 0..8)) {
        let (bytes, count) = encode_entities(entities.iter(), usize::MAX).expect("encodes");
        let mut read = Vec::new();
        prop_assert_eq!(decode_entities(&bytes, &mut |entity| read.push(entity)), Ok(count as u64));
        prop_assert_eq!(read, entities);
    }

    #[test]
    fn headers_round_trip(seq: u64, at in instants(), actor in texts(), purpose in option::of(texts()), run: Option<u64>, hash: [u8; 32]) {
        let header = Header { seq, at, actor, purpose, run };
        prop_assert_eq!(decode_header(&encode_header(&header, &hash)), Ok((header, hash)));
    }

    /// Changed, cut and invented bytes end in an answer, never in a panic.
    #[test]
    fn damage_is_survived(
        effects in vec(effects(), 1..4),
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        noise in vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = encode_effects(&effects).expect("encodes");
        let cut = &bytes[..cut.index(bytes.len())];
        prop_assert!(decode_effects(cut).is_err());
        for (index, byte) in flips {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        let _ = decode_effects(&bytes);
        for format in [FORMAT_PLAIN, FORMAT_ZSTD] {
            let noise = [&[format][..], &noise].concat();
            let _ = (decode_effects(&noise), decode_entities(&noise, &mut |_| ()), decode_header(&noise), decode_content(&noise).is_ok());
        }
    }
}

#[track_caller]
fn check(value: &Value, expect: Expect) {
    expect.assert_eq(&crate::disk::hex(&encode_content(value, &[]).expect("encodes")));
}

fn number(text: &str) -> Value {
    Value::Property(Json::Number(Number::parse(text).expect("a number")))
}

/// Files outlive versions of the program: these bytes must never change.
#[test]
fn the_format_stays() {
    check(&number("21.50"), expect!["01000402cc21"]);
    check(&number("-7"), expect!["0100030d"]);
    check(&number("1e400"), expect!["010005053165343030"]);
    check(&number("-0.0"), expect!["010005042d302e30"]);
    check(&Value::Property(Json::from("Güte")), expect!["0100060547c3bc7465"]);
    check(&Value::Geo(Geometry::Point(Position::new(8.5, 50.25))), expect!["0101000000000000000021400000000000204940"]);
    check(&Value::Relationship(vec![Iri::parse("urn:x:1").expect("an IRI"); 2]), expect!["010202000775726e3a783a3101"]);
    let sub = Attribute::new(Name::known("urn:x:by"), Value::Property(Json::from("Amt")));
    expect!["0100030d0100000875726e3a783a6279000603416d740000"]
        .assert_eq(&crate::disk::hex(&encode_content(&number("-7"), &[sub]).expect("encodes")));
}

#[test]
fn what_repeats_is_written_once() {
    let name = Name::known("https://smart-data-models.example/AirQualityObserved/no2");
    let effect = |station: &str, tenths: i64| Effect {
        entity: Iri::parse(&format!("urn:ngsi-ld:AirQualityObserved:{station}")).expect("an IRI"),
        subject: None,
        change: Change::AttributeSet {
            attribute: Attribute {
                unit: Some(UnitCode::new("GQ")),
                created_at: Instant::from_micros(1_790_000_000_000_000),
                modified_at: Instant::from_micros(1_790_000_000_000_000),
                ..Attribute::new(name, number(&format!("{}.{}", tenths / 10, tenths % 10)))
            },
            class: Class::Open,
            origin: None,
        },
    };
    let one = encode_effects(&[effect("a", 215)]).expect("encodes").len();
    let two = encode_effects(&[effect("a", 215), effect("a", 219)]).expect("encodes").len();
    assert!(two - one <= 16, "the second takes {} bytes", two - one);
}

#[test]
fn a_large_payload_is_compressed() {
    let effects = vec![
        Effect {
            entity: Iri::parse("urn:ngsi-ld:T:1").expect("an IRI"),
            subject: None,
            change: Change::AttributeRemoved { name: Name::known("https://example.org/a"), dataset: None },
        };
        1000
    ];
    let bytes = encode_effects(&effects).expect("encodes");
    assert_eq!(bytes[0], FORMAT_ZSTD);
    assert!(bytes.len() < 200, "{} bytes", bytes.len());
    assert_eq!(decode_effects(&bytes), Ok(effects));
}

#[test]
fn bottomless_nesting_is_refused_both_ways() {
    let deep = |levels| (0..levels).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
    assert!(encode_content(&Value::Property(deep(DEPTH_MAX)), &[]).is_ok());
    assert!(encode_content(&Value::Property(deep(DEPTH_MAX + 1)), &[]).is_err());
    let forged = [&[FORMAT_PLAIN, 0][..], &[7, 1].repeat(100_000)].concat();
    assert!(decode_content(&forged).is_err());
}

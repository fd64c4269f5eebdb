//! Golden tests of the evaluator, after NGSI-LD V1.9.1, clauses 4.9 (`q`),
//! 4.10 (`geoQ`), 4.19 (`scopeQ`) and 4.23 (`orderBy`).

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::attribute::Sealed;
use crate::{Attribute, Entity, Geometry, Json, Scope, UnitCode, Value, json};

const NOW: &str = "2026-05-04T12:00:00Z";

fn at(text: &str) -> Instant {
    Instant::parse(text).expect(text)
}

fn name(short: &str) -> Name {
    Name::intern(&format!("https://example.org/{short}")).expect("interned")
}

fn iri(text: &str) -> Iri {
    Iri::parse(text).expect(text)
}

fn parsed(text: &str) -> Json {
    json::parse(text.as_bytes()).expect(text)
}

fn property(short: &str, text: &str) -> Attribute {
    Attribute::new(name(short), Value::Property(parsed(text)))
}

fn station() -> Entity {
    Entity::new(iri("urn:ngsi-ld:Station:altstadt"), name("Station"))
}

/// An entity whose attribute `a` has a value.
fn with(value: Value) -> Entity {
    station().with(Attribute::new(name("a"), value))
}

fn with_json(text: &str) -> Entity {
    with(Value::Property(parsed(text)))
}

/// Reads `a`, `a.b` (sub-attribute), `a[b.c]` (member or language), `a.observedAt` and its like.
fn path(text: &str) -> Path {
    let (names, within) = text.split_once('[').map_or((text, ""), |(names, rest)| (names, rest.trim_end_matches(']')));
    let mut names: Vec<&str> = names.split('.').collect();
    let target = match names.last().copied().unwrap_or("") {
        "observedAt" => Target::ObservedAt,
        "createdAt" => Target::CreatedAt,
        "modifiedAt" => Target::ModifiedAt,
        "unitCode" => Target::UnitCode,
        "datasetId" => Target::DatasetId,
        _ => Target::Value,
    };
    if target != Target::Value {
        names.pop();
    }
    let within = within.split('.').filter(|member| !member.is_empty()).map(Text::from).collect();
    let mut names = names.into_iter().map(name);
    Path { attribute: names.next(), sub: names.collect(), target, within }
}

/// Reads the right side as `q` writes it; `<…>` is an IRI, `/…/` a pattern.
fn operand(text: &str) -> Operand {
    if let Some((from, to)) = text.split_once("..") {
        return Operand::Range(Box::new((operand(from), operand(to))));
    }
    if text.contains(',') {
        return Operand::List(text.split(',').map(operand).collect());
    }
    match text.as_bytes() {
        [b'"', ..] => Operand::Text(text.trim_matches('"').into()),
        [b'<', ..] => Operand::Iri(iri(text.trim_matches(['<', '>']))),
        [b'/', ..] => Operand::Pattern(Pattern::parse(text.trim_matches('/')).expect(text)),
        b"true" | b"false" => Operand::Bool(text == "true"),
        _ => Number::parse(text).map_or_else(|| Operand::Instant(Instant::parse_any_precision(text).expect(text)), Operand::Number),
    }
}

/// Reads `a==1`, or `a` for existence.
fn term(text: &str) -> Filter {
    let ops = [
        ("!~=", Op::NotMatches),
        ("~=", Op::Matches),
        ("==", Op::Eq),
        ("!=", Op::Ne),
        (">=", Op::Ge),
        ("<=", Op::Le),
        (">", Op::Gt),
        ("<", Op::Lt),
    ];
    let found = ops.iter().filter_map(|(sign, op)| text.find(sign).map(|place| (place, *sign, *op))).min_by_key(|(place, ..)| *place);
    match found {
        None => Filter::Has(path(text)),
        Some((place, sign, op)) => {
            Filter::Compare(Comparison { path: path(&text[..place]), op, operand: operand(&text[place + sign.len()..]) })
        }
    }
}

fn holds(entity: &Entity, text: &str) -> bool {
    term(text).matches(entity, at(NOW), &|_| true)
}

#[track_caller]
fn check(entity: &Entity, yes: &[&str], no: &[&str]) {
    for text in yes {
        assert!(holds(entity, text), "`{text}` should hold");
    }
    for text in no {
        assert!(!holds(entity, text), "`{text}` should not hold");
    }
}

const OF_EVERY_KIND: [&str; 12] =
    ["a", "a==1", "a!=1", "a<1", "a<=1", "a>1", "a>=1", "a~=/x/", "a!~=/x/", "a==1..2", "a!=\"x\",\"y\"", "a!=true"];

#[test]
fn numbers_compare_by_value() {
    check(
        &with_json("30"),
        &["a==30", "a==30.0", "a==3e1", "a!=31", "a<30.5", "a<=30", "a>-30", "a>=30"],
        &["a!=30.0", "a<30", "a>30", "a==3"],
    );
    check(&with_json("-0.5"), &["a<0", "a>-0.51", "a==-5e-1", "a<=-0.50"], &["a>-0.5", "a==0.5"]);
    check(&with_json("-0"), &["a==0", "a==0.0", "a>=0"], &["a<0", "a!=0e9"]);
}

#[test]
fn large_integers_and_long_fractions_are_exact() {
    check(
        &with_json("9007199254740993"),
        &["a==9007199254740993", "a!=9007199254740992", "a>9007199254740992"],
        &["a==9007199254740992.0", "a<=9007199254740992.5"],
    );
    check(&with_json("9007199254740993.0"), &["a==9007199254740993", "a<9007199254740993.1"], &["a==9007199254740992"]);
    check(
        &with_json("123456789012345678901234567890"),
        &["a>123456789012345678901234567889", "a==1.2345678901234567890123456789e29"],
        &["a==1.2345678901234567890123456788e29"],
    );
    check(&with_json("1e400"), &["a>1e399", "a<1e401", "a==10e399", "a>1e308"], &["a==1e401", "a>1e99999999999999999999"]);
}

#[test]
fn a_missing_attribute_makes_every_term_false() {
    let elsewhere = station().with(property("b", "1"));
    check(&elsewhere, &[], &OF_EVERY_KIND);
    check(&with_json(r#"{"x":1}"#), &["a[x]==1", "a[x]!=2"], &["a[y]", "a[y]!=1", "a[x.y]!=1", "a.b", "a.b!=1", "a.b!~=/x/"]);
}

#[test]
fn what_is_hidden_expired_or_sealed_is_missing() {
    let mut expired = with_json("1");
    expired.attributes[0].expires_at = Some(at(NOW));
    check(&expired, &[], &OF_EVERY_KIND);
    expired.attributes[0].expires_at = Some(at("2026-05-04T12:00:00.000001Z"));
    check(&expired, &["a==1"], &[]);
    let sealed = with(Value::Sealed(Box::new(Sealed { key: 1, ciphertext: vec![1], blind: [0; 32] })));
    check(&sealed, &[], &OF_EVERY_KIND);
    for text in OF_EVERY_KIND {
        assert!(!term(text).matches(&with_json("1"), at(NOW), &|hidden| hidden != name("a")), "{text}");
    }
}

#[test]
fn an_expired_entity_never_matches() {
    let mut gone = with_json("1");
    gone.expires_at = Some(at(NOW));
    let now = at(NOW);
    assert!(!Filter::Always.matches(&gone, now, &|_| true));
    assert!(!Filter::Not(Box::new(Filter::Never)).matches(&gone, now, &|_| true));
    gone.expires_at = Some(at("2026-05-04T12:00:01Z"));
    assert!(Filter::Always.matches(&gone, now, &|_| true));
}

#[test]
fn types_that_differ_are_unequal_and_have_no_order() {
    check(&with_json("30"), &["a!=\"30\"", "a!=true", "a!=2026-05-04"], &["a==\"30\"", "a<\"40\"", "a>\"0\"", "a~=/30/", "a!~=/40/"]);
    check(&with_json(r#""30""#), &["a==\"30\"", "a!=30"], &["a==30", "a>20", "a<=30"]);
    check(&with_json("true"), &["a==true", "a!=false", "a!=\"true\""], &["a==false", "a>false", "a>=true", "a==1"]);
    check(&with_json("{}"), &["a", "a!=1"], &["a==1", "a>0", "a~=/./", "a!~=/x/"]);
}

#[test]
fn strings_compare_by_code_point() {
    check(&with_json(r#""Zoo""#), &["a<\"ab\"", "a>\"Aa\"", "a>=\"Zoo\"", "a<\"Zoo \"", "a<\"Ähre\""], &["a==\"zoo\"", "a>\"a\""]);
    check(&with_json(r#""\ud83d\ude00""#), &["a>\"\u{ffff}\""], &["a<\"\u{ffff}\""]);
    check(&with_json(r#""urn:x:1""#), &["a==<urn:x:1>", "a!=<urn:x:2>"], &["a==<urn:x:2>"]);
}

#[test]
fn patterns_find_unanchored() {
    check(&with_json(r#""Altstadt""#), &["a~=/stadt/", "a~=/^Alt.*t$/", "a!~=/Neu/"], &["a~=/^stadt/", "a!~=/A/"]);
    check(&with_json(r#"["Nord","Süd",3]"#), &["a~=/^S/", "a!~=/West/"], &["a~=/3/", "a!~=/Nord/"]);
    check(&with_json("[1,2]"), &[], &["a~=/1/", "a!~=/x/"]);
}

#[test]
fn dates_and_times_compare_as_instants_of_any_precision() {
    check(
        &with_json(r#"{"@type":"DateTime","@value":"2026-01-01T00:00:00.250Z"}"#),
        &["a>2026-01-01T00:00:00Z", "a<2026-01-01T00:00:00.3Z", "a==2026-01-01T00:00:00.25Z", "a!=2026-01-01"],
        &["a==2026-01-01T00:00:00Z", "a<2026-01-01"],
    );
    check(
        &with_json(r#""2026-01-01""#),
        &["a==2026-01-01T00:00:00Z", "a<2026-01-01T00:00:00.000001Z", "a>=2025-12-31"],
        &["a>2026-01-01T00:00:00Z"],
    );
    check(&with_json(r#""2026-01-01T01:00:00+01:00""#), &["a==2026-01-01T00:00:00Z"], &["a!=2026-01-01"]);
    check(&with_json(r#""heute""#), &["a!=2026-01-01"], &["a==2026-01-01", "a>2026-01-01", "a<2026-01-01"]);
    check(&with_json(r#"{"@type":"Date","@value":"2026-01-01"}"#), &["a==\"2026-01-01\"", "a<2026-01-02"], &["a==\"2026-01-02\""]);
}

#[test]
fn one_element_equal_or_none() {
    let list = with(Value::List(vec![Json::from(1), Json::from("x"), Json::from(true)]));
    for entity in [with_json(r#"[1,"x",true]"#), list] {
        check(&entity, &["a==1", "a==\"x\"", "a==true", "a!=2", "a!=\"y\"", "a<2"], &["a!=1", "a!=\"x\"", "a==2", "a!=true", "a>1"]);
    }
    check(&with_json("[]"), &["a", "a!=1"], &["a==1", "a<1", "a~=/x/", "a!~=/x/"]);
    check(&with_json("[[1]]"), &["a!=1"], &["a==1"]);
}

#[test]
fn any_instance_may_match() {
    let mut roof = property("a", "4");
    roof.dataset = Some(iri("urn:x:roof"));
    let entity = with_json("12").with(roof);
    check(
        &entity,
        &["a==12", "a==4", "a!=12", "a!=4", "a<5", "a>11", "a.datasetId==\"urn:x:roof\"", "a.datasetId==<urn:x:roof>"],
        &["a==5", "a>12", "a.datasetId==\"urn:x:cellar\""],
    );
}

#[test]
fn relationships_equal_any_target_and_have_no_order() {
    let targets = || vec![iri("urn:x:1"), iri("urn:x:2")];
    for value in [Value::Relationship(targets()), Value::ListRelationship(targets())] {
        check(
            &with(value),
            &["a", "a==<urn:x:1>", "a==\"urn:x:2\"", "a!=<urn:x:3>", "a==<urn:x:3>,<urn:x:2>", "a!=1"],
            &[
                "a!=<urn:x:1>",
                "a==<urn:x:3>",
                "a>\"urn\"",
                "a<\"urn:x:9\"",
                "a>=<urn:x:1>",
                "a~=/urn/",
                "a!~=/x/",
                "a==\"a\"..\"z\"",
                "a[x]",
            ],
        );
    }
}

#[test]
fn languages_by_tag_star_or_all() {
    let texts = |tag: &str, texts: &[&str]| (Text::from(tag), texts.iter().map(|text| Text::from(*text)).collect());
    let entity = with(Value::Language(vec![texts("de", &["Rathaus", "Amt"]), texts("en", &["Town hall"])]));
    check(
        &entity,
        &[
            "a[de]==\"Rathaus\"",
            "a[DE]==\"Amt\"",
            "a[*]==\"Town hall\"",
            "a==\"Town hall\"",
            "a[en]!=\"Rathaus\"",
            "a[de]~=/haus/",
            "a[de]",
        ],
        &["a[de]==\"Town hall\"", "a[fr]", "a[fr]!=\"x\"", "a!=\"Amt\"", "a[*]!=\"Amt\"", "a[de.x]"],
    );
}

#[test]
fn vocabulary_terms_equal_by_iri() {
    let entity = with(Value::Vocab(vec![name("open"), name("free")]));
    check(
        &entity,
        &["a==<https://example.org/open>", "a==\"https://example.org/free\"", "a!=<https://example.org/closed>", "a~=/open$/"],
        &["a!=<https://example.org/open>", "a==\"open\"", "a[x]!=1"],
    );
}

#[test]
fn members_of_values() {
    let inner = r#"{"b":{"c":5,"list":[1,2]},"rows":[{"n":1},{"n":2},{"m":3}],"@type":"X"}"#;
    for value in [Value::Property(parsed(inner)), Value::JsonProperty(parsed(inner))] {
        check(
            &with(value),
            &["a[b.c]==5", "a[b.list]==2", "a[b]", "a[rows.n]==2", "a[rows.m]==3", "a[b.c]!=6", "a[@type]==\"X\""],
            &["a[c]", "a[b.d]!=5", "a[b.c.d]", "a[rows.n]!=1", "a[rows.x]"],
        );
    }
    let place = with(Value::Geo(Geometry::Point(crate::geo::Position::new(8.0, 50.0))));
    check(&place, &["a", "a[type]==\"Point\"", "a[coordinates]==50", "a!=1"], &["a==1", "a[type]==\"Polygon\"", "a[x]"]);
}

#[test]
fn sub_attributes_and_metadata() {
    let mut no2 = property("a", "21").observed(at("2026-05-04T10:00:00Z"));
    no2.unit = Some(UnitCode::new("GQ"));
    no2.created_at = at("2026-05-01T00:00:00Z");
    no2.modified_at = at("2026-05-04T10:00:01Z");
    no2.sub = vec![property("accuracy", "0.5"), Attribute::new(name("by"), Value::Relationship(vec![iri("urn:x:7")]))];
    no2.sub[0].sub = vec![property("method", "\"manual\"")];
    let entity = station().with(no2);
    check(
        &entity,
        &[
            "a.accuracy==0.5",
            "a.accuracy.method==\"manual\"",
            "a.by==<urn:x:7>",
            "a.observedAt>2026-05-04",
            "a.observedAt==\"2026-05-04T10:00:00.0Z\"",
            "a.unitCode==\"GQ\"",
            "a.createdAt<2026-05-02",
            "a.modifiedAt!=2026-05-04",
            "a.observedAt",
        ],
        &[
            "a.datasetId",
            "a.by.observedAt",
            "a.accuracy.other",
            "a.observedAt==\"heute\"",
            "a.unitCode==\"GP\"",
            "a.unitCode[x]",
            "a.observedAt>21",
        ],
    );
    let mut expired = entity.clone();
    expired.attributes[0].sub[0].expires_at = Some(at(NOW));
    check(&expired, &["a==21"], &["a.accuracy", "a.accuracy.method"]);
}

#[test]
fn the_times_of_the_entity_itself() {
    let mut entity = station();
    entity.modified_at = at("2026-05-04T10:00:00Z");
    let of_entity = |target, text: &str| {
        let path = Path { attribute: None, sub: Vec::new(), target, within: Vec::new() };
        Filter::Compare(Comparison { path, op: Op::Ge, operand: operand(text) }).matches(&entity, at(NOW), &|_| false)
    };
    assert!(of_entity(Target::ModifiedAt, "2026-05-04T10:00:00Z"));
    assert!(!of_entity(Target::ModifiedAt, "2026-05-04T10:00:01Z"));
    assert!(of_entity(Target::CreatedAt, "1970-01-01"));
    assert!(!of_entity(Target::ObservedAt, "1970-01-01"));
}

#[test]
fn ranges_and_lists_with_equal_and_unequal_only() {
    check(
        &with_json("5"),
        &["a==5..7", "a==3..5", "a!=6..7", "a==1,5", "a!=1,2", "a!=\"a\"..\"z\""],
        &["a==6..7", "a!=5..5", "a==1,2", "a!=1,5", "a<1..9", "a>=1,2", "a==\"1\"..\"9\"", "a==7..5"],
    );
    check(&with_json(r#""2026-05-04T10:00:00Z""#), &["a==2026-05-04..2026-05-05", "a==\"2026\"..\"2027\""], &["a==2026-05-05..2026-05-06"]);
    check(&with_json("[1,9]"), &["a!=2..8", "a==2,9"], &["a==2..8", "a!=0..2"]);
}

#[test]
fn and_or_not_are_plain() {
    let entity = with_json("5");
    let holds = |filter: Filter| filter.matches(&entity, at(NOW), &|_| true);
    assert!(holds(term("a>1").and(term("a<9"))));
    assert!(!holds(term("a>1").and(term("b"))));
    assert!(holds(Filter::any(vec![term("b==1"), term("a==5")])));
    // Policies turn around what `!=` does not: of a missing attribute, `Not` is true.
    assert!(holds(Filter::Not(Box::new(term("b==1")))));
    assert!(holds(Filter::Not(Box::new(term("b!=1")))));
    assert!(holds(Filter::And(Vec::new())) && !holds(Filter::Or(Vec::new())));
}

#[test]
fn types_and_ids() {
    let mut entity = station();
    entity.types.push(name("Building"));
    let holds = |filter: Filter| filter.matches(&entity, at(NOW), &|_| false);
    assert!(holds(Filter::Type(name("Station"))) && holds(Filter::Type(name("Building"))) && !holds(Filter::Type(name("Road"))));
    assert!(holds(Filter::Id(vec![iri("urn:x:1"), entity.id.clone()])) && !holds(Filter::Id(Vec::new())));
    assert!(holds(Filter::IdMatches(Pattern::parse("Station:.*stadt$").expect("pattern"))));
    assert!(!holds(Filter::IdMatches(Pattern::parse("^Station").expect("pattern"))));
}

#[track_caller]
fn check_scope(pattern: &str, scopes: &[&str], expected: bool) {
    let mut entity = station();
    entity.scopes = scopes.iter().map(|scope| Scope::parse(scope).expect("scope")).collect();
    let filter = Filter::Scope(ScopePattern::parse(pattern).expect(pattern));
    assert_eq!(filter.matches(&entity, at(NOW), &|_| true), expected, "{pattern} of {scopes:?}");
}

#[test]
fn scopes_exact_one_level_and_below() {
    check_scope("/city/north", &["/city/north"], true);
    check_scope("city/north", &["/city/north"], true);
    check_scope("/city", &["/city/north"], false);
    check_scope("/city/+", &["/city/north"], true);
    check_scope("/city/+", &["/city"], false);
    check_scope("/city/+", &["/city/north/park"], false);
    check_scope("/+/north", &["/other", "/city/north"], true);
    check_scope("/city/#", &["/city"], true);
    check_scope("/city/#", &["/city/north/park"], true);
    check_scope("/city/#", &["/cityhall"], false);
    check_scope("/+/north/#", &["/city/north/park"], true);
    check_scope("/#", &["/city"], true);
    check_scope("/#", &[], false);
    check_scope("/City", &["/city"], false);
}

#[test]
fn scope_patterns_are_checked() {
    for bad in ["", "/", "/a//b", "/a#", "/#/a", "/1a", "/a/", "/a b", "//#", "/a+"] {
        assert!(ScopePattern::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(
        ScopePattern::parse("/a#").expect_err("no level").to_string(),
        "`/a#` is not a scope pattern: expected levels such as `/musterstadt/altstadt`, `+` for any one level, `#` only as the last"
    );
}

#[test]
fn places_by_any_instance_of_the_geo_property() {
    let point = |lon, lat| Attribute::new(name("location"), Value::Geo(Geometry::Point(crate::geo::Position::new(lon, lat))));
    let mut second = point(9.0, 51.0);
    second.dataset = Some(iri("urn:x:exit"));
    let entity = station().with(point(8.0, 50.0)).with(second).with(property("plain", "1"));
    let near = |short: &str, lon, lat| Filter::Geo {
        property: name(short),
        test: GeoTest::NearerThan { reference: Geometry::Point(crate::geo::Position::new(lon, lat)), distance_m_max: 10.0 },
    };
    let holds = |filter: Filter| filter.matches(&entity, at(NOW), &|seen| seen != name("hidden"));
    assert!(holds(near("location", 8.0, 50.0)) && holds(near("location", 9.0, 51.0)) && !holds(near("location", 8.5, 50.5)));
    assert!(!holds(near("plain", 8.0, 50.0)) && !holds(near("missing", 8.0, 50.0)));
    let far = Filter::Geo { property: name("missing"), test: GeoTest::Disjoint(Geometry::Point(crate::geo::Position::new(0.0, 0.0))) };
    assert!(!holds(far));
    assert!(!near("location", 8.0, 50.0).matches(&entity, at(NOW), &|_| false));
}

#[test]
fn a_prepared_filter_keeps_its_places_apart() {
    let at_lon = |lon| station().with(Attribute::new(name("location"), Value::Geo(Geometry::Point(crate::geo::Position::new(lon, 50.0)))));
    let near = |lon| Filter::Geo {
        property: name("location"),
        test: GeoTest::NearerThan { reference: Geometry::Point(crate::geo::Position::new(lon, 50.0)), distance_m_max: 10.0 },
    };
    let filter = Filter::And(vec![Filter::Or(vec![near(7.0), near(8.0)]), Filter::Not(Box::new(near(8.0)))]);
    let prepared = filter.prepare();
    let found = [7.0, 8.0, 9.0].map(|lon| prepared.matches(&at_lon(lon), at(NOW), &|_| true));
    assert_eq!(found, [true, false, false]);
}

/// Orders entities by what is said of each and prints what they were.
fn sorted(by: &str, mut entities: Vec<(&str, Entity)>, descending: bool) -> String {
    let key = OrderKey { by: OrderBy::Path(path(by)), descending };
    entities.sort_by(|(_, a), (_, b)| key.compare(a, b, at(NOW), &|_, _| true));
    entities.into_iter().map(|(label, _)| label).collect::<Vec<_>>().join(" ")
}

#[test]
fn order_across_types() {
    let texts = [
        "null",
        r#"{"@type":"DateTime","@value":"2026-05-04T10:00:00Z"}"#,
        r#"{"@type":"Date","@value":"2026-05-04"}"#,
        r#"{"@type":"Time","@value":"10:00:00Z"}"#,
        "true",
        "false",
        "[1]",
        r#"{"b":1}"#,
        r#""x""#,
        r#""A""#,
        "10",
        "9.5",
    ];
    let labels = ["null", "datetime", "date", "time", "true", "false", "array", "object", "x", "A", "10", "9.5"];
    let mut entities: Vec<(&str, Entity)> = labels.into_iter().zip(texts.iter().map(|text| with_json(text))).collect();
    entities.push(("missing", station()));
    let expected = "9.5 10 A x object array false true time date datetime null missing";
    assert_eq!(sorted("a", entities.clone(), false), expected);
    let backwards: Vec<&str> = expected.split(' ').rev().collect();
    assert_eq!(sorted("a", entities, true), backwards.join(" "));
}

#[test]
fn order_by_members_sub_attributes_and_times() {
    let entity = |n: i64| {
        let mut a = property("a", &format!(r#"{{"n":{n}}}"#)).observed(Instant::from_seconds(-n));
        a.sub = vec![property("s", &format!("\"{n}\""))];
        station().with(a)
    };
    let entities = || vec![("three", entity(3)), ("one", entity(1)), ("two", entity(2)), ("none", station())];
    assert_eq!(sorted("a[n]", entities(), false), "one two three none");
    assert_eq!(sorted("a.s", entities(), false), "one two three none");
    assert_eq!(sorted("a.observedAt", entities(), false), "three two one none");
    assert_eq!(sorted("a[n]", entities(), true), "none three two one");
}

#[test]
fn order_prefers_the_default_instance_and_what_is_readable() {
    let mut other = property("a", "1");
    other.dataset = Some(iri("urn:x:other"));
    let mut expired = with_json("0");
    expired.attributes[0].expires_at = Some(at(NOW));
    let entities = vec![("five", station().with(other).with(property("a", "5"))), ("three", with_json("3")), ("gone", expired)];
    assert_eq!(sorted("a", entities, false), "three five gone");
    let key = OrderKey { by: OrderBy::Path(path("a")), descending: false };
    assert_eq!(key.compare(&with_json("1"), &with_json("2"), at(NOW), &|_, _| false), Ordering::Equal);
}

#[test]
fn order_by_id_and_times() {
    let (mut a, mut b) = (station(), Entity::new(iri("urn:ngsi-ld:Station:bahnhof"), name("Station")));
    (a.created_at, a.modified_at) = (Instant::from_seconds(2), Instant::from_seconds(3));
    (b.created_at, b.modified_at) = (Instant::from_seconds(1), Instant::from_seconds(4));
    let order = |by: OrderBy| OrderKey { by, descending: false }.compare(&a, &b, at(NOW), &|_, _| false);
    let of_itself = Path { attribute: None, sub: Vec::new(), target: Target::ModifiedAt, within: Vec::new() };
    assert_eq!(order(OrderBy::Path(of_itself)), Ordering::Less);
    assert_eq!(
        [order(OrderBy::Id), order(OrderBy::CreatedAt), order(OrderBy::ModifiedAt)],
        [Ordering::Less, Ordering::Greater, Ordering::Less]
    );
}

/// Any JSON, numbers with close and far values among it.
fn any_json() -> impl Strategy<Value = Json> {
    let numbers = prop_oneof![
        Just("9007199254740992"),
        Just("9007199254740993"),
        Just("9007199254740992.5"),
        Just("1.0"),
        Just("1"),
        Just("-0.0"),
        Just("1e400"),
        Just("-1e400")
    ];
    let leaf = prop_oneof![
        3 => numbers.prop_map(parsed),
        2 => (-5i64..5).prop_map(Json::from),
        2 => "[a-cÄ]{0,2}".prop_map(|text| Json::from(text.as_str())),
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(parsed(r#"{"@type":"DateTime","@value":"2026-05-04T10:00:00Z"}"#)),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Json::Array))
}

proptest! {
    /// `!=` is what `==` is not, as long as there is something.
    #[test]
    fn unequal_is_the_opposite_of_equal_on_what_is_there(value in any_json(), other in -5i64..5) {
        let entity = with(Value::Property(value));
        let (equal, unequal) = (holds(&entity, &format!("a=={other}")), holds(&entity, &format!("a!={other}")));
        prop_assert_ne!(equal, unequal);
    }

    /// A sort needs an order that is total: antisymmetric and transitive.
    #[test]
    fn the_order_is_total(values in prop::collection::vec(any_json(), 3)) {
        let key = OrderKey { by: OrderBy::Path(path("a")), descending: false };
        let e: Vec<Entity> = values.into_iter().map(|value| with(Value::Property(value))).collect();
        let order = |a: usize, b: usize| key.compare(&e[a], &e[b], at(NOW), &|_, _| true);
        prop_assert_eq!(order(0, 1), order(1, 0).reverse());
        if order(0, 1).is_le() && order(1, 2).is_le() {
            prop_assert!(order(0, 2).is_le());
        }
    }
}

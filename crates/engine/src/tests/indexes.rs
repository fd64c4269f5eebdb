//! Every index answers as the plain evaluator does.

use model::geo::{GeoTest, Position};
use model::query::{Comparison, Op, Operand, Path};
use model::{Attribute, Entity, Filter, Geometry, Iri, Json, Number, Query, Value};
use proptest::prelude::*;

use super::name;
use crate::{Engine, Operation, Role};

fn entity() -> impl Strategy<Value = Entity> {
    let number = prop_oneof![
        (-20..20_i64).prop_map(Json::from),
        Just(Json::from(9_007_199_254_740_993)),
        Just(Json::from(9_007_199_254_740_992)),
        Just(Json::from("text"))
    ];
    let place = (-10..10_i32, -10..10_i32).prop_map(|(x, y)| Value::Geo(Geometry::Point(Position::new(f64::from(x), f64::from(y)))));
    let values = prop::collection::vec((prop_oneof![Just("a"), Just("b")], any::<bool>(), number), 0..3);
    (0..40_u32, prop_oneof![Just("T"), Just("U")], values, prop::option::of(place)).prop_map(|(id, kind, values, place)| {
        let mut entity = Entity::new(Iri::parse(&format!("urn:x:{id}")).expect("valid"), name(kind));
        for (attribute, other, value) in values {
            let mut attribute = Attribute::new(name(attribute), Value::Property(value));
            attribute.dataset = other.then(|| Iri::parse("urn:x:other").expect("valid"));
            if entity.instance(attribute.name, attribute.dataset.as_ref()).is_none() {
                entity.attributes.push(attribute);
            }
        }
        entity.attributes.extend(place.map(|value| Attribute::new(name("location"), value)));
        entity
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let operand = prop_oneof![-20..20_i64, Just(9_007_199_254_740_993)].prop_map(|n| Operand::Number(Number::from(n)));
    let op = prop_oneof![Just(Op::Eq), Just(Op::Ne), Just(Op::Lt), Just(Op::Le), Just(Op::Gt), Just(Op::Ge)];
    let range =
        (-20..20_i64, -20..20_i64).prop_map(|(a, b)| Operand::Range(Box::new((Operand::Number(a.into()), Operand::Number(b.into())))));
    let comparison = prop_oneof![(op, operand).boxed(), range.prop_map(|r| (Op::Eq, r)).boxed()];
    let compare = (prop_oneof![Just("a"), Just("b")], comparison)
        .prop_map(|(attribute, (op, operand))| Filter::Compare(Comparison { path: Path::value(name(attribute)), op, operand }));
    let near = (-10..10_i32, -10..10_i32, 1..600_i32).prop_map(|(x, y, km)| Filter::Geo {
        property: name("location"),
        test: GeoTest::NearerThan {
            reference: Geometry::Point(Position::new(f64::from(x), f64::from(y))),
            distance_m_max: f64::from(km) * 1000.0,
        },
    });
    let leaf = prop_oneof![
        compare,
        near,
        Just(Filter::Type(name("T"))),
        (0..40_u32).prop_map(|n| Filter::Id(vec![Iri::parse(&format!("urn:x:{n}")).expect("valid")])),
        Just(Filter::Always),
        Just(Filter::Never),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::Or),
            inner.prop_map(|one| Filter::Not(Box::new(one))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn indexes_only_narrow(first in prop::collection::vec(entity(), 1..60), second in prop::collection::vec(entity(), 0..20), gone in prop::collection::vec(0..40_u32, 0..10), filters in prop::collection::vec(filter(), 20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let engine = Engine::scratch();
        let access = engine.with_role(Role::Editor);
        let upsert = |entity| Operation::Upsert { entity, replace: true };
        runtime.block_on(access.write(first.into_iter().map(upsert).collect())).expect("written");
        make_columns(&engine);
        let mut changes: Vec<Operation> = second.into_iter().map(upsert).collect();
        changes.extend(gone.iter().map(|n| Operation::Delete(Iri::parse(&format!("urn:x:{n}")).expect("valid"))));
        runtime.block_on(access.write(changes)).expect("written");
        let tenant = engine.loaded(&crate::ScratchEngine::tenant()).expect("there");
        for filter in filters {
            let page = access.query(&Query { count: true, ..Query::of(filter.clone(), 1000) }).expect("answered");
            let found: Vec<_> = page.views.iter().map(|view| view.entity().id.clone()).collect();
            let expected: Vec<_> = tenant.shared.state.read().iter().filter(|s| filter.matches(&s.entity, engine.now(), &|_| true)).map(|s| s.entity.id.clone()).collect();
            prop_assert_eq!(page.total, Some(expected.len()));
            prop_assert_eq!(found, expected, "{:?}", filter);
        }
    }
}

/// Columns are made for large tenants only; here they are wanted at once.
fn make_columns(engine: &crate::ScratchEngine) {
    let tenant = engine.loaded(&crate::ScratchEngine::tenant()).expect("there");
    let mut state = tenant.shared.state.write();
    state.build_column(name("a"));
    state.build_column(name("b"));
}

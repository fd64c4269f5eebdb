use expect_test::expect;

use super::*;

fn square(lon: f64, lat: f64, size: f64) -> Geometry {
    let p = |x: f64, y: f64| Position::new(lon + x * size, lat + y * size);
    Geometry::Polygon(vec![vec![p(0.0, 0.0), p(1.0, 0.0), p(1.0, 1.0), p(0.5, 1.0), p(0.0, 1.0), p(0.0, 0.0)]])
}

fn feature<'a>(name: &'a str, geometry: &'a Geometry) -> Feature<'a> {
    Feature { name, value: None, geometry, class: None }
}

#[test]
fn nothing_gives_no_map() {
    assert_eq!(draw(&[], &[&square(8.0, 50.0, 1.0)], "Karte", Language::De), None);
}

#[test]
fn one_point_lies_in_the_middle() {
    let point = Geometry::Point(Position::new(8.6512, 49.8728));
    let map = draw(&[Feature { value: Some("42 µg/m³"), ..feature("Weseler Straße", &point) }], &[], "Karte", Language::De);
    expect![[r#"<svg class="map" viewBox="0 0 720 340" width="720" fill="none" stroke="currentColor" fill-rule="evenodd" role="img" aria-label="Karte"><circle class="point" cx="360.0" cy="170.0" r="8"><title>Weseler Straße: 42 µg/m³</title></circle><text x="374" y="175" text-anchor="start" fill="currentColor" aria-hidden="true">Weseler Straße</text><path class="path scale" d="M16 318v8h93v-8" aria-hidden="true"/><text class="scale-label" x="117" y="326" fill="currentColor" aria-hidden="true">500 m</text></svg>"#]].assert_eq(map.expect("a point").as_str());
}

#[test]
fn corners_on_a_straight_line_are_left_out() {
    let area = square(8.0, 50.0, 1.0);
    let map = draw(&[Feature { class: Some(3), ..feature("A", &area) }], &[], "Karte", Language::De).expect("an area");
    let path = map.as_str().split("d=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a path");
    assert_eq!(path, "M224 464l272 0 0-428-272 0z");
    assert!(map.as_str().contains("class=\"area c3\""), "{map}");
}

#[test]
fn names_are_escaped_and_do_not_cover_each_other() {
    let points: Vec<Geometry> = (0..3).map(|n| Geometry::Point(Position::new(7.6 + f64::from(n) * 1e-7, 51.9))).collect();
    let features: Vec<Feature<'_>> = points.iter().map(|point| feature("<b>Ort</b>", point)).collect();
    let map = draw(&features, &[], "\"Karte\"", Language::En).expect("points");
    assert!(!map.as_str().contains("<b>"), "{map}");
    let tops: std::collections::BTreeSet<&str> =
        map.as_str().split("<text").skip(1).filter_map(|text| text.split("y=\"").nth(1)?.split('"').next()).collect();
    assert!(tops.len() > 1, "names stand on several heights: {map}");
    let names = map.as_str().matches("&lt;b&gt;Ort&lt;/b&gt;</text>").count();
    assert_eq!(names, 3, "{map}");
}

#[test]
fn the_poles_and_the_whole_world_are_finite() {
    let ends = [Geometry::Point(Position::new(-180.0, -90.0)), Geometry::Point(Position::new(180.0, 90.0))];
    let map = draw(&[feature("S", &ends[0]), feature("N", &ends[1])], &[], "Karte", Language::De).expect("points");
    assert!(!map.as_str().contains("NaN") && !map.as_str().contains("inf"), "{map}");
}

#[test]
fn a_land_of_small_areas_stays_small() {
    // 430 areas of 200 corners each, as the municipalities of a Land have.
    let ring = |n: usize| -> Geometry {
        let (column, row) = (n % 20, n / 20);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let corner = |k: usize| {
            let angle = k as f64 / 200.0 * std::f64::consts::TAU;
            let radius = 0.05 + 0.004 * (angle * 9.0).sin();
            Position::new(8.0 + column as f64 * 0.1 + radius * angle.cos(), 49.5 + row as f64 * 0.1 + radius * angle.sin())
        };
        let mut corners: Vec<Position> = (0..200).map(corner).collect();
        corners.push(corners[0]);
        Geometry::Polygon(vec![corners])
    };
    let areas: Vec<Geometry> = (0..430).map(ring).collect();
    let features: Vec<Feature<'_>> = areas.iter().map(|area| Feature { class: Some(1), ..feature("Gemeinde", area) }).collect();
    let map = draw(&features, &[], "Hessen", Language::De).expect("areas");
    assert!(map.as_str().len() < 90_000, "{}", map.as_str().len());
}

#[test]
fn classes_hold_about_as_many_places_each() {
    let classes = Classes::of((0..100).map(f64::from)).expect("values differ");
    assert_eq!([0.0, 19.0, 20.0, 55.0, 99.0].map(|value| classes.class(value)), [0, 0, 1, 2, 4]);
    assert_eq!(classes.ranges().len(), CLASSES);
    assert_eq!(Classes::of([3.0, 3.0]), None);
    assert_eq!(Classes::of([f64::NAN]), None);
    let few = Classes::of([1.0, 2.0]).expect("two");
    assert_eq!((few.class(1.0), few.class(2.0)), (0, 1));
}

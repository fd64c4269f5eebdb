use expect_test::{Expect, expect};
use model::TimeWindow;
use model::dataset::Aggregate;

use super::*;
use crate::format::Zone;

fn at(text: &str) -> Instant {
    Instant::parse(text).expect(text)
}

/// Points a day apart from 1 March 2026 on, noon UTC.
fn days(values: &[Option<f64>]) -> Vec<Point> {
    let first = at("2026-03-01T12:00:00Z");
    let day = |index: usize| first.plus_micros(i64::try_from(index).expect("few") * 86_400_000_000);
    values.iter().enumerate().map(|(index, value)| Point { at: day(index), value: *value }).collect()
}

fn chart(series: Vec<Series>, step: Step) -> Chart {
    Chart { id: "c".into(), title: "Luft".into(), unit: "µg/m³".into(), step, series, language: Language::De, zone: Zone::Berlin }
}

fn one(values: &[Option<f64>]) -> Chart {
    chart(vec![Series { name: "NO₂".into(), points: days(values), ranges: Vec::new() }], Step::Day)
}

/// The words and the lines of a chart: what readers get of it.
fn told(chart: &Chart) -> String {
    let drawing = chart.draw();
    let svg = drawing.wide.as_str();
    let lines: Vec<&str> = svg.split('<').filter(|part| part.starts_with("path") || part.starts_with("circle")).collect();
    let labels: Vec<&str> = svg.split("<text").skip(1).filter_map(|part| part.split(['>', '<']).nth(1)).collect();
    let rows: Vec<String> =
        drawing.table.rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" | ")).collect();
    format!("{}\n{labels:?}\n{}\n{}", drawing.sentences.join("\n"), lines.join("\n"), rows.join("\n"))
}

#[track_caller]
fn check(chart: &Chart, expected: Expect) {
    expected.assert_eq(&told(chart));
}

#[test]
fn a_gap_breaks_the_line_and_a_lone_value_is_a_dot() {
    check(
        &one(&[Some(1.0), Some(3.0), None, Some(2.0)]),
        expect![[r#"
        Im Mittel 2,0 µg/m³. Der höchste Wert ist 3 µg/m³ (am 2. März 2026), der niedrigste 1 µg/m³ (am 1. März 2026). Von 4 Tagen fehlt 1.
        ["0", "1", "2", "3", "µg/m³", "1. Mär", "2. Mär", "3. Mär", "4. Mär"]
        path class="line s0" fill="none" stroke="currentColor" d="M22.6 201.3l241.1 -165.3"/>
        circle class="dot s0" cx="746" cy="118.7" r="4"/>
        04.03.2026 | 2 µg/m³
        03.03.2026 | kein Wert
        02.03.2026 | 3 µg/m³
        01.03.2026 | 1 µg/m³"#]],
    );
}

#[test]
fn a_day_that_never_came_is_a_gap_too() {
    let mut chart = one(&[Some(1.0), Some(2.0), Some(3.0)]);
    chart.series[0].points.remove(1);
    assert!(told(&chart).contains("Von 3 Tagen fehlt 1."), "{}", told(&chart));
}

#[test]
fn no_value_at_all_is_said_in_words() {
    for chart in [chart(Vec::new(), Step::Day), one(&[]), one(&[None, None]), one(&[Some(f64::NAN)])] {
        let drawing = chart.draw();
        assert_eq!(drawing.sentences, ["Für diesen Zeitraum gibt es keine Werte."]);
        assert_eq!((drawing.wide.as_str(), drawing.tall.as_str(), drawing.readings), ("", "", None));
    }
}

#[test]
fn a_single_value_has_a_picture_and_no_slider() {
    check(
        &one(&[Some(-12.5)]),
        expect![[r#"
        Es gibt einen Wert: −12,5 µg/m³ (am 1. März 2026).
        Die senkrechte Achse beginnt nicht bei null.
        ["−14", "−13", "−12", "−11", "µg/m³", "1. Mär"]
        circle class="dot s0" cx="392.9" cy="160" r="4"/>
        01.03.2026 | −12,5 µg/m³"#]],
    );
    assert_eq!(one(&[Some(-12.5)]).draw().readings, None);
}

#[test]
fn all_zero_is_a_line_on_the_ground() {
    check(
        &one(&[Some(0.0), Some(0.0)]),
        expect![[r#"
        Der Wert ist immer 0 µg/m³.
        ["0,00", "0,25", "0,50", "0,75", "1,00", "µg/m³", "1. Mär", "2. Mär"]
        path class="line s0" fill="none" stroke="currentColor" d="M48.4 284l697.6 0"/>
        02.03.2026 | 0 µg/m³
        01.03.2026 | 0 µg/m³"#]],
    );
}

#[test]
fn negative_values_lie_below_zero() {
    check(
        &one(&[Some(-4.0), Some(7.0)]),
        expect![[r#"
        Im Mittel 1,5 µg/m³. Der höchste Wert ist 7 µg/m³ (am 2. März 2026), der niedrigste −4 µg/m³ (am 1. März 2026).
        ["−5", "0", "5", "10", "µg/m³", "1. Mär", "2. Mär"]
        path class="line s0" fill="none" stroke="currentColor" d="M31.2 267.5l714.8 -181.9"/>
        02.03.2026 | 7 µg/m³
        01.03.2026 | −4 µg/m³"#]],
    );
}

#[test]
fn high_values_say_that_the_axis_does_not_start_at_zero() {
    check(
        &one(&[Some(1001.0), Some(1013.25), Some(1008.0)]),
        expect![[r#"
            Im Mittel 1.007,42 µg/m³. Der höchste Wert ist 1.013,25 µg/m³ (am 2. März 2026), der niedrigste 1.001,00 µg/m³ (am 1. März 2026).
            Die senkrechte Achse beginnt nicht bei null.
            ["1.000", "1.005", "1.010", "1.015", "µg/m³", "1. Mär", "2. Mär", "3. Mär"]
            path class="line s0" fill="none" stroke="currentColor" d="M57 267.5l344.5 -202.6 344.5 86.8"/>
            03.03.2026 | 1.008,00 µg/m³
            02.03.2026 | 1.013,25 µg/m³
            01.03.2026 | 1.001,00 µg/m³"#]],
    );
}

#[test]
fn series_are_named_and_told_apart() {
    let mut chart = one(&[Some(1.0), Some(2.0)]);
    chart.series.push(Series { name: "O₃ <b>".into(), points: days(&[Some(5.0), None]), ranges: Vec::new() });
    check(
        &chart,
        expect![[r#"
        NO₂: Im Mittel 1,5 µg/m³. Der höchste Wert ist 2 µg/m³ (am 2. März 2026), der niedrigste 1 µg/m³ (am 1. März 2026).
        O₃ <b>: Es gibt einen Wert: 5 µg/m³ (am 1. März 2026).
        ["0", "2", "4", "6", "µg/m³", "1. Mär", "2. Mär"]
        path class="line s0" fill="none" stroke="currentColor" d="M22.6 242.7l723.4 -41.4"/>
        circle class="dot s1" cx="22.6" cy="77.3" r="4"/>
        02.03.2026 | 2 µg/m³ | kein Wert
        01.03.2026 | 1 µg/m³ | 5 µg/m³"#]],
    );
    assert_eq!(chart.draw().legend, ["NO₂", "O₃ <b>"]);
}

#[test]
fn more_series_than_can_be_told_apart_are_not_drawn() {
    let series = |index: usize| Series { name: format!("{index}"), points: days(&[Some(1.0), Some(2.0)]), ranges: Vec::new() };
    let chart = chart((0..9).map(series).collect(), Step::Day);
    assert_eq!(chart.draw().legend.len(), SERIES_MAX);
}

#[test]
fn texts_are_escaped() {
    let mut chart = one(&[Some(1.0), Some(2.0)]);
    chart.title = "</title><script>alert(1)</script>".into();
    chart.unit = "\"><img src=x>".into();
    let drawing = chart.draw();
    for picture in [&drawing.wide, &drawing.tall] {
        assert!(!picture.as_str().contains("<script") && !picture.as_str().contains("<img"), "{picture}");
    }
}

#[test]
fn readings_say_what_the_slider_needs() {
    let drawing = one(&[Some(1.26), None, Some(3.0)]).draw();
    expect![[r#"{"at":[29538660,1440,1440],"digits":2,"locale":"de-DE","missing":"kein Wert","series":[{"name":"NO₂","values":[1.26,null,3.0]}],"step":"day","unit":"µg/m³","week":"Woche ab {date}","zone":"Europe/Berlin"}"#]].assert_eq(&drawing.readings.expect("three days"));
}

#[test]
fn decades_of_days_become_coarser_by_themselves() {
    let day = 86_400_000_000;
    let first = at("1935-07-01T00:00:00Z");
    let points = (0..33_000).map(|n| Point { at: first.plus_micros(n * day), value: Some(1.0) }).collect();
    let drawing = chart(vec![Series { name: "T".into(), points, ranges: Vec::new() }], Step::Day).draw();
    assert!(drawing.wide.as_str().len() < 20_000, "{}", drawing.wide.as_str().len());
    assert!(drawing.readings.expect("many").contains("\"step\":\"month\""));
}

#[test]
fn steps_count_local_days_across_the_change_of_the_clock() {
    // 28 and 29 March 2026, 30 March: the night between loses an hour.
    let keys: Vec<i64> =
        ["2026-03-28T22:59:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"].map(|t| Step::Day.key(at(t), Zone::Berlin)).into();
    assert_eq!([keys[1] - keys[0], keys[2] - keys[1]], [1, 1]);
    for step in [Step::Hour, Step::Day, Step::Week, Step::Month, Step::Year] {
        let key = step.key(at("2026-03-29T10:00:00Z"), Zone::Berlin);
        assert_eq!(step.key(step.start(key, Zone::Berlin), Zone::Berlin), key, "{step:?}");
        assert_eq!(step.key(step.start(key + 1, Zone::Berlin).plus_micros(-1), Zone::Berlin), key, "{step:?}");
    }
    assert_eq!(Step::Week.start(Step::Week.key(at("2026-11-23T09:00:00Z"), Zone::Berlin), Zone::Berlin), at("2026-11-22T23:00:00Z"));
}

#[test]
fn the_step_fits_the_window() {
    let window = |start: &str, end: &str| TimeWindow { start: at(start), end: at(end) };
    let cases = [
        ("2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z", Step::Hour),
        ("2022-01-01T00:00:00Z", "2024-01-01T00:00:00Z", Step::Day),
        ("2015-01-01T00:00:00Z", "2024-01-01T00:00:00Z", Step::Week),
        ("1980-01-01T00:00:00Z", "2026-01-01T00:00:00Z", Step::Month),
        ("1735-01-01T00:00:00Z", "2026-01-01T00:00:00Z", Step::Year),
    ];
    for (start, end, step) in cases {
        assert_eq!(Step::for_window(window(start, end), 800, Zone::Berlin), step, "{start}");
    }
}

#[test]
fn buckets_sum_up() {
    let values =
        [("2026-03-01T01:00:00Z", 1.0), ("2026-03-01T02:00:00Z", 5.0), ("2026-03-02T02:00:00Z", f64::NAN), ("2026-03-03T02:00:00Z", -2.0)];
    let sums = |aggregate| -> Vec<Option<f64>> {
        bucket(values.map(|(time, value)| (at(time), value)), Step::Day, aggregate, Zone::Berlin)
            .into_iter()
            .map(|point| point.value)
            .collect()
    };
    assert_eq!(sums(Aggregate::Mean), [Some(3.0), Some(-2.0)]);
    assert_eq!(sums(Aggregate::Sum), [Some(6.0), Some(-2.0)]);
    assert_eq!(sums(Aggregate::Max), [Some(5.0), Some(-2.0)]);
    assert_eq!(sums(Aggregate::Min), [Some(1.0), Some(-2.0)]);
}

#[test]
fn half_a_month_of_counts_is_left_out() {
    let points: Vec<Point> = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]
        .map(|date| Point { at: format::start_of(date.parse().expect("date")), value: Some(1.0) })
        .into();
    let hour = 3_600_000_000;
    let kept = without_open_ends(points.clone(), Step::Month, at("2026-01-15T00:00:00Z"), at("2026-04-10T00:00:00Z"), hour, Zone::Berlin);
    assert_eq!(kept, points[1..3]);
    let whole = without_open_ends(points.clone(), Step::Month, at("2025-12-31T23:00:00Z"), at("2026-04-30T21:00:00Z"), hour, Zone::Berlin);
    assert_eq!(whole, points);
}

proptest::proptest! {
    /// Whatever the values: both pictures are well formed, every number in
    /// them is finite, and no line leaves the plot.
    #[test]
    fn any_values_give_a_sound_picture(values in proptest::collection::vec(proptest::option::of(-1e9f64..1e9), 0..60)) {
        let drawing = one(&values).draw();
        for picture in [drawing.wide.as_str(), drawing.tall.as_str()] {
            proptest::prop_assert!(!picture.contains("NaN") && !picture.contains("inf"));
            proptest::prop_assert_eq!(picture.matches("<text").count(), picture.matches("</text>").count());
            proptest::prop_assert!(picture.len() < 20_000);
        }
    }
}

#[test]
fn peaks_that_are_summed_up_are_drawn_and_said() {
    let points = days(&[Some(5.0), Some(6.0), None, Some(2.5)]);
    let range = |(index, least, most): (usize, f64, f64)| super::Range { at: points[index].at, least, most };
    let ranges = [(0, 1.0, 9.0), (1, 0.5, 12.0), (3, 2.0, 3.0)].map(range).to_vec();
    let one = Series { name: "NO₂".into(), points, ranges };
    let drawing = chart(vec![one.clone()], Step::Day).draw();
    let wide = drawing.wide.to_string();
    assert_eq!(wide.matches("class=\"range\"").count(), 1, "{wide}");
    let said = drawing.sentences.join(" ").replace('\u{202f}', " ");
    assert!(said.contains("Der höchste Einzelwert ist 12,0") && said.contains("der niedrigste 0,5"), "{said}");
    assert!(said.contains("Die Fläche reicht"), "{said}");
    // Beside another line it would hide it: the words stay.
    let two = chart(vec![one.clone(), Series { name: "O₃".into(), ..one }], Step::Day).draw();
    assert!(!two.wide.to_string().contains("class=\"range\"") && two.sentences.join(" ").contains("Einzelwert ist"));
}

#[test]
fn recorded_values_are_told_as_they_were_recorded() {
    let said = one(&[Some(140.5), Some(112.0)]).draw().sentences.join(" ").replace('\u{202f}', " ");
    assert!(said.contains("140,5 µg/m³") && said.contains("112,0 µg/m³"), "{said}");
    let computed = one(&[Some(421.0 / 3.0), Some(112.0)]).draw().sentences.join(" ").replace('\u{202f}', " ");
    assert!(computed.contains("140 µg/m³") && !computed.contains("140,3"), "{computed}");
}

use super::*;
use Language::{De, En};

fn at(text: &str) -> Instant {
    Instant::parse(text).expect(text)
}

#[test]
fn numbers_have_their_marks() {
    let cases = [
        (1234.5, "1.234,5", "1,234.5"),
        (-3.0, "\u{2212}3", "\u{2212}3"),
        (0.0, "0", "0"),
        (-0.0, "0", "0"),
        (1_234_567.0, "1.234.567", "1,234,567"),
        (999.0, "999", "999"),
        (0.05, "0,05", "0.05"),
    ];
    for (value, german, english) in cases {
        assert_eq!((number(value, De).as_str(), number(value, En).as_str()), (german, english));
    }
    assert_eq!(decimal(-0.04, 1, De), "0,0");
    assert_eq!(written("-1234.50", De), "\u{2212}1.234,50");
    assert_eq!(written("1e9", De), "1e9");
    assert_eq!(written("k. A.", De), "k. A.");
}

#[test]
fn units_stand_behind_a_narrow_space() {
    assert_eq!(with_unit("12,4", "°C"), "12,4\u{202f}°C");
    assert_eq!(with_unit("5", "1"), "5");
    assert_eq!(with_unit("5", ""), "5");
    assert_eq!(with_unit("90", "°"), "90°");
}

#[test]
fn sizes_are_short() {
    assert_eq!(size(532, De), "532\u{202f}B");
    assert_eq!(size(6_200, De), "6,2\u{202f}kB");
    assert_eq!(size(1_108_627, En), "1.1\u{202f}MB");
    assert_eq!(size(42_000_000, De), "42\u{202f}MB");
}

#[test]
fn dates_are_local() {
    // 23:30 UTC in winter is the next day in Berlin.
    let late = at("2026-03-03T23:30:00Z");
    assert_eq!(date_long(late, De), "4. März 2026");
    assert_eq!(date_short(late, De), "04.03.2026");
    assert_eq!(date_short(late, En), "04/03/2026");
    assert_eq!(moment_long(late, De), "4. März 2026, 0:30 Uhr");
    assert_eq!(moment_long(late, En), "4 March 2026, 0:30");
    assert_eq!(Zone::Berlin.month(late, De), "März 2026");
}

#[test]
fn both_hours_of_the_autumn_change_are_told_apart() {
    assert_eq!(clock(at("2023-10-29T00:30:00Z"), De), "2:30 (Sommerzeit)");
    assert_eq!(clock(at("2023-10-29T01:30:00Z"), De), "2:30 (Winterzeit)");
    assert_eq!(clock(at("2023-10-29T02:30:00Z"), De), "3:30");
    assert_eq!(clock(at("2023-10-28T23:30:00Z"), En), "1:30");
}

#[test]
fn in_utc_no_hour_comes_twice() {
    assert_eq!(Zone::Utc.moment_short(at("2023-10-29T00:30:00Z"), De), "29.10.2023, 0:30");
    assert_eq!(Zone::Utc.moment_short(at("2023-10-29T01:30:00Z"), De), "29.10.2023, 1:30");
    assert_eq!(Zone::Utc.date_long(at("2026-03-03T23:30:00Z"), De), "3. März 2026");
    assert_eq!((Zone::of_word(Some("utc")), Zone::of_word(Some("mars")), Zone::of_word(None)), (Zone::Utc, Zone::Berlin, Zone::Berlin));
}

#[test]
fn a_period_of_one_day_is_a_date() {
    assert_eq!(period(at("2022-01-01T00:00:00Z"), at("2022-01-01T20:00:00Z"), De), "1. Januar 2022");
    assert_eq!(period(at("2022-01-01T00:00:00Z"), at("2023-12-31T00:00:00Z"), De), "1. Januar 2022 bis 31. Dezember 2023");
    let march = (at("2024-02-29T23:00:00Z"), at("2024-03-31T21:59:59Z"));
    let october = (at("2024-09-30T22:00:00Z"), at("2024-10-31T22:59:59Z"));
    assert_eq!(periods(&[march, october], De), "1. März 2024 bis 31. März 2024; 1. Oktober 2024 bis 31. Oktober 2024");
    assert_eq!(periods(&[march, october], En), "1 March 2024 to 31 March 2024; 1 October 2024 to 31 October 2024");
}

#[test]
fn ages_grow() {
    let now = at("2026-11-23T12:00:00Z");
    let cases = [
        ("2026-11-23T12:00:00Z", "gerade eben"),
        ("2026-11-23T11:56:00Z", "vor 4\u{202f}Min."),
        ("2026-11-23T11:00:00Z", "vor 1 Stunde"),
        ("2026-11-21T11:00:00Z", "vor 2 Tagen"),
        ("2026-08-21T11:00:00Z", "vor 3 Monaten"),
        ("2023-08-21T11:00:00Z", "vor 3 Jahren"),
        ("2026-11-24T12:00:00Z", "gerade eben"),
    ];
    for (then, expected) in cases {
        assert_eq!(age(at(then), now, De), expected, "{then}");
    }
}

#[test]
fn durations_say_what_matters() {
    assert_eq!(duration(412_000, De), "0,4\u{202f}s");
    assert_eq!(duration(12_400_000, De), "12\u{202f}s");
    assert_eq!(duration(185_000_000, De), "3\u{202f}min 5\u{202f}s");
}

#[test]
fn the_ends_of_time_do_not_panic() {
    for instant in [Instant::MIN, Instant::MAX, model::TimeWindow::ALL.start, model::TimeWindow::ALL.end] {
        assert!(!moment_long(instant, De).is_empty());
    }
}

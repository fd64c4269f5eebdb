use super::*;

fn rule(pattern: &str, zone: &str, interval: Option<&str>, label: Label) -> TimeRule {
    TimeRule {
        fields: vec!["t".to_owned()],
        patterns: vec![Pattern::parse(pattern).expect("a pattern")],
        zone: zone_of(zone).expect("a zone"),
        interval: interval.map(|text| Interval::parse(text).expect("a duration")),
        label,
        repeated: Repeated::ByOrder,
        skipped: Skipped::Reject,
    }
}

fn show(rule: &TimeRule, text: &str) -> String {
    match rule.read(text) {
        Ok(Moment::Plain(instant)) => instant.to_string(),
        Ok(Moment::Twice { first, second, .. }) => format!("{first} or {second}"),
        Err(reason) => reason.to_string(),
    }
}

#[track_caller]
fn check(rule: &TimeRule, text: &str, expected: &str) {
    assert_eq!(show(rule, text), expected);
}

#[test]
fn end_labels_are_moved_on_the_wall_clock_before_the_zone_decides() {
    let uba = rule("'YYYY-MM-DD hh:mm'", "Europe/Berlin", Some("PT1H"), Label::End);
    check(&uba, "'2022-01-01 01:00'", "2021-12-31T23:00:00Z");
    check(&uba, "'2023-12-31 24:00'", "2023-12-31T22:00:00Z");
    // Spring: the label 03:00 does not occur, 02:00 and 04:00 follow each other.
    check(&uba, "'2023-03-26 02:00'", "2023-03-26T00:00:00Z");
    check(&uba, "'2023-03-26 04:00'", "2023-03-26T01:00:00Z");
    check(
        &uba,
        "'2023-03-26 03:00'",
        "`'2023-03-26 03:00'` did not exist: clocks went from winter to summer time in the night of 2023-03-26",
    );
    // Autumn: the label 03:00 occurs twice.
    check(&uba, "'2023-10-29 02:00'", "2023-10-28T23:00:00Z");
    check(&uba, "'2023-10-29 03:00'", "2023-10-29T00:00:00Z or 2023-10-29T01:00:00Z");
    check(&uba, "'2023-10-29 04:00'", "2023-10-29T02:00:00Z");
}

#[test]
fn start_labels_name_the_start() {
    let counter = rule("YYYY-MM-DD hh:mm", "Europe/Berlin", Some("PT15M"), Label::Start);
    check(&counter, "2023-03-26 01:45", "2023-03-26T00:45:00Z");
    check(
        &counter,
        "2023-03-26 02:00",
        "`2023-03-26 02:00` did not exist: clocks went from winter to summer time in the night of 2023-03-26",
    );
    check(&counter, "2023-03-26 03:00", "2023-03-26T01:00:00Z");
    check(&counter, "2023-10-29 02:15", "2023-10-29T00:15:00Z or 2023-10-29T01:15:00Z");
}

#[test]
fn the_hour_that_spring_skips_can_be_meant_as_the_next() {
    let detector = TimeRule { skipped: Skipped::Later, ..rule("TT.MM.JJJJ h", "Europe/Berlin", Some("PT1H"), Label::Start) };
    check(&detector, "31.03.2024 1", "2024-03-31T00:00:00Z");
    check(&detector, "31.03.2024 2", "2024-03-31T01:00:00Z");
    check(&detector, "31.03.2024 4", "2024-03-31T02:00:00Z");
}

#[test]
fn german_dates_hours_and_weeks() {
    let hours = rule("TT.MM.JJJJ h", "Europe/Berlin", Some("PT1H"), Label::Start);
    check(&hours, "01.03.2024 8", "2024-03-01T07:00:00Z");
    check(&hours, "01.07.2024 23", "2024-07-01T21:00:00Z");
    let single = rule("D.M.YYYY", "UTC", Some("P1D"), Label::Start);
    check(&single, "1.3.1935", "1935-03-01T00:00:00Z");
    let week = rule("YYYY-[W]WW", "UTC", Some("P7D"), Label::Start);
    check(&week, "2022-W49", "2022-12-05T00:00:00Z");
    check(&week, "2021-W53", "`2021-W53` does not exist in the calendar");
}

#[test]
fn offsets_in_the_value_win() {
    let rule = rule("YYYY-MM-DDThh:mm:ssZZ", "in-value", None, Label::Start);
    check(&rule, "2024-10-27T02:30:00+02:00", "2024-10-27T00:30:00Z");
    check(&rule, "2024-10-27T02:30:00+0100", "2024-10-27T01:30:00Z");
    check(&rule, "2024-10-27T02:30:00Z", "2024-10-27T02:30:00Z");
    check(&rule, "2024-10-27T02:30:00", "`2024-10-27T02:30:00` is not a time of the form `YYYY-MM-DDThh:mm:ssZZ`");
}

#[test]
fn what_does_not_exist_is_refused() {
    let rule = rule("YYYY-MM-DD hh:mm", "Europe/Berlin", None, Label::Start);
    check(&rule, "2023-02-29 10:00", "`2023-02-29 10:00` does not exist in the calendar");
    check(&rule, "2023-02-28 25:00", "`2023-02-28 25:00` does not exist in the calendar");
    check(&rule, "2023-02-28 24:01", "`2023-02-28 24:01` does not exist in the calendar");
    check(&rule, "28.02.2023 10:00", "`28.02.2023 10:00` is not a time of the form `YYYY-MM-DD hh:mm`");
    check(&rule, "", "`` is not a time of the form `YYYY-MM-DD hh:mm`");
}

#[test]
fn epochs_and_fractions() {
    check(&rule("epoch-ms", "in-value", None, Label::Start), "1700000000123", "2023-11-14T22:13:20.123Z");
    check(&rule("epoch-s", "in-value", Some("PT1H"), Label::End), "1700000000", "2023-11-14T21:13:20Z");
    check(&rule("YYYY-MM-DD hh:mm:ss.f", "+01:00", None, Label::Start), "2024-01-01 00:00:00.5", "2023-12-31T23:00:00.5Z");
}

#[test]
fn patterns_and_zones_are_checked() {
    assert!(Pattern::parse("hh:mm").is_err());
    assert!(Pattern::parse("YYYY-[W").is_err());
    assert!(zone_of("Europe/Musterstadt").is_err());
    assert!(zone_of("+1").is_err());
    assert!(Interval::parse("1h").is_err());
    assert_eq!(Interval::parse("P1DT1H").expect("a duration").micros(), 25 * 3_600_000_000);
}

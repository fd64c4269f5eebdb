use super::*;
use crate::Language;

const SMALL: &str = r#"
[source]
name = "pegel"
transport = "push"

[format]
kind = "csv"

[time]
fields = ["zeit"]
patterns = ["TT.MM.JJJJ hh:mm"]
zone = "Europe/Berlin"

[entity]
type = "WaterObserved"
id = "urn:ngsi-ld:WaterObserved:{pegel|slug}"

[[attribute]]
name = "height"
field = "stand"
as = "number"
unit = "cm"
target_unit = "m"
column = { label = "Wasserstand", class = "open" }
"#;

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../schema/quelle.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).expect("the schema is JSON")).expect("the schema is a schema")
}

fn as_json(text: &str) -> serde_json::Value {
    let table: Toml = text.parse().expect("TOML");
    let json = section::json_of(&toml::Value::Table(table)).to_string();
    serde_json::from_str(&json).expect("JSON")
}

/// The faults of a definition; empty when it is valid. Parser and schema must agree.
#[track_caller]
fn faults(text: &str) -> String {
    let faults = match Definition::parse(text) {
        Ok(_) => String::new(),
        Err(issues) => issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    let valid = schema().is_valid(&as_json(text));
    assert_eq!(valid, faults.is_empty(), "schema and parser disagree; the parser says: {faults}");
    faults
}

#[track_caller]
fn check(change: (&str, &str), expected: &str) {
    assert!(SMALL.contains(change.0), "`{}` is not in the sample", change.0);
    assert_eq!(faults(&SMALL.replacen(change.0, change.1, 1)), expected);
}

/// Faults that only the parser can see: terms, units, zones, expressions.
#[track_caller]
fn check_deep(change: (&str, &str), expected: &str) {
    assert!(SMALL.contains(change.0), "`{}` is not in the sample", change.0);
    let issues = Definition::parse(&SMALL.replacen(change.0, change.1, 1)).expect_err("a fault");
    assert_eq!(issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), expected);
}

#[test]
fn a_small_definition_is_valid() {
    assert_eq!(faults(SMALL), "");
    let definition = Definition::parse(SMALL).expect("valid");
    assert_eq!(definition.source.transport, Transport::Push);
    assert_eq!(definition.needed_columns(), ["zeit", "pegel", "stand"]);
    assert!(definition.dataset().is_none());
}

#[test]
fn unknown_keys_are_named_with_their_path() {
    check(("fields =", "feilds = []\nfields ="), "`time.feilds`: the key is not known; did you mean `fields`?");
    check(("unit = \"cm\"", "unti = \"cm\"\nunit = \"cm\""), "`attribute[1].unti`: the key is not known; did you mean `unit`?");
    check(
        ("transport = \"push\"", "transport = \"push\"\nxyzzy = 1"),
        "`source.xyzzy`: the key is not known; known here are `name`, `version`, `title`, `transport`, `every`, `silent_after`, `file_pattern`, `raw`",
    );
}

#[test]
fn wrong_words_and_types_are_named() {
    check(
        ("kind = \"csv\"", "kind = \"cvs\""),
        "`format.kind` = `cvs`: this word is not known here; use one of `csv`, `xlsx`, `json`, `geojson`, did you mean `csv`?",
    );
    check(("name = \"pegel\"", "name = 7"), "`source.name` = `7`: this is a number; write a text in quotes");
    check(
        ("name = \"pegel\"", "name = \"Pegel Nord\""),
        "`source.name` = `Pegel Nord`: this is no slug; use 1 to 63 characters a-z, 0-9 and `-`, beginning with a letter",
    );
    check(
        ("transport = \"push\"", "transport = \"file\""),
        "`source.path`: the key is missing; name the file, relative to this definition",
    );
    check(
        ("zone = \"Europe/Berlin\"", ""),
        "`time.zone`: the key is missing; name the zone, for example `Europe/Berlin`, `UTC` or `in-value`",
    );
    check(
        ("zone = \"Europe/Berlin\"", "zone = \"Europe/Berlin\"\nlabel = \"end\""),
        "`time.interval`: a label at the end needs the length of the interval; write for example `interval = \"PT1H\"`",
    );
    check(("unit = \"cm\"\n", ""), "`attribute[1].target_unit` = `MTR`: nothing says which unit the values come in; give `unit`, too");
    check(
        ("field = \"stand\"", "field = \"stand\"\nvalue = 1"),
        "`attribute[1].field`: `field`, `value` do not go together with this kind; keep one of them",
    );
    check(
        ("class = \"open\"", "class = \"offen\""),
        "`attribute[1].column.class` = `offen`: this word is not known here; use one of `open`, `internal`, `restricted`, `paid`, `confidential-business`, `personal`, `special`, did you mean `open`?",
    );
}

#[test]
fn all_faults_come_at_once() {
    let broken = SMALL
        .replace("name = \"pegel\"", "nmae = \"pegel\"")
        .replace("kind = \"csv\"", "kind = \"csv\"\nheader = -1")
        .replace("as = \"number\"", "as = \"zahl\"");
    assert_eq!(
        faults(&broken),
        "`source.name`: the key is missing; give the source a short name such as `luftqualitaet`\n\
         `source.nmae`: the key is not known; did you mean `name`?\n\
         `format.header` = `-1`: the number is too small; write 0 or more\n\
         `attribute[1].as` = `zahl`: this word is not known here; use one of `number`, `text`, `bool`, `instant`, `json`"
    );
}

#[test]
fn what_only_the_parser_sees() {
    check_deep(
        ("type = \"WaterObserved\"", "type = \"WaterObservd\""),
        "`entity.type` = `WaterObservd`: the term is not known; did you mean `WaterObserved`?; use a Smart Data Model's term, declare it in `[terms]`, or write an IRI",
    );
    check_deep(
        ("name = \"height\"", "name = \"intensity\""),
        "`attribute[1].name` = `intensity`: the term belongs to another data model; use a term of the type's data model, declare it in `[terms]`, or write an IRI",
    );
    check_deep(
        ("unit = \"cm\"", "unit = \"Ellen\""),
        "`attribute[1].unit` = `Ellen`: this unit is not known; use a symbol such as `µg/m³`, a UN/CEFACT code such as `GQ` or a UCUM code such as `ug/m3`\n`attribute[1].target_unit` = `MTR`: nothing says which unit the values come in; give `unit`, too",
    );
    check_deep(
        ("target_unit = \"m\"", "target_unit = \"°C\""),
        "`attribute[1].target_unit` = `CEL`: `CMT` and `CEL` measure different things: they do not convert; choose a unit of the same kind",
    );
    check_deep(
        ("Europe/Berlin", "Europe/Musterstadt"),
        "`time.zone` = `Europe/Musterstadt`: `Europe/Musterstadt` is no time zone; expected for example `Europe/Berlin`, `+01:00`, `UTC` or `in-value`; write for example `Europe/Berlin`, `+01:00`, `UTC` or `in-value`",
    );
    check_deep(
        ("[[attribute]]", "[[compute]]\nfield = \"x\"\nexpression = \"def f: f; f\"\n\n[[attribute]]"),
        "`compute[1].expression` = `def f: f; f`: definitions, `reduce`, `foreach` and `label` are not available in computed fields; write a jq expression such as `.a + .b`",
    );
    check_deep(
        ("{pegel|slug}", "{pegel|slog}"),
        "`entity.id` = `urn:ngsi-ld:WaterObserved:{pegel|slog}`: `slog` is no way to fill a gap; use `slug`, `lower` or `upper`; write a template such as `urn:ngsi-ld:AirQualityObserved:{station}`",
    );
}

#[test]
fn a_file_that_is_no_toml_names_the_line() {
    let issues = Definition::parse("[source]\nname = \n").expect_err("a fault");
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0].code, "syntax");
    assert!(issues[0].say(Language::De).starts_with("Zeile 2 ist kein gültiges TOML."), "{}", issues[0].say(Language::De));
}

#[test]
fn faults_are_told_in_german() {
    let issues = Definition::parse(&SMALL.replace("unit = \"cm\"", "unti = \"cm\"").replace("kind = \"csv\"", "kind = \"cvs\""))
        .expect_err("faults");
    let said: Vec<String> = issues.iter().map(|issue| issue.say(Language::De)).collect();
    assert_eq!(
        said,
        [
            "„format.kind“ = „cvs“: Dieses Wort ist hier nicht bekannt. Verwenden Sie eines von „csv“, „xlsx“, „json“, „geojson“. Meinten Sie „csv“?",
            "„attribute[1].target_unit“ = „MTR“: Es ist nicht gesagt, in welcher Einheit die Werte kommen. Geben Sie auch „unit“ an.",
            "„attribute[1].unti“: Der Schlüssel ist nicht bekannt. Meinten Sie „unit“?",
        ]
    );
}

/// [`SMALL`] with a published dataset and more keys at the end of its parts.
fn published(source: &str, licence: &str, more: &str) -> String {
    let small = SMALL.replace("transport = \"push\"", &format!("transport = \"push\"\n{source}"));
    format!(
        r#"{small}{more}
[dataset]
slug = "pegel"
title = "Pegel"
summary = "Pegel"
description = "Pegel"
publisher = {{ name = "Amt" }}
licence = "{licence}"
provenance = "Amt"
published = true
"#
    )
}

#[track_caller]
fn check_licence(licence: &str, expected: &str) {
    match Definition::parse(&published("", licence, "")) {
        Ok(definition) => assert_eq!(definition.dataset().expect("a dataset").licence, expected),
        Err(issues) => assert_eq!(issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), expected),
    }
}

#[test]
fn only_licences_of_the_list_are_taken() {
    check_licence("cc-by/4.0", "http://dcat-ap.de/def/licenses/cc-by/4.0");
    check_licence("http://dcat-ap.de/def/licenses/dl-zero-de/2.0", "http://dcat-ap.de/def/licenses/dl-zero-de/2.0");
    check_licence(
        "dl-de/by-2-0",
        "`dataset.licence` = `dl-de/by-2-0`: this is no licence of dcat-ap.de; did you mean `dl-by-de/2.0`, `dl-by-de/1.0`, `dl-zero-de/2.0`?",
    );
    check_licence("odlb", "`dataset.licence` = `odlb`: this is no licence of dcat-ap.de; did you mean `odbl`?");
    check_licence(
        "irgendwas",
        "`dataset.licence` = `irgendwas`: this is no licence of dcat-ap.de; use for example `dl-by-de/2.0`, `dl-zero-de/2.0` or `cc-by/4.0`",
    );
    check_licence(
        "https://creativecommons.org/licenses/by/4.0/",
        "`dataset.licence` = `https://creativecommons.org/licenses/by/4.0/`: this is no licence of dcat-ap.de; did you mean `cc-by/4.0`, `cc-by-nc/4.0`, `cc-by-nd/4.0`?",
    );
}

#[track_caller]
fn check_raw(text: &str, expected: &str) {
    let faults = match Definition::parse(text) {
        Ok(definition) => {
            assert!(definition.opens_raw(&definition.attributes()));
            assert!(!definition.opens_raw(&[Name::known("https://allmende.eu/def/undeclared")]));
            String::new()
        }
        Err(issues) => issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    assert_eq!(faults, expected);
}

#[test]
fn raw_records_are_opened_only_where_all_is_open() {
    let open = "raw = \"open\"";
    check_raw(&published(open, "cc-by/4.0", ""), "");
    let note = "\n[[attribute]]\nname = \"https://allmende.eu/def/note\"\nfield = \"notiz\"\n";
    check_raw(
        &published(open, "cc-by/4.0", note),
        "`source.raw` = `open`: the raw record would show columns that are not open: `https://allmende.eu/def/note`; drop `raw = \"open\"`, or declare these columns open",
    );
    let internal = format!("{note}column = {{ label = \"Notiz\", class = \"internal\" }}\n");
    check_raw(
        &published(open, "cc-by/4.0", &internal),
        "`source.raw` = `open`: the raw record would show columns that are not open: `https://allmende.eu/def/note`; drop `raw = \"open\"`, or declare these columns open",
    );
    let nothing_published = "`source.raw` = `open`: nothing says that the records may be seen by everybody: no `[dataset]` is published; drop `raw = \"open\"`, or publish a dataset with open columns";
    check_raw(&published(open, "cc-by/4.0", "").replace("published = true", "published = false"), nothing_published);
    // Another definition may declare the dataset; that all is open stands here.
    let beside = SMALL.replace("transport = \"push\"", &format!("transport = \"push\"\n{open}"));
    check_raw(&beside, "");
    for unsaid in ["", "column = { label = \"Wasserstand\", class = \"internal\" }"] {
        check_raw(
            &beside.replace("column = { label = \"Wasserstand\", class = \"open\" }", unsaid),
            "`source.raw` = `open`: the raw record would show columns that are not open: `height`; drop `raw = \"open\"`, or declare these columns open",
        );
    }
    let closed = Definition::parse(&published("raw = \"closed\"", "cc-by/4.0", "")).expect("valid");
    assert!(!closed.opens_raw(&closed.attributes()));
}

#[test]
fn the_demo_definitions_are_valid() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/quellen");
    let mut slugs = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the demo's definitions").map(|entry| entry.expect("an entry").path()) {
        let text = std::fs::read_to_string(&entry).expect("a readable file");
        assert_eq!(faults(&text), "", "{}", entry.display());
        let definition = Definition::parse(&text).expect("valid");
        assert_eq!(entry.file_stem().and_then(|stem| stem.to_str()), Some(definition.source.name.as_str()));
        slugs.extend(definition.dataset().map(|dataset| dataset.slug.to_string()));
    }
    slugs.sort();
    let expected = [
        "atemwege",
        "bahnhoefe",
        "drei-schreibweisen",
        "gemeinden",
        "haltestellen",
        "ladesaeulen",
        "lastprofile",
        "lorawan-chirpstack",
        "lorawan-tts",
        "luftqualitaet",
        "parken",
        "radverkehr",
        "sommer-2026",
        "verkehr",
        "vorfuehrung-luft",
        "vorfuehrung-parken",
        "vorfuehrung-rad",
        "vorfuehrung-wetter",
        "wetter",
        "wetter-rohdaten",
    ];
    assert_eq!(slugs, expected);
}

/// The faults of periods; else first and last instant of each, as the model has them.
#[track_caller]
fn check_temporal(temporal: &str, expected: &str) {
    let text = published("", "cc-by/4.0", "").replace("published = true", &format!("temporal = {temporal}"));
    let said = match Definition::parse(&text) {
        Ok(definition) => {
            assert!(schema().is_valid(&as_json(&text)), "the schema refuses what the parser takes");
            let periods = definition.dataset().expect("a dataset").temporal;
            periods.iter().map(|period| format!("{} {}", period.start, period.end)).collect::<Vec<_>>()
        }
        Err(issues) => issues.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(said.join("\n"), expected);
}

/// The faults of rules of retention; else the rules as the model has them.
#[track_caller]
fn check_retention(rules: &str, expected: &str) {
    let text = published("", "cc-by/4.0", "").replace("published = true", &format!("retention = {rules}"));
    let said: Vec<String> = match Definition::parse(&text) {
        Ok(definition) => {
            assert!(schema().is_valid(&as_json(&text)), "the schema refuses what the parser takes");
            let rules = definition.dataset().expect("a dataset").retention;
            let rollup = |rule: &model::dataset::Retention| {
                let Some(rollup) = rule.rollup else { return String::new() };
                format!(" {} {}", rollup.length.word(), rollup.keep.map_or_else(|| "ever".to_owned(), |keep| keep.to_string()))
            };
            rules.iter().map(|rule| format!("{} {:?}{}", rule.keep, rule.of, rollup(rule))).collect()
        }
        Err(issues) => issues.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(said.join("\n"), expected);
}

#[test]
fn retention_is_read_by_attribute_class_and_rest() {
    check_retention(
        r#"[{ keep = "P18M" }, { keep = "P90D", classes = ["personal", "special"] }]"#,
        "P1Y6M Rest\nP90D Classes([Personal, Special])",
    );
    check_retention("[]", "");
}

#[test]
fn bad_retention_is_named() {
    check_retention(
        r#"[{ keep = "2 Jahre" }]"#,
        "`dataset.retention[1].keep` = `2 Jahre`: `2 Jahre` is no duration; expected ISO 8601 such as `PT15M`, `PT1H` or `P1D`; write how long \
         values are kept, for example `P2Y` (two years), `P6M` (six months) or `P90D` (90 days)",
    );
    check_retention(
        r#"[{ keep = "PT59M" }, { keep = "P1Y" }]"#,
        "`dataset.retention[1].keep` = `PT59M`: `PT59M` is shorter than an hour; write how long values are kept, for example `P2Y` (two years), \
         `P6M` (six months) or `P90D` (90 days)\n\
         `dataset.retention[2].keep`: there is a period for it already; drop one of them",
    );
    check_retention(
        r#"[{ keep = "P1Y", classes = ["personal"] }, { keep = "P2Y", classes = ["personal"] }]"#,
        "`dataset.retention[2].classes` = `personal`: there is a period for it already; drop one of them",
    );
}

#[test]
fn roll_ups_follow_values() {
    check_retention(
        r#"[{ keep = "P1Y", rollup = "PT1H", keep_rollup = "P10Y" }, { keep = "P90D", rollup = "P1D", classes = ["open"] }]"#,
        "P1Y Rest PT1H P10Y\nP90D Classes([Open]) P1D ever",
    );
}

#[test]
fn bad_roll_ups_are_named() {
    check_retention(
        r#"[{ keep = "P1Y", rollup = "PT15M" }]"#,
        "`dataset.retention[1].rollup` = `PT15M`: this word is not known here; use one of `PT1H`, `P1D`, did you mean `PT1H`?",
    );
    check_retention(
        r#"[{ keep = "P1Y", rollup = "P1D", keep_rollup = "P12M" }]"#,
        "`dataset.retention[1].keep_rollup` = `P12M`: `P12M` is not longer than `keep`: the roll-ups would be gone already; write how long \
         roll-ups are kept, longer than `keep`, for example `P10Y` (ten years); without it they stay",
    );
    check_retention(
        r#"[{ keep = "P1Y", keep_rollup = "P10Y" }]"#,
        "`dataset.retention[1].keep_rollup`: nothing says what values are rolled up to; add `rollup = \"PT1H\"` (hours) or \
         `rollup = \"P1D\"` (days)",
    );
    check_retention(
        r#"[{ keep = "P1Y", rollup = "P1D", classes = ["open", "personal"] }]"#,
        "`dataset.retention[1].classes` = `personal`: personal values are not rolled up; they go when their time is over; name it in a \
         period of its own without `rollup`",
    );
}

#[test]
fn periods_are_days_in_germany() {
    check_temporal(
        r#"[{ start = "2024-10-01", end = "2024-10-31" }, { start = "2024-03-01", end = "2024-03-31" }]"#,
        "2024-02-29T23:00:00Z 2024-03-31T22:00:00Z\n2024-09-30T22:00:00Z 2024-10-31T23:00:00Z",
    );
    let next_day = r#"[{ start = "2024-03-01", end = "2024-03-01" }, { start = "2024-03-02", end = "2024-03-02" }]"#;
    check_temporal(next_day, "2024-02-29T23:00:00Z 2024-03-01T23:00:00Z\n2024-03-01T23:00:00Z 2024-03-02T23:00:00Z");
    check_temporal("[]", "");
}

#[test]
fn the_period_of_an_earlier_version_is_still_read() {
    let check = |period: &str, expected: &str| {
        let text = published("", "cc-by/4.0", "").replace("published = true", period);
        let said = match Definition::parse(&text) {
            Ok(definition) => {
                assert!(schema().is_valid(&as_json(&text)), "the schema refuses what the parser takes");
                definition.dataset().expect("a dataset").temporal.iter().map(|period| format!("{} {}", period.start, period.end)).collect()
            }
            Err(issues) => issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
        };
        assert_eq!(said.join("\n"), expected);
    };
    let period = r#"period = { start = "2023-12-31T23:00:00Z", end = "2024-12-31T23:00:00Z" }"#;
    check(period, "2023-12-31T23:00:00Z 2024-12-31T23:00:00Z");
    // Whoever has written the new one means that.
    check(
        &format!("{period}\ntemporal = [{{ start = \"2024-03-01\", end = \"2024-03-01\" }}]"),
        "2024-02-29T23:00:00Z 2024-03-01T23:00:00Z",
    );
    check(
        r#"period = { start = "bald" }"#,
        "`dataset.period.start` = `bald`: `bald` is not a DateTime in UTC: expected for example `2026-05-04T10:00:00Z`; write a day as year, month and day, for example `2024-03-01`",
    );
    check(
        r#"period = { start = "2025-01-01T00:00:00Z", end = "2024-01-01T00:00:00Z" }"#,
        "`dataset.period.end`: the period ends before it begins; swap `start` and `end`",
    );
}

#[test]
fn bad_periods_are_named() {
    check_temporal(
        r#"[{ start = "2024-03-31", end = "2024-03-01" }]"#,
        "`dataset.temporal[1].end` = `2024-03-01`: the period ends before it begins; swap `start` and `end`",
    );
    check_temporal(
        r#"[{ start = "2024-03-01", end = "2024-03-31" }, { start = "2024-03-31" }]"#,
        "`dataset.temporal[2].start` = `2024-03-31`: the period overlaps with `dataset.temporal[1]`; name each day in one period only",
    );
    check_temporal(
        r#"[{ start = "2024-02-30", end = "März" }]"#,
        "`dataset.temporal[1].start` = `2024-02-30`: `2024-02-30` is no day of the calendar; write a day as year, month and day, for example `2024-03-01`\n\
         `dataset.temporal[1].end` = `März`: `März` is no day of the calendar; write a day as year, month and day, for example `2024-03-01`",
    );
    check_temporal(
        r#"[{ end = "2024-03-01" }]"#,
        "`dataset.temporal[1].start`: the key is missing; write a day as year, month and day, for example `2024-03-01`",
    );
    check_temporal(r#"[{ start = 2024-03-01 }]"#, "`dataset.temporal[1].start` = `2024-03-01`: this is a date; write a text in quotes");
    check_temporal(
        r#"{ start = "2024-03-01" }"#,
        "`dataset.temporal` = `{ start = \"2024-03-01\" }`: this is a table; write tables `[[dataset.temporal]]`",
    );
}

#[test]
fn a_dataset_is_read_with_its_columns() {
    let text = include_str!("../../../../demo/quellen/luftqualitaet.toml");
    let dataset = Definition::parse(text).expect("valid").dataset().expect("a dataset");
    assert_eq!(dataset.id.as_str(), "urn:ngsi-ld:Dataset:luftqualitaet");
    assert_eq!(dataset.licence, "http://dcat-ap.de/def/licenses/other-open");
    let no2 = dataset.measures().find(|column| column.attribute.short() == "no2").expect("a column");
    assert_eq!(
        (no2.label.de.as_str(), no2.unit.as_ref().map(model::UnitCode::code), no2.class),
        ("Stickstoffdioxid (NO₂)", Some("GQ"), model::Class::Open)
    );
    let undeclared = Name::known("https://allmende.eu/def/undeclared");
    assert_eq!(dataset.class_of(undeclared), model::Class::Restricted);
}

#[test]
fn globs_choose_files() {
    let glob = |text: &str, path: &str| Glob::parse(text).expect("a pattern").matches(path);
    assert!(glob("*.csv", "a.csv") && !glob("*.csv", "a/b.csv") && !glob("*.csv", "a.csv.bak"));
    assert!(glob("*/*.csv", "100/2022-01.csv") && glob("**/*.csv", "a.csv") && glob("**/*.csv", "a/b/c.csv"));
    assert!(glob("2022-??.csv", "2022-01.csv") && !glob("2022-??.csv", "2022-1.csv"));
}

fn polled(more: &str) -> String {
    SMALL.replacen("transport = \"push\"", &format!("transport = \"http\"\n{more}"), 1)
}

#[test]
fn a_polled_source_says_where_how_often_and_with_which_key() {
    let text = polled(
        r#"url = "https://daten.example/pegel.csv?art=csv"
        every = "5m"
        silent_after = "PT2H"
        [source.http]
        headers = { Accept = "text/csv" }
        timeout = "90s"
        key = { secret = "pegel", header = "X-API-Key" }
        paging = { by = "offset", parameter = "start", size = 500 }"#,
    );
    assert_eq!(faults(&text), "");
    let source = Definition::parse(&text).expect("valid").source;
    assert_eq!(source.every, Some(std::time::Duration::from_secs(300)));
    assert_eq!(source.silent_after, Some(std::time::Duration::from_secs(7200)));
    let Transport::Http(http) = source.transport else { panic!("it is polled") };
    assert_eq!((http.timeout.as_secs(), http.bytes_max, http.pages_max), (90, 32 << 20, 100));
    assert_eq!(http.key, Some(Key { secret: "pegel".into(), place: KeyPlace::Header("X-API-Key".into()) }));
    assert_eq!(http.paging, Some(Paging::Offset { parameter: "start".into(), size: 500, size_parameter: None }));
}

#[test]
fn a_key_never_stands_in_a_definition() {
    for (url, part) in [
        ("https://anna:geheim@daten.example/", "a user name or a password does not belong into a definition"),
        ("https://daten.example/?API_KEY=abc", "`API_KEY` looks like a key"),
        ("https://daten.example/?a=1&access-token=abc", "`access-token` looks like a key"),
        ("ftp://daten.example/", "an address begins with `https://` or `http://`"),
    ] {
        let issues = Definition::parse(&polled(&format!("url = \"{url}\""))).expect_err("refused");
        assert!(issues[0].to_string().contains(part), "{}", issues[0]);
    }
    let text = polled("url = \"https://daten.example/\"\nhttp.headers = { Authorization = \"Bearer abc\" }");
    let issues = Definition::parse(&text).expect_err("refused");
    assert!(issues[0].to_string().contains("`source.http.headers`"), "{}", issues[0]);
}

#[test]
fn faults_of_a_polled_source_are_named() {
    for (more, part) in [
        ("", "`source.url`: the key is missing"),
        ("url = \"https://a.example/\"\npath = \"x\"", "`source.path`: the key is not known"),
        ("url = \"https://a.example/\"\nevery = \"bald\"", "`source.every` = `bald`"),
        ("url = \"https://a.example/\"\nhttp.pages_max = 20000", "`source.http.pages_max` = `20000`"),
        ("url = \"https://a.example/\"\nhttp.key = { header = \"X\" }", "`source.http.key.secret`: the key is missing"),
        ("url = \"https://a.example/\"\nhttp.paging = { by = \"next\" }", "`source.http.paging.field`: the key is missing"),
        (
            "url = \"https://a.example/\"\nhttp.paging = { by = \"offset\", parameter = \"o\" }",
            "`source.http.paging.size`: the key is missing",
        ),
        ("url = \"https://a.example/\"\nhttp.paging = { by = \"seite\" }", "`source.http.paging.by` = `seite`"),
    ] {
        let found = faults(&polled(more));
        assert!(found.contains(part), "{found}");
    }
}

#[test]
fn elements_of_lists_are_named_by_a_pointer_with_a_star() {
    let text = SMALL.replacen("kind = \"csv\"", "kind = \"json\"\neach = \"/messwerte/*\"\nnumber = \"nr\"", 1);
    assert_eq!(faults(&text), "");
    assert_eq!(
        faults(&text.replacen("/messwerte/*", "/messwerte", 1)),
        "`format.each` = `/messwerte`: a pointer to elements begins with `/` and ends with `/*`; write a JSON pointer to the elements, such as `/Observations/*`"
    );
    check(
        ("zone =", "skipped_hour = \"earlier\"\nzone ="),
        "`time.skipped_hour` = `earlier`: this word is not known here; use one of `reject`, `later`",
    );
}

#[test]
fn kinds_codes_and_lookups_are_checked() {
    check(
        ("unit = \"cm\"", "separator = \";\"\nunit = \"cm\""),
        "`attribute[1].separator`: only values that may be several have a separator; drop `separator`, or set `kind` to `ListProperty`, `Relationship`, `ListRelationship` or `VocabProperty`",
    );
    check(("as = \"number\"", "as = \"number\"\nkind = \"ListProperty\"\nseparator = \";\""), "");
    check(("as = \"number\"", "kind = \"JsonProperty\""), "");
    check_deep(
        ("as = \"number\"", "as = \"number\"\ncodes = \"zustand\""),
        "`attribute[1].codes` = `zustand`: the definition has no such code list; write the list under `[codes.NAME]`: code and meaning, for example `ges = \"closed\"`",
    );
    check(("[[attribute]]", "[lookup.g]\nfield = \"a\"\nlist = \"municipalities\"\n[[attribute]]"), "");
    check(
        ("[[attribute]]", "[lookup.g]\nfield = \"a\"\ntemplate = \"{a}\"\nlist = \"municipalities\"\n[[attribute]]"),
        "`lookup.g.template`: `field`, `template` do not go together with this kind; keep one of them",
    );
    check(
        ("[[attribute]]", "[lookup.g]\nfield = \"a\"\n[[attribute]]"),
        "`lookup.g.values`: the table is empty; list values and the fields they bring",
    );
}

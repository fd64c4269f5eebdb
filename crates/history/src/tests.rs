//! Sealed history against a plain list, and what must never pass for history.

mod ends;
mod given;
mod runs;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use model::series::SeriesLimit;
use model::time::TimeProperty;
use model::{
    Attribute, Class, Fact, Instant, Iri, Json, Known, Name, Number, Observation, Removal, Removals, RemovedSeries, Segment, SeriesKey,
    SeriesQuery, TimeWindow, Value,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::columns::Layout;
use crate::{Error, History};

/// Small enough that a few dozen rows fill several segments, row groups and pages.
const TINY: Layout =
    Layout { segment_rows_max: 40, segment_weight_bytes_max: 1 << 20, group_rows_max: 16, group_weight_bytes_max: 4096, page_rows_max: 4 };

fn tiny() -> (tempfile::TempDir, History) {
    // In memory where the system has it: waiting for the disk proves nothing here.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder");
    let history = History::with_layout(folder.path(), TINY).expect("opened");
    (folder, history)
}

fn seal(history: &History, observations: Vec<Observation>) -> Vec<Segment> {
    let series = by_series(observations);
    let seal = history.plan(series.iter().map(Vec::as_slice));
    let segments = history.write(&seal).expect("written");
    assert_eq!(seal.objects(), segments.iter().map(|segment| segment.object.clone()).collect::<Vec<_>>());
    segments
}

pub(crate) fn by_series(observations: Vec<Observation>) -> Vec<Vec<Observation>> {
    let mut series: HashMap<SeriesKey, Vec<Observation>> = HashMap::new();
    for observation in observations {
        series.entry(observation.key()).or_default().push(observation);
    }
    series.into_values().collect()
}

fn entity(index: usize) -> Iri {
    Iri::parse(&format!("urn:ngsi-ld:Station:{index}")).expect("an IRI")
}

fn reading(index: usize, minute: i64, number: &str, seq: u64) -> Observation {
    let value = Value::Property(Json::Number(Number::parse(number).expect("a number")));
    let recorded_at = Instant::from_seconds(2_000_000_000 + seq.cast_signed());
    let mut attribute = Attribute::new(Name::known("https://example.org/no2"), value).observed(Instant::from_seconds(minute * 60));
    attribute.created_at = recorded_at;
    attribute.modified_at = recorded_at;
    Observation { entity: entity(index), attribute, fact: Fact::Value, class: Class::Open, seq, recorded_at, origin: None }
}

fn all_of(entities: &[usize]) -> SeriesQuery {
    SeriesQuery {
        entities: entities.iter().map(|index| entity(*index)).collect(),
        attributes: None,
        window: TimeWindow::ALL,
        time_property: TimeProperty::ObservedAt,
        limit: SeriesLimit::All,
        ..SeriesQuery::default()
    }
}

fn none() -> Removals {
    Removals::default()
}

/// What a question means, said as plainly as possible.
fn plainly(all: &[Observation], question: &SeriesQuery, removals: &[Removal]) -> Vec<Observation> {
    // Of one commit, the last statement about an instant counts.
    let mut series: BTreeMap<SeriesKey, BTreeMap<(Instant, bool, u64), Observation>> = BTreeMap::new();
    for observation in all {
        let was_known = match question.known {
            Known::At(instant) => observation.recorded_at <= instant,
            Known::Now | Known::Versions => true,
        };
        let key = observation.key();
        let removed = removals.iter().any(|r| {
            r.entity == key.entity
                && observation.seq <= r.seq
                && r.window.contains(observation.time())
                && match &r.series {
                    RemovedSeries::All => true,
                    RemovedSeries::Attribute(name) => *name == key.attribute,
                    RemovedSeries::Instance(name, dataset) => (*name, dataset) == (key.attribute, &key.dataset),
                }
        });
        if was_known && !removed {
            let deletion = observation.fact == Fact::Deleted;
            series.entry(key).or_default().insert((observation.time(), deletion, observation.seq), observation.clone());
        }
    }
    let mut answer = Vec::new();
    for (key, statements) in series {
        let asked =
            question.entities.contains(&key.entity) && question.attributes.as_ref().is_none_or(|names| names.contains(&key.attribute));
        let last = |at: &(Instant, bool, u64)| statements.range(..=(at.0, at.1, u64::MAX)).next_back().is_some_and(|(l, _)| l == at);
        let holds = |at: &(Instant, bool, u64)| question.known == Known::Versions || last(at);
        let rows = statements.iter().filter(|(at, row)| asked && holds(at) && is_inside(row, question));
        let mut rows: Vec<Observation> = rows.map(|(_, row)| row.clone()).collect();
        match question.limit {
            SeriesLimit::All => {}
            SeriesLimit::First(count) => rows.truncate(count),
            SeriesLimit::Last(count) => rows = rows.split_off(rows.len().saturating_sub(count)),
        }
        answer.extend(rows);
    }
    answer
}

fn is_inside(row: &Observation, question: &SeriesQuery) -> bool {
    let time = match question.time_property {
        TimeProperty::ObservedAt => row.attribute.observed_at,
        TimeProperty::CreatedAt => Some(row.attribute.created_at),
        TimeProperty::ModifiedAt | TimeProperty::DeletedAt => Some(row.recorded_at),
    };
    let of_all_time = question.window == TimeWindow::ALL && question.time_property == TimeProperty::ObservedAt;
    let inside = time.map_or(of_all_time, |time| question.window.contains(time));
    if question.known == Known::Versions {
        return match row.fact {
            _ if of_all_time => true,
            Fact::Value => question.time_property != TimeProperty::DeletedAt && inside,
            Fact::Retracted => question.window.contains(row.time()),
            Fact::Deleted => question.time_property == TimeProperty::DeletedAt && inside,
        };
    }
    let asked = if question.time_property == TimeProperty::DeletedAt { Fact::Deleted } else { Fact::Value };
    row.fact == asked && inside
}

/// The numbers of a series, as a plain list.
type Points = (SeriesKey, Vec<(i64, f64)>);

fn points_of(rows: &[Observation]) -> Vec<Points> {
    let mut series: BTreeMap<SeriesKey, Vec<(i64, f64)>> = BTreeMap::new();
    for row in rows {
        if let Some(value) = row.attribute.value.as_f64().filter(|value| value.is_finite()) {
            series.entry(row.key()).or_default().push((row.time().micros(), value));
        }
    }
    series.into_iter().collect()
}

/// All statements of the series and the window of a question, and the question without the window.
fn walk(history: &History, question: &SeriesQuery, segments: &[Segment], removed: &Removals) -> (SeriesQuery, Vec<Observation>) {
    let everything = SeriesQuery {
        known: Known::Versions,
        entities: question.entities.clone(),
        attributes: question.attributes.clone(),
        ..SeriesQuery::default()
    };
    let mut walked = Vec::new();
    let mut take = |rows| {
        walked.extend::<Vec<Observation>>(rows);
        true
    };
    history.statements(&SeriesQuery { window: question.window, ..everything.clone() }, segments, removed, &mut take).expect("read");
    (everything, walked)
}

proptest! {
    // Each case writes files: a sixteenth of the usual number, and of PROPTEST_CASES.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 16))]

    #[test]
    fn what_was_sealed_comes_back_as_it_was(batches in prop::collection::vec(given::observations(), 1..4), questions in prop::collection::vec(given::question(), 1..6), removals in prop::collection::vec(given::removal(), 0..3)) {
        let (_folder, history) = tiny();
        let mut segments = Vec::new();
        // No commit is sealed twice.
        let of_one = |(place, batch): (u64, Vec<Observation>)| batch.into_iter().map(move |row| Observation { seq: row.seq << 2 | place, ..row });
        let batches: Vec<Vec<Observation>> = (0..).zip(batches).map(|batch| of_one(batch).collect()).collect();
        for batch in &batches {
            segments.extend(seal(&history, batch.clone()));
        }
        let all: Vec<Observation> = batches.concat();
        for question in &questions {
            let removed: Removals = removals.iter().cloned().collect();
            let expected = plainly(&all, question, &removals);
            prop_assert_eq!(history.observations(question, &segments, &removed).expect("read"), expected);
            let (everything, mut walked) = walk(&history, question, &segments, &removed);
            let mut expected = plainly(&all, &everything, &removals);
            expected.retain(|row| question.window.contains(row.time()));
            prop_assert!(walked.is_sorted_by_key(|row| (row.key(), row.time())));
            for rows in [&mut walked, &mut expected] {
                rows.sort_by_key(|row| (row.key(), row.time(), row.fact, row.seq));
            }
            prop_assert_eq!(walked, expected);
            // Numbers of a window stand for its times, observed or not.
            let known = if question.known == Known::Versions { Known::Now } else { question.known };
            let question = &SeriesQuery { known, ..question.clone() };
            let whole = if question.time_property == TimeProperty::ObservedAt { TimeWindow::ALL } else { question.window };
            let mut unlimited = plainly(&all, &SeriesQuery { limit: SeriesLimit::All, window: whole, ..question.clone() }, &removals);
            unlimited.retain(|row| question.time_property != TimeProperty::ObservedAt || question.window.contains(row.time()));
            let mut points = points_of(&unlimited);
            for (_, list) in &mut points {
                match question.limit {
                    SeriesLimit::All => {}
                    SeriesLimit::First(count) => list.truncate(count),
                    SeriesLimit::Last(count) => *list = list.split_off(list.len().saturating_sub(count)),
                }
            }
            points.retain(|(_, list)| !list.is_empty());
            let numbers = history.number_series(question, &segments, &removed).expect("read");
            let numbers: Vec<Points> = numbers.into_iter().map(|s| (s.key, s.times.into_iter().zip(s.values).collect())).collect();
            prop_assert_eq!(numbers, points);
        }
        let removed: Removals = removals.iter().cloned().collect();
        let merge = history.plan_merge(segments.clone());
        let merged = history.merge(&merge, &removed, &|| true).expect("merged").expect("not stopped");
        let sealed: u64 = segments.iter().map(|segment| segment.rows).sum();
        let versions = |removals: &[Removal]| {
            let everything = SeriesQuery { known: Known::Versions, entities: all.iter().map(|row| row.entity.clone()).collect(), ..SeriesQuery::default() };
            plainly(&all, &everything, removals).len() as u64
        };
        let left = versions(&removals);
        prop_assert_eq!(sealed, versions(&[]));
        prop_assert_eq!(merged.iter().map(|segment| segment.rows).sum::<u64>(), left);
        for question in &questions {
            let before = history.observations(question, &segments, &removed).expect("read");
            prop_assert_eq!(history.observations(question, &merged, &none()).expect("read"), before);
        }
        for segment in &merged {
            history.verify(segment).expect("sound");
            prop_assert!(!history.holds(segment, &removed).expect("read"));
        }
        let mut held = false;
        for segment in &segments {
            held |= history.holds(segment, &removed).expect("read");
        }
        prop_assert_eq!(held, left < sealed);
        let mut keys: Vec<SeriesKey> = all.iter().map(Observation::key).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(history.series(&segments).expect("read"), keys);
    }
}

proptest! {
    #[test]
    fn numbers_stay_digit_for_digit(number in given::number()) {
        let back = match crate::value::decimals(&number) {
            Some(decimals) => crate::value::number(number.as_f64(), decimals).map(|number| Value::Property(Json::Number(number))),
            None => crate::value::read("Property", number.text()),
        };
        prop_assert_eq!(back, Ok(Value::Property(Json::Number(number))));
    }
}

#[track_caller]
fn check_number(text: &str, decimals: Option<i8>) {
    let number = Number::parse(text).expect(text);
    assert_eq!(crate::value::decimals(&number), decimals, "{text}");
    if let Some(decimals) = decimals {
        assert_eq!(crate::value::number(number.as_f64(), decimals), Ok(number));
    }
}

#[test]
fn a_double_and_its_decimals_stand_for_a_number_only_when_they_are_exact() {
    check_number("12.30", Some(2));
    check_number("1.0", Some(1));
    check_number("-0", Some(0));
    check_number("-0.0", Some(1));
    check_number("9007199254740992", Some(0));
    check_number("9007199254740993", None);
    check_number("1e400", None);
    check_number("1e5", None);
    check_number("0.1000000000000000055511151231", Some(28));
    check_number("0.123456789012345678901234567890123", None);
}

#[test]
fn a_correction_hides_what_it_corrects_also_when_it_is_no_number() {
    let (_folder, history) = tiny();
    let mut segments = seal(&history, vec![reading(1, 0, "1.5", 1), reading(1, 1, "2.5", 1)]);
    let mut words = reading(1, 1, "0", 2);
    words.attribute.value = Value::Property(Json::from("defekt"));
    segments.extend(seal(&history, vec![words, reading(1, 0, "1.0", 3)]));
    segments.reverse();
    let numbers = history.number_series(&all_of(&[1]), &segments, &none()).expect("read");
    assert_eq!(numbers.len(), 1);
    assert_eq!((numbers[0].times.as_slice(), numbers[0].values.as_slice()), ([0].as_slice(), [1.0].as_slice()));
    let rows = history.observations(&all_of(&[1]), &segments, &none()).expect("read");
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn a_correction_outside_the_window_does_not_bring_the_old_value_back() {
    let (_folder, history) = tiny();
    let segments = seal(&history, vec![reading(1, 0, "1", 1), reading(1, 0, "2", 50)]);
    let before_correction = TimeWindow { start: Instant::MIN, end: Instant::from_seconds(2_000_000_010) };
    let question = SeriesQuery { time_property: TimeProperty::ModifiedAt, window: before_correction, ..all_of(&[1]) };
    assert_eq!(history.observations(&question, &segments, &none()).expect("read"), []);
}

#[test]
fn only_the_pages_that_can_answer_are_selected() {
    let (folder, history) = tiny();
    let rows = (0..8).flat_map(|index| (0..5).map(move |minute| reading(index, minute, "1", 1))).collect();
    let segments = seal(&history, rows);
    assert_eq!(segments.len(), 1);
    let question =
        SeriesQuery { window: TimeWindow { start: Instant::from_seconds(120), end: Instant::from_seconds(180) }, ..all_of(&[6]) };
    let bytes = bytes::Bytes::from(fs::read(folder.path().join(&segments[0].object)).expect("read"));
    let options =
        parquet::arrow::arrow_reader::ArrowReaderOptions::new().with_page_index_policy(parquet::file::metadata::PageIndexPolicy::Required);
    let footer = parquet::arrow::arrow_reader::ArrowReaderMetadata::load(&bytes, options).expect("a footer");
    let wanted = crate::prune::Wanted::of(&question);
    let selected: Vec<(usize, usize)> = wanted
        .select(footer.metadata())
        .iter()
        .map(|group| (group.row_group_index(), group.selection().map_or(usize::MAX, parquet::arrow::arrow_reader::RowSelection::row_count)))
        .collect();
    // Rows 30 to 34 are entity 6: the last page of the second group holds rows
    // 28 to 31, the first of the third 32 to 35. Minute 2 is row 32.
    assert_eq!(selected, [(1, 4), (2, 4)]);
    assert_eq!(history.observations(&question, &segments, &none()).expect("read").len(), 1);
}

#[test]
fn writing_a_seal_again_makes_the_same_segments() {
    let (folder, history) = tiny();
    let rows: Vec<Observation> = (0..100).map(|minute| reading(1, minute, "1.5", 7)).collect();
    let seal = history.plan([rows.as_slice()]);
    let first = history.write(&seal).expect("written");
    assert_eq!(first.len(), 3);
    assert_eq!(history.write(&seal).expect("written again"), first);
    assert_eq!(first[0].time, (Instant::from_seconds(0), Instant::from_seconds(39 * 60)));
    assert_eq!(first[2].rows, 20);
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 3);
    assert!(history.plan([]).is_empty());
}

#[test]
fn what_would_not_come_back_is_refused_before_it_is_sealed() {
    let (folder, history) = tiny();
    let mut row = reading(1, 0, "1", 1);
    let long = Number::parse(&"9".repeat(500)).expect("a number");
    row.attribute.value = Value::Property(Json::Array(vec![Json::Number(long.clone())]));
    let error = history.write(&history.plan([[row.clone()].as_slice()])).expect_err("too many digits");
    assert!(matches!(error, Error::NotKept { .. }), "{error}");
    assert!(error.to_string().contains("urn:ngsi-ld:Station:1"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    row.attribute.value = Value::Property(Json::Number(long));
    let segments = seal(&history, vec![row.clone()]);
    assert_eq!(history.observations(&all_of(&[1]), &segments, &none()).expect("read"), [row]);
}

/// Replaces a file as an editor does: a new file in its place.
fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("edited");
    fs::write(&beside, bytes).expect("written");
    fs::rename(&beside, path).expect("renamed");
}

#[track_caller]
fn check_damaged<T: std::fmt::Debug>(result: Result<T, Error>, object: &str) {
    match result {
        Err(Error::Damaged { object: named, .. }) => assert_eq!(named, object),
        other => panic!("expected damage of {object}, got {other:?}"),
    }
}

fn everything_removed() -> Removals {
    Removals::from_iter([Removal { entity: entity(1), series: RemovedSeries::All, window: TimeWindow::ALL, seq: u64::MAX }])
}

#[test]
fn a_damaged_segment_is_named_and_never_answers() {
    let (folder, history) = tiny();
    let segments = seal(&history, (0..30).map(|minute| reading(1, minute, "1.5", 7)).collect());
    let segment = &segments[0];
    let path = folder.path().join(&segment.object);
    let good = fs::read(&path).expect("read");
    history.observations(&all_of(&[1]), &segments, &none()).expect("good");
    // Ten thousand flipped bits and a thousand cuts in the long run, spread over the whole file.
    let slow = std::env::var_os("ALLMENDE_SLOW").is_some();
    let (flips, cuts) = if slow { (10_000, 1_000) } else { (100, 50) };
    for flip in 0..flips {
        let bit = flip * (8 * good.len()) / flips;
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        replace(&path, &bad);
        check_damaged(history.observations(&all_of(&[1]), &segments, &none()), &segment.object);
        check_damaged(history.number_series(&all_of(&[1]), &segments, &none()), &segment.object);
        check_damaged(history.verify(segment), &segment.object);
    }
    for cut in 0..cuts {
        replace(&path, &good[..cut * good.len() / cuts]);
        check_damaged(history.series(&segments), &segment.object);
        check_damaged(history.holds(segment, &everything_removed()), &segment.object);
    }
    replace(&path, &good);
    history.verify(segment).expect("good again");
    assert_eq!(history.observations(&all_of(&[1]), &segments, &none()).expect("good again").len(), 30);
}

/// The segment as the version of the format before wrote it: without `fact`.
fn as_before(folder: &Path, segment: &Segment, format: &str) -> Segment {
    let path = folder.join(&segment.object);
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&path).expect("opened")).expect("read").build().expect("read");
    let width = crate::columns::width("1").expect("known");
    let places: Vec<usize> = (0..width).collect();
    let schema = Arc::new(crate::columns::schema().project(&places).expect("fewer"));
    let named = KeyValue::new(crate::columns::FORMAT_KEY.to_owned(), format.to_owned());
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![named])).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).expect("begun");
    for batch in reader {
        writer.write(&batch.expect("read").project(&places).expect("fewer")).expect("written");
    }
    let bytes = writer.into_inner().expect("ended");
    replace(&path, &bytes);
    Segment { size_bytes: bytes.len() as u64, checksum: Sha256::digest(&bytes).into(), ..segment.clone() }
}

#[test]
fn segments_of_the_version_before_are_read_and_merged_and_those_of_one_after_are_refused() {
    let (folder, history) = tiny();
    let sealed = seal(&history, vec![reading(1, 0, "1.5", 1), reading(1, 1, "2.50", 1)]);
    let expected = history.observations(&all_of(&[1]), &sealed, &none()).expect("read");
    let numbers = history.number_series(&all_of(&[1]), &sealed, &none()).expect("read");
    let old = [as_before(folder.path(), &sealed[0], "1")];
    assert_eq!(history.observations(&all_of(&[1]), &old, &none()).expect("read"), expected);
    assert_eq!(history.number_series(&all_of(&[1]), &old, &none()).expect("read"), numbers);
    let merged = history.merge(&history.plan_merge(old.to_vec()), &none(), &|| true).expect("merged").expect("not stopped");
    assert_eq!(history.observations(&all_of(&[1]), &merged, &none()).expect("read"), expected);
    let newer = [as_before(folder.path(), &merged[0], "3")];
    let error = history.observations(&all_of(&[1]), &newer, &none()).expect_err("unknown");
    assert!(error.to_string().contains("update the program"), "{error}");
}

#[test]
fn a_missing_segment_is_named() {
    let (_folder, history) = tiny();
    let segments = seal(&history, vec![reading(1, 0, "1", 1)]);
    history.observations(&all_of(&[1]), &segments, &none()).expect("good");
    history.remove(&segments[0].object).expect("removed");
    history.remove(&segments[0].object).expect("removed again");
    let error = history.observations(&all_of(&[1]), &segments, &none()).expect_err("missing");
    assert!(matches!(&error, Error::Missing { object } if *object == segments[0].object), "{error}");
    // A window that the segment does not touch needs no file.
    let elsewhere = TimeWindow { start: Instant::from_seconds(60), end: Instant::MAX };
    assert_eq!(history.observations(&SeriesQuery { window: elsewhere, ..all_of(&[1]) }, &segments, &none()).expect("not touched"), []);
}

#[test]
fn removing_an_object_removes_what_an_interrupted_write_left() {
    let (folder, history) = tiny();
    let rows = [reading(1, 0, "1", 1)];
    let seal = history.plan([rows.as_slice()]);
    let object = &seal.objects()[0];
    fs::write(folder.path().join(format!("{object}.part")), b"half").expect("written");
    history.remove(object).expect("removed");
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
}

#[test]
fn a_merge_that_is_stopped_or_meets_damage_makes_nothing() {
    let (folder, history) = tiny();
    let mut segments = seal(&history, (0..30).map(|minute| reading(1, minute, "1.5", 1)).collect());
    segments.extend(seal(&history, (0..30).map(|minute| reading(2, minute, "2.5", 2)).collect()));
    let merge = history.plan_merge(segments.clone());
    let groups = std::cell::Cell::new(0);
    let stopped = history.merge(&merge, &none(), &|| {
        groups.set(groups.get() + 1);
        groups.get() < 3
    });
    assert_eq!((stopped.expect("stopped"), groups.get()), (None, 3));
    let path = folder.path().join(&segments[1].object);
    let good = fs::read(&path).expect("read");
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 4;
    replace(&path, &bad);
    check_damaged(history.merge(&merge, &none(), &|| true), &segments[1].object);
    replace(&path, &good);
    let merged = history.merge(&merge, &none(), &|| true).expect("merged").expect("not stopped");
    assert_eq!(merged.iter().map(|segment| segment.rows).collect::<Vec<_>>(), [40, 20]);
    let few = seal(&history, vec![reading(3, 0, "1", 3)]);
    assert_eq!((history.mergeable(&few, 1).len(), history.mergeable(&few, 2).len()), (1, 0));
}

#[test]
fn names_do_not_lead_out_of_the_folder() {
    let (_folder, history) = tiny();
    for name in ["../secret.parquet", "/etc/passwd", "", ".parquet", "a/b.parquet", "x.parquet.part"] {
        assert!(matches!(history.remove(name), Err(Error::NotASegment(_))), "{name}");
    }
}

#[test]
fn sealed_values_leave_nothing_readable() {
    let (folder, history) = tiny();
    let mut row = reading(1, 0, "1", 1);
    row.class = Class::Personal;
    row.attribute.value = Value::Sealed(Box::new(model::Sealed { key: u64::MAX, ciphertext: vec![0xab; 50], blind: [0xcd; 32] }));
    let segments = seal(&history, vec![row.clone(), reading(2, 0, "3.5", 1)]);
    let found = history.observations(&all_of(&[1]), &segments, &none()).expect("read");
    assert_eq!(found, [row]);
    assert_eq!(history.number_series(&all_of(&[1]), &segments, &none()).expect("read"), []);
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
}

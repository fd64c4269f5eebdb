//! The first and last values of series are found without reading what lies between.

use model::series::SeriesLimit;
use model::{Name, Observation, SeriesQuery};
use proptest::prelude::*;

use super::{all_of, none, plainly, reading, seal, tiny};

fn question(limit: SeriesLimit) -> SeriesQuery {
    SeriesQuery { attributes: Some(vec![Name::known("https://example.org/no2")]), limit, ..all_of(&[0, 1, 2, 3]) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn reading_from_an_end_finds_what_reading_all_finds(
        seals in prop::collection::vec(prop::collection::vec((0..4_usize, 0..40_i64), 1..30), 1..6),
        count in 0..6_usize,
        newest in any::<bool>(),
    ) {
        let (_folder, history) = tiny();
        let (mut all, mut segments, mut seq) = (Vec::new(), Vec::new(), 0);
        for places in seals {
            let rows: Vec<Observation> = places
                .into_iter()
                .map(|(index, minute)| {
                    seq += 1;
                    reading(index, minute, &seq.to_string(), seq)
                })
                .collect();
            segments.extend(seal(&history, rows.clone()));
            all.extend(rows);
        }
        let question = question(if newest { SeriesLimit::Last(count) } else { SeriesLimit::First(count) });
        prop_assert_eq!(history.observations(&question, &segments, &none()).expect("read"), plainly(&all, &question, &[]));
    }
}

#[test]
fn what_an_end_needs_not_is_not_read() {
    let (_folder, history) = tiny();
    let day = |from: i64| (from..from + 10).flat_map(|minute| (0..3).map(move |index| reading(index, minute, "1", 1))).collect();
    let segments: Vec<_> = [0, 100, 200].into_iter().flat_map(|from| seal(&history, day(from))).collect();
    let asked = question(SeriesLimit::Last(2));
    let mut wanted = crate::prune::Wanted::of(&asked);
    let groups = |wanted: &crate::prune::Wanted<'_>| {
        let batches = segments.iter().map(|segment| history.batches(segment, wanted, crate::read::KEYS).expect("read"));
        batches.filter(Option::is_some).count()
    };
    assert_eq!(groups(&wanted), 3);
    // Entity 3 has no value at all: it is looked for to the end.
    wanted.leave(vec!["urn:ngsi-ld:Station:0", "urn:ngsi-ld:Station:1", "urn:ngsi-ld:Station:2"]);
    assert_eq!(groups(&wanted), 0, "beyond every entity that a segment holds");
    let found = history.observations(&asked, &segments, &none()).expect("read");
    let minutes: Vec<i64> = found.iter().map(|row| row.time().micros() / 60_000_000).collect();
    assert_eq!(minutes, [208, 209, 208, 209, 208, 209]);
}

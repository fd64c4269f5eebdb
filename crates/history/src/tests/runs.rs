//! Runs of segments are merged as what they are: sorted as one.

use model::{Observation, SeriesQuery};
use proptest::prelude::*;

use super::{all_of, none, plainly, reading, seal, tiny};

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_run_merged_with_runs_and_others_says_the_same(
        seals in prop::collection::vec(prop::collection::vec((0..4_usize, 0..90_i64), 1..90), 3..9),
        first in 1..3_usize,
    ) {
        let (_folder, history) = tiny();
        let (mut all, mut seq) = (Vec::new(), 0);
        let mut sealed = Vec::new();
        for places in seals {
            let rows: Vec<Observation> = places
                .into_iter()
                .map(|(index, minute)| {
                    seq += 1;
                    reading(index, minute, &seq.to_string(), seq)
                })
                .collect();
            sealed.push(seal(&history, rows.clone()));
            all.extend(rows);
        }
        let merge = |segments: Vec<_>| {
            let merged = history.merge(&history.plan_merge(segments), &none(), &|| true);
            merged.expect("merged").expect("not stopped")
        };
        let (one, other) = sealed.split_at(first);
        let (one, mut rest) = (merge(one.concat()), other[1..].concat());
        rest.extend(one);
        rest.extend(merge(other[0].clone()));
        let whole = merge(rest);
        prop_assert_eq!(whole.iter().map(|segment| segment.rows).sum::<u64>(), all.len() as u64);
        let sorted = whole.windows(2).all(|pair| pair[0].object < pair[1].object);
        prop_assert!(sorted);
        let question = SeriesQuery { known: model::Known::Versions, ..all_of(&[0, 1, 2, 3]) };
        prop_assert_eq!(history.observations(&question, &whole, &none()).expect("read"), plainly(&all, &question, &[]));
        let mut rows: Vec<Observation> = Vec::new();
        for segment in &whole {
            history.rows(segment, &mut |some| { rows.extend(some); true }).expect("read");
        }
        prop_assert!(rows.is_sorted_by_key(|row| (row.key(), row.time(), row.seq)));
    }
}

#[test]
fn runs_of_like_size_are_merged_until_they_are_large() {
    let (_folder, history) = tiny();
    let one = |from: i64, rows: i64| seal(&history, (from..from + rows).map(|minute| reading(1, minute, "1", 1)).collect());
    let small: Vec<_> = (0..3).flat_map(|index| one(index * 100, 10)).collect();
    assert_eq!(history.mergeable(&small, 4).len(), 0);
    assert_eq!(history.mergeable(&small, 3).len(), 3);
    // 40 rows a segment: half a segment is the next size.
    let mut mixed = small.clone();
    mixed.extend(one(1_000, 30));
    mixed.extend(one(2_000, 30));
    assert_eq!(history.mergeable(&mixed, 3), small.iter().collect::<Vec<_>>());
    assert_eq!(history.mergeable(&mixed[2..], 2), mixed[3..].iter().collect::<Vec<_>>());
    // A run of 400 rows is ten segments and as good as it gets.
    let run = history.merge(&history.plan_merge(one(0, 400)), &none(), &|| true).expect("merged").expect("not stopped");
    assert_eq!(run.len(), 10);
    let runs: Vec<_> = run.iter().chain(&mixed[3..]).cloned().collect();
    assert_eq!(history.mergeable(&runs, 3).len(), 0);
    assert_eq!(history.mergeable(&runs, 2).len(), 2);
}

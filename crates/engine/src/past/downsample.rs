//! Few values of many that still look like all of them: largest triangle three
//! buckets (Sveinn Steinarsson, Downsampling Time Series for Visual
//! Representation, University of Iceland, 2013).

use model::{NumberSeries, SeriesKey};

/// Values chosen from a series, all as they were.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Which series.
    pub key: SeriesKey,
    /// The runs between its gaps, in time order; none is empty.
    pub runs: Vec<Vec<(i64, f64)>>,
}

/// Chooses at most `points_max` values of a series, at least its two ends and
/// its least and greatest value. Values that lie more than `gap_micros` apart
/// are not joined: each run between such gaps keeps both of its ends. Where
/// there are more gaps than points, the longest are kept.
pub(crate) fn downsample(series: &NumberSeries, points_max: usize, gap_micros: i64) -> Sampled {
    let points: Vec<(i64, f64)> = series.times.iter().copied().zip(series.values.iter().copied()).collect();
    // Two ends, the least and the greatest: fewer points are no picture.
    let points_max = points_max.max(4);
    if points.len() <= points_max {
        let runs = points.chunk_by(|a, b| b.0 - a.0 <= gap_micros).map(<[_]>::to_vec).collect();
        return Sampled { key: series.key.clone(), runs };
    }
    let runs = runs(&points, (points_max - 2) / 2, gap_micros);
    let extremes = extremes(&points);
    let ends = 2 * runs.len() + extremes.len();
    let spare = points_max.saturating_sub(ends);
    let chosen = runs.iter().map(|run| {
        // What is left goes to the runs by how many values they have.
        let share = spare * run.len() / points.len();
        let mut chosen = largest_triangles(run, 2 + share);
        let (first, last) = (run[0].0, run[run.len() - 1].0);
        chosen.extend(extremes.iter().filter(|point| (first..=last).contains(&point.0)));
        chosen.sort_by_key(|point| point.0);
        chosen.dedup_by_key(|point| point.0);
        chosen
    });
    Sampled { key: series.key.clone(), runs: chosen.collect() }
}

/// Cuts points at their longest gaps into at most so many runs.
fn runs(points: &[(i64, f64)], runs_max: usize, gap_micros: i64) -> Vec<&[(i64, f64)]> {
    let distance = |index: &usize| points[*index].0 - points[*index - 1].0;
    let mut cuts: Vec<usize> = (1..points.len()).filter(|index| distance(index) > gap_micros).collect();
    cuts.sort_by_key(|index| std::cmp::Reverse(distance(index)));
    cuts.truncate(runs_max.saturating_sub(1));
    cuts.sort_unstable();
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([points.len()]);
    starts.zip(ends).map(|(start, end)| &points[start..end]).collect()
}

fn extremes(points: &[(i64, f64)]) -> Vec<(i64, f64)> {
    let least = points.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let most = points.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    least.into_iter().chain(most).copied().collect()
}

/// Both ends, and from each of the stretches between them the point that
/// spans the largest triangle with the one chosen before and the mean of the
/// stretch behind it.
fn largest_triangles(points: &[(i64, f64)], count: usize) -> Vec<(i64, f64)> {
    if points.len() <= count || points.len() <= 2 {
        return points.to_vec();
    }
    let (first, last, inner) = (points[0], points[points.len() - 1], &points[1..points.len() - 1]);
    let stretches = count - 2;
    let stretch = |number: usize| &inner[number * inner.len() / stretches..(number + 1) * inner.len() / stretches];
    let mut chosen = vec![first];
    let mut before = first;
    for number in 0..stretches {
        let behind = if number + 1 < stretches { mean(stretch(number + 1)) } else { offset(last, 0) };
        let best = stretch(number).iter().max_by(|a, b| area(before, **a, behind).total_cmp(&area(before, **b, behind)));
        before = best.copied().unwrap_or(before);
        chosen.push(before);
    }
    chosen.push(last);
    chosen
}

#[expect(clippy::cast_precision_loss, reason = "areas are compared, no time is made of them")]
fn offset(point: (i64, f64), origin: i64) -> (f64, f64) {
    ((point.0 - origin) as f64, point.1)
}

#[expect(clippy::cast_precision_loss, reason = "a mean for a comparison")]
fn mean(points: &[(i64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 as f64 / count, sum.1 + point.1 / count));
    (sum.0, sum.1)
}

fn area(before: (i64, f64), point: (i64, f64), behind: (f64, f64)) -> f64 {
    let (a, b) = (offset(before, 0), offset(point, 0));
    ((a.0 - behind.0) * (b.1 - a.1) - (a.0 - b.0) * (behind.1 - a.1)).abs()
}

#[cfg(test)]
mod tests {
    use model::{Iri, Name};
    use proptest::prelude::*;

    use super::*;

    fn series(values: Vec<(i64, f64)>) -> NumberSeries {
        let key =
            SeriesKey { entity: Iri::parse("urn:x:1").expect("valid"), attribute: Name::known("https://example.org/no2"), dataset: None };
        let (times, values) = values.into_iter().unzip();
        NumberSeries { key, times, values }
    }

    proptest! {
        #[test]
        fn what_is_chosen_stands_for_all(
            values in prop::collection::btree_map(0_i64..20_000, -50.0..50.0, 1..600),
            points_max in 0_usize..120,
            gap in 1_i64..400,
        ) {
            let all: Vec<(i64, f64)> = values.into_iter().collect();
            let sampled = downsample(&series(all.clone()), points_max, gap);
            let chosen: Vec<(i64, f64)> = sampled.runs.iter().flatten().copied().collect();
            prop_assert!(chosen.len() <= points_max.max(4), "{} of {points_max}", chosen.len());
            prop_assert!(chosen.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, each once");
            prop_assert!(chosen.iter().all(|point| all.contains(point)), "none is made up");
            prop_assert_eq!((chosen.first(), chosen.last()), (all.first(), all.last()));
            let extremes = |points: &[(i64, f64)]| points.iter().fold((f64::MAX, f64::MIN), |found, point| (found.0.min(point.1), found.1.max(point.1)));
            prop_assert_eq!(extremes(&chosen), extremes(&all));
            // Runs are cut at gaps of the series, both ends of each kept, and all when there is room.
            let is_gap = |pair: &[(i64, f64)]| pair[1].0 - pair[0].0 > gap;
            let gaps: Vec<(i64, i64)> = all.windows(2).filter(|pair| is_gap(pair)).map(|pair| (pair[0].0, pair[1].0)).collect();
            let kept: Vec<(i64, i64)> = sampled.runs.windows(2).map(|two| (two[0][two[0].len() - 1].0, two[1][0].0)).collect();
            prop_assert!(kept.iter().all(|cut| gaps.contains(cut)));
            if all.len() <= points_max || 2 * gaps.len() + 4 <= points_max {
                prop_assert_eq!(kept, gaps);
            } else if let Some(longest) = gaps.iter().map(|(from, to)| to - from).max().filter(|_| !kept.is_empty()) {
                prop_assert!(kept.iter().any(|(from, to)| to - from == longest), "the longest gap stays");
            }
        }
    }

    #[test]
    fn a_peak_in_a_calm_stays() {
        let calm = (0..10_000).map(|time| (time, if time == 4321 { 99.0 } else { 0.5 })).collect();
        let sampled = downsample(&series(calm), 100, 10);
        assert_eq!(sampled.runs.len(), 1);
        assert!(sampled.runs[0].contains(&(4321, 99.0)) && sampled.runs[0].len() > 90, "{}", sampled.runs[0].len());
    }

    #[test]
    fn nothing_stays_nothing() {
        assert_eq!(downsample(&series(Vec::new()), 10, 1).runs, Vec::<Vec<(i64, f64)>>::new());
    }
}

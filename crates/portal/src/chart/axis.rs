//! Bringing series onto one axis of time, gaps included.

use std::collections::{BTreeMap, BTreeSet};

use model::dataset::Aggregate;

use super::{Aligned, Line, Series, Step, bucket};
use crate::format::Zone;

/// Aligns series on the steps from the first to the last, every step in
/// between included. When that needs more than `limit` points, the step is
/// made coarser and values become means.
pub(super) fn align(series: &[Series], step: Step, limit: usize, zone: Zone) -> Aligned {
    let span = span(series, step, zone);
    let too_many = match span {
        Some((first, last)) if step != Step::Instant => usize::try_from(last - first).is_ok_and(|count| count >= limit),
        _ => series.iter().any(|one| one.points.len() > limit),
    };
    if too_many && step != Step::Year {
        let coarser = step.coarser();
        let merged: Vec<Series> = series
            .iter()
            .map(|one| {
                let values = one.points.iter().filter_map(|point| Some((point.at, point.value?)));
                Series { name: one.name.clone(), points: bucket(values, coarser, Aggregate::Mean, zone), ranges: Vec::new() }
            })
            .collect();
        return align(&merged, coarser, limit, zone);
    }
    let keys = keys(series, step, span, zone);
    Aligned {
        step,
        axis: keys.iter().map(|key| step.start(*key, zone)).collect(),
        series: series.iter().map(|one| line(one, step, &keys, zone)).collect(),
    }
}

fn span(series: &[Series], step: Step, zone: Zone) -> Option<(i64, i64)> {
    let keys = || series.iter().flat_map(|one| one.points.iter().map(|point| step.key(point.at, zone)));
    keys().min().zip(keys().max())
}

fn keys(series: &[Series], step: Step, span: Option<(i64, i64)>, zone: Zone) -> Vec<i64> {
    match span {
        None => Vec::new(),
        Some(_) if step == Step::Instant => {
            let keys: BTreeSet<i64> = series.iter().flat_map(|one| one.points.iter().map(|point| step.key(point.at, zone))).collect();
            keys.into_iter().collect()
        }
        Some((first, last)) => (first..=last).collect(),
    }
}

fn line(series: &Series, step: Step, keys: &[i64], zone: Zone) -> Line {
    let values: BTreeMap<i64, Option<f64>> =
        series.points.iter().map(|point| (step.key(point.at, zone), point.value.filter(|value| value.is_finite()))).collect();
    let ranges: BTreeMap<i64, (f64, f64)> =
        series.ranges.iter().map(|range| (step.key(range.at, zone), (range.least, range.most))).collect();
    Line {
        name: series.name.clone(),
        values: keys.iter().map(|key| values.get(key).copied().flatten()).collect(),
        ranges: if ranges.is_empty() { Vec::new() } else { keys.iter().map(|key| ranges.get(key).copied()).collect() },
    }
}

//! Summing up values to a coarser step.

use std::collections::BTreeMap;

use model::Instant;
use model::dataset::Aggregate;

use super::{Point, Step};
use crate::format::Zone;

#[derive(Default)]
struct Pile {
    sum: f64,
    count: u32,
    least: Option<f64>,
    most: Option<f64>,
}

impl Pile {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
        self.least = Some(self.least.map_or(value, |known| known.min(value)));
        self.most = Some(self.most.map_or(value, |known| known.max(value)));
    }

    fn result(&self, aggregate: Aggregate) -> Option<f64> {
        match aggregate {
            Aggregate::Mean => (self.count > 0).then(|| self.sum / f64::from(self.count)),
            Aggregate::Sum => (self.count > 0).then_some(self.sum),
            Aggregate::Max => self.most,
            Aggregate::Min => self.least,
        }
    }
}

/// One point per step that has a value, ascending; gaps are left out and
/// appear when the chart is drawn.
#[must_use]
pub fn bucket(values: impl IntoIterator<Item = (Instant, f64)>, step: Step, aggregate: Aggregate, zone: Zone) -> Vec<Point> {
    let mut piles: BTreeMap<i64, Pile> = BTreeMap::new();
    for (at, value) in values {
        if value.is_finite() {
            piles.entry(step.key(at, zone)).or_default().add(value);
        }
    }
    piles.into_iter().map(|(key, pile)| Point { at: step.start(key, zone), value: pile.result(aggregate) }).collect()
}

/// Drops the first and the last point when the data do not cover their whole
/// step: half a month of counts beside whole ones would look like a collapse.
/// `tolerance_micros` is how far the data may stay away from the step's ends.
#[must_use]
pub fn without_open_ends(
    mut points: Vec<Point>,
    step: Step,
    first: Instant,
    last: Instant,
    tolerance_micros: i64,
    zone: Zone,
) -> Vec<Point> {
    let covers_start = |point: &Point| first.micros().saturating_sub(point.at.micros()) <= tolerance_micros;
    let covers_end = |point: &Point| {
        let end = step.start(step.key(point.at, zone) + 1, zone);
        end.micros().saturating_sub(last.micros()) <= tolerance_micros
    };
    if points.len() > 2 && points.last().is_some_and(|point| !covers_end(point)) {
        points.pop();
    }
    if points.len() > 2 && points.first().is_some_and(|point| !covers_start(point)) {
        points.remove(0);
    }
    points
}

//! Values and roll-ups of one series, side by side.

use model::{Rollup, TimeWindow};

use super::grid::Grid;
use crate::past::rollup::{LONGEST_MICROS, Rolled};

/// What falls into a period.
pub(super) enum Laid<'a, V> {
    /// A value.
    Value(V),
    /// A roll-up, all of whose values are in the period and in the window.
    Whole(&'a Rolled),
    /// So many values of a roll-up that has others elsewhere: nobody knows which these are.
    Hidden(u64, Rollup),
}

/// Values in time order with the roll-ups of their series, in time order. A
/// value that a roll-up holds already came a second time, and is left out.
pub(super) fn together<'a, V>(
    values: impl Iterator<Item = (i64, V)>,
    rolled: &'a [Rolled],
    grid: &Grid,
    window: TimeWindow,
) -> Vec<(i64, Laid<'a, V>)> {
    let mut all: Vec<(i64, Laid<'a, V>)> = Vec::new();
    let mut period = (0, 0);
    for one in rolled {
        place(one, grid, window, &mut period, &mut all);
    }
    all.extend(values.filter(|(at, _)| !is_in(rolled, *at)).map(|(at, value)| (at, Laid::Value(value))));
    all.sort_by_key(|(at, _)| *at);
    all
}

fn place<'a, V>(one: &'a Rolled, grid: &Grid, window: TimeWindow, period: &mut (i64, i64), all: &mut Vec<(i64, Laid<'a, V>)>) {
    let Some((first, last)) = one.instants.ends() else { return };
    let (start, end) = (window.start.micros(), window.end.micros());
    if !(period.0..period.1).contains(&first) {
        *period = grid.around(first);
    }
    if first >= start && last < end && last < period.1 {
        all.push((first, Laid::Whole(one)));
        return;
    }
    let mut open: Option<(i64, u64)> = None;
    for at in one.instants.iter().filter(|at| (start..end).contains(at)) {
        if at >= period.1 || at < period.0 {
            all.extend(open.take().map(|(at, count)| (at, Laid::Hidden(count, one.length))));
            *period = grid.around(at);
        }
        let (_, count) = open.get_or_insert((at, 0));
        *count += 1;
    }
    all.extend(open.map(|(at, count)| (at, Laid::Hidden(count, one.length))));
}

/// Whether one of the roll-ups has a value of this instant.
fn is_in(rolled: &[Rolled], at: i64) -> bool {
    let begun = rolled.partition_point(|one| one.start <= at);
    let near = rolled[..begun].iter().rev().take_while(|one| at - one.start < LONGEST_MICROS);
    near.into_iter().any(|one| one.instants.contains(at))
}

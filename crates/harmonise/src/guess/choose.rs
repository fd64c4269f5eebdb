//! A plan from what a sample shows.

use std::collections::HashSet;

use model::Json;

use super::style::{MISSING, Votes, is_number};
use super::{Column, Kind, Meaning, Plan, Sample, Writing, place, text_of, time, words};
use crate::template::slug;

/// How many key columns are tried together.
const KEY_COLUMNS_MAX: usize = 3;
/// How many columns are tried as keys.
const KEY_CANDIDATES_MAX: usize = 12;

/// Proposes what becomes of a file.
#[must_use]
pub fn propose(sample: &Sample) -> Plan {
    let cells: Vec<Vec<&Json>> = (0..sample.header.len()).map(|at| sample.rows.iter().map(|row| &row.cells[at]).collect()).collect();
    let mut columns: Vec<Column> = sample.header.iter().zip(&cells).map(|(field, cells)| column(field, cells)).collect();
    write_numbers(&mut columns, &cells);
    let crs = coordinates(&mut columns, sample);
    let mut plan = Plan {
        layout: sample.layout.clone(),
        missing: missing(&columns, &cells),
        zone: "Europe/Berlin".to_owned(),
        crs,
        numbers: None,
        key: Vec::new(),
        by_row: false,
        name: None,
        columns,
    };
    clock(&mut plan, &cells);
    keys(&mut plan, sample);
    if plan.times().any(|column| column.pattern.as_ref().is_some_and(|pattern| pattern.contains("ZZ"))) {
        plan.zone = "in-value".to_owned();
    }
    plan.name = name(&plan);
    steady(&mut plan, sample);
    plan
}

/// Settles a plan anew after a person chose other meanings: how numbers and
/// times are written, what stands for no value, what changes over time.
pub fn settle(plan: &mut Plan, sample: &Sample) {
    let cells: Vec<Vec<&Json>> = (0..sample.header.len()).map(|at| sample.rows.iter().map(|row| &row.cells[at]).collect()).collect();
    write_numbers(&mut plan.columns, &cells);
    for (column, cells) in plan.columns.iter_mut().zip(&cells) {
        if let Some(writing) = plan.numbers {
            column.writing = writing;
        }
        match column.meaning {
            Meaning::Time if column.pattern.is_none() => {
                column.pattern = time::column_pattern(cells).or_else(|| time::clock_pattern(cells).map(str::to_owned));
            }
            Meaning::Number => {}
            _ => column.unit = None,
        }
    }
    let texts: Vec<String> =
        plan.columns.iter().filter(|column| column.meaning == Meaning::Text).map(|column| column.field.clone()).collect();
    plan.key.retain(|field| texts.contains(field));
    plan.name = name(plan);
    plan.missing = missing(&plan.columns, &cells);
    steady(plan, sample);
}

fn is_blank(text: &str) -> bool {
    text.is_empty() || MISSING.contains(&text)
}

fn column(field: &str, cells: &[&Json]) -> Column {
    let (label, unit) = words::label_and_unit(field);
    let mut column = Column {
        field: field.to_owned(),
        label,
        meaning: Meaning::Text,
        unit: None,
        writing: Writing { decimal: '.', thousands: None },
        pattern: None,
        over_time: true,
        personal: words::personal(field, cells),
    };
    let texts: Vec<String> = cells.iter().map(|cell| text_of(cell)).filter(|text| !is_blank(text)).collect();
    if texts.is_empty() {
        column.meaning = if cells.is_empty() { Meaning::Text } else { Meaning::Skip };
    } else if counts_up(field, &texts) {
        column.meaning = Meaning::Skip;
    } else if let Some(pattern) = time::column_pattern(cells) {
        column.meaning = Meaning::Time;
        column.pattern = Some(pattern);
    } else if is_yes_or_no(cells, &texts) {
        column.meaning = Meaning::YesNo;
    } else if is_amount(field, &texts) && column.personal.is_none() {
        column.meaning = Meaning::Number;
        column.unit = unit.map(|unit| unit.code().to_owned());
    }
    column
}

/// A column without a name that counts the rows.
fn counts_up(field: &str, texts: &[String]) -> bool {
    let numbers: Option<Vec<i64>> = texts.iter().take(50).map(|text| text.parse().ok()).collect();
    field.starts_with("column ") && numbers.is_some_and(|numbers| numbers.windows(2).all(|pair| pair[1] == pair[0] + 1))
}

fn is_yes_or_no(cells: &[&Json], texts: &[String]) -> bool {
    let plain = ["ja", "nein", "yes", "no", "wahr", "falsch", "true", "false"];
    cells.iter().any(|cell| matches!(cell, Json::Bool(_))) || texts.iter().all(|text| plain.contains(&text.to_lowercase().as_str()))
}

/// Mostly numbers, and not digits that only name something: a leading zero would be lost.
fn is_amount(field: &str, texts: &[String]) -> bool {
    let numbers = texts.iter().filter(|text| is_number(text)).count();
    let has_leading_zero = texts.iter().any(|text| text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()));
    numbers * 10 >= texts.len() * 8 && !has_leading_zero && !words::is_label_of_digits(field)
}

/// Settles how numbers are written: what a column leaves open the others decide.
fn write_numbers(columns: &mut [Column], cells: &[Vec<&Json>]) {
    let votes: Vec<Votes> = columns.iter().zip(cells).map(|(column, cells)| votes(column, cells)).collect();
    let mut all = Votes::default();
    votes.iter().for_each(|votes| all.add(*votes));
    let around = (!all.is_silent()).then(|| all.writing(None).0);
    for (column, votes) in columns.iter_mut().zip(votes) {
        column.writing = votes.writing(around).0;
    }
}

/// What a column's texts say of writing; numbers of a spreadsheet are written in no way at all.
pub(super) fn votes(column: &Column, cells: &[&Json]) -> Votes {
    let mut votes = Votes::default();
    if column.meaning == Meaning::Number || place::axis_of(&column.label).is_some() {
        cells.iter().filter(|cell| matches!(cell, Json::String(_))).for_each(|cell| votes.count(&text_of(cell)));
    }
    votes
}

/// Finds a pair of coordinates and their system.
fn coordinates(columns: &mut [Column], sample: &Sample) -> Option<String> {
    if sample.layout.kind == Kind::GeoJson {
        // One that names no system has degrees (RFC 7946, 4), unless its numbers can be none.
        let positions: Vec<(f64, f64)> = sample.positions.iter().map(|(_, position)| *position).collect();
        let named = sample.crs.map(model::Crs::code).or_else(|| place::system_of(&positions));
        return Some(named.unwrap_or("EPSG:4326").to_owned());
    }
    let numeric = |column: &Column| column.meaning == Meaning::Number;
    let find = |east: bool| columns.iter().position(|column| numeric(column) && place::axis_of(&column.label) == Some(east));
    let (x, y) = (find(true)?, find(false)?);
    for (at, meaning) in [(x, Meaning::East), (y, Meaning::North)] {
        columns[at].meaning = meaning;
        columns[at].unit = None;
        // A dot in a coordinate is a decimal sign, never a group.
        if columns[at].writing.thousands == Some('.') && votes_for_dot(sample, at) {
            columns[at].writing = Writing { decimal: '.', thousands: None };
        }
    }
    let positions = positions(sample, &columns[x], &columns[y]);
    let turned: Vec<(f64, f64)> = positions.iter().map(|(x, y)| (*y, *x)).collect();
    let here = place::system_of(&positions);
    let is_near = |positions: &[(f64, f64)]| positions.iter().filter(|(x, y)| place::is_near(*x, *y)).count() * 2 > positions.len();
    if here == Some("EPSG:4326") && !is_near(&positions) && is_near(&turned) {
        columns[x].meaning = Meaning::North;
        columns[y].meaning = Meaning::East;
    } else if here.is_none()
        && let Some(code) = place::system_of(&turned)
    {
        columns[x].meaning = Meaning::North;
        columns[y].meaning = Meaning::East;
        return Some(code.to_owned());
    }
    Some(here.unwrap_or("EPSG:4326").to_owned())
}

fn votes_for_dot(sample: &Sample, at: usize) -> bool {
    sample.rows.iter().map(|row| text_of(&row.cells[at])).all(|text| text.matches('.').count() <= 1 && !text.contains(','))
}

/// The positions of a table's coordinate columns.
fn positions(sample: &Sample, east: &Column, north: &Column) -> Vec<(f64, f64)> {
    positions_in_lines(sample, east, north).into_iter().map(|(_, position)| position).collect()
}

/// The same with their lines; rows without a position are left out.
pub(super) fn positions_in_lines(sample: &Sample, east: &Column, north: &Column) -> Vec<(u64, (f64, f64))> {
    let at = |column: &Column| sample.header.iter().position(|name| *name == column.field);
    let (Some(x), Some(y)) = (at(east), at(north)) else { return Vec::new() };
    let pair = |row: &super::Row| Some((row.number, (number(&row.cells[x], east.writing)?, number(&row.cells[y], north.writing)?)));
    sample.rows.iter().filter_map(pair).collect()
}

/// A cell's number.
pub(super) fn number(cell: &Json, writing: Writing) -> Option<f64> {
    match cell {
        Json::Number(number) => Some(number.as_f64()),
        other => crate::number::Style { decimal: writing.decimal, thousands: writing.thousands }
            .read(&text_of(other))
            .ok()
            .map(|number| number.as_f64()),
    }
}

/// The texts in columns of numbers that stand for nothing.
fn missing(columns: &[Column], cells: &[Vec<&Json>]) -> Vec<String> {
    let mut found = Vec::new();
    for (_, cells) in
        columns.iter().zip(cells).filter(|(column, _)| matches!(column.meaning, Meaning::Number | Meaning::East | Meaning::North))
    {
        for text in cells.iter().map(|cell| text_of(cell)).filter(|text| MISSING.contains(&text.as_str())) {
            if !found.contains(&text) {
                found.push(text);
            }
        }
    }
    found
}

/// Keeps one column of dates as the time, with the clock beside it when that has its own column.
fn clock(plan: &mut Plan, cells: &[Vec<&Json>]) {
    let dates: Vec<usize> = (0..plan.columns.len()).filter(|at| plan.columns[*at].meaning == Meaning::Time).collect();
    let Some(first) = dates.first().copied() else { return };
    for at in dates.into_iter().skip(1) {
        plan.columns[at].meaning = Meaning::Text;
    }
    if plan.columns[first].personal.is_some() {
        plan.columns[first].meaning = Meaning::Text;
        return;
    }
    let dated_only = plan.columns[first].pattern.as_ref().is_some_and(|pattern| !pattern.contains('h'));
    let clock = (0..plan.columns.len())
        .filter(|at| *at != first && plan.columns[*at].meaning == Meaning::Text)
        .find_map(|at| time::clock_pattern(&cells[at]).map(|pattern| (at, pattern)));
    if let (true, Some((at, pattern))) = (dated_only, clock) {
        plan.columns[at].meaning = Meaning::Time;
        plan.columns[at].pattern = Some(pattern.to_owned());
    }
}

/// Finds the columns that tell rows apart; decides whether a date is the time of an observation.
fn keys(plan: &mut Plan, sample: &Sample) {
    let candidates = candidates(plan);
    let single = candidates.iter().find(|field| is_unique(sample, &[field.as_str()]));
    let times: Vec<String> = plan.times().map(|column| column.field.clone()).collect();
    // Rows that a name or number tells apart are things; then a date says when something of them began.
    let is_register = single.is_some_and(|field| words::is_key(field)) || (single.is_some() && times.is_empty());
    if let (true, Some(key)) = (is_register, single) {
        times_say_when_it_began(plan);
        plan.key = vec![key.clone()];
        return;
    }
    let timed: Vec<&str> = times.iter().map(String::as_str).collect();
    // Each row at a place of its own is a thing, too: its date is no observation's.
    if has_many_places(plan, sample)
        && let Some(key) = combination(sample, &candidates, &[])
    {
        times_say_when_it_began(plan);
        plan.key = key;
        return;
    }
    if !timed.is_empty() && is_unique(sample, &timed) {
        plan.key = candidates.iter().find(|field| words::is_key(field)).cloned().into_iter().collect();
        return;
    }
    plan.key = combination(sample, &candidates, &timed).unwrap_or_default();
    if !plan.key.is_empty() || sample.rows.len() < 2 {
        return;
    }
    times_say_when_it_began(plan);
    plan.key = single.cloned().into_iter().collect();
    plan.by_row = plan.key.is_empty();
}

/// No row is an observation: dates are facts about the things.
fn times_say_when_it_began(plan: &mut Plan) {
    plan.columns.iter_mut().filter(|column| column.meaning == Meaning::Time).for_each(|column| column.meaning = Meaning::Text);
}

fn has_many_places(plan: &Plan, sample: &Sample) -> bool {
    let (Some(east), Some(north)) = (plan.one(Meaning::East), plan.one(Meaning::North)) else { return false };
    let places = positions(sample, east, north);
    places.iter().any(|place| *place != places[0])
}

/// Columns that may be part of a key: keys by their name first, then names, then the others.
fn candidates(plan: &Plan) -> Vec<String> {
    let fits = |column: &&Column| {
        let plain = !column.field.contains(['{', '}', '|']);
        column.meaning == Meaning::Text && column.personal.is_none() && plain
    };
    let rank = |column: &&Column| match () {
        () if words::is_key(&column.field) => 0,
        () if words::is_name(&column.field) => 1,
        () => 2,
    };
    let mut found: Vec<&Column> = plan.columns.iter().filter(fits).collect();
    found.sort_by_key(rank);
    found.into_iter().take(KEY_CANDIDATES_MAX).map(|column| column.field.clone()).collect()
}

/// The smallest set of columns that tells all rows apart, together with the time.
fn combination(sample: &Sample, candidates: &[String], times: &[&str]) -> Option<Vec<String>> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..KEY_COLUMNS_MAX {
        sets = sets
            .iter()
            .flat_map(|set| {
                let next = set.last().map_or(0, |last| last + 1);
                (next..candidates.len()).map(|at| set.iter().copied().chain([at]).collect())
            })
            .collect();
        let found = sets.iter().find(|set| {
            let fields: Vec<&str> = set.iter().map(|at| candidates[*at].as_str()).chain(times.iter().copied()).collect();
            is_unique(sample, &fields)
        });
        if let Some(set) = found {
            return Some(set.iter().map(|at| candidates[*at].clone()).collect());
        }
    }
    None
}

/// Whether no two rows have the same values in these columns, and none is empty.
fn is_unique(sample: &Sample, fields: &[&str]) -> bool {
    repeated(sample, fields) == Some(0)
}

/// How many rows repeat the values of an earlier one; `None` when a value is missing.
pub(super) fn repeated(sample: &Sample, fields: &[&str]) -> Option<usize> {
    let places: Vec<usize> = fields.iter().filter_map(|field| sample.header.iter().position(|name| name == field)).collect();
    let mut seen = HashSet::new();
    let mut count = 0;
    for row in &sample.rows {
        // As ids are made: what differs only in signs is the same.
        let values: Vec<String> = places.iter().map(|at| slug(&text_of(&row.cells[*at]))).collect();
        if values.iter().any(String::is_empty) {
            return None;
        }
        count += usize::from(!seen.insert(values));
    }
    Some(count)
}

/// The column with names for people: one that says so, else the key when it is no number.
fn name(plan: &Plan) -> Option<String> {
    let texts = || plan.columns.iter().filter(|column| column.meaning == Meaning::Text && column.personal.is_none());
    let says = |column: &&Column| words::is_name(&column.field) && !words::is_key(&column.field);
    texts().find(says).or_else(|| texts().find(|column| plan.key.contains(&column.field))).map(|column| column.field.clone())
}

/// Texts that are the same whenever a thing is met do not change over time.
fn steady(plan: &mut Plan, sample: &Sample) {
    let key: Vec<usize> = plan.key.iter().filter_map(|field| sample.header.iter().position(|name| name == field)).collect();
    let timed = plan.times().next().is_some();
    for column in &mut plan.columns {
        let Some(at) = sample.header.iter().position(|name| *name == column.field) else { continue };
        column.over_time = timed
            && match column.meaning {
                Meaning::Number => true,
                Meaning::Text | Meaning::YesNo => {
                    let mut known = std::collections::HashMap::new();
                    sample.rows.iter().any(|row| {
                        let place = plan.by_row.then(|| row.number.to_string());
                        let thing: Vec<String> = key.iter().map(|at| text_of(&row.cells[*at])).chain(place).collect();
                        let value = text_of(&row.cells[at]);
                        *known.entry(thing).or_insert_with(|| value.clone()) != value
                    })
                }
                _ => false,
            };
    }
}

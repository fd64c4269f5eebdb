//! Numbers of attributes as columns: a filter over a million entities scans a
//! plain vector. A column is made when a query first asks for it.

use std::collections::{BTreeSet, HashMap};

use model::query::{Comparison, Op, Operand, Target};
use model::{Entity, Name};

use super::Slot;

/// How many columns a tenant keeps; beyond it filters walk the entities.
const COLUMNS_MAX: usize = 128;

#[derive(Default)]
pub(super) struct Columns {
    by_attribute: HashMap<Name, Column>,
}

#[derive(Default)]
struct Column {
    /// By slot; NaN is no single number.
    numbers: Vec<f64>,
    /// Slots with several instances or something that is not a number: always candidates.
    odd: BTreeSet<Slot>,
}

impl Column {
    fn set(&mut self, slot: Slot, name: Name, entity: &Entity) {
        let index = slot as usize;
        if self.numbers.len() <= index {
            self.numbers.resize(index + 1, f64::NAN);
        }
        self.numbers[index] = f64::NAN;
        self.odd.remove(&slot);
        let mut instances = entity.instances(name);
        match (instances.next(), instances.next()) {
            (None, _) => {}
            (Some(one), None) if one.value.as_f64().is_some_and(f64::is_finite) => {
                self.numbers[index] = one.value.as_f64().unwrap_or(f64::NAN);
            }
            _ => {
                self.odd.insert(slot);
            }
        }
    }
}

impl Columns {
    pub(super) fn set(&mut self, slot: Slot, entity: &Entity) {
        for (name, column) in &mut self.by_attribute {
            column.set(slot, *name, entity);
        }
    }

    pub(super) fn clear(&mut self, slot: Slot) {
        for column in self.by_attribute.values_mut() {
            if let Some(number) = column.numbers.get_mut(slot as usize) {
                *number = f64::NAN;
            }
            column.odd.remove(&slot);
        }
    }

    pub(super) fn holds(&self, name: Name) -> bool {
        self.by_attribute.contains_key(&name)
    }

    /// Makes the column of an attribute, when there is room for one more.
    pub(super) fn build<'a>(&mut self, name: Name, entities: impl Iterator<Item = (Slot, &'a Entity)>) {
        if self.by_attribute.len() >= COLUMNS_MAX {
            return;
        }
        let mut column = Column::default();
        for (slot, entity) in entities {
            column.set(slot, name, entity);
        }
        self.by_attribute.insert(name, column);
    }

    /// Slots that may pass a comparison, ascending; `None` when no column can tell.
    pub(super) fn candidates(&self, comparison: &Comparison) -> Option<Vec<Slot>> {
        let name = column_of(comparison)?;
        let column = self.by_attribute.get(&name)?;
        let test = range_of(comparison)?;
        let mut slots: Vec<Slot> = (0..).zip(&column.numbers).filter(|(_, number)| test.contains(**number)).map(|(slot, _)| slot).collect();
        if !column.odd.is_empty() {
            slots.extend(&column.odd);
            slots.sort_unstable();
        }
        Some(slots)
    }
}

/// The attribute whose column can answer the comparison.
pub(super) fn column_of(comparison: &Comparison) -> Option<Name> {
    let path = &comparison.path;
    let plain = path.sub.is_empty() && path.within.is_empty() && path.target == Target::Value;
    (plain && range_of(comparison).is_some()).then_some(path.attribute).flatten()
}

/// Numbers that may pass, both ends included: doubles round, the evaluator is exact.
struct Range(f64, f64);

impl Range {
    fn contains(&self, number: f64) -> bool {
        self.0 <= number && number <= self.1
    }
}

fn range_of(comparison: &Comparison) -> Option<Range> {
    let number = |operand: &Operand| match operand {
        Operand::Number(number) => Some(number.as_f64()).filter(|n| n.is_finite()),
        _ => None,
    };
    match (&comparison.op, &comparison.operand) {
        (Op::Eq, Operand::Range(ends)) => Some(Range(number(&ends.0)?, number(&ends.1)?)),
        (Op::Eq, operand) => number(operand).map(|n| Range(n, n)),
        (Op::Lt | Op::Le, operand) => number(operand).map(|n| Range(f64::NEG_INFINITY, n)),
        (Op::Gt | Op::Ge, operand) => number(operand).map(|n| Range(n, f64::INFINITY)),
        _ => None,
    }
}

//! Exact comparison of numbers as they were written.

use std::cmp::Ordering;

use crate::Number;

/// Compares two numbers by value: `1` equals `1.0`, and 2⁵³+1 is more than 2⁵³.
pub(super) fn compare(a: &Number, b: &Number) -> Ordering {
    if a.text() == b.text() {
        return Ordering::Equal;
    }
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return a.cmp(&b);
    }
    // Rounding to a double never swaps two numbers, it only makes them equal.
    match a.as_f64().partial_cmp(&b.as_f64()) {
        Some(order @ (Ordering::Less | Ordering::Greater)) => order,
        _ => Decimal::of(a.text()).compare(&Decimal::of(b.text())),
    }
}

/// A number as ±0.d₁d₂d₃… × 10^`exponent` with d₁ and the last digit not zero.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    fn of(text: &str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = all.iter().take_while(|d| **d == b'0').count();
        let trailing = all[leading..].iter().rev().take_while(|d| **d == b'0').count();
        let digits = all[leading..all.len() - trailing].to_vec();
        let point = i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(leading).unwrap_or(0);
        Self { negative: negative && !digits.is_empty(), digits, exponent: power_of_ten(power).saturating_add(point) }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
        }
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

/// An exponent too long for an integer is as good as endless.
fn power_of_ten(text: &str) -> i64 {
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 })
}

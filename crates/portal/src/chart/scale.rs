//! The vertical scale: round numbers that hold every value.

use crate::format;
use crate::messages::Language;

/// A scale from `low` to `high` with a tick every `step`.
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    step: f64,
}

impl Scale {
    /// The scale of some values; `None` when there are none.
    ///
    /// It begins at zero where the values come near it, else at a round
    /// number below the smallest: lines need not start at zero, but then the
    /// words under the chart say so.
    pub(super) fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let low = values.clone().reduce(f64::min)?;
        let high = values.reduce(f64::max)?;
        let (mut low, mut high) = if low >= 0.0 && low <= 0.5 * high {
            (0.0, high)
        } else if high <= 0.0 && high >= 0.5 * low {
            (low, 0.0)
        } else {
            (low, high)
        };
        if high - low < f64::EPSILON * high.abs().max(low.abs()).max(f64::MIN_POSITIVE) * 8.0 {
            // All values alike: some room around them, and zero above nothing.
            let room = if high == 0.0 { 1.0 } else { high.abs() * 0.1 };
            (low, high) = if high == 0.0 { (0.0, room) } else { (low - room, high + room) };
        }
        let step = nice((high - low) / 4.0);
        Some(Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step })
    }

    pub(super) fn starts_at_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }

    /// The ticks from low to high.
    pub(super) fn ticks(&self) -> Vec<f64> {
        // Counted, not added up: sums of tenths drift.
        let first = (self.low / self.step).round();
        let count = ((self.high - self.low) / self.step).round();
        let mut ticks = Vec::new();
        let mut index = 0.0;
        while index <= count {
            ticks.push((first + index) * self.step);
            index += 1.0;
        }
        ticks
    }

    /// A tick's number with the decimals the step needs.
    pub(super) fn label(&self, tick: f64, language: Language) -> String {
        let exponent = self.step.log10().floor();
        let fraction = (self.step / 10f64.powf(exponent) * 10.0).round() % 10.0;
        let digits = (-exponent + f64::from(fraction > 0.0)).clamp(0.0, 12.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0…12 above")]
        let digits = digits as usize;
        format::decimal(tick, digits, language)
    }

    /// Where a value lies: 0 at the bottom, 1 at the top.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// The next 1, 2, 2.5 or 5 times a power of ten.
fn nice(raw: f64) -> f64 {
    let magnitude = 10f64.powf(raw.log10().floor());
    let mantissa = raw / magnitude;
    let rounded = [1.0, 2.0, 2.5, 5.0].into_iter().find(|step| mantissa <= step * 1.000_001).unwrap_or(10.0);
    rounded * magnitude
}

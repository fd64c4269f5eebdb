//! The moments of numbers, gathered in one pass and put together from parts.

use super::Method;

/// A sum that keeps what adding loses (Neumaier).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sum {
    pub(crate) sum: f64,
    pub(crate) lost: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        self.sum = sum;
    }

    fn join(&mut self, other: Self) {
        self.add(other.sum);
        self.lost += other.lost;
    }

    pub(crate) fn total(self) -> f64 {
        // Beyond the largest double what was lost is no number.
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// The moments of numbers, one pass (Welford).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub(crate) count: f64,
    pub(crate) sum: Sum,
    pub(crate) squares: Sum,
    pub(crate) mean: f64,
    /// Sum of the squared distances from the mean.
    pub(crate) spread: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        let (sum, squares) = (Sum::default(), Sum::default());
        Self { count: 0.0, sum, squares, mean: 0.0, spread: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Moments {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum.add(value);
        self.squares.add(value * value);
        let distance = value - self.mean;
        self.mean += distance / self.count;
        self.spread += distance * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Those of other numbers, too (Chan, Golub, LeVeque).
    pub(crate) fn join(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        let (count, distance) = (self.count + other.count, other.mean - self.mean);
        self.mean += distance * (other.count / count);
        self.spread += other.spread + distance * distance * (self.count * (other.count / count));
        self.count = count;
        self.sum.join(other.sum);
        self.squares.join(other.squares);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The number that all of them are.
    pub(crate) fn only(&self) -> Option<f64> {
        (self.min >= self.max).then_some(self.min)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0.0
    }

    pub(crate) fn average(&self) -> f64 {
        let average = self.sum.total() / self.count;
        if average.is_finite() { average } else { self.mean }
    }

    pub(crate) fn figure(&self, method: Method) -> Option<f64> {
        Some(match method {
            Method::Sum => self.sum.total(),
            Method::Avg => self.average(),
            Method::Min => self.min,
            Method::Max => self.max,
            Method::SumSq => self.squares.total(),
            Method::StdDev => (self.spread / self.count).sqrt(),
            Method::TotalCount | Method::DistinctCount => return None,
        })
    }
}

//! Classes of values for coloured maps.

/// How many colours there are.
pub const CLASSES: usize = 5;

/// Borders that put about as many places into each class.
#[derive(Debug, Clone, PartialEq)]
pub struct Classes {
    /// Lower borders, ascending; the first is the smallest value.
    lower: Vec<f64>,
    highest: f64,
}

impl Classes {
    /// The classes of some values; `None` when fewer than two differ.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (first, highest) = (*sorted.first()?, *sorted.last()?);
        if first == highest {
            return None;
        }
        let mut lower: Vec<f64> = (0..CLASSES).map(|class| sorted[class * sorted.len() / CLASSES]).collect();
        lower.dedup();
        Some(Self { lower, highest })
    }

    /// The class of a value, 0 to 4.
    #[must_use]
    pub fn class(&self, value: f64) -> u8 {
        let above = self.lower.iter().skip(1).filter(|border| value >= **border).count();
        u8::try_from(above).unwrap_or(0)
    }

    /// From and to of each class, lowest first.
    #[must_use]
    pub fn ranges(&self) -> Vec<(f64, f64)> {
        let upper = self.lower.iter().skip(1).copied().chain([self.highest]);
        self.lower.iter().copied().zip(upper).collect()
    }
}

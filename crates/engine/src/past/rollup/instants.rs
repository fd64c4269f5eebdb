//! Instants that mostly come in even steps.

use model::Json;

/// Ascending instants in microseconds, each once, as steps that repeat.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Instants {
    /// From where the first step goes.
    origin: i64,
    /// How far it is from one to the next, and how often. Only the first may be 0.
    steps: Vec<(i64, u64)>,
}

impl Instants {
    /// Ascending instants, none before the origin.
    pub(crate) fn of(origin: i64, instants: impl IntoIterator<Item = i64>) -> Self {
        let (mut steps, mut last): (Vec<(i64, u64)>, _) = (Vec::new(), origin);
        for at in instants {
            let step = at - last;
            match steps.last_mut() {
                Some((same, times)) if *same == step => *times += 1,
                _ => steps.push((step, 1)),
            }
            last = at;
        }
        Self { origin, steps }
    }

    pub(crate) fn count(&self) -> u64 {
        self.steps.iter().map(|(_, times)| times).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = i64> {
        let all = self.steps.iter().flat_map(|(step, times)| (0..*times).map(|_| *step));
        all.scan(self.origin, |at, step| {
            *at += step;
            Some(*at)
        })
    }

    /// The first and the last.
    pub(crate) fn ends(&self) -> Option<(i64, i64)> {
        let (first, _) = self.steps.first()?;
        let all: i64 = self.steps.iter().map(|(step, times)| step * times.cast_signed()).sum();
        Some((self.origin + first, self.origin + all))
    }

    pub(crate) fn contains(&self, at: i64) -> bool {
        let mut from = self.origin;
        for (step, times) in &self.steps {
            let end = from + step * times.cast_signed();
            if at <= end {
                return if *step == 0 { at == end } else { at > from && (at - from) % step == 0 };
            }
            from = end;
        }
        false
    }

    /// A unit in microseconds, then steps in units, each with how often it repeats.
    pub(super) fn to_json(&self) -> Json {
        let unit = self.steps.iter().fold(0, |unit, (step, _)| gcd(unit, *step)).max(1);
        let steps = self.steps.iter().flat_map(|(step, times)| [step / unit, times.cast_signed()]);
        Json::Array(std::iter::once(unit).chain(steps).map(Json::from).collect())
    }

    /// Reads what [`Self::to_json`] wrote.
    pub(super) fn read(origin: i64, json: &Json) -> Option<Self> {
        let number = |json: &Json| match json {
            Json::Number(number) => number.as_i64().filter(|number| *number >= 0),
            _ => None,
        };
        let (unit, rest) = json.as_array()?.split_first()?;
        let unit = number(unit)?;
        let (pairs, []) = rest.as_chunks::<2>() else { return None };
        let step = |pair: &[Json; 2]| Some((number(&pair[0])?.checked_mul(unit)?, number(&pair[1])?.cast_unsigned()));
        Some(Self { origin, steps: pairs.iter().map(step).collect::<Option<_>>()? })
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

//! What the values of a period come to (NGSI-LD V1.9.1, clause 4.5.19.1).

use jiff::civil::Time;
use model::{Json, Rollup, Text, Value};

use super::moments::Moments;
use crate::past::rollup::Rolled;

/// A method of aggregation. Which values it is for:
///
/// | | number, boolean as 1 or 0 | text, DateTime, Date | Time | array | other |
/// |---|---|---|---|---|---|
/// | totalCount, distinctCount | ● | ● | ● | ● | ● |
/// | min, max | ● | in the order of their characters | ● | of its size | – |
/// | avg | ● | – | ● | of its size | – |
/// | sum | ● | – | – | of its size | – |
/// | sumsq, stddev | ● | – | – | – | – |
///
/// Where a period holds values of several kinds, the first of this table that
/// is there counts; the counts are of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// How many values.
    TotalCount,
    /// How many different values.
    DistinctCount,
    /// Their sum.
    Sum,
    /// Their arithmetic mean.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The standard deviation of the values as a whole population (divided by
    /// their number): the standard speaks of all values of a period, and one
    /// value alone deviates by 0.
    StdDev,
    /// The sum of their squares.
    SumSq,
}

impl Method {
    /// All of them, in the order of the standard.
    pub const ALL: [Self; 8] =
        [Self::TotalCount, Self::DistinctCount, Self::Sum, Self::Avg, Self::Min, Self::Max, Self::StdDev, Self::SumSq];

    /// Its name in `aggrMethods`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::TotalCount => "totalCount",
            Self::DistinctCount => "distinctCount",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::StdDev => "stddev",
            Self::SumSq => "sumsq",
        }
    }

    /// The method of a name.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }
}

/// What a method makes of a period.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// A number.
    Number(f64),
    /// A text, of texts and times.
    Text(Text),
}

/// What is gathered of a period.
#[derive(Default)]
pub(super) struct Tally {
    total: u64,
    numbers: Moments,
    /// Sizes of arrays.
    sizes: Moments,
    /// Seconds since midnight.
    times: Moments,
    /// Least and greatest text.
    texts: Option<(Text, Text)>,
    /// What tells values apart, when their number is asked for.
    distinct: Option<Distinct>,
    /// What roll-ups leave unknown.
    hidden: Hidden,
}

/// What is not known where there are only roll-ups.
#[derive(Default)]
struct Hidden {
    /// How long the roll-ups stand for.
    length: Option<Rollup>,
    /// They have values that are no numbers.
    others: bool,
    /// They have different values.
    distinct: bool,
    /// Their values lie in several periods.
    all: bool,
}

#[derive(Default)]
struct Distinct {
    numbers: Vec<u64>,
    others: Vec<String>,
}

impl Tally {
    pub(super) fn new(methods: &[Method]) -> Self {
        Self { distinct: methods.contains(&Method::DistinctCount).then(Distinct::default), ..Self::default() }
    }

    pub(super) fn add_number(&mut self, value: f64) {
        self.total += 1;
        self.numbers.add(value);
        if let Some(distinct) = &mut self.distinct {
            // Zero has two signs and is one value.
            distinct.numbers.push((value + 0.0).to_bits());
        }
    }

    /// A roll-up of which all values lie in the period.
    pub(super) fn add_rolled(&mut self, rolled: &Rolled) {
        self.total += rolled.count();
        self.hidden.length = self.hidden.length.max(Some(rolled.length));
        self.hidden.others |= rolled.has_others();
        self.numbers.join(&rolled.numbers);
        match (&mut self.distinct, rolled.numbers.only()) {
            (Some(distinct), Some(value)) if !rolled.has_others() => distinct.numbers.push((value + 0.0).to_bits()),
            _ => self.hidden.distinct = true,
        }
    }

    /// So many values of a roll-up that has others elsewhere.
    pub(super) fn add_hidden(&mut self, count: u64, length: Rollup) {
        self.total += count;
        self.hidden.length = self.hidden.length.max(Some(length));
        self.hidden.all = true;
    }

    pub(super) fn add(&mut self, value: &Value) {
        match value {
            Value::Property(Json::Number(number)) if number.as_f64().is_finite() => return self.add_number(number.as_f64()),
            Value::Property(json) => self.add_json(json),
            Value::List(items) => self.sizes.add(size(items.len())),
            _ => {}
        }
        self.total += 1;
        if let Some(distinct) = &mut self.distinct {
            distinct.others.push(match value {
                Value::Property(json) => json.to_string(),
                other => format!("{other:?}"),
            });
        }
    }

    fn add_json(&mut self, json: &Json) {
        match json {
            Json::Bool(truth) => self.numbers.add(f64::from(u8::from(*truth))),
            Json::Array(items) => self.sizes.add(size(items.len())),
            Json::String(text) => self.add_text(text),
            Json::Object(_) => {
                let Some(text) = json.get("@value").and_then(Json::as_str) else { return };
                let kind = json.get("@type").and_then(Json::as_str).unwrap_or_default();
                let time = kind.ends_with("Time") && !kind.ends_with("DateTime");
                if let Some(time) = time.then(|| text.trim_end_matches('Z').parse::<Time>().ok()).flatten() {
                    self.times.add(seconds(time));
                }
                self.add_text(text);
            }
            Json::Number(_) | Json::Null => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        match &mut self.texts {
            None => self.texts = Some((text.into(), text.into())),
            Some((least, _)) if text < least.as_str() => *least = text.into(),
            Some((_, most)) if text > most.as_str() => *most = text.into(),
            Some(_) => {}
        }
    }

    /// A figure for each method, and how long the roll-ups stand for that leave some unknown.
    pub(super) fn figures(mut self, methods: &[Method]) -> (Vec<Option<Figure>>, Option<Rollup>) {
        let distinct = self.distinct.take().map(Distinct::count);
        let figures = methods.iter().map(|method| if self.hides(*method) { None } else { self.figure(*method, distinct) }).collect();
        let hides = methods.iter().any(|method| self.hides(*method));
        (figures, self.hidden.length.filter(|_| hides))
    }

    fn hides(&self, method: Method) -> bool {
        let Hidden { others, distinct, all, .. } = self.hidden;
        match method {
            Method::TotalCount => false,
            Method::DistinctCount => all || distinct,
            _ => all || (others && self.numbers.is_empty()),
        }
    }

    fn figure(&self, method: Method, distinct: Option<usize>) -> Option<Figure> {
        match method {
            #[expect(clippy::cast_precision_loss, reason = "no period holds 2^53 values")]
            Method::TotalCount => return Some(Figure::Number(self.total as f64)),
            Method::DistinctCount => return distinct.map(|count| Figure::Number(size(count))),
            _ => {}
        }
        if !self.numbers.is_empty() {
            return self.numbers.figure(method).map(Figure::Number);
        }
        match (method, &self.texts) {
            (Method::Min, Some((least, _))) => Some(Figure::Text(least.clone())),
            (Method::Max, Some((_, most))) => Some(Figure::Text(most.clone())),
            (Method::Avg, _) if !self.times.is_empty() => clock(self.times.average()).map(Figure::Text),
            (_, Some(_)) | (Method::SumSq | Method::StdDev, _) => None,
            _ if self.sizes.is_empty() => None,
            (method, None) => self.sizes.figure(method).map(Figure::Number),
        }
    }
}

impl Distinct {
    fn count(mut self) -> usize {
        self.numbers.sort_unstable();
        self.numbers.dedup();
        self.others.sort_unstable();
        self.others.dedup();
        self.numbers.len() + self.others.len()
    }
}

fn size(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

fn seconds(time: Time) -> f64 {
    let whole = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    f64::from(whole) + f64::from(time.subsec_nanosecond()) / 1e9
}

/// A time of day in the form NGSI-LD has it, to the microsecond.
fn clock(seconds: f64) -> Option<Text> {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
    let micros = (seconds * 1e6).round() as i64;
    let second = i8::try_from(micros / 1_000_000 % 60).ok()?;
    let (hour, minute) = (i8::try_from(micros / 3_600_000_000).ok()?, i8::try_from(micros / 60_000_000 % 60).ok()?);
    let time = Time::new(hour, minute, second, i32::try_from(micros % 1_000_000 * 1000).ok()?).ok()?;
    Some(format!("{time}Z").as_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(values: &[&str]) -> String {
        let mut tally = Tally::new(&Method::ALL);
        for value in values {
            tally.add(&Value::Property(model::json::parse(value.as_bytes()).expect("JSON")));
        }
        let shown = |figure: Option<Figure>| match figure {
            None => "–".to_owned(),
            Some(Figure::Number(number)) => number.to_string(),
            Some(Figure::Text(text)) => text.to_string(),
        };
        tally.figures(&Method::ALL).0.into_iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_table_of_the_standard() {
        assert_eq!(figures(&["2", "4", "4", "4", "5", "5", "7", "9"]), "8 5 40 5 2 9 2 232");
        assert_eq!(figures(&["true", "false", "true", "true"]), "4 2 3 0.75 0 1 0.43301270189221935 3");
        assert_eq!(figures(&[r#""b""#, r#""a""#, r#""ä""#, r#""b""#]), "4 3 – – a ä – –");
        assert_eq!(figures(&["[1,2,3]", "[]", "[1]"]), "3 3 4 1.3333333333333333 0 3 – –");
        let moment = |kind: &str, text: &str| format!(r#"{{"@type":"{kind}","@value":"{text}"}}"#);
        let dates = [moment("DateTime", "2026-01-02T00:00:00Z"), moment("DateTime", "2026-01-01T00:00:00Z")];
        assert_eq!(figures(&[&dates[0], &dates[1]]), "2 2 – – 2026-01-01T00:00:00Z 2026-01-02T00:00:00Z – –");
        let times = [moment("Time", "10:00:00Z"), moment("Time", "11:00:01Z")];
        assert_eq!(figures(&[&times[0], &times[1]]), "2 2 – 10:30:00.5Z 10:00:00Z 11:00:01Z – –");
        assert_eq!(figures(&[r#"{"a":1}"#, r#"{"a":1}"#]), "2 1 – – – – – –");
        assert_eq!(figures(&["0", "-0.0", "0.0"]), "3 1 0 0 0 0 0 0");
        assert_eq!(figures(&["1", r#""a""#]), "2 2 1 1 1 1 0 1");
    }

    #[test]
    fn nothing_is_lost_by_cancellation() {
        // The textbook formula gives 0 or a negative variance here.
        assert_eq!(figures(&["1000000000000001", "1000000000000003"]).split(' ').nth(6), Some("1"));
        assert_eq!(figures(&["1e16", "1", "-1e16"]).split(' ').nth(2), Some("1"));
        assert_eq!(figures(&["0.1"; 10]).split(' ').nth(2), Some("1"));
        let average: f64 = figures(&["1.7e308", "1.7e308"]).split(' ').nth(3).and_then(|text| text.parse().ok()).expect("a number");
        assert!((average - 1.7e308).abs() < 1e293, "{average}");
    }
}

//! Quality of a dataset, each point with its reason and what would help.

use engine::Statistics;
use model::Dataset;
use model::dataset::ColumnKind;

use crate::ask::Ask;
use crate::messages::Texts;
use crate::pages::dataset::{Quality, Reason};
use crate::parts::Tone;
use crate::{format, vocabulary};

/// From this share of values on a dataset counts as complete.
const COMPLETE: f64 = 0.95;

/// The points met, of how many.
pub(super) fn points(quality: &Quality) -> (usize, usize) {
    (quality.reasons.iter().filter(|reason| reason.tone == Tone::Success).count(), quality.reasons.len())
}

/// Judges what can be read off the dataset and its values.
pub(super) fn judge(ask: &Ask, dataset: &Dataset, statistics: &Statistics) -> Quality {
    let t = ask.t();
    let mut reasons = vec![
        simple(dataset, t),
        described(dataset, t),
        units(dataset, t),
        licensed(dataset, t),
        contact(dataset, t),
        translated(dataset, t),
    ];
    reasons.extend(complete(ask, statistics));
    let mut quality = Quality { sentence: String::new(), reasons };
    let (met, total) = points(&quality);
    quality.sentence = t.quality_sentence(met, total);
    quality
}

fn reason(met: bool, good: &str, bad: impl Into<String>) -> Reason {
    if met { Reason { tone: Tone::Success, text: good.to_owned() } } else { Reason { tone: Tone::Warning, text: bad.into() } }
}

fn simple(dataset: &Dataset, t: Texts) -> Reason {
    reason(!dataset.summary.de.is_empty(), t.quality_simple(), t.quality_not_simple())
}

fn described(dataset: &Dataset, t: Texts) -> Reason {
    // A place or a name explains itself by its label; numbers do not.
    let numbers = dataset.columns.iter().filter(|column| matches!(column.kind, ColumnKind::Measure | ColumnKind::Number));
    let missing = numbers.filter(|column| column.description.is_none()).count() as u64;
    reason(missing == 0, t.quality_described(), t.quality_undescribed(missing))
}

fn units(dataset: &Dataset, t: Texts) -> Reason {
    let measures = dataset.columns.iter().filter(|column| column.kind == ColumnKind::Measure);
    let missing = measures.filter(|column| column.unit.is_none()).count() as u64;
    reason(missing == 0, t.quality_units(), t.quality_no_units(missing))
}

fn licensed(dataset: &Dataset, t: Texts) -> Reason {
    reason(vocabulary::is_known_licence(&dataset.licence, t), t.quality_licensed(), t.quality_not_licensed())
}

fn contact(dataset: &Dataset, t: Texts) -> Reason {
    reason(dataset.contact.is_some(), t.quality_contact(), t.quality_no_contact())
}

fn translated(dataset: &Dataset, t: Texts) -> Reason {
    let both = dataset.title.en.is_some() && dataset.summary.en.is_some();
    reason(both, t.quality_translated(), t.quality_not_translated())
}

/// How many of the values that one would expect are there, where values come over time.
fn complete(ask: &Ask, statistics: &Statistics) -> Option<Reason> {
    let (covered, expected) = statistics.columns.iter().fold((0, 0), |sum, column| (sum.0 + column.covered, sum.1 + column.expected));
    if expected <= statistics.columns.len() as u64 * statistics.entities as u64 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share in percent")]
    let share = covered as f64 / expected as f64;
    // 99.96 % must not be called 100 %.
    let shown = if share < 1.0 { (share * 1000.0).floor() / 10.0 } else { 100.0 };
    let text = ask.t().quality_complete(format::with_unit(&format::number(shown, ask.language), "%"));
    Some(Reason { tone: if share >= COMPLETE { Tone::Success } else { Tone::Warning }, text })
}

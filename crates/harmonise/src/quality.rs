//! Quality rules: they flag values and never drop one.
//!
//! What is a property of the value (out of range, contradicting another
//! value for the same time, marked by the source) becomes its sub-attribute
//! `quality`. What is a property of the delivery (late, incomplete) is noted
//! with the record only: delivering the same file again must not change data.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use model::{Attribute, EntityId, Instant, Json, Value};

use crate::definition::AttributeRule;
use crate::fields::Fields;
use crate::issue::Issue;
use crate::message::Code;
use crate::terms;

/// How many values are remembered to find contradictions, in two generations.
const REMEMBERED_MAX: usize = 250_000;

/// What must be remembered between records.
#[derive(Debug, Default)]
pub(crate) struct Quality {
    young: HashMap<u64, u64>,
    old: HashMap<u64, u64>,
}

impl Quality {
    /// Judges a value: adds its sub-attribute and notes.
    pub(crate) fn judge(
        &mut self,
        rule: &AttributeRule,
        fields: &Fields<'_>,
        id: &EntityId,
        attribute: &mut Attribute,
        now: Instant,
        flags: &mut Vec<Issue>,
    ) {
        let mut words: Vec<String> = Vec::new();
        if let Some(issue) = out_of_range(rule, attribute) {
            words.push(issue.code.to_string());
            flags.push(issue);
        }
        if let Some(word) = marked(rule, fields) {
            flags.push(Issue::new(word.clone(), &rule.term, Code::ValueMarked));
            words.push(word);
        }
        if rule.quality.duplicate && self.contradicts(id, attribute) {
            flags.push(Issue::new("duplicate", &rule.term, Code::ValueDuplicate));
            words.push("duplicate".to_owned());
        }
        if let Some(issue) = late(rule, attribute, now) {
            flags.push(issue);
        }
        let value = match words.as_slice() {
            [] => return,
            [word] => Json::from(word.as_str()),
            several => Json::Array(several.iter().map(|word| Json::from(word.as_str())).collect()),
        };
        attribute.sub.push(Attribute::new(terms::quality(), Value::Property(value)));
    }

    /// Whether another value for the same entity, attribute and time came before.
    fn contradicts(&mut self, id: &EntityId, attribute: &Attribute) -> bool {
        let key = hash(&(id, attribute.name, &attribute.dataset, attribute.observed_at));
        let value = match &attribute.value {
            Value::Property(json) => hash(&json.to_string()),
            other => hash(&format!("{other:?}")),
        };
        if let Some(before) = self.young.get(&key).or_else(|| self.old.get(&key)) {
            return *before != value;
        }
        if self.young.len() >= REMEMBERED_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
        false
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn out_of_range(rule: &AttributeRule, attribute: &Attribute) -> Option<Issue> {
    let value = attribute.value.as_f64()?;
    let below = rule.quality.min.filter(|min| value < *min).map(|min| Code::ValueBelow.with("min", min.to_string()));
    let above = rule.quality.max.filter(|max| value > *max).map(|max| Code::ValueAbove.with("max", max.to_string()));
    below.or(above).map(|reason| Issue::new("out-of-range", &rule.term, reason).value(value.to_string()))
}

/// The word for the code that stands in the rule's field.
fn marked(rule: &AttributeRule, fields: &Fields<'_>) -> Option<String> {
    let code = fields.text(rule.quality.field.as_deref()?)?;
    rule.quality.codes.iter().find(|(known, _)| *known == code).map(|(_, word)| word.clone())
}

fn late(rule: &AttributeRule, attribute: &Attribute, now: Instant) -> Option<Issue> {
    let after = rule.quality.late_after_micros?;
    let observed = attribute.observed_at?;
    (observed.plus_micros(after) < now).then(|| Issue::new("late", &rule.term, Code::ValueLate).value(observed.to_string()))
}

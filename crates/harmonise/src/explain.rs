//! The rules of a definition in sentences: how a value came out of its record.

use model::{Crs, Name, UnitCode};

use crate::definition::{AttributeRule, Definition, From};
use crate::local::{Interval, Label, TimeRule, Zone};
use crate::message::{Code, Message};

impl Definition {
    /// How it makes an attribute of a record, in the order of the work; empty
    /// when it makes none of that name.
    #[must_use]
    pub fn explain(&self, name: Name) -> Vec<Message> {
        let mut sentences = Vec::new();
        for rule in self.attributes.iter().filter(|rule| rule.name == name) {
            for sentence in self.explain_rule(rule) {
                if !sentences.contains(&sentence) {
                    sentences.push(sentence);
                }
            }
        }
        sentences
    }

    fn explain_rule(&self, rule: &AttributeRule) -> Vec<Message> {
        let fields = rule.fields();
        let computed = self.computed.iter().filter(|computed| fields.contains(&computed.field.as_str()));
        let mut sentences: Vec<Message> = computed
            .map(|computed| Code::RuleComputed.with("field", computed.field.as_str()).with("expression", computed.expression.as_str()))
            .collect();
        sentences.push(self.place(rule));
        let codes = rule.codes.known().len();
        if codes > 0 {
            sentences.push(Code::RuleCodes.with("count", codes));
        }
        sentences.extend(unit(rule.unit.as_ref(), rule.target_unit.as_ref()));
        if let Some(crs) = rule.crs.map(Crs::code).filter(|code| *code != "EPSG:4326") {
            sentences.push(Code::RuleCrs.with("crs", crs));
        }
        if let Some(time) = self.time.as_ref().filter(|_| rule.observed) {
            sentences.extend(observed(time));
        }
        sentences.extend(quality(rule));
        sentences
    }

    /// Where the value stands.
    fn place(&self, rule: &AttributeRule) -> Message {
        match &rule.from {
            From::Field(field) => match self.wide.as_ref().filter(|wide| wide.value == *field) {
                Some(wide) => Code::RuleWide.with("pattern", wide.columns.as_str()),
                None => Code::RuleField.with("field", field.as_str()),
            },
            From::Constant(value) => Code::RuleConstant.with("value", value.to_string()),
            From::Template(template) => Code::RuleFields.with("fields", template.fields().collect::<Vec<_>>()),
            From::Languages(languages) => {
                Code::RuleFields.with("fields", languages.iter().map(|(_, field)| field.as_str()).collect::<Vec<_>>())
            }
            From::Point { x, y } => Code::RuleFields.with("fields", vec![x.as_str(), y.as_str()]),
        }
    }
}

/// The unit, and how numbers are brought to it.
fn unit(from: Option<&UnitCode>, to: Option<&UnitCode>) -> Option<Message> {
    let (from, to) = (from?, to.or(from)?);
    let (Ok(offset), Ok(one)) = (from.convert(0.0, to), from.convert(1.0, to)) else { return None };
    if from == to {
        return Some(Code::RuleUnit.with("unit", from.symbol()));
    }
    let sentence = if offset == 0.0 { Code::RuleUnitTimes.into() } else { Code::RuleUnitPlus.with("offset", short(offset)) };
    Some(sentence.with("from", from.symbol()).with("to", to.symbol()).with("factor", short(one - offset)))
}

/// A number in at most six digits behind the point.
fn short(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Where the time stands and what it names.
fn observed(time: &TimeRule) -> Vec<Message> {
    let fields: Vec<&str> = time.fields.iter().map(String::as_str).collect();
    let place = match &time.zone {
        Zone::Named(zone) => Code::RuleTime.with("zone", zone.iana_name().unwrap_or("UTC")),
        Zone::Fixed(offset) => Code::RuleTime.with("zone", format!("UTC{offset}")),
        Zone::InValue => Code::RuleTimeInValue.into(),
    };
    let label = time.interval.as_ref().map(|Interval { text, .. }| match time.label {
        Label::Start => Code::RuleLabelStart.with("interval", text.as_str()),
        Label::End => Code::RuleLabelEnd.with("interval", text.as_str()),
    });
    std::iter::once(place.with("fields", fields)).chain(label).collect()
}

/// What is looked at a second time.
fn quality(rule: &AttributeRule) -> Vec<Message> {
    let quality = &rule.quality;
    let limits = [(Code::RuleMin, quality.min), (Code::RuleMax, quality.max)];
    let limits = limits.into_iter().filter_map(|(code, limit)| Some(code.with("limit", limit?.to_string())));
    let marks = [
        (Code::RuleRequired, quality.required),
        (Code::RuleDuplicate, quality.duplicate),
        (Code::RuleLate, quality.late_after_micros.is_some()),
    ];
    let marks = marks.into_iter().filter(|(_, asked)| *asked).map(|(code, _)| code.into());
    limits.chain(marks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Language;

    /// All sentences about an attribute of a definition of the tests' folder, in German.
    fn said(definition: &str, term: &str) -> Vec<String> {
        let definition = Definition::parse(definition).expect("a definition");
        let rule = definition.attributes.iter().find(|rule| rule.term == term).expect("it makes the attribute");
        definition.explain(rule.name).iter().map(|sentence| sentence.say(Language::De)).collect()
    }

    const TEMPERATURE: &str = r#"
[source]
name = "wetter"
version = 1
title = { de = "Wetter" }
transport = "push"

[format]
kind = "csv"

[time]
fields = ["Datum", "Zeit"]
patterns = ["DD.MM.YYYY hh:mm"]
zone = "Europe/Berlin"
interval = "PT1H"
label = "end"

[entity]
type = "WeatherObserved"
id = "urn:ngsi-ld:WeatherObserved:{Station}"

[[compute]]
field = "T"
expression = ".Roh | tonumber"

[[attribute]]
name = "temperature"
field = "T"
as = "number"
unit = "FAH"
target_unit = "CEL"
quality = { min = -60, max = 60, duplicate = true }

[[attribute]]
name = "location"
kind = "GeoProperty"
x = "Rechts"
y = "Hoch"
crs = "EPSG:25832"
observed = false
"#;

    #[test]
    fn a_value_is_explained_from_its_columns_to_its_checks() {
        expect_test::expect![[r#"
            „T“ wird berechnet: .Roh | tonumber
            Der Wert steht in „T“.
            Umgerechnet von °F in °C: mal 0.555556, dann plus -17.777778.
            Die Zeit steht in „Datum“, „Zeit“, nach der Uhr von Europe/Berlin. Gespeichert wird sie in UTC.
            Sie nennt das Ende des Zeitraums (PT1H). Gespeichert wird der Beginn.
            Werte unter -60 werden als auffällig markiert.
            Werte über 60 werden als auffällig markiert.
            Ein zweiter, anderer Wert für dieselbe Zeit wird als auffällig markiert."#]]
        .assert_eq(&said(TEMPERATURE, "temperature").join("\n"));
        expect_test::expect![[r#"
            Der Wert wird aus „Rechts“, „Hoch“ gebildet.
            Die Lage wird von EPSG:25832 nach EPSG:4326 umgerechnet."#]]
        .assert_eq(&said(TEMPERATURE, "location").join("\n"));
    }
}

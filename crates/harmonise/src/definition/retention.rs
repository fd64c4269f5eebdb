//! `[[dataset.retention]]`: how long values are kept.

use std::collections::HashSet;

use model::dataset::{Column, ColumnKind, Keep, KeptRollup, Retention, RetentionOf};
use model::{Class, Name, Rollup};

use super::section::Section;
use crate::message::{Code, Message};

/// Nothing is kept so short that it may be gone before somebody has seen it.
const SECONDS_MIN: u32 = 3_600;

/// Reads all rules of a dataset. Nothing may be named twice, or it would not be clear which holds.
pub(super) fn rules(dataset: &mut Section<'_>, columns: &[Column], name: &dyn Fn(&str) -> Result<Name, Message>) -> Vec<Retention> {
    let (mut rules, mut named) = (Vec::new(), HashSet::new());
    for mut section in dataset.children("retention") {
        let keep = section.need("keep", Code::WriteKeep).and_then(|_| section.read("keep", Code::WriteKeep, keep));
        let rollup = rollup(&mut section, keep);
        let of = of(&mut section, columns, name);
        if let Some(of) = of.as_ref().filter(|_| rollup.is_some()) {
            check_rolled_up(&section, of, columns);
        }
        if let Some(of) = &of {
            for word in words(of).into_iter().filter(|word| !named.insert(word.clone())) {
                let (key, word) = if word.is_empty() { ("keep", None) } else { (key(of), Some(word)) };
                section.fault(key, word.as_deref(), Code::RetentionTwice, Code::DropOne);
            }
        }
        section.finish();
        rules.extend(of.zip(keep).map(|(of, keep)| Retention { of, keep, rollup }));
    }
    rules
}

/// What takes the place of values, and how long it is kept.
fn rollup(section: &mut Section<'_>, kept: Option<Keep>) -> Option<KeptRollup> {
    let length = section.word("rollup", &Rollup::ALL.map(|length| (length.word(), length)));
    let longer = |text: &str| {
        let longer = keep(text)?;
        let is_longer = kept.is_none_or(|kept| longer.about_seconds() > kept.about_seconds());
        if is_longer { Ok(longer) } else { Err(Code::KeepRollupShort.with("value", text)) }
    };
    let keep = section.read("keep_rollup", Code::WriteKeepRollup, longer);
    if length.is_none() && section.has("keep_rollup") && !section.has("rollup") {
        section.fault("keep_rollup", None, Code::KeepRollupAlone, Code::WriteRollup);
    }
    Some(KeptRollup { length: length?, keep })
}

/// Numbers that nobody needs to protect can be rolled up. What else the rest
/// has stays as it is; whoever names it should know.
fn check_rolled_up(section: &Section<'_>, of: &RetentionOf, columns: &[Column]) {
    match of {
        RetentionOf::Attributes(names) => {
            let is_fit = |column: &&Column| column.kind == ColumnKind::Measure && !column.class.is_enveloped();
            for column in columns.iter().filter(|column| names.contains(&column.attribute)).filter(|column| !is_fit(column)) {
                section.fault("attributes", Some(column.attribute.short()), Code::RollupNoMeasure, Code::DropRollup);
            }
        }
        RetentionOf::Classes(classes) => {
            for class in classes.iter().filter(|class| class.is_enveloped()) {
                section.fault("classes", Some(class.word()), Code::RollupPersonal, Code::DropRollup);
            }
        }
        RetentionOf::Rest => {}
    }
}

fn keep(text: &str) -> Result<Keep, Message> {
    let keep = Keep::parse(text).ok_or_else(|| Code::NoDuration.with("value", text))?;
    let is_short = keep.months == 0 && keep.days == 0 && keep.seconds < SECONDS_MIN;
    if is_short { Err(Code::KeepShort.with("value", text)) } else { Ok(keep) }
}

fn of(section: &mut Section<'_>, columns: &[Column], name: &dyn Fn(&str) -> Result<Name, Message>) -> Option<RetentionOf> {
    let (by_attribute, by_class) = (section.has("attributes"), section.has("classes"));
    let (terms, classes) = (section.texts("attributes"), section.texts("classes"));
    match (by_attribute, by_class) {
        (false, false) => Some(RetentionOf::Rest),
        (true, true) => {
            section.fault("classes", None, Code::RetentionBoth, Code::PartRetention);
            None
        }
        (true, false) => {
            let attribute = |term: &String| match name(term) {
                Ok(name) if columns.iter().any(|column| column.attribute == name) => Some(name),
                Ok(_) => {
                    section.fault("attributes", Some(term), Code::RetentionNoColumn, Code::NameColumnOfDataset);
                    None
                }
                Err(reason) => {
                    section.fault("attributes", Some(term), reason, Code::UseAttributeTerm);
                    None
                }
            };
            some(section, "attributes", terms.iter().map(attribute).collect()).map(RetentionOf::Attributes)
        }
        (false, true) => {
            let class = |word: &String| {
                let class = Class::from_word(word);
                if class.is_none() {
                    section.fault(
                        "classes",
                        Some(word),
                        Code::WordUnknown,
                        Code::UseOne.with("words", Class::ALL.map(Class::word).to_vec()),
                    );
                }
                class
            };
            some(section, "classes", classes.iter().map(class).collect()).map(RetentionOf::Classes)
        }
    }
}

/// All of a list that names something; a fault was noted where one is missing.
fn some<T>(section: &Section<'_>, key: &str, all: Option<Vec<T>>) -> Option<Vec<T>> {
    if all.as_ref().is_some_and(Vec::is_empty) {
        section.fault(key, None, Code::ListEmpty, Code::PartRetention);
    }
    all.filter(|all| !all.is_empty())
}

fn key(of: &RetentionOf) -> &'static str {
    match of {
        RetentionOf::Attributes(_) => "attributes",
        RetentionOf::Classes(_) => "classes",
        RetentionOf::Rest => "keep",
    }
}

/// What a rule names; nothing but one empty word where it is about the rest.
fn words(of: &RetentionOf) -> Vec<String> {
    match of {
        RetentionOf::Attributes(names) => names.iter().map(|name| name.iri().to_owned()).collect(),
        RetentionOf::Classes(classes) => classes.iter().map(|class| class.word().to_owned()).collect(),
        RetentionOf::Rest => vec![String::new()],
    }
}

//! A table of a definition while it is read: knows its path, remembers which
//! keys were asked for, and collects every fault instead of stopping at the first.

use std::cell::RefCell;

use model::Json;
use model::dataset::Texts;
use toml::{Table, Value};

use crate::issue::{Issue, nearest};
use crate::message::{Code, Message};

/// All faults found so far.
pub(super) type Faults = RefCell<Vec<Issue>>;

/// One table.
pub(super) struct Section<'a> {
    pub(super) path: String,
    table: &'a Table,
    known: Vec<&'static str>,
    faults: &'a Faults,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a Table, faults: &'a Faults) -> Self {
        Self { path: String::new(), table, known: Vec::new(), faults }
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Reports a fault at a key.
    pub(super) fn fault(&self, key: &str, value: Option<&str>, reason: impl Into<Message>, remedy: impl Into<Message>) {
        let mut issue = Issue::new("invalid", self.at(key), reason).remedy(remedy);
        issue.value = value.map(crate::issue::shorten);
        self.faults.borrow_mut().push(issue);
    }

    fn missing(&self, key: &str, remedy: Code) {
        self.faults.borrow_mut().push(Issue::new("missing", self.at(key), Code::KeyMissing).remedy(remedy));
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.table.get(key)
    }

    fn wrong_type(&self, key: &str, value: &Value, expected: impl Into<Message>) {
        self.fault(key, Some(&value.to_string()), Code::WrongKind.with("found", noun(value)), expected);
    }

    /// A sub-table.
    pub(super) fn child(&mut self, key: &'static str) -> Option<Section<'a>> {
        match self.take(key)? {
            Value::Table(table) => Some(Section { path: self.at(key), table, known: Vec::new(), faults: self.faults }),
            other => {
                self.wrong_type(key, other, Code::WriteTable.with("path", self.at(key)));
                None
            }
        }
    }

    /// Tables of a list `[[key]]`.
    pub(super) fn children(&mut self, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let Value::Array(items) = value else {
            self.wrong_type(key, value, Code::WriteTables.with("path", self.at(key)));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Table(table) => {
                    let path = format!("{}[{}]", self.at(key), index + 1);
                    sections.push(Section { path, table, known: Vec::new(), faults: self.faults });
                }
                other => self.wrong_type(key, other, Code::WriteTables.with("path", self.at(key))),
            }
        }
        sections
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
            Value::String(_) => {
                self.fault(key, Some(""), Code::TextEmpty, Code::WriteTextOrDrop);
                None
            }
            other => {
                self.wrong_type(key, other, Code::WriteText);
                None
            }
        }
    }

    /// A text that must be there.
    pub(super) fn need(&mut self, key: &'static str, remedy: Code) -> Option<String> {
        if !self.table.contains_key(key) {
            self.known.push(key);
            self.missing(key, remedy);
            return None;
        }
        self.text(key)
    }

    /// A text that may be empty.
    pub(super) fn raw_text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text.clone()),
            other => {
                self.wrong_type(key, other, Code::WriteText);
                None
            }
        }
    }

    /// A text read by `parse`; what it says is wrong becomes a fault.
    pub(super) fn read<T>(&mut self, key: &'static str, remedy: Code, parse: impl Fn(&str) -> Result<T, Message>) -> Option<T> {
        let text = self.raw_text(key)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.fault(key, Some(&text), reason, remedy);
                None
            }
        }
    }

    /// One of several words.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.raw_text(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let remedy = match nearest(&text, known.iter().copied()) {
                Some(near) => Code::UseOneNear.with("near", near),
                None => Code::UseOne.into(),
            };
            self.fault(key, Some(&text), Code::WordUnknown, remedy.with("words", known));
        }
        found
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        match self.take(key)? {
            Value::Boolean(flag) => Some(*flag),
            other => {
                self.wrong_type(key, other, Code::WriteFlag);
                None
            }
        }
    }

    /// A whole number from `at_least` on.
    pub(super) fn whole(&mut self, key: &'static str, at_least: i64) -> Option<u64> {
        match self.take(key)? {
            Value::Integer(number) if *number >= at_least => u64::try_from(*number).ok(),
            Value::Integer(number) => {
                self.fault(key, Some(&number.to_string()), Code::NumberSmall, Code::WriteAtLeast.with("min", at_least.to_string()));
                None
            }
            other => {
                self.wrong_type(key, other, Code::WriteWhole);
                None
            }
        }
    }

    /// A number.
    pub(super) fn number(&mut self, key: &'static str) -> Option<f64> {
        match self.take(key)? {
            Value::Integer(number) => number.to_string().parse().ok(),
            Value::Float(number) if number.is_finite() => Some(*number),
            other => {
                self.wrong_type(key, other, Code::WriteNumber);
                None
            }
        }
    }

    /// One text or a list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let items = match value {
            Value::String(_) => std::slice::from_ref(value),
            Value::Array(items) => items.as_slice(),
            other => {
                self.wrong_type(key, other, Code::WriteTexts);
                return Vec::new();
            }
        };
        let mut texts = Vec::new();
        for item in items {
            match item {
                Value::String(text) => texts.push(text.clone()),
                other => self.wrong_type(key, other, Code::WriteTexts),
            }
        }
        texts
    }

    /// A text in German, or `{ de = …, en = … }`.
    pub(super) fn languages(&mut self, key: &'static str) -> Option<Texts> {
        if let Some(Value::String(text)) = self.table.get(key) {
            self.known.push(key);
            return Some(Texts { de: text.as_str().into(), en: None });
        }
        let mut section = self.child(key)?;
        let de = section.need("de", Code::WriteGerman);
        let en = section.text("en");
        section.finish();
        Some(Texts { de: de?.as_str().into(), en: en.map(|text| text.as_str().into()) })
    }

    /// As [`Self::languages`], but it must be there.
    pub(super) fn need_languages(&mut self, key: &'static str) -> Texts {
        if !self.table.contains_key(key) {
            self.known.push(key);
            self.missing(key, Code::WriteLanguages);
            return Texts::default();
        }
        self.languages(key).unwrap_or_default()
    }

    /// Members of a table of texts.
    pub(super) fn pairs(&mut self, key: &'static str) -> Vec<(String, String)> {
        let Some(section) = self.child(key) else { return Vec::new() };
        let mut pairs = Vec::new();
        for (name, value) in section.table {
            match value {
                Value::String(text) => pairs.push((name.clone(), text.clone())),
                other => section.wrong_type(name, other, Code::WriteText),
            }
        }
        pairs
    }

    /// Members of a table of single values.
    pub(super) fn values(&mut self, key: &'static str) -> Vec<(String, Json)> {
        let Some(section) = self.child(key) else { return Vec::new() };
        section.table.iter().map(|(name, value)| (name.clone(), json_of(value))).collect()
    }

    /// Its members as single values, whatever they are called.
    pub(super) fn into_values(self) -> Vec<(String, Json)> {
        self.table.iter().map(|(name, value)| (name.clone(), json_of(value))).collect()
    }

    /// Whether a key holds a text.
    pub(super) fn is_text(&self, key: &str) -> bool {
        matches!(self.table.get(key), Some(Value::String(_)))
    }

    /// Any value.
    pub(super) fn any(&mut self, key: &'static str) -> Option<Json> {
        self.take(key).map(json_of)
    }

    /// Named sub-tables `[key.name]`.
    pub(super) fn named(&mut self, key: &'static str) -> Vec<(String, Section<'a>)> {
        let Some(section) = self.child(key) else { return Vec::new() };
        let mut all = Vec::new();
        for (name, value) in section.table {
            match value {
                Value::Table(table) => {
                    all.push((name.clone(), Section { path: section.at(name), table, known: Vec::new(), faults: self.faults }));
                }
                other => section.wrong_type(name, other, Code::WriteTable.with("path", section.at(name))),
            }
        }
        all
    }

    /// Whether a key is given.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Reports the keys nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.keys().filter(|key| !self.known.contains(&key.as_str())) {
            let remedy = match nearest(key, self.known.iter().copied()) {
                Some(near) => Code::MeanNear.with("near", near),
                None => Code::KnownKeys.with("keys", self.known.clone()),
            };
            self.faults.borrow_mut().push(Issue::new("unknown-key", self.at(key), Code::KeyUnknown).remedy(remedy));
        }
    }
}

fn noun(value: &Value) -> Code {
    match value {
        Value::String(_) => Code::NounText,
        Value::Integer(_) | Value::Float(_) => Code::NounNumber,
        Value::Boolean(_) => Code::NounBool,
        Value::Datetime(_) => Code::NounDate,
        Value::Array(_) => Code::NounList,
        Value::Table(_) => Code::NounTable,
    }
}

/// A TOML value as JSON; dates become texts.
pub(super) fn json_of(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::from(text.as_str()),
        Value::Integer(number) => Json::from(*number),
        Value::Float(number) => model::Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Boolean(flag) => Json::from(*flag),
        Value::Datetime(date) => Json::from(date.to_string().as_str()),
        Value::Array(items) => Json::Array(items.iter().map(json_of).collect()),
        Value::Table(table) => Json::Object(table.iter().map(|(name, value)| (name.as_str().into(), json_of(value))).collect()),
    }
}

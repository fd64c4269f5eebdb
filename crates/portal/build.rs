//! Turns `locales/{de,en}.json` into typed methods, so that a missing key, a
//! missing translation or a wrong placeholder stops the build and can never
//! be met at run time.
//!
//! A text without placeholders becomes `fn key(self) -> &'static str`, one
//! with `{name}` a method with arguments that returns `String`, an object
//! `{"one": …, "other": …}` a plural whose first argument is `n: u64`, a list
//! of texts `fn key(self) -> &'static [&'static str]`. Nested objects join
//! their keys with `_`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

enum Message {
    Text(String),
    Plural { one: String, other: String },
    List(Vec<String>),
}

type Messages = BTreeMap<String, Message>;

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=templates");
    // The pages embed this folder; a new build of it has new names.
    println!("cargo::rerun-if-changed=../../frontend/dist");
    let german = read(&root.join("locales/de.json"));
    let english = read(&root.join("locales/en.json"));
    for key in english.keys() {
        assert!(german.contains_key(key), "locales/en.json has `{key}`, locales/de.json has not");
    }
    let mut code = String::from("impl Texts {\n");
    for (key, de) in &german {
        let en = english.get(key).unwrap_or_else(|| panic!("locales/de.json has `{key}`, locales/en.json has not"));
        method(&mut code, key, de, en);
    }
    code.push_str("}\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("texts.rs"), code).expect("the build folder can be written");
}

fn read(path: &Path) -> Messages {
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut messages = Messages::new();
    collect(&json, "", &mut messages);
    messages
}

fn collect(value: &Value, key: &str, into: &mut Messages) {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("`{key}` must hold texts")).to_owned();
    let message = match value {
        Value::String(_) => Message::Text(text(value)),
        Value::Array(items) => Message::List(items.iter().map(text).collect()),
        Value::Object(members) if members.len() == 2 && members.contains_key("one") && members.contains_key("other") => {
            Message::Plural { one: text(&members["one"]), other: text(&members["other"]) }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let joined = if key.is_empty() { name.clone() } else { format!("{key}_{name}") };
                collect(member, &joined, into);
            }
            return;
        }
        _ => panic!("`{key}` must be a text, a list of texts or an object"),
    };
    assert!(into.insert(key.to_owned(), message).is_none(), "`{key}` stands twice");
}

/// The placeholders of a text in order, each once.
fn placeholders(key: &str, text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in text.split('{').skip(1) {
        let (name, _) = part.split_once('}').unwrap_or_else(|| panic!("`{key}` has a `{{` without `}}`"));
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names
}

fn method(code: &mut String, key: &str, de: &Message, en: &Message) {
    match (de, en) {
        (Message::Text(de), Message::Text(en)) => {
            let names = placeholders(key, de);
            assert_eq!(names, placeholders(key, en), "`{key}` has other placeholders in English");
            text_method(code, key, &names, de, en);
        }
        (Message::Plural { one, other }, Message::Plural { one: one_en, other: other_en }) => {
            plural_method(code, key, [one, other, one_en, other_en]);
        }
        (Message::List(de), Message::List(en)) => {
            assert_eq!(de.len(), en.len(), "`{key}` has another length in English");
            let _ = writeln!(
                code,
                "/// A list of {} texts.\n#[must_use] pub fn {key}(self) -> &'static [&'static str] {{ match self.language {{ Language::De => &{de:?}, Language::En => &{en:?} }} }}",
                de.len()
            );
        }
        _ => panic!("`{key}` is of another kind in English"),
    }
}

fn text_method(code: &mut String, key: &str, names: &[String], de: &str, en: &str) {
    let doc = de.replace('\n', " ");
    if names.is_empty() {
        let _ = writeln!(
            code,
            "/// {doc}\n#[must_use] pub fn {key}(self) -> &'static str {{ match self.language {{ Language::De => {de:?}, Language::En => {en:?} }} }}"
        );
        return;
    }
    let arguments: String = names.iter().map(|name| format!(", {name}: impl std::fmt::Display")).collect();
    let _ = writeln!(
        code,
        "/// {doc}\n#[must_use] pub fn {key}(self{arguments}) -> String {{ match self.language {{ Language::De => format!({de:?}), Language::En => format!({en:?}) }} }}"
    );
}

fn plural_method(code: &mut String, key: &str, texts: [&String; 4]) {
    let mut names: Vec<String> = texts.iter().flat_map(|text| placeholders(key, text)).filter(|name| name != "n").collect();
    names.sort();
    names.dedup();
    let arguments: String = names.iter().map(|name| format!(", {name}: impl std::fmt::Display")).collect();
    let arm = |text: &String| {
        // Not every form uses every argument; naming all keeps the signature one.
        let used = placeholders(key, text);
        let ignored: String = names.iter().filter(|name| !used.contains(name)).map(|name| format!("let _ = {name};")).collect();
        // A form without a number, such as „ein Fehler“, is written as it stands.
        let written = if used.is_empty() { format!("{text:?}.to_owned()") } else { format!("format!({text:?})") };
        format!("{{ {ignored} {written} }}")
    };
    let [one, other, one_en, other_en] = texts.map(arm);
    let _ = writeln!(
        code,
        "/// „{}“\n#[must_use] pub fn {key}(self, n: u64{arguments}) -> String {{ let many = n != 1; let n = crate::format::count(n, self.language); let _ = &n; match (self.language, many) {{ (Language::De, false) => {one}, (Language::De, true) => {other}, (Language::En, false) => {one_en}, (Language::En, true) => {other_en} }} }}",
        texts[1].replace('\n', " ")
    );
}

//! The message files: complete, and equal in both languages.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::localized;
use crate::messages::{Language, of};

/// The names in braces.
fn holes(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn both_languages_say_the_same_things() {
    let (german, english) = (of(Language::De), of(Language::En));
    assert_eq!(german.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
    for (key, text) in german {
        assert!(!text.trim().is_empty(), "{key}");
        assert_eq!(holes(text), holes(&english[key]), "{key}");
    }
}

#[test]
fn every_text_is_there_and_used() {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    let calls = texts.iter().flat_map(|text| text.split("say(").skip(1)).filter_map(|call| call.trim_start().strip_prefix('"'));
    let used: BTreeSet<String> = calls.map(|call| call.split('"').next().unwrap_or_default().to_owned()).collect();
    assert!(used.len() > 40, "the search works");
    let german = of(Language::De);
    for key in &used {
        assert!(german.contains_key(key), "`{key}` is said but not in the message files");
    }
    for key in german.keys() {
        let by_convention = ["cli", "config.", "column.", "fault."].iter().any(|start| key.starts_with(start));
        assert!(by_convention || used.contains(key), "`{key}` is in the message files but never said");
    }
}

/// The names in braces that the code fills in, where it says the key with a list of them.
fn filled_in(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let calls = text.split("say(").skip(1).filter_map(|call| call.trim_start().strip_prefix('"'));
    calls
        .filter_map(|call| {
            let (key, rest) = call.split_once('"')?;
            let list = within_brackets(rest.split_once("&[")?.1);
            let names = list.split("(\"").skip(1).filter_map(|part| Some(part.split_once('"')?.0.to_owned()));
            Some((key.to_owned(), names.collect()))
        })
        .collect()
}

/// What stands before the bracket that closes a list.
fn within_brackets(rest: &str) -> &str {
    let mut depth = 1;
    let end = rest.find(|c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        depth == 0
    });
    &rest[..end.unwrap_or(rest.len())]
}

fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
            texts.push(std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn every_hole_is_filled() {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    for (key, names) in texts.iter().flat_map(|text| filled_in(text)) {
        // The template's holes are the argument parser's.
        let Some(text) = of(Language::De).get(&key).filter(|_| key != "cli.template") else { continue };
        assert_eq!(holes(text).into_iter().map(ToOwned::to_owned).collect::<BTreeSet<_>>(), names, "{key}");
    }
}

#[test]
fn every_key_of_the_configuration_is_explained() {
    let explained: BTreeSet<&str> =
        of(Language::De).keys().filter_map(|key| key.strip_prefix("config.")).filter(|key| *key != "page").collect();
    let known: BTreeSet<&str> = crate::config::keys::KEYS.iter().map(|key| key.path).chain(crate::config::tenants::KEYS).collect();
    assert_eq!(explained, known);
}

/// The sentences of the crates below: code and English wording.
fn sentences(text: &str) -> Vec<(&str, &str)> {
    let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    own.split("Sentence::new(")
        .skip(1)
        .filter_map(|call| {
            let (code, rest) = call.trim_start().strip_prefix('"')?.split_once('"')?;
            let english = rest.trim_start_matches([',', ' ', '\n']).strip_prefix('"')?;
            Some((code, &english[..english.find('"')?]))
        })
        .collect()
}

#[test]
fn faults_from_below_have_words() {
    let (german, english) = (of(Language::De), of(Language::En));
    let mut texts = Vec::new();
    for below in ["store", "engine"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(below).join("src"), &mut texts);
    }
    let mut used = BTreeSet::new();
    for (code, wording) in texts.iter().flat_map(|text| sentences(text)) {
        let key = format!("fault.{code}");
        assert_eq!(english.get(&key).map(String::as_str), Some(wording), "{key}");
        assert!(german.contains_key(&key), "{key}");
        used.insert(key);
    }
    assert!(used.len() > 50, "the search works");
    let verbs = texts.iter().flat_map(|text| text.split("Error::io(\"").skip(1)).filter_map(|call| call.split('"').next());
    used.extend(verbs.map(|verb| format!("fault.verb.{verb}")));
    for key in &used {
        assert!(german.contains_key(key), "`{key}` has no words");
    }
    for key in german.keys().filter(|key| key.starts_with("fault.") && !key.starts_with("fault.noun.")) {
        assert!(used.contains(key), "`{key}` has words but is never said");
    }
}

fn walk(command: &clap::Command, path: &str) {
    assert!(command.get_about().is_some_and(|about| about.to_string() != "?"), "`{path}` has no text");
    for argument in command.get_arguments() {
        assert!(argument.get_help().is_some_and(|help| help.to_string() != "?"), "`{path} {}` has no text", argument.get_id());
    }
    for sub in command.get_subcommands() {
        walk(sub, &format!("{path} {}", sub.get_name()));
    }
}

#[test]
fn every_command_and_argument_is_explained() {
    let command = localized();
    walk(&command, "allmende");
    command.debug_assert();
}

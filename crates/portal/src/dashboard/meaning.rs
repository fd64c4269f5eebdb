//! What the values of a tile mean, changed without writing a definition by
//! hand. What stands in the tile besides stays as it is written.

use model::dataset::Texts;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use super::{Level, Threshold};

/// What a tile asks, and what its values mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Meaning {
    /// What people ask.
    pub(crate) question: Texts,
    /// What values mean, lowest first.
    pub(crate) levels: Vec<Level>,
    /// The value that a rule sets.
    pub(crate) threshold: Option<Threshold>,
}

/// The definition with another meaning of the tile at a place; what is the
/// same as before stays as it is written, comments too. `None` when there is
/// no such tile.
pub(crate) fn with_meaning(text: &str, at: usize, before: &Meaning, meaning: &Meaning) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let tile = document.get_mut("tile")?.as_array_of_tables_mut()?.get_mut(at)?;
    if meaning.question != before.question {
        tile.insert("question", texts(&meaning.question));
    }
    if meaning.levels != before.levels {
        tile.remove("level");
        if !meaning.levels.is_empty() {
            let levels: ArrayOfTables = meaning.levels.iter().map(level).collect();
            tile.insert("level", Item::ArrayOfTables(levels));
        }
    }
    if meaning.threshold != before.threshold {
        tile.remove("threshold");
        if let Some(rule) = &meaning.threshold {
            tile.insert("threshold", Item::Table(threshold(rule)));
        }
    }
    Some(document.to_string())
}

fn texts(both: &Texts) -> Item {
    let mut inline = InlineTable::new();
    inline.insert("de", (&*both.de).into());
    if let Some(en) = &both.en {
        inline.insert("en", (&**en).into());
    }
    value(inline)
}

fn level(one: &Level) -> Table {
    let mut table = Table::new();
    if let Some(upto) = one.upto {
        table.insert("upto", value(upto));
    }
    table.insert("tone", value(one.tone.word()));
    table.insert("text", texts(&one.text));
    table
}

fn threshold(rule: &Threshold) -> Table {
    let mut table = Table::new();
    table.insert("text", texts(&rule.text));
    table.insert("source", value(&rule.source));
    if let Some(url) = &rule.url {
        table.insert("url", value(url));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dashboard;
    use crate::parts::Tone;

    const TEXT: &str = r#"# Unser Dashboard
[dashboard]
slug = "heute"
title = { de = "Heute" }
summary = { de = "Was ist?" }

[[tile]]
id = "a"
question = { de = "Ist die Luft gut?" } # so fragen alle
dataset = "luft"
attribute = "no2"
take = "highest"
stale_after = "2h"
sentence = { de = "{place}" }
level = [{ upto = 20, tone = "success", text = { de = "Ja" } }, { tone = "warning", text = { de = "Nein" } }]

# Die zweite
[[tile]]
id = "b"
question = { de = "Wie warm ist es?" }
dataset = "wetter"
attribute = "temperature"
take = "mean"
stale_after = "2h"
sentence = { de = "{place}" }

[[tile.level]]
tone = "info"
text = { de = "Immer" }

[tile.threshold]
text = { de = "Erlaubt sind 200." }
source = "39. BImSchV"
"#;

    fn both(de: &str, en: Option<&str>) -> Texts {
        Texts { de: de.into(), en: en.map(Into::into) }
    }

    fn read(text: &str) -> Dashboard {
        Dashboard::parse(text).unwrap_or_else(|faults| panic!("{faults:?} in\n{text}"))
    }

    #[test]
    fn one_tile_gets_another_meaning_and_the_rest_stays_as_it_is_written() {
        let before = read(TEXT);
        let level = |upto, tone, word| Level { upto, tone, text: both(word, Some("\"so\"")) };
        let meaning = Meaning {
            question: both("Ist die Luft \"rein\"?", None),
            levels: vec![
                level(Some(12.5), Tone::Success, "Ja\\"),
                level(Some(40.0), Tone::Info, "Na ja"),
                level(None, Tone::Danger, "Nein"),
            ],
            threshold: Some(Threshold { text: both("Zwei\nZeilen", None), source: "EU".into(), url: Some("https://a.example/".into()) }),
        };
        let text = with_meaning(TEXT, 0, &before.tiles[0].meaning(), &meaning).expect("there is one");
        let after = read(&text);
        assert_eq!((after.tiles[0].meaning(), &after.tiles[1]), (meaning, &before.tiles[1]), "{text}");
        assert!(text.starts_with("# Unser Dashboard\n") && text.contains("# Die zweite\n[[tile]]\nid = \"b\""), "{text}");
        // The one behind keeps its own when it changes, and loses it when that is wanted.
        let none = Meaning { levels: Vec::new(), threshold: None, ..after.tiles[1].meaning() };
        let bare = with_meaning(&text, 1, &after.tiles[1].meaning(), &none).expect("there is one");
        let bare = read(&bare);
        assert_eq!((&bare.tiles[0], bare.tiles[1].meaning()), (&after.tiles[0], none));
    }

    #[test]
    fn the_same_meaning_is_the_same_text() {
        let tiles = read(TEXT).tiles;
        for (at, tile) in tiles.iter().enumerate() {
            assert_eq!(with_meaning(TEXT, at, &tile.meaning(), &tile.meaning()).as_deref(), Some(TEXT));
        }
        assert_eq!(with_meaning(TEXT, 2, &tiles[0].meaning(), &tiles[0].meaning()), None);
    }
}

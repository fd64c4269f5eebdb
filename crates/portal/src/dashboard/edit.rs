//! Changing the definition of a dashboard without writing it by hand. What
//! stands in it besides stays as it is written, comments too.

use toml::Value;

use super::Take;

/// What a line of a definition begins a tile with.
const TILE: &str = "[[tile]]";

/// A tile as a form asks for it: a question, and the number that answers it.
pub(crate) struct NewTile<'a> {
    /// Its name in addresses.
    pub(crate) id: &'a str,
    /// The question.
    pub(crate) question: &'a str,
    /// The dataset's name in addresses.
    pub(crate) dataset: &'a str,
    /// The column's name.
    pub(crate) attribute: &'a str,
    /// Which number of several.
    pub(crate) take: Take,
    /// After how many hours a value is old.
    pub(crate) stale_hours: i64,
    /// The sentence of the answer in German and English.
    pub(crate) sentence: [String; 2],
}

impl Take {
    /// Every way, as a form offers them.
    pub(crate) const ALL: [Self; 4] = [Self::Highest, Self::Lowest, Self::Sum, Self::Mean];

    /// The word in definitions.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Highest => "highest",
            Self::Lowest => "lowest",
            Self::Sum => "sum",
            Self::Mean => "mean",
        }
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The head of a new dashboard, closed; it still needs a tile.
pub(crate) fn begun(slug: &str, title: &str, summary: &str) -> String {
    let (slug, title, summary) = (quoted(slug), quoted(title), quoted(summary));
    format!("[dashboard]\nslug = {slug}\ntitle = {{ de = {title} }}\nsummary = {{ de = {summary} }}\npublished = false\n")
}

/// With one more tile at the end.
pub(crate) fn with_tile(text: &str, tile: &NewTile<'_>) -> String {
    let [de, en] = tile.sentence.each_ref().map(|text| quoted(text));
    format!(
        "{}\n\n{TILE}\nid = {}\nquestion = {{ de = {} }}\ndataset = {}\nattribute = {}\ntake = {}\nstale_after = \"{}h\"\nlist = 3\nsentence = {{ de = {de}, en = {en} }}\n",
        text.trim_end(),
        quoted(tile.id),
        quoted(tile.question),
        quoted(tile.dataset),
        quoted(tile.attribute),
        quoted(tile.take.word()),
        tile.stale_hours,
    )
}

/// Open for everybody, or closed.
pub(crate) fn with_published(text: &str, published: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with('[') {
            inside = bare == "[dashboard]";
        }
        let is_it = inside && bare.split('=').next().is_some_and(|key| key.trim() == "published");
        if !is_it {
            lines.push(line.to_owned());
        }
        if bare == "[dashboard]" {
            lines.push(format!("published = {published}"));
        }
    }
    lines.join("\n") + "\n"
}

/// Without the tile at a place.
pub(crate) fn without(text: &str, at: usize) -> String {
    let (head, mut tiles) = parts(text);
    if at < tiles.len() {
        tiles.remove(at);
    }
    head + &tiles.concat()
}

/// With the tile at a place one place earlier.
pub(crate) fn raised(text: &str, at: usize) -> String {
    let (head, mut tiles) = parts(text);
    if (1..tiles.len()).contains(&at) {
        tiles.swap(at - 1, at);
    }
    head + &tiles.concat()
}

/// What stands before the first tile, and the tiles.
fn parts(text: &str) -> (String, Vec<String>) {
    let (mut head, mut tiles) = (String::new(), Vec::<String>::new());
    for line in text.lines() {
        if line.trim() == TILE {
            tiles.push(String::new());
        }
        let part = tiles.last_mut().unwrap_or(&mut head);
        part.push_str(line);
        part.push('\n');
    }
    (head, tiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dashboard;

    fn tile<'a>(id: &'a str, question: &'a str) -> NewTile<'a> {
        let sentence = ["{place}".to_owned(), "{place}".to_owned()];
        NewTile { id, question, dataset: "luft", attribute: "no2", take: Take::Mean, stale_hours: 24, sentence }
    }

    fn ids(text: &str) -> Vec<String> {
        Dashboard::parse(text).expect("it reads").tiles.into_iter().map(|tile| tile.id).collect()
    }

    #[test]
    fn tiles_come_move_and_go_and_comments_stay() {
        let text = format!("# Unser Dashboard\n{}", begun("heute", "Heute \"jetzt\"\\", "Was\nist?"));
        let text = with_tile(&with_tile(&text, &tile("a", "Ist '''die''' Luft \"gut\"?")), &tile("b", "[[tile]]"));
        let read = Dashboard::parse(&text).expect("it reads");
        assert_eq!((&*read.title.de, &*read.tiles[0].question.de), ("Heute \"jetzt\"\\", "Ist '''die''' Luft \"gut\"?"));
        assert_eq!(
            (ids(&text), ids(&raised(&text, 1)), ids(&raised(&text, 0))),
            (vec!["a".into(), "b".into()], vec!["b".into(), "a".into()], vec!["a".into(), "b".into()])
        );
        assert_eq!((ids(&without(&text, 0)), ids(&without(&text, 9)).len()), (vec!["b".into()], 2));
        assert!(raised(&text, 1).starts_with("# Unser Dashboard\n"));
    }

    #[test]
    fn the_switch_is_turned_wherever_it_stood() {
        let text = with_tile(&begun("heute", "Heute", "Was ist?"), &tile("a", "Luft?"));
        let open = with_published(&text, true);
        assert!(Dashboard::parse(&open).expect("it reads").published);
        assert!(!Dashboard::parse(&with_published(&open, false)).expect("it reads").published);
        assert!(Dashboard::parse(&with_published(&text.replace("published = false\n", ""), true)).expect("it reads").published);
    }
}

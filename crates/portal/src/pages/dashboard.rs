//! Dashboards: the overview, one of them, one tile large, what other pages
//! embed, and the screen on a wall.

use askama::Template;
use askama::filters::HtmlSafe;
use model::Instant;

use crate::format;
use crate::frame::Frame;
use crate::messages::{Language, Texts};
use crate::parts::{Alert, Badge, Crumbs, Moment, Phrase, Snippet};

impl HtmlSafe for TileAnswer {}
impl HtmlSafe for LiveLine {}

/// What a tile says: the part of it that live values replace.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "dashboard/answer.html")]
pub struct TileAnswer {
    /// The texts of the language.
    pub texts: Texts,
    /// The number; `None` when there is none.
    pub value: Option<String>,
    /// Its unit; empty when it has none.
    pub unit: String,
    /// What it means in a word, or that it is old.
    pub badge: Option<Badge>,
    /// The answer in a sentence.
    pub sentence: Phrase,
    /// Several things with their values, for comparison.
    pub list: Vec<Listed>,
    /// When it was observed, with its age.
    pub at: Option<Moment>,
    /// What is worth saying to who cannot see it; spoken when it changes.
    pub say: String,
}

/// A thing with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Phrase,
    /// Its value with its unit.
    pub value: String,
}

impl TileAnswer {
    /// A tile without a value, and why.
    #[must_use]
    pub fn missing(texts: Texts, why: &str) -> Self {
        Self {
            texts,
            value: None,
            unit: String::new(),
            badge: None,
            sentence: Phrase::plain(why),
            list: Vec::new(),
            at: None,
            say: String::new(),
        }
    }
}

/// A tile with everything around its answer.
#[derive(Debug, Clone)]
pub struct TileView {
    /// Its id.
    pub id: String,
    /// The question.
    pub question: Phrase,
    /// The answer.
    pub answer: TileAnswer,
    /// What a rule says of such values: text, source, address of the source.
    pub threshold: Option<(Phrase, Phrase, Option<String>)>,
    /// The dataset behind it: title and address.
    pub dataset: Option<(Phrase, String)>,
    /// Who gave the data, as the licence asks for it.
    pub source: Option<Phrase>,
    /// The page of this tile alone.
    pub href: String,
}

/// The time on a screen: `14:05 Uhr`.
pub struct Stand(String);

impl Stand {
    /// Of an instant.
    #[must_use]
    pub fn at(now: Instant, language: Language) -> Self {
        Self(format::moment_long(now, language))
    }
}

impl std::fmt::Display for Stand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The line that says whether values come by themselves, with the button that stops them.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "dashboard/live.html")]
pub struct LiveLine {
    /// The texts of the language.
    pub texts: Texts,
    /// Address of the stream.
    pub stream: String,
    /// When the page was made.
    pub now: String,
}

/// `/dashboards`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/list.html")]
pub struct ListPage {
    /// The frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Title, summary and address of each.
    pub dashboards: Vec<(Phrase, Phrase, String)>,
}

/// `/dashboards/{slug}`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/page.html")]
pub struct DashboardPage {
    /// The frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// Its title.
    pub title: Phrase,
    /// What it tells.
    pub summary: Phrase,
    /// A remark.
    pub notice: Option<Alert>,
    /// Whether values come by themselves.
    pub live: LiveLine,
    /// Its tiles.
    pub tiles: Vec<TileView>,
    /// The screen for a wall.
    pub wall: String,
    /// The code that embeds it.
    pub embed: Snippet,
}

/// `/dashboards/{slug}/kachel/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/tile.html")]
pub struct TilePage {
    /// The frame.
    pub frame: Frame,
    /// The way here.
    pub crumbs: Crumbs,
    /// A remark.
    pub notice: Option<Alert>,
    /// Whether values come by themselves.
    pub live: LiveLine,
    /// The tile.
    pub tile: TileView,
    /// The code that embeds it.
    pub embed: Snippet,
}

/// `/einbetten/…`: tiles inside another page.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/embedded.html")]
pub struct EmbeddedPage {
    /// The frame, of which only texts, language and files are used.
    pub frame: Frame,
    /// What it is called.
    pub title: Phrase,
    /// A remark.
    pub notice: Option<Phrase>,
    /// Whether values come by themselves.
    pub live: LiveLine,
    /// Its tiles.
    pub tiles: Vec<TileView>,
    /// The page it is a part of.
    pub home: String,
}

/// `/anzeige/{slug}`: a screen on a wall.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/wall.html")]
pub struct WallPage {
    /// The frame, of which only texts, language and files are used.
    pub frame: Frame,
    /// What it is called.
    pub title: Phrase,
    /// A remark.
    pub notice: Option<Phrase>,
    /// Whether values come by themselves.
    pub live: LiveLine,
    /// Its tiles.
    pub tiles: Vec<TileView>,
}

//! Start page.

use std::collections::BTreeMap;

use axum::response::Response;
use engine::Hit;
use model::Dataset;

use super::{dashboard, search};
use crate::ask::{Ask, Trouble};
use crate::frame::{Frame, Section};
use crate::pages::entry::{Question, StartPage, Topic};
use crate::parts::Phrase;
use crate::{format, reading, vocabulary};

const NEWEST: usize = 5;
const EXAMPLES: usize = 5;

/// `GET /`
pub(crate) async fn start(ask: Ask) -> Response {
    let answer = start_page(&ask).await;
    ask.answer(answer)
}

async fn start_page(ask: &Ask) -> Result<Response, Trouble> {
    let found = ask.access.search("")?;
    let t = ask.t();
    let mut newest: Vec<&Hit> = found.hits.iter().collect();
    newest.sort_by_key(|hit| std::cmp::Reverse(hit.freshness.modified));
    let page = StartPage {
        frame: Frame { searchable: false, ..ask.frame(Section::Other) },
        dashboards: dashboard::cards(ask)?,
        questions: questions(ask, &found.hits),
        topics: topics(ask, &found.hits),
        newest: newest.iter().take(NEWEST).map(|hit| search::hit(ask, hit, &found.marks)).collect(),
        count: t.count_datasets(found.hits.len() as u64),
        examples: examples(ask, &found.hits),
    };
    Ok(ask.page(&page))
}

/// The first keywords of different datasets: words that certainly find something.
fn examples(ask: &Ask, hits: &[Hit]) -> Vec<(String, String)> {
    let mut words: Vec<&str> = Vec::new();
    for word in hits.iter().filter_map(|hit| hit.dataset.keywords.first()) {
        if words.len() < EXAMPLES && !words.contains(&word.as_str()) {
            words.push(word);
        }
    }
    words.into_iter().map(|word| (word.to_owned(), search::address_of(ask, word))).collect()
}

/// Each everyday question once, answered by the dataset with the newest values; played ones stand back.
fn questions(ask: &Ask, hits: &[Hit]) -> Vec<Question> {
    let rank = |hit: &Hit| (!vocabulary::is_played(&hit.dataset), hit.freshness.newest);
    let mut answering: Vec<(&str, &Hit)> = Vec::new();
    for hit in hits {
        let Some(text) = vocabulary::question(&hit.dataset, ask.t()) else { continue };
        match answering.iter_mut().find(|(known, _)| *known == text) {
            Some((_, other)) if rank(other) < rank(hit) => *other = hit,
            Some(_) => {}
            None => answering.push((text, hit)),
        }
    }
    answering.into_iter().map(|(text, hit)| question(ask, text, &hit.dataset)).collect()
}

/// A question with the newest value of the dataset's first measure, when there
/// is just one thing it could be about.
fn question(ask: &Ask, text: &str, dataset: &Dataset) -> Question {
    let t = ask.t();
    let answer = || {
        // What was played now did not happen now.
        if vocabulary::is_played(dataset) {
            return None;
        }
        let column = dataset.measures().next()?;
        let views = ask.access.entities_of(dataset, 2).ok()?;
        let [only] = views.as_slice() else { return None };
        let value = reading::current(only.entity(), column, t)?;
        let at = only.entity().attribute(column.attribute)?.observed_at?;
        Some(t.question_answer(value, format::date_long(at, ask.language)))
    };
    Question { text: Phrase::plain(text), answer: answer(), href: ask.href(&format!("/datensaetze/{}", dataset.slug)) }
}

/// The topics that have datasets, in the order of the list.
fn topics(ask: &Ask, hits: &[Hit]) -> Vec<Topic> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for theme in hits.iter().flat_map(|hit| &hit.dataset.themes) {
        *counts.entry(theme).or_default() += 1;
    }
    let t = ask.t();
    vocabulary::THEMES
        .into_iter()
        .filter_map(|(code, word)| {
            let count = *counts.get(code)?;
            Some(Topic {
                name: vocabulary::theme(code, t)?.to_owned(),
                count: t.count_datasets(count),
                href: ask.href(&format!("/datensaetze?thema={word}")),
            })
        })
        .collect()
}

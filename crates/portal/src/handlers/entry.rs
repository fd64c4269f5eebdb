//! Start page, list of datasets, search.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use model::Dataset;

use crate::ask::{Ask, Trouble};
use crate::frame::{Frame, Section};
use crate::pages::entry::{Hit, ListPage, Question, StartPage, Topic};
use crate::parts::{Badge, Choice, Crumbs, Moment, Pagination, Phrase, Tone};
use crate::{format, reading, vocabulary};

const HITS_PER_PAGE: usize = 20;
const NEWEST: usize = 5;

/// `GET /`
pub(crate) async fn start(ask: Ask) -> Response {
    let answer = start_page(&ask).await;
    ask.answer(answer)
}

async fn start_page(ask: &Ask) -> Result<Response, Trouble> {
    let datasets = ask.access.datasets()?;
    let t = ask.t();
    let mut newest = Vec::new();
    for dataset in &datasets {
        let changed = ask.access.statistics(dataset).await?.modified_at;
        newest.push((changed, Arc::clone(dataset)));
    }
    newest.sort_by_key(|(changed, _)| std::cmp::Reverse(*changed));
    let mut hits = Vec::new();
    for (_, dataset) in newest.iter().take(NEWEST) {
        hits.push(hit(ask, dataset).await?);
    }
    let page = StartPage {
        frame: Frame { searchable: false, ..ask.frame(Section::Other) },
        questions: datasets.iter().filter_map(|dataset| question(ask, dataset)).collect(),
        topics: topics(ask, &datasets),
        newest: hits,
        count: t.count_datasets(datasets.len() as u64),
    };
    Ok(ask.page(&page))
}

/// The question a dataset answers, with the newest value of its first measure
/// when there is just one thing it could be about.
fn question(ask: &Ask, dataset: &Dataset) -> Option<Question> {
    let t = ask.t();
    let text = vocabulary::question(dataset, t)?;
    let answer = || {
        let column = dataset.measures().next()?;
        let views = ask.access.entities_of(dataset, 2).ok()?;
        let [only] = views.as_slice() else { return None };
        let value = reading::current(only.entity(), column, t)?;
        let at = only.entity().attribute(column.attribute)?.observed_at?;
        Some(t.question_answer(value, format::date_long(at, ask.language)))
    };
    Some(Question { text: Phrase::plain(text), answer: answer(), href: ask.href(&format!("/datensaetze/{}", dataset.slug)) })
}

fn topics(ask: &Ask, datasets: &[Arc<Dataset>]) -> Vec<Topic> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for theme in datasets.iter().flat_map(|dataset| &dataset.themes) {
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

/// A dataset as a hit.
async fn hit(ask: &Ask, dataset: &Dataset) -> Result<Hit, Trouble> {
    let (t, language) = (ask.t(), ask.language);
    let statistics = ask.access.statistics(dataset).await?;
    let mut badges = Vec::new();
    if !dataset.published {
        badges.push(Badge::new(Tone::Warning, t.badge_draft()));
    }
    badges.extend(super::dataset::freshness(ask, dataset, statistics.period));
    Ok(Hit {
        title: Phrase::of(&dataset.title, language),
        summary: Phrase::of(&dataset.summary, language),
        href: ask.href(&format!("/datensaetze/{}", dataset.slug)),
        publisher: Phrase::german(&dataset.publisher.name, language),
        licence: vocabulary::licence(&dataset.licence, t).short.to_owned(),
        changed: statistics.modified_at.map(|at| Moment::date(at, language)),
        badges,
    })
}

/// `GET /datensaetze`
pub(crate) async fn list(ask: Ask) -> Response {
    let answer = list_page(&ask, None).await;
    ask.answer(answer)
}

/// `GET /suche?q=…`
pub(crate) async fn search(ask: Ask) -> Response {
    let q: String = ask.param("q").unwrap_or("").chars().take(200).collect();
    let answer = list_page(&ask, Some(q)).await;
    ask.answer(answer)
}

async fn list_page(ask: &Ask, q: Option<String>) -> Result<Response, Trouble> {
    let t = ask.t();
    let all = ask.access.datasets()?;
    let found: Vec<Arc<Dataset>> = match q.as_deref() {
        Some(text) if !text.is_empty() => ask.access.search(text)?.hits.into_iter().map(|hit| hit.dataset).collect(),
        _ => all.clone(),
    };
    let filter = Filter::of(ask);
    let fitting: Vec<Arc<Dataset>> = found.into_iter().filter(|dataset| filter.fits(dataset)).collect();
    let number = ask.page_number()?;
    let pages = Pagination::pages_for(fitting.len() as u64, HITS_PER_PAGE as u64);
    if number > pages {
        return Err(Trouble::NotFound);
    }
    let from = usize::try_from(number - 1).unwrap_or(0) * HITS_PER_PAGE;
    let mut hits = Vec::new();
    for dataset in fitting.iter().skip(from).take(HITS_PER_PAGE) {
        hits.push(hit(ask, dataset).await?);
    }
    let count = fitting.len() as u64;
    let is_search = q.is_some();
    let q = q.unwrap_or_default();
    let is_filtered = is_search || !ask.query.is_empty();
    let page = ListPage {
        frame: Frame { indexed: !is_filtered, searchable: !is_search, ..ask.frame(Section::Data) },
        crumbs: Crumbs {
            texts: t,
            above: vec![(Phrase::plain(t.nav_home()), ask.href("/"))],
            here: Phrase::plain(if is_search { t.search_title() } else { t.list_title() }),
        },
        is_search,
        topics: filter.topic_choices(ask, &all),
        publishers: filter.publisher_choices(ask, &all),
        count: if is_search { t.count_hits(count) } else { t.count_datasets(count) },
        suggestions: if hits.is_empty() { suggestions(ask, &all) } else { Vec::new() },
        active: filter.active(ask, &q),
        pagination: (pages > 1).then(|| Pagination {
            texts: t,
            page: number,
            pages,
            base: format!("{}seite=", filter.address(ask, &q, true, true)),
        }),
        q,
        hits,
    };
    Ok(ask.page(&page))
}

/// Words that lead somewhere: keywords of what there is.
fn suggestions(ask: &Ask, all: &[Arc<Dataset>]) -> Vec<(String, String)> {
    let words = all.iter().filter_map(|dataset| dataset.keywords.first());
    words.take(6).map(|word| (word.to_string(), ask.href(&format!("/suche?q={}", web::params::encode(word))))).collect()
}

/// What a list is narrowed to.
struct Filter {
    theme: Option<(&'static str, &'static str)>,
    publisher: Option<String>,
}

impl Filter {
    fn of(ask: &Ask) -> Self {
        let theme = ask.param("thema").and_then(|word| vocabulary::THEMES.into_iter().find(|(_, known)| *known == word));
        Self { theme, publisher: ask.param("anbieter").map(str::to_owned) }
    }

    fn fits(&self, dataset: &Dataset) -> bool {
        self.theme.is_none_or(|(code, _)| dataset.themes.iter().any(|theme| theme == code))
            && self.publisher.as_ref().is_none_or(|name| dataset.publisher.name == name.as_str())
    }

    fn topic_choices(&self, ask: &Ask, all: &[Arc<Dataset>]) -> Vec<Choice> {
        let t = ask.t();
        let chosen = self.theme.map(|(_, word)| word);
        let mut choices = vec![Choice { value: String::new(), text: t.list_all_topics().to_owned(), chosen: chosen.is_none() }];
        let used =
            vocabulary::THEMES.into_iter().filter(|(code, _)| all.iter().any(|dataset| dataset.themes.iter().any(|theme| theme == code)));
        choices.extend(used.filter_map(|(code, word)| {
            Some(Choice { value: word.to_owned(), text: vocabulary::theme(code, t)?.to_owned(), chosen: chosen == Some(word) })
        }));
        choices
    }

    fn publisher_choices(&self, ask: &Ask, all: &[Arc<Dataset>]) -> Vec<Choice> {
        let mut names: Vec<&str> = all.iter().map(|dataset| dataset.publisher.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let first = Choice { value: String::new(), text: ask.t().list_all_publishers().to_owned(), chosen: self.publisher.is_none() };
        let choice = |name: &str| Choice { value: name.to_owned(), text: name.to_owned(), chosen: self.publisher.as_deref() == Some(name) };
        std::iter::once(first).chain(names.into_iter().map(choice)).collect()
    }

    /// The address of this list with or without its filters; ends in `?` or `&`.
    fn address(&self, ask: &Ask, q: &str, with_theme: bool, with_publisher: bool) -> String {
        let mut address = format!("{}?", ask.href(&ask.path));
        let mut add = |name: &str, value: &str| address.push_str(&format!("{name}={}&", web::params::encode(value)));
        if !q.is_empty() {
            add("q", q);
        }
        if let Some((_, word)) = self.theme.filter(|_| with_theme) {
            add("thema", word);
        }
        if let Some(name) = self.publisher.as_deref().filter(|_| with_publisher) {
            add("anbieter", name);
        }
        address
    }

    /// The filters in force with the addresses that take them away.
    fn active(&self, ask: &Ask, q: &str) -> Vec<(String, String)> {
        let bare = |address: String| address.trim_end_matches(['?', '&']).to_owned();
        let theme = self.theme.and_then(|(code, _)| vocabulary::theme(code, ask.t()));
        let mut active: Vec<(String, String)> =
            theme.into_iter().map(|name| (name.to_owned(), bare(self.address(ask, q, false, true)))).collect();
        active.extend(self.publisher.clone().map(|name| (name, bare(self.address(ask, q, true, false)))));
        active
    }
}

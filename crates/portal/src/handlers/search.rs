//! The list of datasets and the search, for people and for programs. Both are
//! one: a list is a search that asks for nothing.

mod machine;
mod remarks;

use axum::response::Response;
use engine::{Found, Hit, Marks};
use model::dataset::Texts as Translated;

use crate::ask::{Ask, Trouble};
use crate::facets::{Chosen, Counts, Facet, Value};
use crate::format;
use crate::frame::{Frame, Section};
use crate::pages::entry::{self as page, FacetChoice, FacetChoices, ListPage, WaysOn};
use crate::parts::{Badge, Crumbs, Marked, Moment, Pagination, Phrase, Tone};
use crate::vocabulary;

pub(crate) use machine::json;

const HITS_PER_PAGE: usize = 20;
/// Values of a facet shown at once, and in all.
const VALUES_FIRST: usize = 8;
const VALUES_MAX: usize = 100;
const POPULAR: usize = 5;
/// Longer questions are pasted texts.
const QUESTION_CHARS_MAX: usize = 200;

/// What an address asks for, and the answer.
struct Searched {
    q: String,
    chosen: Chosen,
    found: Found,
    /// The hits that fit what is chosen.
    hits: Vec<Hit>,
    counts: Counts,
}

impl Searched {
    fn of(ask: &Ask, is_search: bool) -> Result<Self, Trouble> {
        let q: String = ask.param("q").filter(|_| is_search).unwrap_or("").chars().take(QUESTION_CHARS_MAX).collect();
        let chosen = Chosen::of(&ask.params);
        let mut found = ask.access.search(&q)?;
        let (hits, counts) = ask.state.facets().narrow(ask.tenant(), std::mem::take(&mut found.hits), &chosen, ask.now());
        Ok(Self { q, chosen, found, hits, counts })
    }

    /// The address of this list without one of its filters.
    fn address(&self, ask: &Ask, without: Option<(Facet, &str)>) -> String {
        let query = self.chosen.query(&self.q, without);
        format!("{}?{query}", ask.href(&ask.path)).trim_end_matches(['?', '&']).to_owned()
    }

    /// The filters in force with the addresses that take them away.
    fn active(&self, ask: &Ask) -> Vec<(String, String)> {
        let t = ask.t();
        let one = |(facet, value): (Facet, &str)| {
            (format!("{}: {}", facet.label(t), facet.value_label(value, t)), self.address(ask, Some((facet, value))))
        };
        self.chosen.iter().map(one).collect()
    }

    fn facets(&self, ask: &Ask) -> Vec<FacetChoices> {
        let t = ask.t();
        let of_facet = |(facet, values): (Facet, &Vec<Value>)| {
            let choice = |value: &Value| FacetChoice {
                text: facet.value_label(&value.value, t),
                count: format::count(value.count, ask.language),
                chosen: self.chosen.has(facet, &value.value),
                value: value.value.clone(),
            };
            let all = values.iter().take(VALUES_MAX).map(choice).enumerate();
            let (first, more): (Vec<_>, Vec<_>) = all.partition(|(at, choice)| *at < VALUES_FIRST || choice.chosen);
            let bare = |choices: Vec<(usize, FacetChoice)>| choices.into_iter().map(|(_, choice)| choice).collect::<Vec<_>>();
            let more_count = t.list_more_values(more.len() as u64);
            FacetChoices { name: facet.label(t), param: facet.param(), first: bare(first), more: bare(more), more_count }
        };
        let all = Facet::ALL.into_iter().zip(&self.counts).map(of_facet);
        all.filter(|facet| !facet.first.is_empty()).collect()
    }
}

/// `GET /datensaetze`
pub(crate) async fn list(ask: Ask) -> Response {
    ask.answer(list_page(&ask, false))
}

/// `GET /suche?q=…`
pub(crate) async fn show(ask: Ask) -> Response {
    ask.answer(list_page(&ask, true))
}

fn list_page(ask: &Ask, is_search: bool) -> Result<Response, Trouble> {
    let t = ask.t();
    let searched = Searched::of(ask, is_search)?;
    let number = ask.page_number()?;
    let pages = Pagination::pages_for(searched.hits.len() as u64, HITS_PER_PAGE as u64);
    if number > pages {
        return Err(Trouble::NotFound);
    }
    let from = usize::try_from(number - 1).unwrap_or(0) * HITS_PER_PAGE;
    let count = searched.hits.len() as u64;
    let is_asked = !searched.q.is_empty();
    let is_first = is_asked && number == 1 && searched.chosen.iter().next().is_none();
    let page = ListPage {
        frame: Frame { indexed: !is_search && ask.query.is_empty(), searchable: !is_search, ..ask.frame(Section::Data) },
        crumbs: Crumbs {
            texts: t,
            above: vec![(Phrase::plain(t.nav_home()), ask.href("/"))],
            here: Phrase::plain(if is_search { t.search_title() } else { t.list_title() }),
        },
        is_search,
        facets: searched.facets(ask),
        count: if is_asked { t.count_hits(count) } else { t.count_datasets(count) },
        remarks: remarks::of(ask, &searched.found),
        meant: remarks::meant(ask, &searched.q, &searched.found),
        dashboards: if is_first { super::dashboard::found(ask, &searched.q, &searched.found.marks)? } else { Vec::new() },
        hits: searched.hits.iter().skip(from).take(HITS_PER_PAGE).map(|one| hit(ask, one, &searched.found.marks)).collect(),
        ways_on: if count == 0 { ways_on(ask, &searched)? } else { WaysOn::default() },
        active: searched.active(ask),
        unfiltered: if is_asked { address_of(ask, &searched.q) } else { ask.href(&ask.path) },
        pagination: (pages > 1).then(|| Pagination {
            texts: t,
            page: number,
            pages,
            base: format!("{}?{}seite=", ask.href(&ask.path), searched.chosen.query(&searched.q, None)),
        }),
        q: searched.q,
    };
    Ok(ask.page(&page))
}

/// The address of a search.
pub(super) fn address_of(ask: &Ask, q: &str) -> String {
    ask.href(&format!("/suche?q={}", web::params::encode(q)))
}

/// What to do when nothing was found: words there are, topics, a letter.
fn ways_on(ask: &Ask, searched: &Searched) -> Result<WaysOn, Trouble> {
    let t = ask.t();
    let (_, counts) = ask.state.facets().narrow(ask.tenant(), ask.access.search("")?.hits, &Chosen::default(), ask.now());
    let topic = |value: &Value| {
        (Facet::Topic.value_label(&value.value, t), ask.href(&format!("/datensaetze?thema={}", web::params::encode(&value.value))))
    };
    let email = &ask.site().email;
    let subject = web::params::encode(&t.search_report_subject(&searched.q));
    Ok(WaysOn {
        nearest: searched.found.nearest.iter().map(|word| (word.clone(), address_of(ask, word))).collect(),
        topics: counts[0].iter().take(POPULAR).map(topic).collect(),
        report: (!email.is_empty()).then(|| (email.clone(), format!("mailto:{email}?subject={subject}"))),
    })
}

/// A dataset as a hit.
pub(super) fn hit(ask: &Ask, hit: &Hit, marks: &Marks) -> page::Hit {
    let (t, language, dataset) = (ask.t(), ask.language, &hit.dataset);
    let mut badges = Vec::new();
    if !dataset.published {
        badges.push(Badge::new(Tone::Warning, t.badge_draft()));
    }
    let newest = hit.freshness.newest.map(|newest| (newest, newest));
    badges.extend(super::dataset::freshness(ask, dataset, newest));
    let title = marked(Phrase::of(&dataset.title, language), marks);
    let summary = marked(Phrase::of(&dataset.summary, language), marks);
    page::Hit {
        found_in: if title.has_marks() || summary.has_marks() { None } else { elsewhere(ask, hit, marks) },
        title,
        summary,
        href: ask.href(&format!("/datensaetze/{}", dataset.slug)),
        publisher: Phrase::german(&dataset.publisher.name, language),
        licence: vocabulary::licence(&dataset.licence, t).short.to_owned(),
        changed: hit.freshness.modified.map(|at| Moment::date(at, language)),
        badges,
    }
}

fn marked(phrase: Phrase, marks: &Marks) -> Marked {
    let ranges = marks.in_text(&phrase.text);
    Marked::new(phrase, &ranges)
}

/// Where else in a dataset the marked words stand: the first place that has one.
fn elsewhere(ask: &Ask, hit: &Hit, marks: &Marks) -> Option<(&'static str, Marked)> {
    let (t, language, dataset) = (ask.t(), ask.language, &hit.dataset);
    let translated = |texts: &Translated| Phrase::of(texts, language);
    let german = |text: &str| Phrase::german(text, language);
    let keywords = dataset.keywords.iter().map(|word| (t.search_in_keywords(), german(word)));
    let columns = dataset.columns.iter().flat_map(|column| {
        let description = column.description.as_ref().map(translated);
        std::iter::once(translated(&column.label)).chain(description).map(|phrase| (t.search_in_columns(), phrase))
    });
    let place = dataset.spatial.iter().map(|spatial| (t.search_in_place(), german(&spatial.label)));
    let Phrase { text, lang } = translated(&dataset.description);
    let description = text.split_inclusive(". ").map(|sentence| (t.search_in_description(), Phrase { text: sentence.to_owned(), lang }));
    let mut all = keywords.chain(columns).chain(place).chain(description).map(|(name, phrase)| (name, marked(phrase, marks)));
    all.find(|(_, text)| text.has_marks())
}

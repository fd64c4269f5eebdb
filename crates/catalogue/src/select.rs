//! Which datasets a harvester asks for, in the names that ckanext-dcat gave
//! the parameters: `page`, `modified_since`, `q`, `fq`, `profiles`, and our
//! own `after`, which the documents name.

use std::sync::Arc;

use engine::Access;
use model::{Dataset, Instant};
use web::params::encode;
use web::{Params, Problem};

use crate::document::Error;
use crate::extent::Extent;

/// The profiles that can be asked for. What is written is right in each of
/// them: the three properties in which DCAT-AP.de 2.0 and 3.0 contradict each
/// other are left out.
const PROFILES: [&str; 6] = ["dcat_ap_de_3", "dcat_ap_de_2", "dcatap_de", "euro_dcat_ap", "euro_dcat_ap_2", "euro_dcat_ap_3"];
/// The fields of `fq`.
const FIELDS: &str = "theme:ENVI, groups:envi, tags:Luft, organization:\"Stadt Musterstadt\"";

/// What is asked of the catalogue. Without anything: all of it, from the beginning.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    after: Option<String>,
    page: usize,
    modified_since: Option<Instant>,
    words: Option<String>,
    filters: Vec<Filter>,
    /// The parameters of the list as they came, for the address of its next page.
    kept: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    Theme(String),
    Keyword(String),
    Publisher(String),
}

impl Selection {
    /// Everything after a slug.
    #[must_use]
    pub fn after(slug: Option<&str>) -> Self {
        Self { after: slug.map(str::to_owned), ..Self::default() }
    }

    /// What an address asks for.
    ///
    /// # Errors
    /// 400 that names the parameter and what is expected. Never an answer to
    /// another question: what is not listed is deleted downstream.
    pub fn of(params: &Params) -> Result<Self, Problem> {
        let mut selection = Self::after(params.one("after")?);
        if let Some(page) = params.one("page")? {
            let number = page.parse::<usize>().ok().filter(|number| (1..=1_000_000).contains(number));
            selection.page = number.ok_or_else(|| wrong("page", page, "a number from 1"))? - 1;
        }
        if let Some(since) = params.one("modified_since")? {
            selection.modified_since =
                Some(instant(since).ok_or_else(|| wrong("modified_since", since, "a day or a time: 2026-05-01 or 2026-05-01T00:00:00Z"))?);
        }
        let profiles = params.one("profiles")?.unwrap_or_default().split(',').map(str::trim);
        if let Some(other) = profiles.filter(|name| !name.is_empty()).find(|name| !PROFILES.contains(name)) {
            return Err(wrong("profiles", other, &PROFILES.join(", ")));
        }
        selection.words = params.one("q")?.map(str::trim).filter(|words| !words.is_empty() && *words != "*:*").map(str::to_owned);
        if let Some(text) = params.one("fq")? {
            selection.filters = filters(text).ok_or_else(|| wrong("fq", text, &format!("conditions like {FIELDS}, joined by AND")))?;
        }
        for name in ["modified_since", "q", "fq", "profiles"] {
            if let Some(value) = params.one(name)? {
                selection.kept.push_str(&format!("&{name}={}", encode(value)));
            }
        }
        Ok(selection)
    }

    /// The slug that stands before the page.
    pub(crate) fn start(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// How many pages of the list are left out, where the page has a number.
    pub(crate) fn pages_before(&self) -> usize {
        self.page
    }

    /// The query of a page of the same list.
    pub(crate) fn query(&self, after: Option<&str>) -> String {
        let after = after.map(|slug| format!("&after={}", encode(slug))).unwrap_or_default();
        let all = format!("{after}{}", self.kept);
        if all.is_empty() { all } else { format!("?{}", &all[1..]) }
    }

    /// The query of this page.
    pub(crate) fn own_query(&self) -> String {
        match self.page {
            0 => self.query(self.start()),
            before => format!("?page={}{}", before + 1, self.kept),
        }
    }

    /// The datasets that are asked for, in their order.
    pub(crate) async fn narrow(&self, access: &Access, mut all: Vec<Arc<Dataset>>) -> Result<Vec<Arc<Dataset>>, Error> {
        all.retain(|dataset| self.filters.iter().all(|filter| filter.holds(dataset)));
        if let Some(words) = &self.words {
            let found = access.search(words)?;
            all.retain(|dataset| found.hits.iter().any(|hit| hit.dataset.id == dataset.id));
        }
        let Some(since) = self.modified_since else { return Ok(all) };
        let mut changed = Vec::new();
        for dataset in all {
            if Extent::of(access, &dataset).await?.modified.is_some_and(|at| at >= since) {
                changed.push(dataset);
            }
        }
        Ok(changed)
    }
}

impl Filter {
    fn of(field: &str, value: &str) -> Option<Self> {
        let value = value.to_owned();
        match field {
            "theme" | "groups" => Some(Self::Theme(value.rsplit('/').next()?.to_uppercase())),
            "tags" | "keyword" => Some(Self::Keyword(value)),
            "organization" | "publisher" => Some(Self::Publisher(value)),
            _ => None,
        }
    }

    fn holds(&self, dataset: &Dataset) -> bool {
        match self {
            Self::Theme(code) => dataset.themes.iter().any(|theme| theme.as_str() == code),
            Self::Keyword(word) => dataset.keywords.iter().any(|keyword| keyword.as_str() == word),
            Self::Publisher(name) => dataset.publisher.name.as_str() == name,
        }
    }
}

fn wrong(name: &str, value: &str, expected: &str) -> Problem {
    let shown: String = value.chars().take(100).collect();
    Problem::invalid(format!("the parameter `{name}` is `{shown}`; expected: {expected}"))
}

/// A day begins in UTC, and so does a time without a zone.
fn instant(text: &str) -> Option<Instant> {
    [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")].iter().find_map(|text| Instant::parse(text).ok())
}

/// `field:value` and `field:"several words"`, joined by spaces or AND, each perhaps with a plus.
fn filters(text: &str) -> Option<Vec<Filter>> {
    let mut filters = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (field, after) = rest.trim_start_matches('+').split_once(':')?;
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        filters.push(Filter::of(field, value).filter(|_| !value.is_empty())?);
        rest = left.trim_start();
        rest = rest.strip_prefix("AND ").map_or(rest, str::trim_start);
    }
    (!filters.is_empty()).then_some(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<Selection, String> {
        Selection::of(&Params::of_uri(Some(query)).expect("a query")).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_next_page_keeps_what_was_asked() {
        let asked = of("page=3&modified_since=2026-05-01&q=Luft%20rein&fq=theme:ENVI&profiles=dcatap_de").expect("fine");
        assert_eq!(
            asked.query(Some("b c")),
            "?after=b%20c&modified_since=2026-05-01&q=Luft%20rein&fq=theme:ENVI&profiles=dcatap_de"
                .replace("theme:ENVI", &encode("theme:ENVI"))
        );
        assert!(asked.own_query().starts_with("?page=3&modified_since="));
        assert_eq!(of("").expect("fine").own_query(), "");
        assert_eq!(of("page=1").expect("fine").own_query(), "");
    }

    #[test]
    fn conditions_are_those_of_ckan() {
        let expected = vec![Filter::Theme("ENVI".into()), Filter::Keyword("Freie Luft".into()), Filter::Publisher("Amt".into())];
        assert_eq!(filters("+groups:envi tags:\"Freie Luft\" AND organization:Amt"), Some(expected));
        for wrong in ["ENVI", "theme:", "theme:ENVI OR", "license_id:x", "tags:\"a"] {
            assert_eq!(filters(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_named() {
        for (query, name) in [
            ("page=0", "page"),
            ("page=x", "page"),
            ("modified_since=gestern", "modified_since"),
            ("fq=a", "fq"),
            ("profiles=dcat_us_3", "profiles"),
        ] {
            let told = of(query).expect_err("refused");
            assert!(told.contains(&format!("`{name}`")), "{told}");
        }
        assert!(of("page=1&page=2").is_err());
    }
}

//! The documents: the catalogue in pages, and one dataset.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{Access, Engine, Principal};
use model::dataset::Dataset;
use model::{Instant, TenantId};
use oxrdf::NamedNode;
use oxrdf::vocab::xsd;

use crate::check::{Severity, check};
use crate::describe::{Described, agent_node, write_agent};
use crate::extent::Extent;
use crate::select::Selection;
use crate::site::Site;
use crate::terms::{dcat, dct, foaf, hydra};
use crate::vocabulary::{self, known};
use crate::write::{Format, Graph};

/// How large a page may become: harvesters take 50 MB at most.
const PAGE_BYTES_MAX: usize = 20 << 20;
/// Datasets on a page: harvesters take 50 MB at most, a dataset is some 8 KB.
const PAGE_DATASETS: usize = 100;

/// The catalogue of an installation.
#[derive(Clone)]
pub struct Catalogue {
    engine: Engine,
    site: Arc<Site>,
    /// For tenants that have a site of their own.
    sites: Arc<HashMap<TenantId, Site>>,
    page_datasets: usize,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine says why.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The dataset is there, but not fit for a catalogue.
    #[error("the dataset `{slug}` is not listed: {reason}")]
    NotListed {
        /// Which dataset.
        slug: String,
        /// What it lacks.
        reason: String,
    },
    /// A page behind the end of the list. An empty one would look like a list
    /// that lost its datasets.
    #[error("there is no page {page}; the list has {pages}")]
    NoPage {
        /// Which page.
        page: usize,
        /// How many there are.
        pages: usize,
    },
    /// The graph could not be written.
    #[error("the document cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

impl Catalogue {
    /// The catalogue of an engine, given out at a site.
    #[must_use]
    pub fn new(engine: Engine, site: Site) -> Self {
        Self { engine, site: Arc::new(site), sites: Arc::default(), page_datasets: PAGE_DATASETS }
    }

    /// The same, with sites of their own for some tenants.
    #[must_use]
    pub fn with_sites(mut self, sites: HashMap<TenantId, Site>) -> Self {
        self.sites = Arc::new(sites);
        self
    }

    fn site(&self, tenant: &TenantId) -> &Site {
        self.sites.get(tenant).unwrap_or(&self.site)
    }

    /// The same with fewer datasets on a page.
    #[cfg(test)]
    pub(crate) fn with_page(mut self, datasets: usize) -> Self {
        self.page_datasets = datasets;
        self
    }

    /// The document of one dataset. Who asks makes no difference: what stands
    /// in a catalogue is what everybody may see.
    ///
    /// # Errors
    /// [`Error`]; `NotFound` of the engine when it is not public.
    pub async fn dataset(&self, tenant: &TenantId, slug: &str, format: Format) -> Result<Vec<u8>, Error> {
        let access = self.engine.access(tenant, Principal::anonymous())?;
        let dataset = access.dataset(slug).or_else(|missing| by_id(&access, slug).ok_or(missing))?;
        if let Some(reason) = refusal(&dataset) {
            return Err(Error::NotListed { slug: slug.to_owned(), reason });
        }
        let mut graph = Graph::default();
        let extent = Extent::of(&access, &dataset).await?;
        Described { site: self.site(tenant), dataset: &dataset, extent }.write(&mut graph);
        Ok(graph.to_bytes(format)?)
    }

    /// One page of the catalogue: the datasets whose slug follows `after`.
    /// A page is named by what stands before it, not by a number: a dataset
    /// that comes or goes between two requests moves no other one, and
    /// harvesters delete what they do not find.
    ///
    /// # Errors
    /// [`Error`]. Never a shorter list: a fault of one dataset fails the page.
    pub async fn page(&self, tenant: &TenantId, format: Format, after: Option<&str>) -> Result<Vec<u8>, Error> {
        let graph = self.page_graph(tenant, format, &Selection::after(after)).await?;
        Ok(graph.to_bytes(format)?)
    }

    /// One page of what was asked for: of fewer datasets where it would become too large.
    ///
    /// # Errors
    /// As [`Self::page`]; [`Error::NoPage`] behind the end.
    pub async fn selected(&self, tenant: &TenantId, format: Format, selection: &Selection) -> Result<Vec<u8>, Error> {
        let mut catalogue = self.clone();
        loop {
            let document = catalogue.page_graph(tenant, format, selection).await?.to_bytes(format)?;
            // A page with a number must stay as long as the others.
            if document.len() <= PAGE_BYTES_MAX || catalogue.page_datasets == 1 || selection.pages_before() > 0 {
                return Ok(document);
            }
            catalogue.page_datasets /= 2;
        }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Instant {
        self.engine.now()
    }

    /// The whole catalogue as one document, to be kept or carried away:
    /// harvesters take it in pages.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub async fn whole(&self, tenant: &TenantId, format: Format) -> Result<Vec<u8>, Error> {
        let in_one = Self { page_datasets: usize::MAX - 1, ..self.clone() };
        in_one.page(tenant, format, None).await
    }

    pub(crate) async fn page_graph(&self, tenant: &TenantId, format: Format, selection: &Selection) -> Result<Graph, Error> {
        let access = self.engine.access(tenant, Principal::anonymous())?;
        let (site, all) = (self.site(tenant), selection.narrow(&access, listed(&access)?).await?);
        let (page, pages) = (selection.pages_before() + 1, all.len().div_ceil(self.page_datasets).max(1));
        if page > pages {
            return Err(Error::NoPage { page, pages });
        }
        let rest = all.iter().filter(|dataset| selection.start().is_none_or(|after| dataset.slug.as_str() > after));
        let rest = rest.skip((page - 1).saturating_mul(self.page_datasets));
        let mut datasets: Vec<_> = rest.take(self.page_datasets + 1).collect();
        let more = datasets.len() > self.page_datasets;
        datasets.truncate(self.page_datasets);

        let mut described = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            let extent = Extent::of(&access, dataset).await?;
            described.push(Described { site, dataset, extent });
        }
        let mut graph = Graph::default();
        write_catalog(&mut graph, site, &described);
        let next = described.last().filter(|_| more).map(|last| last.dataset.slug.as_str());
        self.write_paging(&mut graph, &Address { site, format, selection }, next, all.len());
        for one in &described {
            one.write(&mut graph);
        }
        Ok(graph)
    }

    /// Paging as harvesters know it: one node, typed and named in both of the
    /// ways they look for.
    fn write_paging(&self, graph: &mut Graph, address: &Address<'_>, next: Option<&str>, total: usize) {
        let own = address.selection.own_query();
        if next.is_none() && own == address.selection.query(None) {
            return;
        }
        let mut about = graph.about(&address.with(&own), hydra::PARTIAL_VIEW);
        about
            .iri(oxrdf::vocab::rdf::TYPE, hydra::PAGED_COLLECTION.into_owned())
            .typed(hydra::TOTAL_ITEMS, total.to_string(), xsd::INTEGER)
            .typed(hydra::ITEMS_PER_PAGE, self.page_datasets.to_string(), xsd::INTEGER)
            .iri(hydra::FIRST, address.of(None))
            .iri(hydra::FIRST_PAGE, address.of(None));
        if next.is_some() {
            about.iri(hydra::NEXT, address.of(next)).iri(hydra::NEXT_PAGE, address.of(next));
        }
    }
}

/// Where the pages of a catalogue are.
struct Address<'a> {
    site: &'a Site,
    format: Format,
    selection: &'a Selection,
}

impl Address<'_> {
    fn of(&self, after: Option<&str>) -> NamedNode {
        self.with(&self.selection.query(after))
    }

    fn with(&self, query: &str) -> NamedNode {
        known(self.site.public_url(), &format!("/catalog.{}{query}", self.format.ending()))
    }
}

fn write_catalog(graph: &mut Graph, site: &Site, described: &[Described<'_>]) {
    let modified: Option<Instant> = described.iter().filter_map(|one| one.extent.modified).max();
    let mut about = graph.about(&known(site.public_url(), "/#catalog"), dcat::CATALOG);
    about
        .texts(dct::TITLE, &site.title)
        .texts(dct::DESCRIPTION, &site.description)
        .iri(dct::PUBLISHER, agent_node(site, &site.publisher))
        .iri(foaf::HOMEPAGE, known(site.public_url(), "/"))
        .iri(dct::LANGUAGE, vocabulary::language("de"))
        .iri(dct::LANGUAGE, vocabulary::language(if site.title.en.is_some() { "en" } else { "de" }))
        .iri(dcat::THEME_TAXONOMY, vocabulary::theme_taxonomy())
        .instant(dct::MODIFIED, modified);
    for one in described {
        about.iri(dcat::DATASET_OF, one.dataset_node());
        if one.is_open() {
            about.iri(dcat::SERVICE, one.service_node());
        }
    }
    write_agent(graph, site, &site.publisher);
}

/// The dataset of an id, which stays when its slug changes.
fn by_id(access: &Access, key: &str) -> Option<Arc<Dataset>> {
    let is_it = |dataset: &Arc<Dataset>| dataset.id.as_str().strip_prefix("urn:ngsi-ld:Dataset:").unwrap_or(dataset.id.as_str()) == key;
    access.datasets().ok()?.into_iter().find(is_it)
}

/// The datasets a catalogue lists, by slug.
fn listed(access: &Access) -> Result<Vec<Arc<Dataset>>, engine::Error> {
    let mut datasets = access.datasets()?;
    datasets.retain(|dataset| match refusal(dataset) {
        None => true,
        Some(reason) => {
            tracing::warn!(dataset = %dataset.slug, %reason, "a dataset is not listed in the catalogue");
            false
        }
    });
    datasets.sort_by(|a, b| a.slug.cmp(&b.slug));
    Ok(datasets)
}

/// Why a dataset is not listed.
fn refusal(dataset: &Dataset) -> Option<String> {
    if !dataset.published {
        return Some("it is not published".to_owned());
    }
    check(dataset).into_iter().find(|finding| finding.severity == Severity::Refused).map(|finding| finding.to_string())
}

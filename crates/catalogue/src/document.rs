//! The documents: the catalogue in pages, and one dataset.

use std::sync::Arc;

use engine::{Access, Engine, Principal};
use model::dataset::Dataset;
use model::{Instant, TenantId};
use oxrdf::NamedNode;
use oxrdf::vocab::xsd;

use crate::check::{Severity, check};
use crate::describe::{Described, agent_node, write_agent};
use crate::extent::Extent;
use crate::site::Site;
use crate::terms::{dcat, dct, foaf, hydra};
use crate::vocabulary::{self, known};
use crate::write::{Format, Graph};

/// Datasets on a page: harvesters take 50 MB at most, a dataset is some 8 KB.
const PAGE_DATASETS: usize = 100;

/// The catalogue of an installation.
#[derive(Clone)]
pub struct Catalogue {
    engine: Engine,
    site: Arc<Site>,
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
    /// The graph could not be written.
    #[error("the document cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

impl Catalogue {
    /// The catalogue of an engine, given out at a site.
    #[must_use]
    pub fn new(engine: Engine, site: Site) -> Self {
        Self { engine, site: Arc::new(site), page_datasets: PAGE_DATASETS }
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
        let dataset = access.dataset(slug)?;
        if let Some(reason) = refusal(&dataset) {
            return Err(Error::NotListed { slug: slug.to_owned(), reason });
        }
        let mut graph = Graph::default();
        let extent = Extent::of(&access, &dataset).await?;
        Described { site: &self.site, dataset: &dataset, extent }.write(&mut graph);
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
        let graph = self.page_graph(tenant, format, after).await?;
        Ok(graph.to_bytes(format)?)
    }

    pub(crate) async fn page_graph(&self, tenant: &TenantId, format: Format, after: Option<&str>) -> Result<Graph, Error> {
        let access = self.engine.access(tenant, Principal::anonymous())?;
        let all = listed(&access)?;
        let rest = all.iter().filter(|dataset| after.is_none_or(|after| dataset.slug.as_str() > after));
        let mut datasets: Vec<_> = rest.take(self.page_datasets + 1).collect();
        let more = datasets.len() > self.page_datasets;
        datasets.truncate(self.page_datasets);

        let mut described = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            let extent = Extent::of(&access, dataset).await?;
            described.push(Described { site: &self.site, dataset, extent });
        }
        let mut graph = Graph::default();
        self.write_catalog(&mut graph, &described);
        let next = described.last().filter(|_| more).map(|last| last.dataset.slug.as_str());
        self.write_paging(&mut graph, format, after, next, all.len());
        for one in &described {
            one.write(&mut graph);
        }
        Ok(graph)
    }

    fn write_catalog(&self, graph: &mut Graph, described: &[Described<'_>]) {
        let site = &*self.site;
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

    /// Paging as harvesters know it: one node, typed and named in both of the
    /// ways they look for.
    fn write_paging(&self, graph: &mut Graph, format: Format, after: Option<&str>, next: Option<&str>, total: usize) {
        if after.is_none() && next.is_none() {
            return;
        }
        let mut about = graph.about(&self.page_address(format, after), hydra::PARTIAL_VIEW);
        about
            .iri(oxrdf::vocab::rdf::TYPE, hydra::PAGED_COLLECTION.into_owned())
            .typed(hydra::TOTAL_ITEMS, total.to_string(), xsd::INTEGER)
            .typed(hydra::ITEMS_PER_PAGE, self.page_datasets.to_string(), xsd::INTEGER)
            .iri(hydra::FIRST, self.page_address(format, None))
            .iri(hydra::FIRST_PAGE, self.page_address(format, None));
        if next.is_some() {
            about.iri(hydra::NEXT, self.page_address(format, next)).iri(hydra::NEXT_PAGE, self.page_address(format, next));
        }
    }

    fn page_address(&self, format: Format, after: Option<&str>) -> NamedNode {
        let query = after.map_or(String::new(), |slug| format!("?after={}", web::params::encode(slug)));
        known(self.site.public_url(), &format!("/catalog.{}{query}", format.ending()))
    }
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

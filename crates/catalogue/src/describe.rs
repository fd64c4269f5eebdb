//! Dataset → statements of DCAT-AP.de 3.0.
//!
//! Nothing is said that is neither declared nor read off the data. Every node
//! has an IRI: the page of the dataset, and names after `#` on it, so that the
//! same document twice is the same graph.

use model::dataset::{Agent, ColumnKind, Contact, Dataset, Spatial, Texts};
use model::{Class, Instant};
use oxrdf::NamedNode;

use crate::authority::publisher_type;
use crate::extent::Extent;
use crate::site::Site;
use crate::terms::{dcat, dcatde, dct, foaf, geosparql, rdfs, skos, vcard};
use crate::vocabulary::{self, known};
use crate::write::Graph;

/// A form in which the portal gives a dataset's data as a file.
struct FileForm {
    /// Last part of the address, and name of the node.
    ending: &'static str,
    /// What people call it.
    label: &'static str,
    /// Code of the EU table of file types.
    file_type: &'static str,
    media_type: &'static str,
    /// What a dataset must have for it.
    needs: Needs,
}

#[derive(Clone, Copy)]
enum Needs {
    Nothing,
    /// A place that everybody may read.
    Place,
    /// No more rows than a worksheet holds.
    FewRows,
}

const JSON: FileForm = FileForm { ending: "json", label: "JSON", file_type: "JSON", media_type: "application/json", needs: Needs::Nothing };

const FILE_FORMS: [FileForm; 5] = [
    FileForm { ending: "csv", label: "CSV", file_type: "CSV", media_type: "text/csv", needs: Needs::Nothing },
    FileForm {
        ending: "xlsx",
        label: "Excel",
        file_type: "XLSX",
        media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        needs: Needs::FewRows,
    },
    FileForm { ending: "geojson", label: "GeoJSON", file_type: "GEOJSON", media_type: "application/geo+json", needs: Needs::Place },
    JSON,
    // The table of file types has no code for Parquet, and conventions want one: the media type tells.
    FileForm { ending: "parquet", label: "Parquet", file_type: "BIN", media_type: "application/vnd.apache.parquet", needs: Needs::Nothing },
];

/// Rows of a worksheet, head included.
const SHEET_ROWS_MAX: u64 = 1_048_576;

/// A dataset, what was read off it, and the site that gives it out.
pub(crate) struct Described<'a> {
    pub(crate) site: &'a Site,
    pub(crate) dataset: &'a Dataset,
    pub(crate) extent: Extent,
}

impl Described<'_> {
    /// The page of the dataset.
    fn page(&self) -> NamedNode {
        known(&self.site.page_of(&self.dataset.slug), "")
    }

    fn part(&self, name: &str) -> NamedNode {
        known(&self.site.page_of(&self.dataset.slug), &format!("#{name}"))
    }

    /// The dataset. Its page is a document about it, so it has a name of its own.
    pub(crate) fn dataset_node(&self) -> NamedNode {
        self.part("dataset")
    }

    /// The interface that serves it.
    pub(crate) fn service_node(&self) -> NamedNode {
        self.part("service")
    }

    fn publisher_node(&self) -> NamedNode {
        agent_node(self.site, &self.dataset.publisher)
    }

    fn licence(&self) -> Option<NamedNode> {
        NamedNode::new(self.dataset.licence.as_str()).ok()
    }

    /// Whether everybody can read something of it.
    pub(crate) fn is_open(&self) -> bool {
        self.dataset.columns.iter().any(|column| column.class == Class::Open)
    }

    fn has_open_place(&self) -> bool {
        self.dataset.columns.iter().any(|column| column.kind == ColumnKind::Place && column.class == Class::Open)
    }

    fn file_forms(&self) -> impl Iterator<Item = &'static FileForm> {
        let (open, place, few) = (self.is_open(), self.has_open_place(), self.extent.rows < SHEET_ROWS_MAX);
        let has = move |needs| match needs {
            Needs::Nothing => true,
            Needs::Place => place,
            Needs::FewRows => few,
        };
        FILE_FORMS.iter().filter(move |form| open && has(form.needs))
    }

    /// The first page of the dataset's entities over NGSI-LD: the primary
    /// endpoint of the service, and an address that answers.
    fn endpoint(&self) -> NamedNode {
        let mut url =
            format!("{}/ngsi-ld/v1/entities?type={}", self.site.public_url(), web::params::encode(self.dataset.entity_type.iri()));
        if let Some(prefix) = &self.dataset.id_prefix {
            url.push_str("&idPattern=");
            url.push_str(&web::params::encode(&beginning_with(prefix)));
        }
        known(&url, "")
    }

    /// Writes everything about the dataset.
    pub(crate) fn write(&self, graph: &mut Graph) {
        self.write_dataset(graph);
        self.write_periods_and_area(graph);
        write_agent(graph, self.site, &self.dataset.publisher);
        if let Some(contact) = self.contact() {
            write_contact(graph, &self.part("contact"), contact);
        }
        for form in self.file_forms() {
            self.write_file(graph, form);
        }
        if self.is_open() {
            self.write_interface(graph);
        }
        if !self.dataset.provenance.de.is_empty() {
            graph.about(&self.part("provenance"), dct::PROVENANCE_STATEMENT).texts(rdfs::LABEL, &self.dataset.provenance);
        }
    }

    fn write_dataset(&self, graph: &mut Graph) {
        let dataset = self.dataset;
        let mut about = graph.about(&self.dataset_node(), dcat::DATASET);
        about
            .texts(dct::TITLE, &dataset.title)
            .texts(dct::DESCRIPTION, if dataset.description.de.is_empty() { &dataset.summary } else { &dataset.description })
            .plain(dct::IDENTIFIER, &self.site.identifier_of(&dataset.slug))
            .iri(dct::PUBLISHER, self.publisher_node())
            .iri(dcat::LANDING_PAGE, self.page())
            .iri_of(foaf::PAGE, dataset.landing_page.as_ref())
            .instant(dct::ISSUED, self.extent.issued)
            .instant(dct::MODIFIED, self.extent.modified)
            .iri(dct::ACCESS_RIGHTS, vocabulary::access_right(self.is_open()));
        for theme in dataset.themes.iter().filter_map(|code| vocabulary::theme(code)) {
            about.iri(dcat::THEME, theme);
        }
        for keyword in &dataset.keywords {
            about.text(dcat::KEYWORD, keyword, "de");
        }
        if let Some(frequency) = dataset.frequency.as_ref().and_then(|code| vocabulary::frequency(code)) {
            about.iri(dct::FREQUENCY, frequency);
        }
        if let Some(contributor) = self.site.contributor.as_ref().and_then(|code| vocabulary::contributor(code)) {
            about.iri(dcatde::CONTRIBUTOR_ID, contributor);
        }
        if let Some((spatial, node)) = self.coverage() {
            about.iri(dct::SPATIAL, node);
            if let Some(level) = vocabulary::geocoding_level(&spatial.iri) {
                about.iri(dcatde::GEOCODING_LEVEL, level);
            }
        }
        self.link_parts(graph);
    }

    /// The periods it covers, each with its node: `#period`, `#period-2`, ….
    fn periods(&self) -> impl Iterator<Item = ((Instant, Instant), NamedNode)> + '_ {
        let name = |number: usize| if number == 1 { "period".to_owned() } else { format!("period-{number}") };
        self.extent.temporal.iter().zip(1..).map(move |(period, number)| (*period, self.part(&name(number))))
    }

    /// The dataset's links to nodes of its own.
    fn link_parts(&self, graph: &mut Graph) {
        let mut about = graph.about(&self.dataset_node(), dcat::DATASET);
        for (_, node) in self.periods() {
            about.iri(dct::TEMPORAL, node);
        }
        if self.extent.bounds.is_some() {
            about.iri(dct::SPATIAL, self.part("area"));
        }
        if self.contact().is_some() {
            about.iri(dcat::CONTACT_POINT, self.part("contact"));
        }
        if !self.dataset.provenance.de.is_empty() {
            about.iri(dct::PROVENANCE, self.part("provenance"));
        }
        for form in self.file_forms() {
            about.iri(dcat::DISTRIBUTION_OF, self.part(form.ending));
        }
        if self.is_open() {
            about.iri(dcat::DISTRIBUTION_OF, self.part("api"));
        }
    }

    fn write_periods_and_area(&self, graph: &mut Graph) {
        for ((first, last), node) in self.periods() {
            graph.about(&node, dct::PERIOD_OF_TIME).instant(dcat::START_DATE, Some(first)).instant(dcat::END_DATE, Some(last));
        }
        if let Some((spatial, node)) = self.coverage() {
            graph.about(&node, dct::LOCATION).text(skos::PREF_LABEL, &spatial.label, "de");
        }
        if let Some([west, south, east, north]) = self.extent.bounds {
            let mut about = graph.about(&self.part("area"), dct::LOCATION);
            if west == east && south == north {
                about.typed(dcat::CENTROID, format!("POINT({west} {south})"), geosparql::WKT);
                return;
            }
            let wkt = format!("POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))");
            about.typed(dcat::BBOX, wkt, geosparql::WKT);
        }
    }

    /// Licence, source line and rights: the same for every distribution.
    /// Conventions of GovData want them on each, not on the dataset.
    fn write_distribution(&self, graph: &mut Graph, node: &NamedNode, form: &FileForm) {
        let mut about = graph.about(node, dcat::DISTRIBUTION);
        if let Some(licence) = self.licence() {
            about.iri(dct::LICENSE, licence);
        }
        about
            .plain(dcatde::ATTRIBUTION, self.dataset.attribution.as_deref().unwrap_or_default())
            .iri(dct::RIGHTS, vocabulary::access_right(true))
            .iri(dct::FORMAT, vocabulary::file_type(form.file_type))
            .iri(dcat::MEDIA_TYPE, vocabulary::media_type(form.media_type))
            .instant(dct::MODIFIED, self.extent.modified);
    }

    /// The dataset's title and which form of it is meant.
    fn title_with(&self, form: &str) -> Texts {
        let title = &self.dataset.title;
        Texts { de: format!("{} ({form})", title.de).into(), en: title.en.as_ref().map(|title| format!("{title} ({form})").into()) }
    }

    fn write_file(&self, graph: &mut Graph, form: &FileForm) {
        let node = self.part(form.ending);
        let download = known(&self.site.page_of(&self.dataset.slug), &format!("/daten.{}", form.ending));
        self.write_distribution(graph, &node, form);
        graph
            .about(&node, dcat::DISTRIBUTION)
            .texts(dct::TITLE, &self.title_with(form.label))
            .iri(dcat::ACCESS_URL, self.page())
            .iri(dcat::DOWNLOAD_URL, download);
    }

    /// The interface as a service, and the distribution that leads to it. A
    /// distribution with a service has no file (GovData's convention): file
    /// and interface are two distributions.
    fn write_interface(&self, graph: &mut Graph) {
        let (node, service) = (self.part("api"), self.service_node());
        self.write_distribution(graph, &node, &JSON);
        graph
            .about(&node, dcat::DISTRIBUTION)
            .texts(dct::TITLE, &self.title_with("NGSI-LD"))
            .iri(dcat::ACCESS_URL, self.endpoint())
            .iri(dcat::ACCESS_SERVICE, service.clone());
        let mut about = graph.about(&service, dcat::DATA_SERVICE);
        about
            .texts(dct::TITLE, &self.title_with("NGSI-LD"))
            .iri(dct::PUBLISHER, self.publisher_node())
            .iri(dcat::ENDPOINT_URL, self.endpoint())
            .iri(dcat::ENDPOINT_DESCRIPTION, known(self.site.public_url(), "/openapi.json"))
            .iri(dcat::SERVES_DATASET, self.dataset_node())
            .iri(dct::ACCESS_RIGHTS, vocabulary::access_right(true));
        if let Some(licence) = self.licence() {
            about.iri(dct::LICENSE, licence);
        }
        if self.contact().is_some() {
            about.iri(dcat::CONTACT_POINT, self.part("contact"));
        }
    }

    /// The declared area and its IRI, when it has one.
    fn coverage(&self) -> Option<(&Spatial, NamedNode)> {
        let spatial = self.dataset.spatial.as_ref()?;
        Some((spatial, NamedNode::new(spatial.iri.as_str()).ok()?))
    }

    /// The contact, when it has a way to reach it.
    fn contact(&self) -> Option<&Contact> {
        self.dataset.contact.as_ref().filter(|contact| mailto(contact).is_some() || page_of(contact).is_some())
    }
}

/// The pattern of ids that begin so (NGSI-LD `idPattern`).
fn beginning_with(prefix: &str) -> String {
    let mut pattern = String::from("^");
    for c in prefix.chars() {
        if ".+*?()[]{}|^$\\".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// The node of an agent: one for a name, whichever dataset it publishes.
pub(crate) fn agent_node(site: &Site, agent: &Agent) -> NamedNode {
    let mut name = String::new();
    for word in agent.name.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&ascii(word));
    }
    known(site.public_url(), &format!("/#agent-{name}"))
}

fn ascii(word: &str) -> String {
    let spelt = word.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
    web::params::encode(&spelt)
}

/// Writes an agent, once per document.
pub(crate) fn write_agent(graph: &mut Graph, site: &Site, agent: &Agent) {
    let node = agent_node(site, agent);
    if graph.knows(&node) {
        return;
    }
    let mut about = graph.about(&node, foaf::AGENT);
    about
        .iri(oxrdf::vocab::rdf::TYPE, foaf::ORGANIZATION.into_owned())
        .plain(foaf::NAME, &agent.name)
        .iri_of(foaf::HOMEPAGE, agent.homepage.as_ref());
    if let Some(code) = publisher_type(&agent.name) {
        about.iri(dct::TYPE, known("http://purl.org/adms/publishertype/", code));
    }
}

fn write_contact(graph: &mut Graph, node: &NamedNode, contact: &Contact) {
    let mut about = graph.about(node, vcard::KIND);
    about.iri(oxrdf::vocab::rdf::TYPE, vcard::VCARD_ORGANIZATION.into_owned()).plain(vcard::FN, &contact.name);
    if let Some(address) = mailto(contact) {
        about.iri(vcard::HAS_EMAIL, address);
    }
    if let Some(page) = page_of(contact) {
        about.iri(vcard::HAS_URL, page);
    }
}

/// The e-mail address as an IRI (RFC 6068); `None` when it is none.
pub(crate) fn mailto(contact: &Contact) -> Option<NamedNode> {
    let address = contact.email.as_deref()?;
    let (local, host) = address.strip_prefix("mailto:").unwrap_or(address).split_once('@')?;
    let ok = !local.is_empty() && host.contains('.') && !host.contains(['@', '/', '?', '#']) && !local.contains(['/', '?', '#', '&']);
    NamedNode::new(format!("mailto:{local}@{host}")).ok().filter(|_| ok)
}

/// The contact's page as an IRI; `None` when it is none.
pub(crate) fn page_of(contact: &Contact) -> Option<NamedNode> {
    let url = contact.url.as_deref()?;
    NamedNode::new(url).ok().filter(|_| url.starts_with("https://") || url.starts_with("http://"))
}

//! Rules that no shipped shape covers: membership in controlled lists, and
//! GovData's conventions about distributions.

use oxrdf::{NamedNode, NamedNodeRef, NamedOrBlankNode, Term, Triple};

use super::*;
use crate::terms::{dcat, dcatde, dct, foaf, vcard};
use crate::vocabulary;
use crate::write::Graph;

/// Every rule the statements break.
fn broken(triples: &[Triple]) -> Vec<String> {
    let graph = Statements(triples);
    let mut broken = Vec::new();
    let mut rule = |name: &str, holds: bool| {
        if !holds {
            broken.push(name.to_owned());
        }
    };
    let authority = "http://publications.europa.eu/resource/authority/";
    for (property, list) in [(dct::LANGUAGE, "language/"), (dct::ACCESS_RIGHTS, "access-right/"), (dct::RIGHTS, "access-right/")] {
        rule(list, graph.objects_of(property).iter().all(|iri| iri.starts_with(&format!("{authority}{list}"))));
    }
    let codes = |property, base: &str, known: &dyn Fn(&str) -> bool| {
        graph.objects_of(property).iter().all(|iri| iri.strip_prefix(&format!("{authority}{base}")).is_some_and(known))
    };
    rule("format", codes(dct::FORMAT, "file-type/", &|code| vocabulary::is_file_type(code)));
    rule("theme", codes(dcat::THEME, "data-theme/", &|code| vocabulary::theme(code).is_some()));
    rule("frequency", codes(dct::FREQUENCY, "frequency/", &|code| vocabulary::frequency(code).is_some()));
    rule("licence", graph.objects_of(dct::LICENSE).iter().all(|iri| vocabulary::is_licence(iri)));
    rule("e-mail", graph.objects_of(vcard::HAS_EMAIL).iter().all(|iri| iri.starts_with("mailto:")));
    for dataset in graph.of_class(dcat::DATASET) {
        rule("dataset with publisher", graph.count(&dataset, dct::PUBLISHER) == 1);
        rule("dataset with title and description", graph.count(&dataset, dct::TITLE) > 0 && graph.count(&dataset, dct::DESCRIPTION) > 0);
        rule("one identifier", graph.count(&dataset, dct::IDENTIFIER) == 1);
        rule("one contributor at most", graph.count(&dataset, dcatde::CONTRIBUTOR_ID) <= 1);
    }
    for distribution in graph.of_class(dcat::DISTRIBUTION) {
        rule(
            "format and licence on each distribution",
            graph.count(&distribution, dct::FORMAT) == 1 && graph.count(&distribution, dct::LICENSE) == 1,
        );
        rule("distribution with address", graph.count(&distribution, dcat::ACCESS_URL) == 1);
        let service = graph.count(&distribution, dcat::ACCESS_SERVICE) > 0;
        rule("file or service, not both", service != (graph.count(&distribution, dcat::DOWNLOAD_URL) > 0));
    }
    for service in graph.of_class(dcat::DATA_SERVICE) {
        rule(
            "service with address and licence",
            graph.count(&service, dcat::ENDPOINT_URL) == 1 && graph.count(&service, dct::LICENSE) == 1,
        );
        rule("service with publisher", graph.count(&service, dct::PUBLISHER) == 1);
    }
    for agent in graph.of_class(foaf::AGENT) {
        rule("agent with one name", graph.count(&agent, foaf::NAME) == 1 && graph.count(&agent, dct::TYPE) <= 1);
    }
    broken
}

struct Statements<'a>(&'a [Triple]);

impl Statements<'_> {
    fn objects_of(&self, property: NamedNodeRef<'_>) -> Vec<String> {
        let of = self.0.iter().filter(|triple| triple.predicate == property);
        of.map(|triple| if let Term::NamedNode(node) = &triple.object { node.as_str().to_owned() } else { "a text".to_owned() }).collect()
    }

    fn of_class(&self, class: NamedNodeRef<'_>) -> Vec<NamedNode> {
        let of = self.0.iter().filter(|triple| triple.predicate == oxrdf::vocab::rdf::TYPE && triple.object == class.into());
        of.filter_map(|triple| if let NamedOrBlankNode::NamedNode(node) = &triple.subject { Some(node.clone()) } else { None }).collect()
    }

    fn count(&self, subject: &NamedNode, property: NamedNodeRef<'_>) -> usize {
        self.0.iter().filter(|triple| triple.subject == subject.as_ref().into() && triple.predicate == property).count()
    }
}

async fn catalogue_graph() -> Graph {
    let city = City::with([luft(), bare("wenig")]).await;
    city.catalogue.page_graph(&tenant(), Format::Turtle, &crate::Selection::default()).await.expect("a page")
}

#[tokio::test]
async fn the_catalogue_keeps_the_conventions() {
    assert_eq!(broken(catalogue_graph().await.triples()), Vec::<String>::new());
}

/// Takes away what a property says, or puts something else in its place.
#[tokio::test]
async fn every_rule_can_be_broken() {
    let graph = catalogue_graph().await;
    let nonsense = || Term::from(NamedNode::new_unchecked("http://publications.europa.eu/resource/authority/file-type/NOPE"));
    let mutants: [(NamedNodeRef<'_>, Option<Term>, &str); 12] = [
        (dct::FORMAT, Some(nonsense()), "format"),
        (dct::LANGUAGE, Some(nonsense()), "language/"),
        (dct::ACCESS_RIGHTS, Some(nonsense()), "access-right/"),
        (dcat::THEME, Some(nonsense()), "theme"),
        (dct::FREQUENCY, Some(nonsense()), "frequency"),
        (dct::LICENSE, Some(nonsense()), "licence"),
        (vcard::HAS_EMAIL, Some(nonsense()), "e-mail"),
        (dct::PUBLISHER, None, "dataset with publisher"),
        (dct::IDENTIFIER, None, "one identifier"),
        (dct::LICENSE, None, "format and licence on each distribution"),
        (dcat::DOWNLOAD_URL, None, "file or service, not both"),
        (dcat::ENDPOINT_URL, None, "service with address and licence"),
    ];
    for (property, instead, rule) in mutants {
        let changed = graph.triples().iter().filter_map(|triple| match (&instead, triple.predicate == property) {
            (_, false) => Some(triple.clone()),
            (None, true) => None,
            (Some(instead), true) => Some(Triple::new(triple.subject.clone(), triple.predicate.clone(), instead.clone())),
        });
        let found = broken(&changed.collect::<Vec<_>>());
        assert!(found.iter().any(|one| one == rule), "without or with a wrong {property}, `{rule}` should be broken; broken are {found:?}");
    }
}

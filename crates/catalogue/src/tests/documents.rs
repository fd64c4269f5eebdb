use std::collections::BTreeSet;

use expect_test::{expect, expect_file};
use model::TimeWindow;
use oxrdfio::{RdfFormat, RdfParser};

use super::*;
use crate::{Severity, check};

#[tokio::test]
async fn everything_said_of_a_dataset_stands_in_its_document() {
    let city = City::with([luft()]).await;
    expect_file!["luft.ttl"].assert_eq(&city.dataset("luft", Format::Turtle).await);
}

#[tokio::test]
async fn what_nobody_said_is_not_invented() {
    let city = City::with([bare("wenig")]).await;
    expect_file!["wenig.ttl"].assert_eq(&city.page(Format::Turtle, None).await);
}

#[tokio::test]
async fn each_declared_period_is_a_period_of_time() {
    let period =
        |start: &str, end: &str| TimeWindow { start: Instant::parse(start).expect("valid"), end: Instant::parse(end).expect("valid") };
    let march = period("2024-02-29T23:00:00Z", "2024-03-31T22:00:00Z");
    let october = period("2024-09-30T22:00:00Z", "2024-10-31T23:00:00Z");
    let since_april = TimeWindow { end: TimeWindow::ALL.end, ..period("2026-03-31T22:00:00Z", "2026-03-31T22:00:00Z") };
    let city = City::with([Dataset { temporal: vec![march, october, since_april], ..luft() }]).await;
    let document = city.dataset("luft", Format::Turtle).await;
    let said: Vec<&str> = document
        .lines()
        .filter(|line| line.contains("period") || line.contains("startDate") || line.contains("endDate"))
        .map(str::trim)
        .collect();
    expect![[r#"
        dct:temporal <https://daten.musterstadt.example/datensaetze/luft#period> , <https://daten.musterstadt.example/datensaetze/luft#period-2> , <https://daten.musterstadt.example/datensaetze/luft#period-3> ;
        <https://daten.musterstadt.example/datensaetze/luft#period> a dct:PeriodOfTime ;
        dcat:startDate "2024-02-29T23:00:00Z"^^xsd:dateTime ;
        dcat:endDate "2024-03-31T21:59:59Z"^^xsd:dateTime .
        <https://daten.musterstadt.example/datensaetze/luft#period-2> a dct:PeriodOfTime ;
        dcat:startDate "2024-09-30T22:00:00Z"^^xsd:dateTime ;
        dcat:endDate "2024-10-31T22:59:59Z"^^xsd:dateTime .
        <https://daten.musterstadt.example/datensaetze/luft#period-3> a dct:PeriodOfTime ;
        dcat:startDate "2026-03-31T22:00:00Z"^^xsd:dateTime ;
        dcat:endDate "2026-05-01T10:00:00Z"^^xsd:dateTime ."#]].assert_eq(&said.join("\n"));
}

/// The statements of a document as lines.
pub(super) fn statements(format: Format, document: &str) -> BTreeSet<String> {
    let format = match format {
        Format::Turtle => RdfFormat::Turtle,
        Format::RdfXml => RdfFormat::RdfXml,
        Format::JsonLd => RdfFormat::JsonLd { profile: oxrdfio::JsonLdProfileSet::empty() },
        Format::N3 => RdfFormat::N3,
    };
    let quads = RdfParser::from_format(format).for_slice(document.as_bytes());
    quads.map(|quad| quad.expect("a document can be read").to_string()).collect()
}

#[tokio::test]
async fn every_format_says_the_same_and_names_every_node() {
    let city = City::with([luft(), bare("wenig")]).await;
    let turtle = statements(Format::Turtle, &city.page(Format::Turtle, None).await);
    assert!(turtle.len() > 80);
    for format in [Format::RdfXml, Format::JsonLd, Format::N3] {
        assert_eq!(statements(format, &city.page(format, None).await), turtle, "{format:?}");
    }
    let nameless: Vec<_> = turtle.iter().filter(|line| line.contains("_:")).collect();
    assert_eq!(nameless, Vec::<&String>::new());
}

#[tokio::test]
async fn only_what_everybody_may_see_is_listed() {
    let hidden = Dataset { published: false, ..bare("geheim") };
    let unlicensed = Dataset { licence: "frei".into(), ..bare("lizenzlos") };
    let mut closed = bare("verschlossen");
    closed.columns[0].class = Class::Restricted;
    let city = City::with([hidden, unlicensed, closed]).await;
    let page = city.page(Format::Turtle, None).await;
    assert!(!page.contains("geheim") && !page.contains("lizenzlos"), "{page}");
    // It may be known that there is a dataset of which nobody may read anything, but not how to get at it.
    assert!(page.contains("datensaetze/verschlossen#dataset") && page.contains("access-right/RESTRICTED"));
    assert!(!page.contains("dcat:Distribution") && !page.contains("dcat:DataService"), "{page}");
    expect!["error: there is no dataset `geheim`"].assert_eq(&city.dataset("geheim", Format::Turtle).await);
    expect!["error: the dataset `lizenzlos` is not listed: `licence`: `frei` is no licence of the list of DCAT-AP.de; take one of http://dcat-ap.de/def/licenses/, for example `http://dcat-ap.de/def/licenses/dl-by-de/2.0`"].assert_eq(&city.dataset("lizenzlos", Format::Turtle).await);
}

#[tokio::test]
async fn pages_follow_each_other_and_lose_nothing() {
    let city = City::with(["a", "b", "c", "d", "e"].map(bare)).await;
    let catalogue = city.catalogue.clone().with_page(2);
    let mut listed = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let document = text(catalogue.page(&tenant(), Format::Turtle, after.as_deref()).await);
        let lines = statements(Format::Turtle, &document);
        let datasets = lines.iter().filter(|line| line.contains("dcat#dataset>")).map(|line| between(line, "datensaetze/", "#dataset"));
        listed.push(datasets.collect::<Vec<_>>().join(" "));
        let next: BTreeSet<_> =
            lines.iter().filter(|line| line.contains("hydra/core#next")).map(|line| between(line, "?after=", "> .")).collect();
        assert!(next.len() <= 1, "both names of the next page are the same page");
        // A dataset that comes between two requests moves no other one.
        if after.is_none() {
            city.engine.with_role(Role::Editor).put_dataset(bare("aa")).await.expect("declared");
        }
        match next.into_iter().next() {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    expect!["a b | c d | e"].assert_eq(&listed.join(" | "));
}

fn between(line: &str, start: &str, end: &str) -> String {
    let from = line.rfind(start).map_or(0, |at| at + start.len());
    let to = line[from..].find(end).map_or(line.len(), |at| from + at);
    line[from..to].to_owned()
}

#[test]
fn what_a_dataset_lacks_is_said_with_its_remedy() {
    let findings = |dataset: &Dataset| {
        let lines = check(dataset).into_iter().map(|finding| {
            let weight = if finding.severity == Severity::Refused { "refused" } else { "warning" };
            format!("{weight} {finding}\n")
        });
        lines.collect::<String>()
    };
    assert_eq!(findings(&luft()), "");
    let mut wrong = luft();
    wrong.title.de = " ".into();
    wrong.licence = "dl-de/by-2-0".into();
    wrong.themes = vec!["UMWELT".into()];
    wrong.frequency = Some("stündlich".into());
    wrong.contact = Some(Contact { name: "Amt".into(), email: Some("Amt für Daten".into()), url: Some("musterstadt.de".into()) });
    wrong.spatial = Some(Spatial { iri: "Münster".into(), label: "Münster".into() });
    expect![[r#"
        refused `title`: a dataset has a German title
        refused `licence`: `dl-de/by-2-0` is no licence of the list of DCAT-AP.de; `http://dcat-ap.de/def/licenses/dl-by-de/2.0` is probably meant
        warning `themes`: `UMWELT` is no data theme of the EU; the codes are AGRI, ECON, EDUC, ENER, ENVI, GOVE, HEAL, INTR, JUST, OP_DATPRO, REGI, SOCI, TECH, TRAN
        warning `frequency`: `stündlich` is no frequency of the EU's list; examples are `HOURLY`, `DAILY`, `ANNUAL`, `IRREG`
        warning `spatial`: `Münster` is not an absolute IRI; take one of http://dcat-ap.de/def/politicalGeocoding/, for example `…/stateKey/06`
        warning `contact`: `Amt für Daten` is no e-mail address
        warning `contact`: `musterstadt.de` is no address of a page; expected `https://…`
    "#]].assert_eq(&findings(&wrong));
    let unnamed = Dataset { attribution: None, ..luft() };
    expect![[r#"
        warning `attribution`: the licence `http://dcat-ap.de/def/licenses/dl-by-de/2.0` asks for a source line; say how the source is to be named
    "#]]
    .assert_eq(&findings(&unnamed));
    expect![[r#"
        warning `themes`: GovData wants one data theme of the EU or more, for example `ENVI`
        warning `contact`: portals show whom to ask; name an office with an e-mail address or a page
    "#]]
    .assert_eq(&findings(&bare("wenig")));
}

//! Searching 10 000 datasets with all facets counted, against a plain scan of
//! the same texts, in lower case and prepared, for the words as they are typed.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use engine::{Access, Engine, Operation, Role};
use model::dataset::{Agent, Aggregate, Column, ColumnKind, Spatial, Texts};
use model::{Class, Dataset, EntityId, Name, UnitCode};
use portal::facets::{Chosen, Columns};

use crate::reading::median;
use crate::report::Row;

const DATASETS: usize = 10_000;
const PER_WRITE: usize = 1_000;
const ROUNDS: usize = 31;

/// Everything, a common word, a compound's part, synonyms, two words, a typing error, a sentence, nothing.
const QUESTIONS: [&str; 8] =
    ["", "Verkehr", "Rad", "Einwohner", "Luftmessung Neuhausen", "Temparatur", "Wie viele Parkplätze gibt es in Altdorf?", "xyzzyqwertz"];

pub(crate) fn measure() -> Result<Row> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let engine = Engine::scratch();
    let datasets: Vec<Dataset> = (0..DATASETS).map(dataset).collect();
    let editor = engine.with_role(Role::Editor);
    for some in datasets.chunks(PER_WRITE) {
        let declare = |dataset: &Dataset| Operation::Upsert { entity: dataset.to_entity(), replace: true };
        let receipt = runtime.block_on(editor.write(some.iter().map(declare).collect()))?;
        ensure!(receipt.outcomes.iter().all(Result::is_ok), "the datasets were declared");
    }
    let access = engine.with_role(Role::Public);
    ensure!(access.search("")?.hits.len() == DATASETS, "everything is found");
    ensure!(!access.search("Temparatur")?.corrections.is_empty(), "the typing error is one");
    let texts: Vec<String> = datasets.iter().map(text_of).collect();
    let (mut ours, mut reference) = (0.0_f64, 0.0_f64);
    let mut columns = Columns::default();
    for question in QUESTIONS {
        let now = engine.now();
        let own = milliseconds(|| search(&access, &mut columns, question, now));
        let scan = milliseconds(|| scan(&texts, question));
        ours = ours.max(own);
        reference = reference.max(scan);
    }
    Ok(Row {
        row: "search 10 000 datasets, facets, worst of 8",
        ours,
        unit: "ms",
        reference,
        ratio: ours / reference,
        goal: "≤ 10 ms (plain scan of prepared texts)",
        met: ours <= 10.0,
    })
}

fn search(access: &Access, columns: &mut Columns, question: &str, now: model::Instant) -> usize {
    let found = access.search(black_box(question)).map(|found| found.hits).unwrap_or_default();
    let (hits, counts) = columns.narrow(found, &Chosen::default(), now);
    hits.len() + black_box(counts)[0].len()
}

fn scan(texts: &[String], question: &str) -> usize {
    let question = black_box(question).to_lowercase();
    let words: Vec<&str> = question.split_whitespace().collect();
    texts.iter().filter(|text| words.iter().all(|word| text.contains(word))).count()
}

fn milliseconds(mut work: impl FnMut() -> usize) -> f64 {
    let round = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed().as_secs_f64() * 1e3
    };
    median((0..ROUNDS).map(round).collect())
}

const SUBJECTS: [&str; 40] = [
    "Rad",
    "Fahrrad",
    "Kraftfahrzeug",
    "Park",
    "Luft",
    "Wetter",
    "Temperatur",
    "Regen",
    "Wind",
    "Lärm",
    "Wasser",
    "Grundwasser",
    "Baum",
    "Wald",
    "Müll",
    "Strom",
    "Gas",
    "Wärme",
    "Schul",
    "Kinder",
    "Gesundheits",
    "Kranken",
    "Sport",
    "Kultur",
    "Museums",
    "Bibliotheks",
    "Wohnungs",
    "Bau",
    "Grundstücks",
    "Gewerbe",
    "Arbeits",
    "Haushalts",
    "Steuer",
    "Wahl",
    "Einwohner",
    "Bevölkerungs",
    "Geburten",
    "Haltestellen",
    "Lade",
    "Tourismus",
];
const THINGS: [&str; 30] = [
    "verkehr",
    "zählung",
    "zählstellen",
    "messung",
    "messstellen",
    "qualität",
    "register",
    "verzeichnis",
    "kataster",
    "statistik",
    "entwicklung",
    "prognose",
    "standorte",
    "häuser",
    "plätze",
    "säulen",
    "zentren",
    "einrichtungen",
    "verbrauch",
    "belastung",
    "temperaturen",
    "mengen",
    "preise",
    "pläne",
    "gebiete",
    "grenzen",
    "flächen",
    "netz",
    "termine",
    "berichte",
];
const STARTS: [&str; 20] = [
    "Alt", "Neu", "Ober", "Unter", "Groß", "Klein", "Wald", "Berg", "Stein", "Linden", "Eichen", "Buchen", "Rosen", "Mühl", "Kirch",
    "König", "Fried", "Hoch", "Nieder", "Schön",
];
const ENDS: [&str; 20] = [
    "dorf", "hausen", "heim", "bach", "berg", "stadt", "feld", "rode", "hain", "burg", "au", "brunn", "tal", "kirchen", "weiler", "furt",
    "born", "stein", "werder", "münde",
];
const THEMES: [&str; 13] = ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH", "TRAN"];

/// A dataset that is always the same for a number; numbers spread over subjects, towns and publishers.
fn dataset(number: usize) -> Dataset {
    let pick = |salt: usize, of: usize| (number.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)) >> 7) % of;
    let compound = |salt: usize| format!("{}{}", SUBJECTS[pick(salt, 40)], THINGS[pick(salt + 50, 30)]);
    let town = format!("{}{}", STARTS[pick(7, 20)], ENDS[pick(8, 20)]);
    let both = |text: String| Texts { en: Some(format!("Data on {text}").into()), de: text.into() };
    let column = |salt: usize| Column {
        attribute: Name::known("https://smartdatamodels.org/dataModel.Environment/no2"),
        label: both(compound(salt)),
        description: Some(both(format!("{} je Stunde in {town}", compound(salt + 1)))),
        kind: ColumnKind::Measure,
        unit: Some(UnitCode::new("GQ")),
        aggregate: Aggregate::Mean,
        class: Class::Open,
    };
    Dataset {
        id: EntityId::parse(&format!("urn:ngsi-ld:Dataset:bench-{number}")).expect("a valid id"),
        slug: format!("bench-{number}").into(),
        title: both(format!("{} in {town}", compound(1))),
        summary: both(format!("Wie steht es um {} und {}? Zahlen aus {town}.", compound(1), compound(2))),
        description: both(format!(
            "Erhoben werden {}, {} und {}; fortgeschrieben seit {}.",
            compound(3),
            compound(4),
            compound(5),
            1950 + pick(9, 75)
        )),
        publisher: Agent { name: format!("Stadt {}{}", STARTS[pick(10, 20)], ENDS[pick(11, 10)]).into(), homepage: None },
        contact: None,
        licence: "http://dcat-ap.de/def/licenses/dl-by-de/2.0".into(),
        attribution: None,
        provenance: Texts::default(),
        landing_page: None,
        themes: vec![THEMES[pick(12, 13)].into(), THEMES[pick(13, 13)].into()],
        keywords: (14..18).map(|salt| compound(salt).into()).collect(),
        frequency: Some("HOURLY".into()),
        spatial: Some(Spatial {
            iri: format!("http://dcat-ap.de/def/politicalGeocoding/municipalityKey/06{:06}", pick(7, 400)).into(),
            label: town.as_str().into(),
        }),
        temporal: Vec::new(),
        retention: Vec::new(),
        entity_type: Name::known("https://allmende.eu/def/Bench"),
        id_prefix: Some(format!("urn:ngsi-ld:Bench:{number}:").into()),
        columns: (20..25).map(column).collect(),
        published: true,
    }
}

/// What a scan looks through.
fn text_of(dataset: &Dataset) -> String {
    let mut texts = vec![&dataset.title, &dataset.summary, &dataset.description];
    texts.extend(dataset.columns.iter().flat_map(|column| [Some(&column.label), column.description.as_ref()].into_iter().flatten()));
    let both = texts.into_iter().flat_map(|texts| [Some(&texts.de), texts.en.as_ref()].into_iter().flatten());
    let names = dataset.keywords.iter().chain([&dataset.publisher.name]).chain(dataset.spatial.iter().map(|spatial| &spatial.label));
    both.chain(names).map(|text| text.to_lowercase()).collect::<Vec<_>>().join(" ")
}

//! Invented pages with everything on them, also hostile texts: what the tests
//! of the templates look at.

use model::Instant;
use model::dataset::Texts as Translated;
use model::geo::{Geometry, Position};

use super::admin::{HomePage, LoginPage, QuarantineItem, RunItem, RunPage, SourceItem, SourcePage, SourcesPage, Task};
use super::dataset::{Chooser, Citation, DatasetPage, Download, Fact, FactValue, JsonLd, Quality, Reason};
use super::document::{self, DocumentPage};
use super::entry::{FacetChoice, FacetChoices, Hit, ListPage, Question, StartPage, Topic, WaysOn};
use super::error::ErrorPage;
use super::table::{Answer, Origin, ProvenancePage, TablePage};
use crate::chart::{Chart, Point, Series, Step};
use crate::frame::{Frame, Section, Site, User};
use crate::map_image::{self, Feature};
use crate::messages::Language;
use crate::parts::{
    Alert, Badge, Cell, ChartFigure, Choice, Crumbs, Field, Head, MapFigure, Marked, Moment, Pagination, Phrase, Snippet, Table, Tone,
};

mod board;
mod erasure;
mod outside;
mod retention;

/// A text that must never become markup.
pub(super) const EVIL: &str = "\"'><script>alert(1)</script></title><img src=x onerror=alert(2)>";

pub(super) fn site() -> Site {
    Site {
        owner: "Stadt Musterstadt".into(),
        name: Translated { de: "Datenportal Musterstadt".into(), en: Some("Open data Musterstadt".into()) },
        public_url: Some("https://daten.musterstadt.example".into()),
        email: "daten@musterstadt.example".into(),
        imprint: vec!["Stadt Musterstadt".into(), "Marktplatz 1".into(), "12345 Musterstadt".into()],
        notice: Some(Translated { de: "Musterstadt ist erfunden.".into(), en: None }),
        texts: document::OwnTexts::default(),
        reports_kept_days: 180,
    }
}

pub(super) fn frame(language: Language, path: &str, section: Section) -> Frame {
    Frame::new(language, site(), path, "", section)
}

fn admin_frame(language: Language, path: &str) -> Frame {
    Frame {
        user: Some(User { name: "verwaltung".into(), csrf: "abc".into(), administers: true }),
        indexed: false,
        ..frame(language, path, Section::Admin)
    }
}

fn crumbs(language: Language, here: &str) -> Crumbs {
    let texts = language.texts();
    Crumbs { texts, above: vec![(Phrase::plain(texts.nav_home()), language.prefix().to_owned() + "/")], here: Phrase::plain(here) }
}

fn now() -> Instant {
    Instant::parse("2026-11-23T12:00:00Z").expect("valid")
}

fn choices(names: &[&str]) -> Vec<Choice> {
    let choice = |(index, name): (usize, &&str)| Choice { value: index.to_string(), text: (*name).to_owned(), chosen: index == 1 };
    names.iter().enumerate().map(choice).collect()
}

fn hit(language: Language, title: &str) -> Hit {
    Hit {
        title: Marked::new(Phrase::german(title, language), &[]),
        summary: Marked::new(
            Phrase::plain("So sauber war die Luft an zwei Straßen in Münster, Stunde für Stunde."),
            std::slice::from_ref(&(19..23)),
        ),
        found_in: Some((language.texts().search_in_columns(), Marked::new(Phrase::german(EVIL, language), std::slice::from_ref(&(0..3))))),
        href: "/datensaetze/luft".into(),
        publisher: Phrase::german("Umweltbundesamt", language),
        licence: language.texts().licence_by().into(),
        changed: Some(Moment::with_age(now().plus_micros(-3_600_000_000), now(), language)),
        badges: vec![Badge::new(Tone::Success, "Aktuell"), Badge::new(Tone::Info, "Qualität: 5 von 6 Punkten")],
    }
}

fn chart(language: Language, id: &str) -> ChartFigure {
    let first = Instant::parse("2022-01-01T12:00:00Z").expect("valid");
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let wave = |n: i64, phase: f64| ((n as f64 / 58.0 + phase).sin() * 14.0 + (n as f64 * 1.7).sin() * 6.0 + 25.0).max(0.0);
    let points = |phase: f64| -> Vec<Point> {
        (0..730)
            .map(|n| Point {
                at: first.plus_micros(n * 86_400_000_000),
                value: (n % 97 != 5 && !(300..330).contains(&n)).then(|| wave(n, phase)),
            })
            .collect()
    };
    let series = vec![
        Series { name: "Weseler Straße".into(), points: points(0.0), ranges: Vec::new() },
        Series { name: "Geist".into(), points: points(0.7), ranges: Vec::new() },
    ];
    let drawing = Chart {
        id: id.into(),
        title: "Stickstoffdioxid".into(),
        unit: "µg/m³".into(),
        step: Step::Day,
        series,
        language,
        zone: crate::format::Zone::Berlin,
    }
    .draw();
    ChartFigure {
        texts: language.texts(),
        id: id.into(),
        title: Phrase::german("Stickstoffdioxid", language),
        subtitle: language.texts().chart_subtitle(language.texts().chart_mean_day(), "1. Januar 2022 bis 31. Dezember 2023"),
        drawing,
        source: Phrase::german("Umweltbundesamt", language),
        table_href: "/datensaetze/luft/tabelle".into(),
    }
}

fn map(language: Language) -> MapFigure {
    let points = [("Weseler Straße", 7.6195, 51.9530), ("Geist", 7.6115, 51.9365), (EVIL, 7.63, 51.96)]
        .map(|(name, lon, lat)| (name, Geometry::Point(Position::new(lon, lat))));
    let features: Vec<Feature<'_>> =
        points.iter().map(|(name, geometry)| Feature { name, value: Some("42 µg/m³"), geometry, class: None }).collect();
    let texts = language.texts();
    MapFigure {
        texts,
        title: texts.map_title().into(),
        subtitle: texts.map_points().into(),
        picture: map_image::draw(&features, &[], texts.map_title(), language).expect("three points"),
        legend: Vec::new(),
        attribution: Phrase::german("Umweltbundesamt", language),
        list: Table {
            id: "places".into(),
            caption: texts.map_list_caption().into(),
            head: vec![Head::text(texts.map_place()), Head::number("NO₂")],
            rows: points.iter().map(|(name, _)| vec![Cell::text(name).header(), Cell::number("42 µg/m³")]).collect(),
        },
        more: None,
    }
}

fn table(language: Language, id: &str) -> Table {
    let missing = language.texts().value_missing();
    let row = |day: i64| {
        let at = Moment::short(now().plus_micros(-day * 86_400_000_000), language);
        vec![
            Cell::moment(&at).header(),
            Cell::text("urn:ngsi-ld:AirQualityObserved:DENW260"),
            Cell::number("12,4").link("/datensaetze/luft/herkunft?x=1".into()).hint(language.texts().dataset_link_value().into()),
            Cell::missing(missing),
        ]
    };
    Table {
        id: id.into(),
        caption: "Die letzten Werte".into(),
        head: vec![Head::text("Zeit"), Head::text("Kennung"), Head::number("NO₂ in µg/m³"), Head::number("O₃ in µg/m³")],
        rows: (0..12).map(row).collect(),
    }
}

fn facts(language: Language) -> Vec<Fact> {
    let texts = language.texts();
    vec![
        Fact { name: texts.fact_publisher().into(), value: FactValue::Text(Phrase::german("Umweltbundesamt", language)) },
        Fact {
            name: texts.fact_licence().into(),
            value: FactValue::Link(Phrase::plain(texts.licence_dl_by()), "https://www.govdata.de/dl-de/by-2-0".into()),
        },
        Fact { name: texts.fact_changed().into(), value: FactValue::Time(Moment::with_age(now(), now(), language)) },
    ]
}

pub(super) fn dataset(language: Language) -> DatasetPage {
    let texts = language.texts();
    let url = "https://daten.musterstadt.example/datensaetze/luft/daten.csv";
    let snippet =
        |tool: &str, code: &str| Snippet { texts, id: format!("code-{}", tool.to_lowercase()), tool: tool.into(), code: code.into() };
    DatasetPage {
        frame: frame(language, "/datensaetze/luft", Section::Data),
        crumbs: crumbs(language, "Luftqualität in Münster"),
        slug: "luft".into(),
        title: Phrase::german("Luftqualität in Münster", language),
        summary: Phrase::german("So sauber war die Luft an zwei Straßen in Münster, Stunde für Stunde.", language),
        description: Phrase::german(EVIL, language),
        badges: vec![Badge::new(Tone::Info, texts.badge_historic("1. Januar 2024")), Badge::new(Tone::Info, texts.licence_by())],
        chooser: Chooser {
            measures: choices(&["Ozon", "Stickstoffdioxid"]),
            places: choices(&["Geist", "Weseler Straße"]),
            periods: choices(&["a", "b"]),
            days: Some(("2022-01-01".into(), String::new())),
            values: choices(&["Mittelwerte", "Einzelwerte"]),
            clocks: choices(&["Ortszeit", "Weltzeit"]),
        },
        charts: vec![chart(language, "no2")],
        map: Some(map(language)),
        preview: Some(table(language, "preview-table")),
        downloads: vec![
            Download {
                format: "CSV".into(),
                purpose: texts.dataset_for_csv().into(),
                size: Some(texts.dataset_about_size("4,2 MB")),
                media_type: "text/csv".into(),
                href: "/datensaetze/luft/daten.csv".into(),
                url: url.into(),
            },
            Download {
                format: "GeoJSON".into(),
                purpose: texts.dataset_for_geojson().into(),
                size: None,
                media_type: "application/geo+json".into(),
                href: "/datensaetze/luft/daten.geojson".into(),
                url: url.into(),
            },
        ],
        columns: Table {
            id: "columns-table".into(),
            caption: texts.dataset_columns().into(),
            head: vec![Head::text(texts.dataset_column()), Head::text(texts.dataset_meaning())],
            rows: vec![vec![Cell::text("NO₂").header(), Cell::text("Stickstoffdioxid, Stundenmittel")]],
        },
        snippets: vec![
            snippet("Python", &format!("import pandas as pd\ndf = pd.read_csv(\"{url}\")")),
            snippet("Excel", &texts.snippet_excel(url)),
        ],
        facts: facts(language),
        quality: Quality {
            sentence: texts.quality_sentence("2", "3"),
            reasons: vec![
                Reason { tone: Tone::Success, text: texts.quality_licensed().into() },
                Reason { tone: Tone::Warning, text: texts.quality_undescribed(3) },
            ],
        },
        provenance: Phrase::german("Messnetz des Landes, veröffentlicht vom Umweltbundesamt.", language),
        landing_page: Some("https://www.umweltbundesamt.de/".into()),
        attribution: Some(Phrase::german("Umweltbundesamt", language)),
        citation: Citation {
            publisher: Phrase::german("Umweltbundesamt", language),
            year: "2024".into(),
            title: Phrase::german("Luftqualität in Münster", language),
            as_of: "1. Januar 2024".into(),
            url: "https://daten.musterstadt.example/datensaetze/luft".into(),
            licence: texts.licence_dl_by().into(),
        },
        metadata: vec![("text/turtle", "/datensaetze/luft.ttl".into(), "DCAT-AP.de")],
        json_ld: JsonLd::new(&serde_json::json!({ "@type": "Dataset", "name": EVIL })),
    }
}

fn facet(name: &'static str, param: &'static str, values: &[&str]) -> FacetChoices {
    let choice = |value: &&str| FacetChoice { value: (*value).into(), text: (*value).into(), count: "2".into(), chosen: false };
    FacetChoices { name, param, first: values.iter().map(choice).collect(), more: Vec::new(), more_count: String::new() }
}

fn list(language: Language, is_search: bool, empty: bool) -> ListPage {
    let texts = language.texts();
    let path = if is_search { "/suche" } else { "/datensaetze" };
    ListPage {
        dashboards: if is_search && !empty { dashboards() } else { Vec::new() },
        frame: Frame { indexed: !is_search, searchable: !is_search, ..frame(language, path, Section::Data) },
        crumbs: crumbs(language, texts.list_title()),
        is_search,
        q: if is_search { EVIL.into() } else { String::new() },
        facets: vec![facet(texts.list_topic(), "thema", &[texts.theme_envi(), EVIL]), facet(texts.list_publisher(), "anbieter", &["DWD"])],
        count: texts.count_hits(if empty { 0 } else { 2 }),
        hits: if empty { Vec::new() } else { vec![hit(language, "Luftqualität in Münster"), hit(language, EVIL)] },
        remarks: if is_search { vec![texts.search_corrected(EVIL, "Luft")] } else { Vec::new() },
        meant: is_search.then(|| ("Luft".into(), "/suche?q=Luft".into())),
        ways_on: WaysOn {
            nearest: vec![("Fahrrad".into(), "/suche?q=Fahrrad".into())],
            topics: vec![(texts.theme_envi().into(), "/datensaetze?thema=umwelt".into())],
            report: Some(("daten@musterstadt.example".into(), "mailto:daten@musterstadt.example".into())),
        },
        active: vec![(texts.theme_envi().into(), "/datensaetze".into())],
        unfiltered: path.into(),
        pagination: Some(Pagination { texts, page: 3, pages: 9, base: "?seite=".into() }),
    }
}

fn quarantine(language: Language) -> Vec<QuarantineItem> {
    let item = |id: &str| QuarantineItem {
        id: id.into(),
        record: language.texts().admin_record("4.312"),
        reason: Phrase::english("`k. A.` is no number; expected for example `12,4`", language),
        field: Some("Anzahl".into()),
        raw: format!("2023-03-26;02:15;k. A.;{EVIL}"),
        at: Moment::short(now(), language),
        run: ("17".into(), "/verwaltung/laeufe/17".into()),
    };
    vec![item("1"), item("2")]
}

fn source(language: Language, faults: bool) -> SourcePage {
    let texts = language.texts();
    SourcePage {
        frame: Frame { failed: faults, ..admin_frame(language, "/verwaltung/quellen/luft") },
        crumbs: crumbs(language, "luft"),
        name: "luft".into(),
        badges: vec![Badge::new(Tone::Warning, texts.count_quarantined(2))],
        alert: Some(if faults {
            Alert::errors(
                texts.admin_faults_title(1),
                vec![(Phrase::english("`attribute[2].unit` = `xyz`: is no unit", language), Some("text".into()))],
            )
        } else {
            Alert::new(Tone::Success, texts.admin_saved_title("3"), texts.admin_saved_text())
        }),
        notices: vec![Alert::new(Tone::Warning, texts.admin_silent_title("3."), texts.admin_silent_text())],
        has_drift: true,
        paused: faults,
        facts: facts(language),
        dataset: Some((Phrase::german("Luftqualität in Münster", language), "/datensaetze/luft".into())),
        text: format!("[source]\nname = \"luft\"\n# {EVIL}\n"),
        version: "3".into(),
        has_faults: faults,
        versions: Some(table(language, "versions-table")),
        runs: Some(table(language, "runs-table")),
        quarantine: quarantine(language),
        quarantine_count: texts.admin_quarantine_lead(2),
        next: Some("?nach=20".into()),
        csrf: "abc".into(),
    }
}

fn run(language: Language) -> RunPage {
    let texts = language.texts();
    RunPage {
        frame: admin_frame(language, "/verwaltung/laeufe/17"),
        crumbs: crumbs(language, "17"),
        id: "17".into(),
        badge: Badge::new(Tone::Danger, texts.admin_state_failed()),
        alert: Some(Alert::new(Tone::Danger, texts.admin_state_failed(), EVIL)),
        facts: facts(language),
        outcome: Table {
            id: "outcome".into(),
            caption: texts.admin_outcome_caption().into(),
            head: vec![Head::text(texts.admin_outcome_what()), Head::number(texts.admin_outcome_count())],
            rows: vec![vec![Cell::text(texts.admin_records()).header(), Cell::number("17.520")]],
        },
        quarantine: quarantine(language),
        source: ("luft".into(), "/verwaltung/quellen/luft".into()),
    }
}

fn login(language: Language, first_start: bool) -> LoginPage {
    let texts = language.texts();
    let account =
        Field { error: Some(texts.admin_need_account().into()), ..Field::new("konto", texts.admin_account(), "text", "username") };
    let password = Field {
        hint: Some(texts.admin_password_hint().into()),
        ..Field::new("passwort", texts.admin_password(), "password", "current-password")
    };
    LoginPage {
        frame: Frame { indexed: false, failed: true, ..frame(language, "/verwaltung/anmelden", Section::Other) },
        first_start,
        alert: Some(Alert::errors(texts.admin_errors_title(), vec![(Phrase::plain(texts.admin_need_account()), Some("konto".into()))])),
        fields: vec![account, password],
        next: "/verwaltung".into(),
    }
}

/// Every page: a name and its HTML.
pub(super) fn all(language: Language) -> Vec<(String, String)> {
    let mut pages = vec![
        ("dataset".to_owned(), dataset(language).to_string()),
        ("list".into(), list(language, false, false).to_string()),
        ("search".into(), list(language, true, false).to_string()),
        ("search-empty".into(), list(language, true, true).to_string()),
        ("start".into(), start(language).to_string()),
        ("table".into(), table_page(language).to_string()),
        ("provenance".into(), provenance(language).to_string()),
        ("not-found".into(), ErrorPage::not_found(frame(language, "/nichts", Section::Other)).to_string()),
        ("internal".into(), ErrorPage::internal(frame(language, "/", Section::Other), "7F3C-21".into()).to_string()),
        ("login".into(), login(language, false).to_string()),
        ("login-first".into(), login(language, true).to_string()),
        ("source".into(), source(language, false).to_string()),
        ("source-faults".into(), source(language, true).to_string()),
        ("run".into(), run(language).to_string()),
        ("home".into(), home(language).to_string()),
        ("sources".into(), sources(language).to_string()),
    ];
    pages.extend(outside::all(language));
    pages.extend(board::all(language));
    pages.extend(retention::all(language));
    pages.extend(erasure::all(language));
    for slug in document::slugs() {
        let document = document::document(slug, language, &site()).expect("listed");
        let page = DocumentPage {
            frame: frame(language, &format!("/{slug}"), Section::About),
            crumbs: crumbs(language, &document.title),
            document,
        };
        pages.push((slug.to_owned(), page.to_string()));
    }
    pages
}

fn dashboards() -> Vec<(Phrase, Phrase, String)> {
    vec![(Phrase::plain("Musterstadt <heute>"), Phrase::plain("Fragen an die Stadt."), "/dashboards/heute".into())]
}

fn start(language: Language) -> StartPage {
    let texts = language.texts();
    StartPage {
        dashboards: dashboards(),
        frame: Frame { searchable: false, ..frame(language, "/", Section::Other) },
        questions: vec![Question {
            text: Phrase::german("Wie warm war es in Frankfurt?", language),
            answer: Some("41,1 °C".into()),
            href: "/datensaetze/wetter".into(),
        }],
        topics: vec![Topic { name: texts.theme_envi().into(), count: texts.count_datasets(2), href: "/datensaetze?thema=umwelt".into() }],
        newest: vec![hit(language, "Luftqualität in Münster")],
        count: texts.count_datasets(5),
        examples: vec![(EVIL.into(), "/suche?q=x".into())],
    }
}

fn table_page(language: Language) -> TablePage {
    let texts = language.texts();
    TablePage {
        frame: frame(language, "/datensaetze/luft/tabelle", Section::Data),
        crumbs: crumbs(language, "Alle Werte"),
        slug: "luft".into(),
        title: Phrase::german("Luftqualität in Münster", language),
        places: choices(&["Alle", "Geist"]),
        report_href: Some("/datensaetze/luft/tabelle?melden=1".into()),
        from: "2022-01-01".into(),
        until: String::new(),
        clocks: choices(&["Ortszeit", "Weltzeit"]),
        downloads: vec![("CSV".into(), "/datensaetze/luft/daten.csv?von=2022-01-01".into())],
        count: texts.count_values(35_040),
        table: table(language, "all-values"),
        pagination: None,
        older: Some("?vor=2".into()),
        newest: Some("?".into()),
    }
}

fn provenance(language: Language) -> ProvenancePage {
    ProvenancePage {
        frame: frame(language, "/datensaetze/luft/herkunft", Section::Data),
        crumbs: crumbs(language, "Herkunft"),
        report_href: "/fehler-melden?datensatz=luft".into(),
        answers: vec![Answer { about: Some(EVIL.into()), text: EVIL.into(), at: Moment::with_age(now(), now(), language) }],
        value: "42 µg/m³".into(),
        facts: facts(language),
        origin: Some(Origin {
            source: "luft".into(),
            run: "17".into(),
            started: Moment::with_age(now(), now(), language),
            input: "luftqualitaet_muenster_station1303.csv".into(),
            checksum: "1ddc097056e2".repeat(5),
            version: "3".into(),
            rules: vec![Phrase::plain("Der Wert steht in „Stundenmittel“.")],
            record: language.texts().provenance_record_line("4.312"),
            raw: Some(format!("DENW260;'01.03.2022';'14:00';Stundenmittel;42;µg/m³;{EVIL}")),
            fields: Some(table(language, "fields")),
            run_href: Some("/verwaltung/laeufe/17".into()),
            login_href: None,
        }),
        writer: None,
        recorded: Some(Moment::with_age(now(), now(), language)),
        corrections: Some(table(language, "old-values")),
    }
}

fn home(language: Language) -> HomePage {
    let texts = language.texts();
    HomePage {
        standing: vec!["1 Quelle braucht Sie.".into()],
        frame: admin_frame(language, "/verwaltung"),
        tasks: vec![Task {
            badge: Badge::new(Tone::Danger, texts.admin_state_failed()),
            text: texts.admin_failed_task("luft", EVIL),
            action: (texts.admin_look().into(), "/verwaltung/laeufe/17".into()),
        }],
        running: vec![RunItem {
            source: "rad".into(),
            href: "/verwaltung/laeufe/18".into(),
            started: Moment::short(now(), language),
            progress: texts.admin_progress("184.000", "180.000"),
        }],
        runs: Some(table(language, "runs-table")),
        facts: facts(language),
        retention: Some("/verwaltung/aufbewahrung".into()),
    }
}

fn sources(language: Language) -> SourcesPage {
    let texts = language.texts();
    SourcesPage {
        frame: admin_frame(language, "/verwaltung/quellen"),
        crumbs: crumbs(language, texts.admin_sources()),
        sources: vec![SourceItem {
            name: EVIL.into(),
            href: "/verwaltung/quellen/luft".into(),
            badge: Badge::new(Tone::Success, texts.admin_state_ok()),
            kind: "CSV".into(),
            last_run: Some(Moment::short(now(), language)),
            next_run: Some(Moment::short(now(), language)),
            newest: Some(Moment::short(now(), language)),
            trouble: Some(Phrase::english(EVIL, language)),
            quarantined: Some(texts.count_quarantined(2)),
        }],
    }
}

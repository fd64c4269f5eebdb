//! The component sheet, for who builds pages or looks at colours of their own.

use axum::response::Response;
use model::Instant;
use model::geo::{Geometry, Position};

use crate::ask::Ask;
use crate::chart::{Chart, Point, Series, Step};
use crate::format::{self, Zone};
use crate::map_image::{self, Feature};
use crate::pages::components::ComponentsPage;
use crate::pages::dataset::{Fact, FactValue};
use crate::parts::{
    Alert, Badge, Cell, ChartFigure, Choice, Crumbs, Field, Head, MapFigure, Moment, Pagination, Phrase, Snippet, Table, Tone,
};

const DAY_MICROS: i64 = 86_400_000_000;
const TONES: [Tone; 4] = [Tone::Info, Tone::Success, Tone::Warning, Tone::Danger];

/// `GET /verwaltung/bausteine`
pub(crate) async fn show(ask: Ask) -> Response {
    let answer = ask.require_editor().map(|()| ask.page(&page(&ask)));
    ask.answer(answer)
}

fn page(ask: &Ask) -> ComponentsPage {
    let t = ask.t();
    ComponentsPage {
        frame: ask.admin_frame(),
        crumbs: Crumbs {
            texts: t,
            above: vec![(Phrase::plain(t.admin_title()), ask.href("/verwaltung"))],
            here: Phrase::plain(t.components_title()),
        },
        badges: TONES.map(|tone| Badge::new(tone, t.components_badge())).into(),
        alerts: alerts(ask),
        fields: fields(ask),
        choices: [t.components_first(), t.components_second()].map(|text| choice(text, t.components_second())).into(),
        facts: facts(ask),
        moment: Moment::with_age(ask.now().plus_micros(-DAY_MICROS), ask.now(), ask.language),
        table: table(ask),
        pagination: Pagination { texts: t, page: 3, pages: 12, base: "?seite=".to_owned() },
        snippet: Snippet {
            texts: t,
            id: "code-curl".to_owned(),
            tool: "curl".to_owned(),
            code: "curl 'https://daten.example/'".to_owned(),
        },
        chart: chart(ask),
        map: map(ask),
    }
}

fn choice(text: &str, chosen: &str) -> Choice {
    Choice { value: text.to_owned(), text: text.to_owned(), chosen: text == chosen }
}

fn alerts(ask: &Ask) -> Vec<Alert> {
    let t = ask.t();
    let mut alerts: Vec<Alert> = TONES.map(|tone| Alert::new(tone, t.components_alert(), t.components_alert_text())).into();
    // The summary takes the focus where a form failed; here none did.
    let summary = Alert::errors(t.admin_errors_title(), vec![(Phrase::plain(t.admin_need_account()), Some("fehler".to_owned()))]);
    alerts.push(Alert { takes_focus: false, ..summary });
    alerts
}

fn fields(ask: &Ask) -> Vec<Field> {
    let t = ask.t();
    let field = |name: &str| Field::new(name, t.components_field(), "text", "off");
    vec![
        field("feld"),
        Field { hint: Some(t.components_hint().to_owned()), ..field("hinweis") },
        Field { error: Some(t.admin_need_account().to_owned()), ..field("fehler") },
    ]
}

fn facts(ask: &Ask) -> Vec<Fact> {
    let t = ask.t();
    let fact = |name: &str, value| Fact { name: name.to_owned(), value };
    vec![
        fact(t.components_field(), FactValue::Text(Phrase::plain(t.components_first()))),
        fact(t.nav_home(), FactValue::Link(Phrase::plain(t.nav_home()), ask.href("/"))),
        fact(t.fact_changed(), FactValue::Time(Moment::short(ask.now(), ask.language))),
    ]
}

fn table(ask: &Ask) -> Table {
    let (t, language) = (ask.t(), ask.language);
    let row = |n: u64| {
        let at = Moment::short(ask.now().plus_micros(-i64::try_from(n).unwrap_or_default() * DAY_MICROS), language);
        let number = if n == 1 { Cell::missing(t.value_missing()) } else { Cell::number(&format::count(n * 1_234, language)) };
        vec![Cell::moment(&at).header(), Cell::text(t.components_first()), number]
    };
    let head = vec![Head::text(t.fact_changed()), Head::text(t.components_field()), Head::number(t.admin_records())];
    Table { id: "table".to_owned(), caption: t.components_table().to_owned(), head, rows: (0..4).map(row).collect() }
}

fn chart(ask: &Ask) -> ChartFigure {
    let (t, language) = (ask.t(), ask.language);
    let first = ask.now().plus_micros(-60 * DAY_MICROS);
    let series = [0.0, 0.7].into_iter().zip([t.components_first(), t.components_second()]);
    let series = series.map(|(phase, name)| Series { name: name.to_owned(), points: wave(first, phase), ranges: Vec::new() }).collect();
    let title = t.components_chart().to_owned();
    ChartFigure {
        texts: t,
        id: "chart".to_owned(),
        title: Phrase::plain(&title),
        subtitle: t.components_sample().to_owned(),
        drawing: Chart { id: "chart".to_owned(), title, unit: "µg/m³".to_owned(), step: Step::Day, series, language, zone: Zone::Berlin }
            .draw(),
        source: Phrase::plain(t.components_sample()),
        table_href: ask.href("/datensaetze"),
    }
}

/// Sixty days that rise and fall, three of them without a value.
fn wave(first: Instant, phase: f64) -> Vec<Point> {
    let value = |n: u8| (!(20..23).contains(&n)).then(|| (f64::from(n) / 9.0 + phase).sin() * 14.0 + 30.0);
    (0..60).map(|n| Point { at: first.plus_micros(i64::from(n) * DAY_MICROS), value: value(n) }).collect()
}

fn map(ask: &Ask) -> Option<MapFigure> {
    let (t, language) = (ask.t(), ask.language);
    let places = [(t.components_first(), 8.65), (t.components_second(), 8.71)];
    let points = places.map(|(name, lon)| (name, Geometry::Point(Position::new(lon, 49.87 + (lon - 8.65) / 2.0))));
    let features: Vec<Feature<'_>> =
        points.iter().map(|(name, geometry)| Feature { name, value: Some("42"), geometry, class: None }).collect();
    let rows = places.map(|(name, _)| vec![Cell::text(name).header(), Cell::number("42")]).into();
    let head = vec![Head::text(t.map_place()), Head::number(t.admin_records())];
    Some(MapFigure {
        texts: t,
        title: t.map_title().to_owned(),
        subtitle: t.map_points().to_owned(),
        picture: map_image::draw(&features, &[], t.map_title(), language)?,
        legend: Vec::new(),
        attribution: Phrase::plain(t.components_sample()),
        list: Table { id: "places".to_owned(), caption: t.map_list_caption().to_owned(), head, rows },
        more: None,
    })
}

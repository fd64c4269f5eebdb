//! The second page: what was found in the file, each guess to be corrected.

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use harmonise::guess::{Column, Finding, Given, Kind, Meaning, Plan, Sample, Writing, examine, propose, settle, text_of};
use model::Json;
use web::Params;

use super::{changed, crumbs, given, href, open_draft, open_with_form, sample, seen, start, words};
use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::frame::Frame;
use crate::pages::upload::{ColumnItem, FoundItem, PreviewPage, Select};
use crate::parts::{Alert, Cell, Choice, Head, Phrase, Table, Tone};
use crate::upload::{self, Draft, Fate, Saved};

/// How many rows are shown.
const ROWS_SHOWN: usize = 8;
/// How many examples of a column.
const EXAMPLES: usize = 3;
/// Longer cells are cut in the preview.
const CELL_CHARS_MAX: usize = 60;
/// In how many lines a header may be chosen.
const HEADER_LINES: u64 = 30;

/// What stands for the number of the row among the columns of a key.
const BY_ROW: &str = "zeile";

/// `GET /verwaltung/hochladen/{id}`
pub(crate) async fn show(ask: Ask, Path(id): Path<String>) -> Response {
    let answer = show_draft(&ask, &id).await;
    ask.answer(answer)
}

async fn show_draft(ask: &Ask, id: &str) -> Result<Response, Trouble> {
    let draft = match open_draft(ask, id)? {
        Ok(draft) => draft,
        Err(dataset) => return Ok(redirect(&dataset)),
    };
    match sample(ask, draft.kept().checksum, given(&draft.plan.layout)).await? {
        Ok(found) => page(ask, &draft, &found, None),
        Err(refusal) => Err(Trouble::Invalid(words::refusal(ask.t(), &draft.file, &refusal).0)),
    }
}

/// `POST /verwaltung/hochladen/{id}`: look again, go on, or discard.
pub(crate) async fn change(ask: Ask, Path(id): Path<String>, body: Body) -> Response {
    let answer = change_draft(&ask, &id, body).await;
    ask.answer(answer)
}

async fn change_draft(ask: &Ask, id: &str, body: Body) -> Result<Response, Trouble> {
    let (mut draft, form) = match open_with_form(ask, id, body).await? {
        Ok(open) => open,
        Err(dataset) => return Ok(redirect(&dataset)),
    };
    if form.all("aktion").next() == Some("verwerfen") {
        let fate = match upload::discard(&ask.access, id).await? {
            Fate::Removed => "geloescht",
            Fate::Read => "gelesen",
            Fate::Shared => "geteilt",
        };
        return Ok(redirect(&ask.href(&format!("/verwaltung/hochladen?verworfen={fate}"))));
    }
    let wanted = layout(&form, &draft.plan);
    let found = match sample(ask, draft.kept().checksum, wanted.clone()).await? {
        Ok(found) => found,
        Err(refusal) => {
            // The file is fine, so the choice was not: the old one still stands.
            let alert = start::refused(ask, &draft.file, &refusal);
            let before = sample(ask, draft.kept().checksum, given(&draft.plan.layout)).await?;
            let Ok(before) = before else { return Err(Trouble::NotFound) };
            return page(ask, &draft, &before, Some(Alert { items: Vec::new(), ..alert }));
        }
    };
    if found.layout == draft.plan.layout {
        choose(&form, &mut draft.plan, &found);
    } else {
        draft.plan = propose(&found);
    }
    draft.revision = seen(&form);
    let draft = match upload::save(&ask.access, draft.clone(), ask.now()).await? {
        Saved::Done(saved) => saved,
        Saved::Changed(now) => {
            draft.revision = now.revision;
            return page(ask, &draft, &found, Some(changed(ask, &now)));
        }
    };
    if form.all("aktion").next() != Some("weiter") {
        return page(ask, &draft, &found, None);
    }
    let faults = faults(ask, &draft.plan, &found);
    if faults.is_empty() {
        return Ok(redirect(&href(ask, &draft, "/angaben")));
    }
    let items = faults.into_iter().map(|(text, field)| (Phrase::plain(&text), Some(field))).collect();
    page(ask, &draft, &found, Some(Alert::errors(ask.t().upload_cannot_go_on(), items)))
}

/// How the form says that the file is to be read.
fn layout(form: &Params, plan: &Plan) -> Given {
    let text = |name: &str| form.all(name).next().map(str::to_owned);
    let before = given(&plan.layout);
    let delimiter = text("trenner").and_then(|word| if word == "tab" { Some('\t') } else { word.chars().next() });
    Given {
        encoding: text("kodierung").or(before.encoding),
        delimiter: delimiter.filter(|sign| sign.is_ascii()).or(before.delimiter),
        sheet: text("blatt").or(before.sheet),
        header: text("kopfzeile").and_then(|line| line.parse().ok()).or(before.header),
    }
}

/// Takes what was chosen into the plan.
fn choose(form: &Params, plan: &mut Plan, found: &Sample) {
    let word = |name: &str| form.all(name).next();
    for (place, column) in plan.columns.iter_mut().enumerate() {
        if let Some(meaning) = word(&format!("art{place}")).and_then(Meaning::from_word) {
            if meaning != column.meaning {
                column.pattern = None;
            }
            column.meaning = meaning;
        }
        if let Some(code) = word(&format!("einheit{place}")) {
            column.unit = (!code.is_empty()).then(|| model::UnitCode::find(code)).flatten().map(|unit| unit.code().to_owned());
        }
        if let (Some(order), Some(pattern)) = (word("tagmonat"), &mut column.pattern)
            && let Some(rest) = pattern.strip_prefix("TT/MM/").or_else(|| pattern.strip_prefix("MM/TT/"))
        {
            *pattern = if order == "mm" { format!("MM/TT/{rest}") } else { format!("TT/MM/{rest}") };
        }
    }
    plan.numbers = match word("zahlen") {
        Some("deutsch") => Some(Writing { decimal: ',', thousands: Some('.') }),
        Some("englisch") => Some(Writing { decimal: '.', thousands: Some(',') }),
        _ => None,
    };
    if let Some(zone) = word("zone").filter(|zone| zones(plan).contains(zone)) {
        plan.zone = zone.to_owned();
    }
    if let Some(code) = word("bezug").filter(|code| harmonise::guess::systems().contains(code)) {
        plan.crs = Some(code.to_owned());
    }
    plan.by_row = form.all("kennung").any(|word| word == BY_ROW);
    let chosen: Vec<usize> = form.all("kennung").filter_map(|place| place.parse().ok()).collect();
    plan.key = chosen
        .into_iter()
        .filter_map(|place| plan.columns.get(place))
        .filter(|column| can_be_key(column))
        .map(|column| column.field.clone())
        .collect();
    if plan.one(Meaning::East).is_some() && plan.crs.is_none() {
        plan.crs = Some("EPSG:4326".to_owned());
    }
    settle(plan, found);
}

/// Keys become parts of ids; signs of templates may not stand in their names.
fn can_be_key(column: &Column) -> bool {
    !column.field.contains(['{', '}', '|'])
}

fn zones(plan: &Plan) -> Vec<&'static str> {
    let has_offset = plan.times().any(|column| column.pattern.as_ref().is_some_and(|pattern| pattern.contains("ZZ")));
    if has_offset { vec!["in-value"] } else { vec!["Europe/Berlin", "UTC", "+01:00"] }
}

/// What must be mended before anything can be made of it, with the field's id.
fn faults(ask: &Ask, plan: &Plan, found: &Sample) -> Vec<(String, String)> {
    let t = ask.t();
    let mut faults = Vec::new();
    let holds_value = |column: &Column| matches!(column.meaning, Meaning::Text | Meaning::Number | Meaning::YesNo);
    if !plan.columns.iter().any(holds_value) && plan.layout.kind != Kind::GeoJson {
        faults.push((t.upload_need_column().to_owned(), "art0".to_owned()));
    }
    for finding in examine(found, plan) {
        if matches!(finding, Finding::HalfPlace | Finding::NoKey) {
            faults.push((words::finding(t, &finding), "art0".to_owned()));
        }
    }
    for (place, column) in plan.columns.iter().enumerate() {
        if column.meaning == Meaning::Time && column.pattern.is_none() {
            faults.push((t.upload_need_time(&column.field), format!("art{place}")));
        }
    }
    if plan.times().count() > 2
        || (plan.times().count() == 2 && plan.times().all(|column| column.pattern.as_ref().is_some_and(|p| p.contains("MM"))))
    {
        faults.push((t.upload_need_one_time().to_owned(), "art0".to_owned()));
    }
    faults
}

fn page(ask: &Ask, draft: &Draft, found: &Sample, alert: Option<Alert>) -> Result<Response, Trouble> {
    let (t, plan) = (ask.t(), &draft.plan);
    let findings = examine(found, plan);
    let failed = alert.as_ref().is_some_and(|alert| alert.takes_focus && alert.tone == Tone::Danger);
    let columns = (0..).zip(&plan.columns).map(|(place, column)| item(ask, place, column, plan, found)).collect();
    let page = PreviewPage {
        frame: Frame { failed, ..ask.admin_frame() },
        crumbs: crumbs(ask, &draft.file),
        file: draft.file.clone(),
        lead: t.upload_preview_lead(
            format::count(plan.columns.len() as u64, ask.language),
            format::count(found.rows.len() as u64, ask.language),
            format::size(draft.size_bytes, ask.language),
        ),
        alert,
        found: findings.iter().map(|finding| FoundItem { badge: words::badge(t, finding), text: words::finding(t, finding) }).collect(),
        layout: layout_selects(ask, plan, found),
        columns,
        by_row: plan.by_row,
        rows: first_rows(ask, found),
        action: href(ask, draft, ""),
        revision: draft.revision.to_string(),
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
}

fn choice(value: &str, text: impl Into<String>, chosen: bool) -> Choice {
    Choice { value: value.to_owned(), text: text.into(), chosen }
}

fn item(ask: &Ask, place: usize, column: &Column, plan: &Plan, found: &Sample) -> ColumnItem {
    let t = ask.t();
    let at = found.header.iter().position(|name| *name == column.field);
    let values = at.into_iter().flat_map(|at| found.rows.iter().map(move |row| text_of(&row.cells[at]))).filter(|text| !text.is_empty());
    let mut examples: Vec<String> = Vec::new();
    for value in values {
        let value = cut(&value);
        if !examples.contains(&value) {
            examples.push(value);
        }
        if examples.len() == EXAMPLES {
            break;
        }
    }
    let mut units: Vec<Choice> = vec![choice("", t.upload_no_unit(), column.unit.is_none())];
    let foreign = column.unit.iter().map(String::as_str).filter(|code| !words::UNITS.contains(code));
    units.extend(
        words::UNITS.into_iter().chain(foreign).map(|code| choice(code, words::unit(t, code), column.unit.as_deref() == Some(code))),
    );
    ColumnItem {
        place,
        field: column.field.clone(),
        examples: if examples.is_empty() { t.upload_only_blanks().to_owned() } else { examples.join(" · ") },
        meanings: Meaning::ALL.into_iter().map(|one| choice(one.word(), words::meaning(t, one), one == column.meaning)).collect(),
        units: if column.meaning == Meaning::Number { units } else { Vec::new() },
        can_be_key: column.meaning == Meaning::Text && can_be_key(column),
        is_key: plan.key.contains(&column.field),
    }
}

fn cut(text: &str) -> String {
    if text.chars().nth(CELL_CHARS_MAX).is_none() { text.to_owned() } else { text.chars().take(CELL_CHARS_MAX).chain(['…']).collect() }
}

/// Selects for what concerns the whole file.
fn layout_selects(ask: &Ask, plan: &Plan, found: &Sample) -> Vec<Select> {
    let (t, layout) = (ask.t(), &plan.layout);
    let mut selects = Vec::new();
    let mut add = |name: &'static str, label: &str, choices: Vec<Choice>| selects.push(Select { name, label: label.to_owned(), choices });
    if layout.kind == Kind::Xlsx && found.sheets.len() > 1 {
        add("blatt", t.upload_sheet(), found.sheets.iter().map(|name| choice(name, name, layout.sheet.as_ref() == Some(name))).collect());
    }
    if matches!(layout.kind, Kind::Csv | Kind::Xlsx) {
        let lines = (1..=HEADER_LINES.max(layout.header)).map(|line| choice(&line.to_string(), t.upload_line(line), line == layout.header));
        let none = choice("0", t.upload_no_header(), layout.header == 0);
        add("kopfzeile", t.upload_header(), std::iter::once(none).chain(lines).collect());
    }
    if let (Some(delimiter), Some(encoding)) = (layout.delimiter, &layout.encoding) {
        let signs = [
            (";", ';', t.upload_sign_semicolon()),
            (",", ',', t.upload_sign_comma()),
            ("tab", '\t', t.upload_sign_tab()),
            ("|", '|', t.upload_sign_bar()),
        ];
        add("trenner", t.upload_delimiter(), signs.map(|(value, sign, text)| choice(value, text, sign == delimiter)).to_vec());
        let encodings = [("auto", t.upload_encoding_plain()), ("utf-8", "UTF-8"), ("windows-1252", t.upload_encoding_windows())];
        add("kodierung", t.upload_encoding(), encodings.map(|(value, text)| choice(value, text, value == encoding)).to_vec());
    }
    let has_texts = found.rows.iter().any(|row| row.cells.iter().any(|cell| matches!(cell, Json::String(_))));
    if has_texts && plan.columns.iter().any(|column| matches!(column.meaning, Meaning::Number | Meaning::East | Meaning::North)) {
        let german = plan.numbers.is_some_and(|writing| writing.decimal == ',');
        let english = plan.numbers.is_some_and(|writing| writing.decimal == '.');
        let choices = vec![
            choice("auto", t.upload_numbers_auto(), plan.numbers.is_none()),
            choice("deutsch", t.upload_numbers_german(), german),
            choice("englisch", t.upload_numbers_english(), english),
        ];
        add("zahlen", t.upload_numbers(), choices);
    }
    if plan.times().next().is_some() {
        add("zone", t.upload_zone(), zones(plan).into_iter().map(|zone| choice(zone, words::zone(t, zone), zone == plan.zone)).collect());
    }
    let pattern = plan.times().find_map(|column| column.pattern.as_ref());
    if let Some(pattern) = pattern.filter(|pattern| pattern.contains('/')) {
        let day_first = pattern.starts_with("TT");
        add(
            "tagmonat",
            t.upload_day_month(),
            vec![choice("tt", t.upload_day_first(), day_first), choice("mm", t.upload_month_first(), !day_first)],
        );
    }
    if plan.one(Meaning::East).is_some() || plan.layout.kind == Kind::GeoJson {
        let systems = harmonise::guess::systems();
        add(
            "bezug",
            t.upload_crs(),
            systems.into_iter().map(|code| choice(code, words::system(t, code), plan.crs.as_deref() == Some(code))).collect(),
        );
    }
    selects
}

fn first_rows(ask: &Ask, found: &Sample) -> Table {
    let t = ask.t();
    let cells = |row: &harmonise::guess::Row| {
        let number = Cell::text(&format::count(row.number, ask.language)).header();
        let shown = row.cells.iter().map(|cell| match text_of(cell) {
            text if text.is_empty() => Cell::missing(t.upload_blank()),
            text => Cell::text(&cut(&text)),
        });
        std::iter::once(number).chain(shown).collect()
    };
    Table {
        id: "zeilen".to_owned(),
        caption: t.upload_rows_caption().to_owned(),
        head: std::iter::once(Head::text(t.upload_row())).chain(found.header.iter().map(|name| Head::text(name))).collect(),
        rows: found.rows.iter().take(ROWS_SHOWN).map(cells).collect(),
    }
}

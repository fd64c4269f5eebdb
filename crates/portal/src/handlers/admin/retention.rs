//! Retention: what is due and what was deleted, for administrators.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Due, Kind, Reason, ReportsWaiting, RetentionPlan, RetentionReceipt, SETTLED_REPORTS};
use model::dataset::{Keep, Retention, RetentionOf};
use model::{Class, Dataset, Name, Rollup};

use crate::ask::{Ask, Trouble, redirect};
use crate::format;
use crate::frame::Frame;
use crate::pages::admin::Task;
use crate::pages::retention::{Kept, RetentionPage};
use crate::parts::{Alert, Badge, Cell, Crumbs, Head, Moment, Phrase, Table, Tone};

/// How many receipts of a dataset are shown.
const RECEIPTS: usize = 20;
const PATH: &str = "/verwaltung/aufbewahrung";

/// `GET /verwaltung/aufbewahrung`
pub(crate) async fn show(ask: Ask) -> Response {
    let alert = ask.param("geloescht").map(|_| Alert::new(Tone::Success, ask.t().retention_done(), ask.t().retention_done_text()));
    let answer = page(&ask, alert).await;
    ask.answer(answer.map(|page| ask.page(&page)))
}

/// `POST /verwaltung/aufbewahrung`
pub(crate) async fn confirm(ask: Ask, body: Body) -> Response {
    let answer = confirmed(&ask, body).await;
    ask.answer(answer)
}

async fn confirmed(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    ask.require_editor()?;
    let form = ask.form(body).await?;
    let field = |name: &str| form.all(name).next().unwrap_or("").trim().to_owned();
    match ask.access.confirm_retention(&field("datensatz"), &field("plan"), None).await {
        Ok(_) => Ok(redirect(&ask.href(&format!("{PATH}?geloescht=1")))),
        Err(error) if error.kind() == Kind::Conflict => {
            let alert = Alert::new(Tone::Warning, ask.t().retention_changed(), ask.t().retention_changed_text());
            let page = page(ask, Some(Alert { takes_focus: true, ..alert })).await?;
            Ok(ask.page_with(StatusCode::CONFLICT, &RetentionPage { frame: Frame { failed: true, ..page.frame.clone() }, ..page }))
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(ask: &Ask, alert: Option<Alert>) -> Result<RetentionPage, Trouble> {
    ask.require_editor()?;
    let mut datasets = Vec::new();
    for plan in ask.access.retention_plans().await? {
        let receipts = ask.access.retention_receipts(&plan.dataset.slug, RECEIPTS).await?;
        datasets.push(kept(ask, &plan, &receipts));
    }
    datasets.extend(ask.access.reports_waiting()?.map(|waiting| reports(ask, &waiting)));
    let above = vec![(Phrase::plain(ask.t().admin_title()), ask.href("/verwaltung"))];
    Ok(RetentionPage {
        frame: ask.admin_frame(),
        crumbs: Crumbs { texts: ask.t(), above, here: Phrase::plain(ask.t().retention_title()) },
        alert,
        datasets,
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    })
}

/// What waits to be confirmed, for the first page of the administration; nothing for who may not.
pub(super) fn tasks(ask: &Ask) -> Vec<Task> {
    let t = ask.t();
    let task = |plan: &RetentionPlan| Task {
        badge: Badge::new(Tone::Warning, t.retention_waits()),
        text: t.retention_task(plan.dataset.title.get(ask.language.code()), format::count(plan.values(), ask.language)),
        action: (t.admin_look().to_owned(), format!("{}#{}", ask.href(PATH), plan.dataset.slug)),
    };
    let reports = ask.access.reports_waiting().ok().flatten().map(|waiting| Task {
        badge: Badge::new(Tone::Warning, t.retention_waits()),
        text: t.retention_reports_task(format::count(waiting.count as u64, ask.language)),
        action: (t.admin_look().to_owned(), format!("{}#{SETTLED_REPORTS}", ask.href(PATH))),
    });
    ask.access.retention_waiting().unwrap_or_default().iter().map(task).chain(reports).collect()
}

/// The page, for who may see it.
pub(super) fn href(ask: &Ask) -> Option<String> {
    ask.access.retention_waiting().ok().map(|_| ask.href(PATH))
}

fn kept(ask: &Ask, plan: &RetentionPlan, receipts: &[RetentionReceipt]) -> Kept {
    let (t, language, dataset) = (ask.t(), ask.language, &*plan.dataset);
    let (values, waits) = (plan.values(), !plan.reasons.is_empty());
    let badge = match (waits, values) {
        (true, _) => Badge::new(Tone::Warning, t.retention_waits()),
        (false, 0) => Badge::new(Tone::Success, t.retention_nothing()),
        (false, _) => Badge::new(Tone::Info, t.retention_next()),
    };
    let due = match values {
        0 => t.retention_nothing_due().to_owned(),
        _ => t.retention_due(share(values, plan.total, ask), format::count(plan.total, language), format::count(values, language)),
    };
    let button = match values {
        0 => t.retention_confirm_clock(),
        _ if plan.parts.iter().any(|part| part.becomes.is_some()) => t.retention_confirm_rollup(),
        _ => t.retention_confirm(),
    };
    Kept {
        slug: dataset.slug.to_string(),
        title: Phrase::of(&dataset.title, language),
        href: ask.href(&format!("/datensaetze/{}", dataset.slug)),
        badge,
        rules: dataset.retention.iter().map(|rule| rule_words(ask, dataset, rule)).collect(),
        due,
        parts: parts(ask, plan),
        reasons: plan.reasons.iter().map(|reason| why(ask, *reason)).collect(),
        confirm: waits.then(|| (plan.token.to_string(), button)),
        receipts: receipts_table(ask, dataset, receipts),
    }
}

/// Settled reports, which wait because the clock has jumped.
fn reports(ask: &Ask, waiting: &ReportsWaiting) -> Kept {
    let t = ask.t();
    Kept {
        slug: SETTLED_REPORTS.to_owned(),
        title: Phrase::plain(t.retention_reports()),
        href: ask.href("/verwaltung/meldungen"),
        badge: Badge::new(Tone::Warning, t.retention_waits()),
        rules: vec![t.retention_rule(t.retention_reports_settled(), t.duration_days(waiting.kept_days.into()))],
        due: t.retention_reports_due(format::count(waiting.count as u64, ask.language)),
        parts: None,
        reasons: vec![why(ask, Reason::Clock(waiting.since))],
        confirm: Some((waiting.token(), t.retention_confirm_clock())),
        receipts: None,
    }
}

fn why(ask: &Ask, reason: Reason) -> String {
    match reason {
        Reason::Clock(since) => ask.t().retention_clock(format::moment_long(since, ask.language)),
        Reason::Share => ask.t().retention_share().to_owned(),
    }
}

fn rule_words(ask: &Ask, dataset: &Dataset, rule: &Retention) -> String {
    let of = match &rule.of {
        RetentionOf::Attributes(names) => names.iter().map(|name| label(ask, dataset, *name)).collect::<Vec<_>>().join(", "),
        RetentionOf::Classes(classes) => classes.iter().map(|class| class_word(ask, *class)).collect::<Vec<_>>().join(", "),
        RetentionOf::Rest if dataset.retention.len() == 1 => ask.t().retention_all().to_owned(),
        RetentionOf::Rest => ask.t().retention_rest().to_owned(),
    };
    let time = keep_words(ask, rule.keep);
    let Some(rollup) = rule.rollup else { return ask.t().retention_rule(of, time) };
    let rollups = rollups(ask, rollup.length);
    match rule.rollup.and_then(|rollup| rollup.keep) {
        None => ask.t().retention_rule_rollup(of, rollups, time),
        Some(kept) => ask.t().retention_rule_rollup_kept(keep_words(ask, kept), of, rollups, time),
    }
}

fn rollups(ask: &Ask, length: Rollup) -> &'static str {
    match length {
        Rollup::Hour => ask.t().retention_hours(),
        Rollup::Day => ask.t().retention_days(),
    }
}

fn becomes(ask: &Ask, due: &Due) -> &'static str {
    match due.becomes {
        None => ask.t().retention_deleted(),
        Some(Rollup::Hour) => ask.t().retention_becomes_hours(),
        Some(Rollup::Day) => ask.t().retention_becomes_days(),
    }
}

fn label(ask: &Ask, dataset: &Dataset, attribute: Name) -> String {
    let column = dataset.columns.iter().find(|column| column.attribute == attribute);
    column.map_or_else(|| attribute.short(), |column| column.label.get(ask.language.code())).to_owned()
}

fn class_word(ask: &Ask, class: Class) -> &'static str {
    let t = ask.t();
    match class {
        Class::Open => t.retention_class_open(),
        Class::Internal => t.retention_class_internal(),
        Class::Restricted => t.retention_class_restricted(),
        Class::Paid => t.retention_class_paid(),
        Class::ConfidentialBusiness => t.retention_class_business(),
        Class::Personal => t.retention_class_personal(),
        Class::Special => t.retention_class_special(),
    }
}

/// `2 Jahre 6 Monate`
fn keep_words(ask: &Ask, keep: Keep) -> String {
    let t = ask.t();
    let said = [
        (keep.months / 12, t.duration_years(u64::from(keep.months / 12))),
        (keep.months % 12, t.duration_months(u64::from(keep.months % 12))),
        (keep.days, t.duration_days(u64::from(keep.days))),
        (keep.seconds / 3600, t.duration_hours(u64::from(keep.seconds / 3600))),
        (keep.seconds / 60 % 60, t.duration_minutes(u64::from(keep.seconds / 60 % 60))),
    ];
    said.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect::<Vec<_>>().join(" ")
}

fn share(values: u64, total: u64, ask: &Ask) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let percent = 100.0 * values as f64 / total.max(1) as f64;
    format::with_unit(&format::decimal(percent, 1, ask.language), "%")
}

fn parts(ask: &Ask, plan: &RetentionPlan) -> Option<Table> {
    let t = ask.t();
    let column = |due: &Due| {
        let column = label(ask, &plan.dataset, due.attribute);
        due.rolled.map_or(column.clone(), |length| t.retention_of_rollups(column, rollups(ask, length)))
    };
    let row = |due: &Due| {
        vec![
            Cell::text(&column(due)).header(),
            Cell::text(class_word(ask, due.class)),
            Cell::text(&keep_words(ask, due.keep)),
            Cell::text(becomes(ask, due)),
            Cell::number(&format::count(due.values, ask.language)),
            Cell::number(&share(due.values, plan.total, ask)),
            Cell::moment(&Moment::short(due.oldest, ask.language)),
            Cell::moment(&Moment::short(due.newest, ask.language)),
        ]
    };
    let head = vec![
        Head::text(t.retention_column()),
        Head::text(t.retention_class()),
        Head::text(t.retention_keep()),
        Head::text(t.retention_becomes()),
        Head::number(t.retention_values()),
        Head::number(t.retention_part()),
        Head::text(t.retention_oldest()),
        Head::text(t.retention_newest()),
    ];
    let rows: Vec<Vec<Cell>> = plan.parts.iter().map(row).collect();
    let id = format!("due-{}", plan.dataset.slug);
    (!rows.is_empty()).then(|| Table { id, caption: t.retention_due_caption().to_owned(), head, rows })
}

fn receipts_table(ask: &Ask, dataset: &Dataset, receipts: &[RetentionReceipt]) -> Option<Table> {
    let (t, language) = (ask.t(), ask.language);
    let row = |receipt: &RetentionReceipt| {
        let span = |at: Option<model::Instant>| at.map_or_else(|| Cell::text("–"), |at| Cell::moment(&Moment::short(at, language)));
        vec![
            Cell::moment(&Moment::short(receipt.at, language)).header(),
            Cell::number(&format::count(receipt.values(), language)),
            Cell::number(&format::count(receipt.total, language)),
            span(receipt.parts.iter().map(|part| part.oldest).min()),
            span(receipt.parts.iter().map(|part| part.newest).max()),
            Cell::text(receipt.confirmed_by.as_deref().map_or(t.retention_nobody(), |who| who.trim_start_matches("user:"))),
            receipt.finished_at.map_or_else(|| Cell::text(t.retention_unfinished()), |at| Cell::moment(&Moment::short(at, language))),
        ]
    };
    let head = vec![
        Head::text(t.retention_at()),
        Head::number(t.retention_values()),
        Head::number(t.retention_of()),
        Head::text(t.retention_oldest()),
        Head::text(t.retention_newest()),
        Head::text(t.retention_confirmed()),
        Head::text(t.retention_finished()),
    ];
    let rows: Vec<Vec<Cell>> = receipts.iter().map(row).collect();
    let id = format!("receipts-{}", dataset.slug);
    (!rows.is_empty()).then(|| Table { id, caption: t.retention_receipts().to_owned(), head, rows })
}

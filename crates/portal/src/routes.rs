//! Which address is which page. German at the root, English behind `/en`.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

use crate::handlers::admin::{dashboards, erasure, reports, retention};
use crate::handlers::admin::{overview, quarantine, runs, sources};
use crate::handlers::upload::{answers, made, preview, start};
use crate::handlers::{account, barrier, components, dashboard, dataset, document, download, entry, live, machine, search, session, table};
use crate::handlers::{api, feed, report};
use crate::pages::document::slugs;
use crate::state::State;
use crate::{ask::Ask, assets, kept};

/// The portal's router. It answers every address that no other router does,
/// so it is merged last; `web::Kit` must be around it.
pub fn router(state: State) -> Router {
    let starts = Router::new().route("/", get(entry::start)).route("/en", get(entry::start)).route("/en/", get(entry::start));
    let starts = starts.layer(middleware::from_fn_with_state(state.clone(), kept::keep));
    let (german, english) = (pages(&state).merge(starts), Router::new().nest("/en", pages(&state)));
    german
        .merge(english)
        .route("/static/{file}", get(assets::serve))
        .route("/api/v1/live", get(live::events))
        .route("/robots.txt", get(machine::robots))
        .route("/sitemap.xml", get(machine::sitemap))
        .route("/id/datensatz/{key}", get(machine::permanent))
        .fallback(|ask: Ask| document::not_found(ask))
        .with_state(state)
}

fn pages(state: &State) -> Router<State> {
    let router = Router::new()
        .route("/suche", get(search::show))
        .route("/suche.json", get(search::json))
        .route("/datensaetze/{slug}/herkunft", get(table::provenance))
        .route("/datensaetze/{slug}/daten.csv", get(download::csv))
        .route("/datensaetze/{slug}/daten.xlsx", get(download::xlsx))
        .route("/datensaetze/{slug}/daten.json", get(download::json))
        .route("/datensaetze/{slug}/daten.geojson", get(download::geojson))
        .route("/datensaetze/{slug}/daten.parquet", get(download::parquet))
        .route("/datensaetze/{slug}/api", get(api::show))
        .route("/datensaetze/{slug}/changes.atom", get(feed::one))
        .route("/changes.atom", get(feed::all))
        .route("/barriere-melden", get(barrier::form).post(barrier::send))
        .route("/fehler-melden", get(report::form).post(report::send))
        .route("/meldungen/{key}", get(report::status))
        .route("/verwaltung", get(overview::home))
        .route("/verwaltung/dashboards", get(dashboards::list).post(dashboards::add))
        .route("/verwaltung/dashboards/{slug}", post(dashboards::change))
        .route("/verwaltung/dashboards/{slug}/kachel/{id}", get(dashboards::tile::show).post(dashboards::tile::change))
        .route("/verwaltung/dashboards/{slug}/entfernen", get(dashboards::remove::show))
        .route("/verwaltung/dashboards/{slug}/definition.toml", get(dashboards::remove::export))
        .route("/verwaltung/aufbewahrung", get(retention::show).post(retention::confirm))
        .route("/verwaltung/loeschen", get(erasure::show).post(erasure::erase))
        .route("/verwaltung/meldungen", get(reports::list))
        .route("/verwaltung/meldungen/{key}", get(reports::show).post(reports::settle))
        .route("/verwaltung/anmelden", get(session::form).post(session::log_in))
        .route("/verwaltung/abmelden", post(session::log_out))
        .route("/verwaltung/bausteine", get(components::show))
        .route("/verwaltung/konto", get(account::show).post(account::change))
        .route("/verwaltung/konto/schluessel/{id}", get(account::keys::ask_first))
        .route("/verwaltung/quellen", get(sources::list))
        .route("/verwaltung/quellen/{name}", get(sources::show).post(sources::change))
        .route("/verwaltung/quellen/{name}/lauf", post(sources::run_now))
        .route("/verwaltung/quellen/{name}/zustand", post(sources::steer))
        .route("/verwaltung/quellen/{name}/quarantaene", post(quarantine::settle))
        .route("/verwaltung/laeufe/{id}", get(runs::show));
    let router = router.merge(uploads()).merge(read_by_all(state));
    slugs().filter(|slug| *slug != "barriere-melden").fold(router, |router, slug| router.route(&format!("/{slug}"), get(document::show)))
}

/// Pages that everybody reads: kept for readers without credentials.
fn read_by_all(state: &State) -> Router<State> {
    Router::new()
        .route("/datensaetze", get(search::list))
        .route("/datensaetze/{slug}", get(dataset::show))
        .route("/datensaetze/{slug}/tabelle", get(table::show))
        .route("/dashboards", get(dashboard::list))
        .route("/dashboards/{slug}", get(dashboard::show))
        .route("/dashboards/{slug}/kachel/{id}", get(dashboard::tile))
        .route("/einbetten/dashboards/{slug}", get(dashboard::embedded))
        .route("/einbetten/dashboards/{slug}/kachel/{id}", get(dashboard::embedded_tile))
        .route("/anzeige/{slug}", get(dashboard::wall))
        .layer(middleware::from_fn_with_state(state.clone(), kept::keep))
}

/// Own data in the browser. Bodies with files have a limit of their own, told in a sentence.
fn uploads() -> Router<State> {
    Router::new()
        .route("/verwaltung/hochladen", get(start::show).post(start::take).layer(DefaultBodyLimit::disable()))
        .route("/verwaltung/hochladen/{id}", get(preview::show).post(preview::change))
        .route("/verwaltung/hochladen/{id}/angaben", get(answers::show).post(answers::change))
        .route("/verwaltung/hochladen/{id}/datensatz", get(made::show).post(made::switch))
        .route("/verwaltung/hochladen/{id}/definition.toml", get(made::export))
        .route("/verwaltung/hochladen/{id}/ersetzen", post(made::replace).layer(DefaultBodyLimit::disable()))
}

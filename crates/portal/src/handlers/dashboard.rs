//! Dashboards: overview, page, one tile, what others embed, the screen on a wall.

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use engine::{Access, Marks, Principal};
use model::dataset::Texts;

use crate::ask::{Ask, Trouble};
use crate::dashboard::{self, Dashboard, Tile};
use crate::format;
use crate::frame::{Frame, Section};
use crate::pages::dashboard::{DashboardPage, EmbeddedPage, ListPage, LiveLine, TileAnswer, TilePage, TileView, WallPage};
use crate::parts::{Alert, Crumbs, Phrase, Snippet, Tone};
use crate::svg::escape;

/// What any page may put into a frame. It loads nothing from elsewhere and sets nothing.
const EMBEDDED_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *";

/// `GET /dashboards`
pub(crate) async fn list(ask: Ask) -> Response {
    let answer = list_page(&ask);
    ask.answer(answer)
}

/// `GET /dashboards/{slug}`
pub(crate) async fn show(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = page(&ask, &slug);
    ask.answer(answer)
}

/// `GET /dashboards/{slug}/kachel/{id}`
pub(crate) async fn tile(ask: Ask, Path((slug, id)): Path<(String, String)>) -> Response {
    let answer = tile_page(&ask, &slug, &id);
    ask.answer(answer)
}

/// `GET /einbetten/dashboards/{slug}`
pub(crate) async fn embedded(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = embedded_page(&ask, &slug, None);
    ask.answer(answer)
}

/// `GET /einbetten/dashboards/{slug}/kachel/{id}`
pub(crate) async fn embedded_tile(ask: Ask, Path((slug, id)): Path<(String, String)>) -> Response {
    let answer = embedded_page(&ask, &slug, Some(&id));
    ask.answer(answer)
}

/// `GET /anzeige/{slug}`
pub(crate) async fn wall(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = wall_page(&ask, &slug);
    ask.answer(answer)
}

/// A dashboard as a reader may see it. One whose definition no longer reads is not there.
fn load(access: &Access, slug: &str) -> Result<Dashboard, Trouble> {
    let row = access.dashboard(slug)?;
    Dashboard::parse(&row.text).map_err(|_| {
        tracing::warn!(dashboard = slug, tenant = access.tenant().as_str(), "the definition of a dashboard cannot be read");
        Trouble::NotFound
    })
}

/// The dashboards that a reader may see: title, summary, address.
pub(super) fn cards(ask: &Ask) -> Result<Vec<(Phrase, Phrase, String)>, Trouble> {
    Ok(readable(ask)?.map(|one| card(ask, &one)).collect())
}

/// The dashboards that have words of a question in the questions they answer, or that are asked for by name.
pub(super) fn found(ask: &Ask, q: &str, marks: &Marks) -> Result<Vec<(Phrase, Phrase, String)>, Trouble> {
    let code = ask.language.code();
    let asked = q.trim().to_lowercase();
    let is_meant = |one: &Dashboard| {
        let name = format!("{} {}", ask.t().dashboard_list_title(), one.title.get(code)).to_lowercase();
        let answers = |texts: &Texts| !marks.in_text(texts.get(code)).is_empty();
        name.contains(&asked) || one.tiles.iter().any(|tile| answers(&tile.question))
    };
    Ok(readable(ask)?.filter(is_meant).map(|one| card(ask, &one)).collect())
}

/// Those whose definition reads.
fn readable(ask: &Ask) -> Result<impl Iterator<Item = Dashboard>, Trouble> {
    Ok(ask.access.dashboards()?.into_iter().filter_map(|row| Dashboard::parse(&row.text).ok()))
}

fn card(ask: &Ask, one: &Dashboard) -> (Phrase, Phrase, String) {
    let href = ask.href(&format!("/dashboards/{}", one.slug));
    (Phrase::of(&one.title, ask.language), Phrase::of(&one.summary, ask.language), href)
}

fn list_page(ask: &Ask) -> Result<Response, Trouble> {
    let (t, dashboards) = (ask.t(), cards(ask)?);
    let above = vec![(Phrase::plain(t.nav_home()), ask.href("/"))];
    let crumbs = Crumbs { texts: t, above, here: Phrase::plain(t.dashboard_list_title()) };
    Ok(ask.page(&ListPage { frame: ask.frame(Section::Dashboards), crumbs, dashboards }))
}

fn page(ask: &Ask, slug: &str) -> Result<Response, Trouble> {
    let dashboard = load(&ask.access, slug)?;
    let path = format!("/dashboards/{slug}");
    let title = Phrase::of(&dashboard.title, ask.language);
    let view = DashboardPage {
        frame: ask.frame(Section::Dashboards),
        crumbs: crumbs(ask, &dashboard, None),
        summary: Phrase::of(&dashboard.summary, ask.language),
        notice: notice(ask, &dashboard),
        live: live_line(ask, &dashboard, false),
        tiles: tiles(ask, &ask.access, &dashboard, None),
        wall: ask.href(&format!("/anzeige/{slug}")),
        embed: embed(ask, &path, &title.text, 900),
        title,
    };
    Ok(ask.page(&view))
}

fn tile_page(ask: &Ask, slug: &str, id: &str) -> Result<Response, Trouble> {
    let dashboard = load(&ask.access, slug)?;
    let tile = tiles(ask, &ask.access, &dashboard, Some(id)).pop().ok_or(Trouble::NotFound)?;
    let path = format!("/dashboards/{slug}/kachel/{id}");
    let view = TilePage {
        frame: ask.frame(Section::Dashboards),
        crumbs: crumbs(ask, &dashboard, Some(tile.question.clone())),
        notice: notice(ask, &dashboard),
        live: live_line(ask, &dashboard, false),
        embed: embed(ask, &path, &tile.question.text, 480),
        tile,
    };
    Ok(ask.page(&view))
}

/// Other pages show what everybody may see, whoever is logged in here.
fn embedded_page(ask: &Ask, slug: &str, id: Option<&str>) -> Result<Response, Trouble> {
    let access = ask.state.engine().access(ask.tenant(), Principal::anonymous())?;
    let dashboard = load(&access, slug)?;
    let tiles = tiles(ask, &access, &dashboard, id);
    if tiles.is_empty() {
        return Err(Trouble::NotFound);
    }
    let view = EmbeddedPage {
        frame: bare_frame(ask),
        title: Phrase::of(&dashboard.title, ask.language),
        notice: dashboard.notice.as_ref().map(|texts| Phrase::of(texts, ask.language)),
        live: live_line(ask, &dashboard, true),
        tiles,
        home: ask.frame(Section::Other).absolute(&ask.href(&format!("/dashboards/{slug}"))),
    };
    let mut response = ask.page(&view);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(EMBEDDED_POLICY));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    Ok(response)
}

fn wall_page(ask: &Ask, slug: &str) -> Result<Response, Trouble> {
    let dashboard = load(&ask.access, slug)?;
    let view = WallPage {
        frame: bare_frame(ask),
        title: Phrase::of(&dashboard.title, ask.language),
        notice: dashboard.notice.as_ref().map(|texts| Phrase::of(texts, ask.language)),
        live: live_line(ask, &dashboard, false),
        tiles: tiles(ask, &ask.access, &dashboard, None),
    };
    Ok(ask.page(&view))
}

fn bare_frame(ask: &Ask) -> Frame {
    Frame { indexed: false, user: None, ..ask.frame(Section::Other) }
}

fn crumbs(ask: &Ask, dashboard: &Dashboard, below: Option<Phrase>) -> Crumbs {
    let t = ask.t();
    let title = Phrase::of(&dashboard.title, ask.language);
    let mut above = vec![(Phrase::plain(t.nav_home()), ask.href("/")), (Phrase::plain(t.dashboard_list_title()), ask.href("/dashboards"))];
    let here = match below {
        None => title,
        Some(here) => {
            above.push((title, ask.href(&format!("/dashboards/{}", dashboard.slug))));
            here
        }
    };
    Crumbs { texts: t, above, here }
}

fn notice(ask: &Ask, dashboard: &Dashboard) -> Option<Alert> {
    let notice = Phrase::of(dashboard.notice.as_ref()?, ask.language);
    let alert = Alert::new(Tone::Info, ask.t().dashboard_notice(), "");
    // A list's entry can say in which language it is.
    Some(match notice.lang {
        None => Alert { text: notice.text, ..alert },
        Some(_) => Alert { items: vec![(notice, None)], ..alert },
    })
}

fn live_line(ask: &Ask, dashboard: &Dashboard, for_everybody: bool) -> LiveLine {
    let only = if for_everybody { "&sicht=oeffentlich" } else { "" };
    LiveLine {
        texts: ask.t(),
        stream: format!("/api/v1/live?themen=dashboards/{}&sprache={}{only}", dashboard.slug, ask.language.code()),
        now: format::moment_long(ask.now(), ask.language),
    }
}

/// The tiles, or the one of an id, with what stands around their answers.
fn tiles(ask: &Ask, access: &Access, dashboard: &Dashboard, only: Option<&str>) -> Vec<TileView> {
    let answers = dashboard::tiles_of(access, dashboard, ask.now(), ask.t());
    let wanted = dashboard.tiles.iter().zip(answers).filter(|(tile, _)| only.is_none_or(|id| id == tile.id));
    wanted.map(|(tile, answer)| tile_view(ask, access, dashboard, tile, answer)).collect()
}

pub(super) fn tile_view(ask: &Ask, access: &Access, dashboard: &Dashboard, tile: &Tile, answer: TileAnswer) -> TileView {
    let language = ask.language;
    let dataset = access.dataset(&tile.dataset).ok();
    TileView {
        id: tile.id.clone(),
        question: Phrase::of(&tile.question, language),
        answer,
        threshold: tile
            .threshold
            .as_ref()
            .map(|rule| (Phrase::of(&rule.text, language), Phrase::german(&rule.source, language), rule.url.clone())),
        source: dataset.as_ref().and_then(|dataset| dataset.attribution.as_ref()).map(|line| Phrase::german(line, language)),
        dataset: dataset.map(|dataset| (Phrase::of(&dataset.title, language), ask.href(&format!("/datensaetze/{}", dataset.slug)))),
        href: ask.href(&format!("/dashboards/{}/kachel/{}", dashboard.slug, tile.id)),
    }
}

/// A text as it stands in an attribute.
fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(text, &mut out);
    out
}

/// The code that puts a page into another one.
fn embed(ask: &Ask, path: &str, title: &str, height: u32) -> Snippet {
    let frame = ask.frame(Section::Other);
    let src = frame.absolute(&ask.href(&format!("/einbetten{path}")));
    let code = format!(
        "<iframe src=\"{}\" title=\"{}\" width=\"100%\" height=\"{height}\" style=\"border: 0\" loading=\"lazy\"></iframe>",
        attribute(&src),
        attribute(&format!("{title} – {}", frame.site_name()))
    );
    Snippet { texts: ask.t(), id: "embed".into(), tool: "HTML".into(), code }
}

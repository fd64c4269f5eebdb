//! Taking a dashboard or one of its tiles away: asked first, on a page that
//! says what goes and how to keep it.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Kept, crumbs, find};
use crate::ask::{Ask, Trouble, tag_of};
use crate::frame::Frame;
use crate::pages::board::RemovePage;
use crate::parts::{Alert, Phrase};

/// `GET /verwaltung/dashboards/{slug}/entfernen?kachel=…`
pub(crate) async fn show(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = ask.require_editor().and_then(|()| {
        let kept = find(&ask, &slug)?.ok_or(Trouble::NotFound)?;
        page(&ask, &kept, ask.param("kachel"), None)
    });
    ask.answer(answer)
}

/// `GET /verwaltung/dashboards/{slug}/definition.toml`
pub(crate) async fn export(ask: Ask, Path(slug): Path<String>) -> Response {
    let answer = ask.require_editor().and_then(|()| {
        let kept = find(&ask, &slug)?.ok_or(Trouble::NotFound)?;
        let name = format!("attachment; filename=\"{slug}.toml\"");
        let headers = [(header::CONTENT_TYPE, "application/toml; charset=utf-8"), (header::CONTENT_DISPOSITION, name.as_str())];
        Ok((headers, kept.text).into_response())
    });
    ask.answer(answer)
}

/// The question before it goes; `late` says that it changed since it was asked last.
pub(super) fn page(ask: &Ask, kept: &Kept, tile: Option<&str>, late: Option<Alert>) -> Result<Response, Trouble> {
    let (t, language) = (ask.t(), ask.language);
    let tile = tile.map(|id| kept.board.tile(id).ok_or(Trouble::NotFound)).transpose()?;
    let root = ask.href(&format!("/verwaltung/dashboards/{}", kept.board.slug));
    let question = |texts| Phrase::of(texts, language);
    let (heading, text, goes) = match tile {
        Some(tile) => (t.board_remove_tile(), t.board_remove_tile_text().to_owned(), vec![question(&tile.question)]),
        None => {
            let address = ask.frame(crate::frame::Section::Other).absolute(&ask.href(&format!("/dashboards/{}", kept.board.slug)));
            (
                t.board_remove_board(),
                t.board_remove_board_text(address),
                kept.board.tiles.iter().map(|tile| question(&tile.question)).collect(),
            )
        }
    };
    let status = if late.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let view = RemovePage {
        frame: Frame { failed: late.is_some(), ..ask.admin_frame() },
        crumbs: crumbs(ask, Some(heading)),
        heading,
        alert: late,
        title: Phrase::of(&kept.board.title, language),
        text,
        goes,
        tile: tile.map(|tile| tile.id.clone()),
        definition: format!("{root}/definition.toml"),
        action: root,
        back: format!("{}#{}", ask.href("/verwaltung/dashboards"), kept.board.slug),
        stand: tag_of(kept.text.as_bytes()),
        csrf: ask.visitor.csrf.clone().unwrap_or_default(),
    };
    Ok(ask.page_with(status, &view))
}

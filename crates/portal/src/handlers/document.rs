//! Pages of text, and what does not exist.

use axum::response::Response;

use crate::ask::{Ask, Trouble};
use crate::frame::Section;
use crate::pages::document::{self, DocumentPage};
use crate::parts::{Crumbs, Phrase};

/// `GET /impressum` and the other pages of text: the path is the name.
pub(crate) async fn show(ask: Ask) -> Response {
    ask.answer(page(&ask))
}

fn page(ask: &Ask) -> Result<Response, Trouble> {
    let slug = ask.path.trim_matches('/');
    let document = document::document(slug, ask.language, ask.site()).ok_or(Trouble::NotFound)?;
    let section = match slug {
        "ueber" => Section::About,
        "schnittstellen" => Section::Interfaces,
        _ => Section::Other,
    };
    let t = ask.t();
    let crumbs = Crumbs { texts: t, above: vec![(Phrase::plain(t.nav_home()), ask.href("/"))], here: Phrase::plain(&document.title) };
    Ok(ask.page(&DocumentPage { frame: ask.frame(section), crumbs, document }))
}

/// Every other address.
pub(crate) async fn not_found(ask: Ask) -> Response {
    ask.answer(Err(Trouble::NotFound))
}

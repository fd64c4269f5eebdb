//! The stream of live values: `GET /api/v1/live?themen=dashboards/{slug}`.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::{Kind, Principal};
use futures_util::stream;
use web::{Fault, Problem};

use crate::ask::{Ask, Trouble};
use crate::messages::Language;

/// A stream of server-sent events. Each `tiles` event holds the whole state,
/// so nothing has to be made up for after a pause.
pub(crate) async fn events(ask: Ask) -> Response {
    open(&ask).unwrap_or_else(IntoResponse::into_response)
}

fn open(ask: &Ask) -> Result<Response, Problem> {
    let topic = ask.params.one("themen")?.unwrap_or_default();
    let slug = topic.strip_prefix("dashboards/").filter(|slug| !slug.is_empty()).ok_or_else(|| {
        Problem::invalid(format!(
            "`themen` says what to watch, such as `dashboards/heute`; `{}` is none",
            topic.chars().take(60).collect::<String>()
        ))
    })?;
    let language = match ask.params.one("sprache")? {
        None | Some("de") => Language::De,
        Some("en") => Language::En,
        Some(_) => return Err(Problem::invalid("`sprache` is `de` or `en`")),
    };
    let (access, is_known) = match ask.params.one("sicht")? {
        None => (ask.access.clone(), ask.visitor.is_known()),
        Some("oeffentlich") => (ask.state.engine().access(ask.tenant(), Principal::anonymous()).map_err(problem)?, false),
        Some(_) => return Err(Problem::invalid("`sicht` is `oeffentlich`, or left out for what you may see")),
    };
    let watched = ask.state.live().watch(ask.state.engine(), &access, slug, language, is_known).map_err(|trouble| match trouble {
        Trouble::NotFound => Problem::not_found(format!("there is no dashboard `{}`", slug.chars().take(60).collect::<String>())),
        Trouble::Engine(error) => problem(error),
        _ => Problem::of(Fault::Forbidden, "this dashboard is not for you"),
    })?;
    let Some(watched) = watched else {
        let problem = Problem::of(Fault::Unavailable, "too many viewers at the moment; come again in a minute");
        return Err(problem.with_header(header::RETRY_AFTER, HeaderValue::from_static("60")));
    };
    let events = stream::unfold(watched, |mut watched| async move {
        watched.next().await.map(|bytes| (Ok::<_, std::convert::Infallible>(bytes), watched))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Some proxies gather an answer before they send it on, unless they are told.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((StatusCode::OK, headers, Body::from_stream(events)).into_response())
}

fn problem(error: engine::Error) -> Problem {
    match error.kind() {
        Kind::NotFound => Problem::not_found(error.to_string()),
        Kind::Unavailable => Problem::of(Fault::Unavailable, "the platform is stopping; come again in a moment"),
        _ => Problem::internal(error),
    }
}

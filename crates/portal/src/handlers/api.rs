//! The interface of a dataset: what can be asked, and trying it.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::Response;
use axum::{Extension, Router};
use engine::{Statistics, View};
use http_body_util::BodyExt;
use model::Dataset;
use model::dataset::ColumnKind;
use tower::ServiceExt;
use web::Auth;
use web::params::encode;

use super::dataset::{THINGS_MAX, crumbs, offer};
use super::figures;
use crate::ask::{Ask, Trouble};
use crate::frame::{Frame, Section};
use crate::pages::api::{Answered, ApiPage, Question};
use crate::parts::{Choice, Phrase, Snippet};
use crate::{format, reading, routes, vocabulary};

/// How much of an answer is read, and how much of it a page shows.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
const SHOWN_CHARS_MAX: usize = 4_000;
/// How many things or values an example asks for.
const FEW: u64 = 2;
const MANY: u64 = 100;
/// How many things can be chosen.
const CHOICES_MAX: usize = 500;

/// What is asked: the words of the form, and the request they make.
struct Wish {
    kind: Kind,
    thing: Option<String>,
    column: Option<String>,
    count: u64,
}

/// The kinds of questions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Things,
    Thing,
    Course,
    Table,
    Description,
}

impl Kind {
    const ALL: [(&'static str, Self); 5] = [
        ("dinge", Self::Things),
        ("ding", Self::Thing),
        ("verlauf", Self::Course),
        ("tabelle", Self::Table),
        ("beschreibung", Self::Description),
    ];

    fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    fn is_json(self) -> bool {
        matches!(self, Self::Things | Self::Thing | Self::Course)
    }
}

/// `GET /datensaetze/{slug}/api`
pub(crate) async fn show(ask: Ask, Extension(auth): Extension<Auth>, Path(slug): Path<String>) -> Response {
    let answer = page(&ask, auth, &slug).await;
    ask.answer(answer)
}

async fn page(ask: &Ask, auth: Auth, slug: &str) -> Result<Response, Trouble> {
    let dataset = ask.access.dataset(slug)?;
    let views = ask.access.entities_of(&dataset, THINGS_MAX)?;
    let statistics = ask.access.statistics(&dataset).await?;
    let wish = wish(ask, &dataset, &views)?;
    let path = wish.path(&dataset);
    let t = ask.t();
    let page = ApiPage {
        frame: Frame { indexed: ask.query.is_empty(), ..ask.frame(Section::Data) },
        crumbs: crumbs(ask, &dataset, Some(t.api_short())),
        slug: dataset.slug.to_string(),
        title: Phrase::of(&dataset.title, ask.language),
        questions: questions(ask, &dataset, &wish, &statistics),
        kinds: kinds(ask, &wish, &statistics),
        things: things(ask, &dataset, &views, &wish),
        columns: columns(ask, &dataset, &wish),
        count: wish.count.to_string(),
        count_max: MANY,
        answered: answered(ask, auth, wish.kind, &path).await,
        snippets: offer::snippets(ask, &dataset, &statistics, &views),
        licence: vocabulary::licence(&dataset.licence, t).name,
    };
    Ok(ask.page(&page))
}

/// What the address asks, else the newest values of a few things.
fn wish(ask: &Ask, dataset: &Dataset, views: &[View]) -> Result<Wish, Trouble> {
    let word = ask.param("frage").unwrap_or("dinge");
    let kind = Kind::ALL.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind);
    let kind = kind.ok_or_else(|| ask.bad_param("frage", word, &Kind::ALL.map(|(word, _)| word).join(", ")))?;
    let thing = match ask.param("ort") {
        Some(key) => Some(reading::id_of(dataset, key)?.to_string()),
        None => views.first().map(|view| view.entity().id.to_string()),
    };
    let column = match ask.param("spalte") {
        Some(key) => Some(reading::column_of(dataset, key).ok_or(Trouble::NotFound)?),
        None => dataset.measures().next(),
    };
    let count = match ask.param("anzahl") {
        None => FEW,
        Some(text) => {
            let number = text.parse().ok().filter(|number| (1..=MANY).contains(number));
            number.ok_or_else(|| ask.bad_param("anzahl", text, &ask.t().error_expected_size(MANY)))?
        }
    };
    Ok(Wish { kind, thing, column: column.map(|column| column.attribute.iri().to_owned()), count })
}

impl Wish {
    /// The request: path and query.
    fn path(&self, dataset: &Dataset) -> String {
        let thing = || encode(self.thing.as_deref().unwrap_or_default());
        match self.kind {
            Kind::Things => {
                let pattern = dataset.id_prefix.as_deref().map(|prefix| format!("&idPattern={}", encode(&format!("^{}", literal(prefix)))));
                let kind = encode(dataset.entity_type.iri());
                format!("/ngsi-ld/v1/entities?type={kind}{}&format=simplified&limit={}", pattern.unwrap_or_default(), self.count)
            }
            Kind::Thing => format!("/ngsi-ld/v1/entities/{}", thing()),
            Kind::Course => {
                let column = encode(self.column.as_deref().unwrap_or_default());
                format!("/ngsi-ld/v1/temporal/entities/{}?attrs={column}&format=temporalValues&lastN={}", thing(), self.count)
            }
            Kind::Table => format!("/datensaetze/{}/daten.csv", dataset.slug),
            Kind::Description => format!("/datensaetze/{}.ttl", dataset.slug),
        }
    }
}

/// A text as a pattern that matches just it.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| ".+*?()[]{}|^$\\".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

fn fits(kind: Kind, statistics: &Statistics) -> bool {
    kind != Kind::Course || statistics.observations > 0
}

fn name(kind: Kind, ask: &Ask) -> &'static str {
    let t = ask.t();
    match kind {
        Kind::Things => t.api_things(),
        Kind::Thing => t.api_thing(),
        Kind::Course => t.api_course(),
        Kind::Table => t.api_table(),
        Kind::Description => t.api_description(),
    }
}

/// Every question with its request, as the form would send it.
fn questions(ask: &Ask, dataset: &Dataset, wish: &Wish, statistics: &Statistics) -> Vec<Question> {
    let frame = ask.frame(Section::Data);
    let all = Kind::ALL.into_iter().filter(|(_, kind)| fits(*kind, statistics));
    all.map(|(word, kind)| {
        let one = Wish { kind, thing: wish.thing.clone(), column: wish.column.clone(), count: FEW };
        Question {
            name: name(kind, ask).to_owned(),
            url: frame.absolute(&one.path(dataset)),
            try_href: format!("{}?frage={word}#probe", ask.href(&ask.path)),
        }
    })
    .collect()
}

fn kinds(ask: &Ask, wish: &Wish, statistics: &Statistics) -> Vec<Choice> {
    let all = Kind::ALL.into_iter().filter(|(_, kind)| fits(*kind, statistics));
    all.map(|(word, kind)| Choice { value: word.to_owned(), text: name(kind, ask).to_owned(), chosen: kind == wish.kind }).collect()
}

fn things(ask: &Ask, dataset: &Dataset, views: &[View], wish: &Wish) -> Vec<Choice> {
    let choice = |thing: figures::Thing<'_>| {
        let id = &thing.view.entity().id;
        let chosen = wish.thing.as_deref() == Some(id.as_str());
        Choice { value: reading::key_of(dataset, id).to_owned(), text: thing.name, chosen }
    };
    figures::things(ask, views).into_iter().take(CHOICES_MAX).map(choice).collect()
}

fn columns(ask: &Ask, dataset: &Dataset, wish: &Wish) -> Vec<Choice> {
    let measured = dataset.columns.iter().filter(|column| matches!(column.kind, ColumnKind::Measure | ColumnKind::Number));
    measured
        .map(|column| Choice {
            value: column.attribute.short().to_owned(),
            text: reading::label(column, ask.language).to_owned(),
            chosen: wish.column.as_deref() == Some(column.attribute.iri()),
        })
        .collect()
}

/// Sends the request to the platform itself, as somebody without credentials.
async fn answered(ask: &Ask, auth: Auth, kind: Kind, path: &str) -> Answered {
    let router = if kind == Kind::Table { routes::router(ask.state.clone()) } else { ask.state.interfaces().clone() };
    let (status, media_type, body) = asked(ask, auth, router, path).await;
    let (text, is_whole) = shown(&body, &media_type);
    let url = ask.frame(Section::Data).absolute(path);
    // The page has code for whole files too: each has a name of its own.
    let named = |tool: &str| format!("{tool} ({})", ask.t().api_request());
    let code = |id: &str, tool: &str, code: String| Snippet { texts: ask.t(), id: format!("code-{id}"), tool: named(tool), code };
    let mut snippets = vec![code("request-curl", "curl", format!("curl --fail \"{url}\""))];
    if kind.is_json() {
        let lines = format!(
            "import json\nimport urllib.request\n\nwith urllib.request.urlopen(\"{url}\") as answer:\n    data = json.load(answer)\nprint(data)"
        );
        snippets.push(code("request-python", "Python", lines));
    }
    let reason = status.canonical_reason().unwrap_or_default();
    Answered {
        kind: kind.word(),
        status: format!("{} {reason}", status.as_u16()).trim_end().to_owned(),
        is_fine: status.is_success(),
        size: format::size(body.len() as u64, ask.language),
        url,
        media_type,
        text,
        is_whole,
        snippets,
    }
}

async fn asked(ask: &Ask, auth: Auth, router: Router, path: &str) -> (StatusCode, String, Vec<u8>) {
    let mut request = Request::get(path).extension(auth).body(Body::empty()).unwrap_or_default();
    let tenant = HeaderName::from_static("ngsild-tenant");
    if let Some(named) = ask.headers.get(&tenant) {
        request.headers_mut().insert(tenant, named.clone());
    }
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let status = response.status();
    let (mut body, mut read) = (response.into_body(), Vec::new());
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data);
        }
        if read.len() > ANSWER_BYTES_MAX {
            break;
        }
    }
    (status, media_type, read)
}

/// The beginning of an answer as people read it, and whether that is all of it.
fn shown(body: &[u8], media_type: &str) -> (String, bool) {
    let text = String::from_utf8_lossy(body);
    let text = if media_type.contains("json") { indented(&text) } else { text.into_owned() };
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => (text[..end].to_owned(), false),
        None => (text, body.len() <= ANSWER_BYTES_MAX),
    }
}

/// JSON with each member on a line of its own, in the order it came.
fn indented(json: &str) -> String {
    let (mut out, mut depth, mut in_text, mut escaped) = (String::with_capacity(json.len() * 2), 0_usize, false, false);
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            out.push(c);
            continue;
        }
        match c {
            '{' | '[' if chars.peek().is_none_or(|next| !matches!(next, '}' | ']')) => {
                depth += 1;
                out.extend([c, '\n']);
                out.push_str(&"  ".repeat(depth));
            }
            '}' | ']' if !out.ends_with(['{', '[']) => {
                depth = depth.saturating_sub(1);
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
                out.push(c);
            }
            ',' => {
                out.push_str(",\n");
                out.push_str(&"  ".repeat(depth));
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => {
                in_text = c == '"';
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_in_its_order() {
        let json = r#"{"z":[1,{}, []],"a":"x: {\"y\", \\"}"#;
        assert_eq!(indented(json), "{\n  \"z\": [\n    1,\n    {},\n    []\n  ],\n  \"a\": \"x: {\\\"y\\\", \\\\\"\n}");
        assert_eq!(indented("[]"), "[]");
    }

    #[test]
    fn an_answer_is_cut_and_indented() {
        assert_eq!(shown(b"{\"a\":1}", "application/ld+json"), ("{\n  \"a\": 1\n}".to_owned(), true));
        let (text, is_whole) = shown("ä".repeat(5_000).as_bytes(), "text/csv");
        assert_eq!((text.chars().count(), is_whole), (SHOWN_CHARS_MAX, false));
    }

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(literal("urn:a.b(c)"), "urn:a\\.b\\(c\\)");
    }
}

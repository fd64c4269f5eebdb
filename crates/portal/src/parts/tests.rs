use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(page: u64, pages: u64, expected: Expect) {
    let pagination = Pagination { texts: Language::De.texts(), page, pages, base: "?seite=".into() };
    let links: Vec<String> = pagination.links().iter().map(|link| link.map_or("…".to_owned(), |page| page.to_string())).collect();
    expected.assert_eq(&links.join(" "));
}

#[test]
fn pagination_links_the_ends_and_the_neighbours() {
    check(1, 1, expect!["1"]);
    check(1, 2, expect!["1 2"]);
    check(5, 9, expect!["1 … 4 5 6 … 9"]);
    check(1, 1000, expect!["1 2 … 1000"]);
    check(1000, 1000, expect!["1 … 999 1000"]);
}

#[test]
fn one_page_has_no_links() {
    let pagination = Pagination { texts: Language::De.texts(), page: 1, pages: 1, base: String::new() };
    assert_eq!(pagination.to_string(), "");
    assert_eq!(Pagination::pages_for(0, 50), 1);
    assert_eq!(Pagination::pages_for(51, 50), 2);
}

#[test]
fn components_escape_what_they_are_given() {
    let evil = "\"><script>alert(1)</script>";
    let texts = Language::De.texts();
    let field = Field { error: Some(evil.into()), hint: Some(evil.into()), value: evil.into(), ..Field::new("name", evil, "text", "off") };
    let pieces = [
        Moment { iso: evil.into(), text: evil.into(), age: Some(evil.into()) }.to_string(),
        Phrase { text: evil.into(), lang: Some("de") }.to_string(),
        Badge::new(Tone::Info, evil).to_string(),
        Alert { items: vec![(Phrase::plain(evil), Some(evil.into()))], ..Alert::new(Tone::Danger, evil, evil) }.to_string(),
        Crumbs { texts, above: vec![(Phrase::plain(evil), evil.into())], here: Phrase::plain(evil) }.to_string(),
        Snippet { texts, id: evil.into(), tool: evil.into(), code: evil.into() }.to_string(),
        field.to_string(),
        Table {
            id: evil.into(),
            caption: evil.into(),
            head: vec![Head::text(evil)],
            rows: vec![vec![Cell::text(evil).header().time(evil).link(evil.into()).hint(evil.into())]],
        }
        .to_string(),
    ];
    for piece in pieces {
        assert!(!piece.contains("<script>") && !piece.contains("=\"\">"), "{piece}");
    }
}

#[test]
fn a_foreign_text_says_its_language() {
    let texts = Translated { de: "Luft".into(), en: None };
    assert_eq!(Phrase::of(&texts, Language::En).to_string(), "<span lang=\"de\">Luft</span>");
    assert_eq!(Phrase::of(&texts, Language::De).to_string(), "Luft");
}

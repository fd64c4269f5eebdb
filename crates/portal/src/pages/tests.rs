//! What every page keeps: one heading of the first rank, no jump, unique ids,
//! escaped texts, no script or style in the markup, no foreign address loaded.

use std::collections::BTreeSet;

use super::samples;
use crate::messages::Language;

fn each(mut check: impl FnMut(&str, &str)) {
    for language in Language::ALL {
        for (name, html) in samples::all(language) {
            check(&format!("{name} ({})", language.code()), &html);
        }
    }
}

/// The values of an attribute in a page.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    html.split(opening.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn headings_begin_at_one_and_never_jump() {
    each(|page, html| {
        let ranks: Vec<u32> = html
            .split("<h")
            .skip(1)
            .filter_map(|rest| rest.chars().next()?.to_digit(10).filter(|_| rest.as_bytes()[1] == b' ' || rest.as_bytes()[1] == b'>'))
            .collect();
        assert_eq!(ranks.iter().filter(|rank| **rank == 1).count(), 1, "{page}: {ranks:?}");
        for pair in ranks.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "{page}: {ranks:?}");
        }
    });
}

#[test]
fn ids_are_unique_and_references_arrive() {
    each(|page, html| {
        let ids = values(html, "id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{page}: {ids:?}");
        for attribute in ["for", "aria-labelledby", "aria-describedby", "data-copy"] {
            for reference in values(html, attribute).into_iter().flat_map(|list| list.split(' ')) {
                assert!(unique.contains(reference), "{page}: {attribute}=\"{reference}\" leads nowhere");
            }
        }
        for target in values(html, "href").into_iter().filter_map(|href| href.strip_prefix('#')) {
            assert!(unique.contains(target), "{page}: #{target} leads nowhere");
        }
    });
}

#[test]
fn texts_of_data_never_become_markup() {
    each(|page, html| {
        assert!(!html.contains("<script>alert"), "{page}");
        assert!(!html.contains("<img src=x"), "{page}");
    });
}

#[test]
fn the_policy_of_content_is_kept() {
    each(|page, html| {
        assert!(!html.contains(" style="), "{page} has an inline style");
        assert!(!html.contains("<style"), "{page} has a style element");
        assert!(!html.contains("javascript:"), "{page}");
        let foreign: Vec<&str> = values(html, "src").into_iter().filter(|source| !source.starts_with('/')).collect();
        assert_eq!(foreign, Vec::<&str>::new(), "{page}");
    });
}

#[test]
fn titles_are_unique_in_a_language() {
    for language in Language::ALL {
        let mut titles = BTreeSet::new();
        for (name, html) in samples::all(language) {
            let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).expect("a title");
            // Two states of one page have one title.
            if !matches!(name.as_str(), "search-empty" | "source-faults" | "retention-empty") {
                assert!(titles.insert(title.to_owned()), "{name}: {title}");
            }
        }
    }
}

#[test]
fn failed_forms_say_so_in_the_title() {
    let pages = samples::all(Language::De);
    let (_, html) = pages.iter().find(|(name, _)| name == "source-faults").expect("listed");
    assert!(html.contains("<title>Fehler: "), "{html}");
}

#[test]
fn the_language_switch_keeps_the_page() {
    let pages = samples::all(Language::De);
    let (_, html) = pages.iter().find(|(name, _)| name == "dataset").expect("listed");
    assert!(html.contains("href=\"/en/datensaetze/luft\" hreflang=\"en\""));
    assert!(html.contains("<link rel=\"canonical\" href=\"https://daten.musterstadt.example/datensaetze/luft\">"));
}

#[test]
fn no_template_switches_escaping_off() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("templates") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("a template");
                assert!(!text.contains("|safe") && !text.contains("| safe"), "{}", path.display());
            }
        }
    }
}

use super::*;
use crate::pages::samples::site;

/// What a text is made of, in order: the kind of each line, and where its links lead.
fn shape(text: &str) -> Vec<String> {
    let kind = |line: &str| match line.split(' ').next() {
        Some(mark @ ("#" | "##" | "###" | "-" | ">")) => mark.to_owned(),
        _ if line.is_empty() => String::new(),
        _ => "words".to_owned(),
    };
    let links = |line: &str| -> String { line.split("](").skip(1).filter_map(|rest| rest.split([')', '?']).next()).collect() };
    text.lines().map(|line| format!("{} {}", kind(line), links(line))).collect()
}

#[test]
fn both_languages_say_the_same_things() {
    for (name, german, english) in BUILT_IN {
        assert_eq!(shape(german), shape(english), "{name}");
    }
}

#[test]
fn every_page_the_law_asks_for_is_there_and_filled() {
    for language in Language::ALL {
        for name in slugs() {
            let document = document(name, language, &site()).expect("there");
            let body = document.body.to_string();
            assert!(!document.title.is_empty() && document.lead.len() > 10, "{name}");
            assert!(!body.contains('{') && !body.contains("\\."), "{name}: {body}");
        }
    }
    let privacy = document("datenschutz", Language::De, &site()).expect("there").body.to_string();
    for needed in ["Verantwortlich", "Art. 6", "30 Minuten", "12 Stunden", "Ihre Rechte", "beschweren", "datenschutz.hessen.de"] {
        assert!(privacy.contains(needed), "{needed}");
    }
    let accessibility = document("barrierefreiheit", Language::De, &site()).expect("there").body.to_string();
    for needed in ["teilweise vereinbar", "noch nicht barrierefrei", "Selbstbewertung", "/barriere-melden", "Durchsetzungs", "HVBIT"] {
        assert!(accessibility.contains(needed), "{needed}");
    }
}

#[test]
fn what_is_said_of_sessions_is_true() {
    let told = (engine::SESSION_IDLE_MICROS / 60_000_000, engine::SESSION_MICROS / 3_600_000_000);
    for (language, sentence) in [
        (Language::De, format!("endet nach {} Minuten ohne Benutzung, spätestens nach {} Stunden", told.0, told.1)),
        (Language::En, format!("ends after {} minutes without use, after {} hours at the latest", told.0, told.1)),
    ] {
        let body = document("datenschutz", language, &site()).expect("there").body.to_string();
        assert!(body.contains(&sentence), "{sentence}");
    }
}

#[test]
fn what_is_said_of_reports_is_as_configured() {
    for (days, language, sentence) in
        [(180, Language::De, "180 Tage nach der Antwort"), (1, Language::De, "1 Tag nach der Antwort"), (30, Language::En, "30 days after")]
    {
        let site = Site { reports_kept_days: days, ..site() };
        let body = document("datenschutz", language, &site).expect("there").body.to_string();
        assert!(body.contains(sentence), "{sentence}");
    }
}

#[test]
fn gaps_that_nothing_fills_take_their_paragraph_along() {
    let site = Site { email: String::new(), imprint: Vec::new(), ..site() };
    let body = document("impressum", Language::De, &site).expect("there").body.to_string();
    assert!(!body.contains("mailto") && !body.contains('{'), "{body}");
}

#[test]
fn the_municipality_is_german_on_english_pages() {
    let site = Site { owner: "Stadt *M* <b>".into(), ..site() };
    let body = document("impressum", Language::En, &site).expect("there").body.to_string();
    assert!(body.contains("<span lang=\"de\">Stadt *M* &lt;b&gt;</span>"), "{body}");
}

#[test]
fn own_texts_stand_in_place_of_ours() {
    let own = |name: &str, text: &str| OwnTexts::of([(name.to_owned(), text.to_owned())]);
    let texts = own("impressum.de.md", "# Wer wir sind\n\nWir sind {owner}.\n\n[Karte](/ueber)\n").expect("a page");
    let site = Site { texts, ..site() };
    let german = document("impressum", Language::De, &site).expect("there");
    assert_eq!((german.title.as_str(), german.lead.as_str(), german.lang), ("Wer wir sind", "Wir sind Stadt Musterstadt.", None));
    let english = document("impressum", Language::En, &site).expect("there");
    assert_eq!((english.title.as_str(), english.lang), ("Wer wir sind", Some("de")));
    assert!(english.body.to_string().contains("href=\"/en/ueber\""));
    assert_eq!(document("ueber", Language::En, &site).expect("ours").lang, None);
    assert_eq!(own("impresum.de.md", "# a\n\nb").expect_err("unknown").1, TextFault::Name);
    assert_eq!(own("ueber.fr.md", "# a\n\nb").expect_err("unknown").1, TextFault::Name);
    assert_eq!(own("ueber.de.md", "nur Text").expect_err("no heading").1, TextFault::Beginning);
}

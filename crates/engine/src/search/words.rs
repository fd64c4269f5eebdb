//! Words as the search compares them: folded (lower case, umlauts and accents
//! as plain letters, `ae` like `ä`), without stop words, and their stems.

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it stands in the text.
    pub(super) text: &'a str,
    /// At which byte of the text it begins.
    pub(super) start: usize,
    /// As it is compared.
    pub(super) folded: String,
}

/// The words of a text in order. `PM2,5` is one word; a number after a number is not.
#[must_use]
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut begin = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_digit = chars.peek().is_some_and(|(_, next)| next.is_numeric());
        let start = *begin.get_or_insert(at);
        let is_inside = c.is_alphanumeric() || is_mark(c) || (matches!(c, ',' | '.') && next_is_digit && is_formula(&text[start..at]));
        if !is_inside {
            push(text, start, at, &mut found);
            begin = None;
        }
    }
    if let Some(start) = begin {
        push(text, start, text.len(), &mut found);
    }
    found
}

fn push<'a>(text: &'a str, start: usize, end: usize, found: &mut Vec<Word<'a>>) {
    let folded = fold(&text[start..end]);
    if !folded.is_empty() {
        found.push(Word { text: &text[start..end], start, folded });
    }
}

/// Letters, then digits: `PM2`.
fn is_formula(word: &str) -> bool {
    word.starts_with(char::is_alphabetic) && word.ends_with(char::is_numeric)
}

/// Accents that stand behind their letter (Unicode, combining diacritical marks).
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// A word as it is compared: `Fahrräder` and `FAHRRAEDER` are `fahrrader`.
#[must_use]
pub(super) fn fold(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' => plain.push('a'),
            'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' => plain.push('o'),
            'ü' | 'ú' | 'ù' | 'û' => plain.push('u'),
            'é' | 'è' | 'ê' | 'ë' => plain.push('e'),
            'í' | 'ì' | 'î' | 'ï' => plain.push('i'),
            'ç' => plain.push('c'),
            'ñ' => plain.push('n'),
            'ß' => plain.push_str("ss"),
            'æ' => plain.push('a'),
            'œ' => plain.push('o'),
            '₀'..='₉' => plain.extend(char::from_digit(u32::from(c) - u32::from('₀'), 10)),
            '²' => plain.push('2'),
            '³' => plain.push('3'),
            ',' | '.' => {}
            c if is_mark(c) => {}
            c => plain.push(c),
        }
    }
    without_digraphs(&plain)
}

/// `ae`, `oe` and `ue` as the umlauts they stand for; not the `ue` of `neue` and `Quelle`.
fn without_digraphs(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut before = ' ';
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let is_umlaut = matches!(c, 'a' | 'o') || (c == 'u' && !is_vowel(before) && before != 'q');
        if is_umlaut {
            chars.next_if_eq(&'e');
        }
        before = c;
    }
    out
}

pub(super) fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// Too common to tell anything, folded.
const STOP_WORDS: &[&str] = &[
    "der", "die", "das", "des", "dem", "den", "ein", "eine", "einen", "einer", "und", "oder", "in", "im", "am", "an", "auf", "aus", "bei",
    "von", "vom", "fur", "mit", "nach", "zu", "zum", "zur", "uber", "pro", "wie", "wo", "was", "wer", "wann", "welche", "ist", "sind",
    "wird", "werden", "war", "viel", "viele", "ich", "wir", "sie", "es", "man", "mir", "uns", "mein", "meine", "kann", "konnen", "darf",
    "muss", "will", "finde", "gibt", "hat", "haben", "heute", "jetzt", "hier", "tag", "the", "of", "and", "or", "a", "to", "is", "are",
    "at", "on", "by", "for", "with", "how", "where", "what", "who", "when", "which", "many", "much", "there", "do", "does", "can", "i",
    "my", "me", "it", "near", "day", "today", "now", "per",
];

/// Whether a folded word is too common to tell anything.
pub(super) fn is_stop_word(folded: &str) -> bool {
    STOP_WORDS.contains(&folded)
}

/// The stem of a folded word: the endings that German and English words take
/// in number and case are cut, twice at most. It is light on purpose: what
/// it leaves apart, the beginnings of words bring together.
pub(super) fn stem(folded: &str) -> &str {
    if folded.contains(|c: char| !c.is_alphabetic()) {
        return folded;
    }
    let once = cut(folded);
    cut(once)
}

fn cut(word: &str) -> &str {
    let letters = word.chars().count();
    if let Some(rest) = word.strip_suffix("nisse").or_else(|| word.strip_suffix("nissen")) {
        // `Ergebnisse`: the stem keeps its `nis`.
        return &word[..rest.len() + 3];
    }
    // Not the `en` of `Regen`, not the `e` of `Schnee`.
    for (ending, least) in [("ern", 3), ("em", 3), ("en", 4), ("er", 3), ("es", 3), ("e", 3)] {
        if let Some(rest) = word.strip_suffix(ending)
            && letters >= ending.len() + least
            && !(ending == "e" && rest.ends_with('e'))
        {
            return rest;
        }
    }
    if let Some(rest) = word.strip_suffix("um")
        && letters >= 6
    {
        return rest;
    }
    match (word.strip_suffix('n'), word.strip_suffix('s')) {
        (Some(rest), _) if letters >= 5 && rest.ends_with('l') => rest,
        // Not the `s` of `Preis`, `Haus` and `Glas`, not of `nis`.
        (_, Some(rest)) if letters >= 4 && rest.ends_with(['b', 'd', 'f', 'g', 'h', 'k', 'l', 'm', 'n', 'r', 't', 'y']) => rest,
        (_, Some(rest)) if letters >= 5 && rest.ends_with(['a', 'o']) => rest,
        _ => word,
    }
}

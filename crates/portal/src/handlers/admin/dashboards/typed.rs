//! What the form of a tile holds: as it is typed, and as it is meant.

use model::dataset::Texts as Translated;
use web::Params;

use crate::dashboard::{Level, Meaning, Threshold};
use crate::messages::{Language, Texts};
use crate::parts::Tone;

const LINE_CHARS_MAX: usize = 300;
const TEXT_CHARS_MAX: usize = 1_000;
/// More rows than a form ever shows are not read.
const LEVELS_MAX: usize = 50;
/// Empty rows at the end, for more levels.
const ROWS_SPARE: usize = 2;

/// The tones of levels as a form offers them.
pub(super) const TONES: [Tone; 4] = [Tone::Success, Tone::Info, Tone::Warning, Tone::Danger];

/// A form, as it is typed. Pairs are German and English.
#[derive(Clone, PartialEq)]
pub(super) struct Typed {
    pub(super) question: [String; 2],
    pub(super) levels: Vec<Row>,
    pub(super) rule: [String; 2],
    pub(super) source: String,
    pub(super) url: String,
}

/// A level, as it is typed.
#[derive(Clone, PartialEq)]
pub(super) struct Row {
    pub(super) upto: String,
    pub(super) tone: Tone,
    pub(super) word: [String; 2],
}

/// Faults with the ids of their fields.
pub(super) type Faults = Vec<(String, String)>;

impl Row {
    fn empty() -> Self {
        Self { upto: String::new(), tone: Tone::Info, word: Default::default() }
    }

    /// Up to where it holds, in words.
    fn bound(&self, t: Texts) -> String {
        if self.upto.is_empty() { t.board_unbounded().to_owned() } else { t.board_bounded(&self.upto) }
    }

    fn is_empty(&self) -> bool {
        self.upto.is_empty() && self.word.iter().all(String::is_empty)
    }
}

impl Typed {
    /// A meaning as a form shows it.
    pub(super) fn of(meaning: &Meaning, language: Language) -> Self {
        let level = |one: &Level| Row {
            upto: one.upto.map(|upto| written(upto, language)).unwrap_or_default(),
            tone: one.tone,
            word: both(&one.text),
        };
        let rule = meaning.threshold.as_ref();
        let typed = Self {
            question: both(&meaning.question),
            levels: meaning.levels.iter().map(level).collect(),
            rule: rule.map(|rule| both(&rule.text)).unwrap_or_default(),
            source: rule.map(|rule| rule.source.clone()).unwrap_or_default(),
            url: rule.and_then(|rule| rule.url.clone()).unwrap_or_default(),
        };
        typed.with_room()
    }

    /// What was sent.
    pub(super) fn read(form: &Params) -> Self {
        let text = |name: &str, chars_max: usize| {
            let text = form.all(name).next().unwrap_or("").replace("\r\n", "\n");
            text.trim().chars().take(chars_max).collect::<String>()
        };
        let line = |name: &str| text(name, LINE_CHARS_MAX);
        let rows = (1..=LEVELS_MAX).take_while(|number| form.all(&upto_id(*number)).next().is_some());
        let row = |number: usize| {
            let tone = line(&tone_id(number));
            Row {
                upto: line(&upto_id(number)),
                tone: TONES.into_iter().find(|one| one.word() == tone).unwrap_or(Tone::Info),
                word: word_ids(number).map(|id| line(&id)),
            }
        };
        let typed = Self {
            question: ["frage", "frage-en"].map(line),
            levels: rows.map(row).collect(),
            rule: ["regel", "regel-en"].map(|name| text(name, TEXT_CHARS_MAX)),
            source: line("quelle"),
            url: text("adresse", TEXT_CHARS_MAX),
        };
        typed.with_room()
    }

    /// With empty rows at the end, and none in between.
    fn with_room(mut self) -> Self {
        self.levels.retain(|row| !row.is_empty());
        self.levels.extend(std::iter::repeat_with(Row::empty).take(ROWS_SPARE));
        self
    }

    /// What is meant, or what is wrong with which field.
    pub(super) fn meant(&self, t: Texts) -> Result<Meaning, Faults> {
        let mut faults = Faults::new();
        if self.question[0].is_empty() {
            faults.push(("frage".to_owned(), t.board_need_question().to_owned()));
        }
        let levels = self.levels_meant(t, &mut faults);
        let threshold = self.threshold_meant(t, &mut faults);
        if faults.is_empty() { Ok(Meaning { question: translated(&self.question), levels, threshold }) } else { Err(faults) }
    }

    /// The levels, lowest first, however they were typed.
    fn levels_meant(&self, t: Texts, faults: &mut Faults) -> Vec<Level> {
        let mut levels: Vec<(usize, Level)> = Vec::new();
        for (number, row) in (1..).zip(&self.levels).filter(|(_, row)| !row.is_empty()) {
            if row.word[0].is_empty() {
                faults.push((word_ids(number)[0].clone(), t.board_fault_word(number)));
            }
            let upto = number_of(&row.upto, t.language);
            if upto.is_none() && !row.upto.is_empty() {
                faults.push((upto_id(number), t.board_fault_number(number, &row.upto)));
                continue;
            }
            if let Some((first, _)) = levels.iter().find(|(_, known)| known.upto == upto) {
                let text = if upto.is_some() { t.board_fault_same(first, number, &row.upto) } else { t.board_fault_open(first, number) };
                faults.push((upto_id(number), text));
            }
            levels.push((number, Level { upto, tone: row.tone, text: translated(&row.word) }));
        }
        levels.sort_by(|(_, a), (_, b)| a.upto.unwrap_or(f64::INFINITY).total_cmp(&b.upto.unwrap_or(f64::INFINITY)));
        levels.into_iter().map(|(_, level)| level).collect()
    }

    fn threshold_meant(&self, t: Texts, faults: &mut Faults) -> Option<Threshold> {
        if self.rule.iter().chain([&self.source, &self.url]).all(String::is_empty) {
            return None;
        }
        let is_address = self.url.is_empty() || (self.url.starts_with("https://") && model::id::is_absolute_iri(&self.url));
        for (is_wrong, field, text) in [
            (self.rule[0].is_empty(), "regel", t.board_fault_rule()),
            (self.source.is_empty(), "quelle", t.board_fault_source()),
            (!is_address, "adresse", t.board_fault_address()),
        ] {
            if is_wrong {
                faults.push((field.to_owned(), text.to_owned()));
            }
        }
        let url = (!self.url.is_empty()).then(|| self.url.clone());
        Some(Threshold { text: translated(&self.rule), source: self.source.clone(), url })
    }

    /// Where `theirs` differs: a sentence each, with the id of the field it speaks of.
    pub(super) fn differs(&self, theirs: &Self, t: Texts) -> Vec<(String, Option<String>)> {
        let (ours, now) = (self.lines(t), theirs.lines(t));
        let lines = ours.iter().zip(&now).filter(|(our, their)| our.2 != their.2).map(|(_, (id, label, text))| {
            let said = if text.is_empty() { t.board_now_empty(label) } else { t.board_now(label, text) };
            (said, Some((*id).to_owned()))
        });
        let place = |upto: &str| self.levels.iter().position(|row| row.upto == upto && !row.is_empty()).map(|at| upto_id(at + 1));
        let changed = theirs.levels.iter().filter(|row| !self.levels.contains(row));
        let changed = changed.map(|row| (t.board_now_level(row.bound(t), tone_text(row.tone, t), &row.word[0]), place(&row.upto)));
        let gone = self.levels.iter().filter(|row| theirs.levels.iter().all(|their| their.is_empty() || their.upto != row.upto));
        let gone = gone.filter(|row| !row.is_empty()).map(|row| (t.board_now_no_level(row.bound(t)), place(&row.upto)));
        lines.chain(changed).chain(gone).collect()
    }

    /// Every field but the levels: id, label, what stands in it.
    fn lines(&self, t: Texts) -> [(&'static str, &'static str, &str); 6] {
        [
            ("frage", t.board_question(), &self.question[0]),
            ("frage-en", t.board_question_en(), &self.question[1]),
            ("regel", t.board_rule(), &self.rule[0]),
            ("regel-en", t.board_rule_en(), &self.rule[1]),
            ("quelle", t.board_source(), &self.source),
            ("adresse", t.board_url(), &self.url),
        ]
    }
}

/// The id of a level's bound; levels count from 1.
pub(super) fn upto_id(number: usize) -> String {
    format!("stufe{number}-bis")
}

/// The id of its tone.
pub(super) fn tone_id(number: usize) -> String {
    format!("stufe{number}-ton")
}

/// The ids of its word in German and English.
pub(super) fn word_ids(number: usize) -> [String; 2] {
    [format!("stufe{number}-wort"), format!("stufe{number}-wort-en")]
}

/// A tone in words.
pub(super) fn tone_text(tone: Tone, t: Texts) -> &'static str {
    match tone {
        Tone::Success => t.board_tone_success(),
        Tone::Info => t.board_tone_info(),
        Tone::Warning => t.board_tone_warning(),
        Tone::Danger => t.board_tone_danger(),
    }
}

fn both(texts: &Translated) -> [String; 2] {
    [texts.de.to_string(), texts.en.as_ref().map(ToString::to_string).unwrap_or_default()]
}

fn translated([de, en]: &[String; 2]) -> Translated {
    Translated { de: de.as_str().into(), en: (!en.is_empty()).then(|| en.as_str().into()) }
}

/// What stands before and after decimals: `1.234,5` in German, `1,234.5` in English.
fn signs(language: Language) -> (char, char) {
    match language {
        Language::De => ('.', ','),
        Language::En => (',', '.'),
    }
}

/// A number as somebody types it.
fn written(value: f64, language: Language) -> String {
    value.to_string().replace('.', &signs(language).1.to_string())
}

/// A number that somebody typed, with the decimal sign of either language;
/// three digits behind the sign between thousands are thousands.
fn number_of(text: &str, language: Language) -> Option<f64> {
    let (between, decimal) = signs(language);
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.replace('−', "-");
    let (whole, fraction) = plain.split_once(decimal).unwrap_or((&plain, ""));
    let mut groups = whole.trim_start_matches('-').split(between);
    let first = groups.next().unwrap_or_default();
    let are_thousands = (1..=3).contains(&first.len()) && first != "0" && groups.all(|group| group.len() == 3);
    let number = if are_thousands { format!("{}.{fraction}0", whole.replace(between, "")) } else { plain.replace(',', ".") };
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    number.parse().ok().filter(|value: &f64| is_plain && value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let check = |text, de, en| assert_eq!((number_of(text, Language::De), number_of(text, Language::En)), (de, en), "{text}");
        check("12,5", Some(12.5), Some(12.5));
        check("12.5", Some(12.5), Some(12.5));
        check("−3", Some(-3.0), Some(-3.0));
        check("1.000", Some(1000.0), Some(1.0));
        check("1.234.567,25", Some(1_234_567.25), None);
        check("1,234.5", None, Some(1234.5));
        check("0.125", Some(0.125), Some(0.125));
        check("12 000", Some(12000.0), Some(12000.0));
        check("2000", Some(2000.0), Some(2000.0));
        for none in ["", "k. A.", "1e3", "inf", "--1", "1,2,3", "1.2.3", "12 µg"] {
            check(none, None, None);
        }
        assert_eq!(written(-0.5, Language::De), "-0,5");
        assert_eq!(number_of(&written(1234.25, Language::De), Language::De), Some(1234.25));
    }
}

//! How numbers are written, told by the numbers themselves.

use std::sync::LazyLock;

use regex::Regex;

use super::Writing;

/// What writers put where a number is missing.
pub(super) const MISSING: [&str; 16] =
    ["-", "–", "—", "/", ".", "...", "k.A.", "k. A.", "kA", "n/a", "N/A", "n.v.", "NA", "NaN", "NULL", "null"];

static GERMAN: LazyLock<Regex> = LazyLock::new(|| known(r"^[+\-−]?(\d{1,3}(\.\d{3})+|\d+),\d+$"));
static ENGLISH: LazyLock<Regex> = LazyLock::new(|| known(r"^[+\-−]?(\d{1,3}(,\d{3})+|\d*)\.\d+([eE][+\-]?\d+)?$"));
static WHOLE: LazyLock<Regex> = LazyLock::new(|| known(r"^[+\-−]?\d+([eE][+\-]?\d+)?$"));
static DOT_GROUPS: LazyLock<Regex> = LazyLock::new(|| known(r"^[+\-−]?[1-9]\d{0,2}(\.\d{3})+$"));
static COMMA_GROUPS: LazyLock<Regex> = LazyLock::new(|| known(r"^[+\-−]?[1-9]\d{0,2}(,\d{3})+$"));
static SPACE_GROUPS: LazyLock<Regex> = LazyLock::new(|| known(r"^[+\-−]?\d{1,3}([ \u{a0}\u{2009}\u{202f}]\d{3})+([.,]\d+)?$"));

fn known(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of ours")
}

/// Whether a text is a number in some way of writing.
pub(super) fn is_number(text: &str) -> bool {
    [&GERMAN, &ENGLISH, &WHOLE, &DOT_GROUPS, &COMMA_GROUPS, &SPACE_GROUPS].iter().any(|pattern| pattern.is_match(text))
}

/// What the numbers of a column say of their writing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Votes {
    /// A comma can only be the decimal sign.
    comma: usize,
    /// A dot can only be the decimal sign.
    dot: usize,
    /// Dots can only group: twice in a number, or beside a decimal comma.
    dot_groups: usize,
    comma_groups: usize,
    space_groups: usize,
    /// One dot before three digits: `1.234`.
    unclear_dot: usize,
    unclear_comma: usize,
}

impl Votes {
    /// Counts a text.
    pub(super) fn count(&mut self, text: &str) {
        let dots = text.matches('.').count();
        let commas = text.matches(',').count();
        if SPACE_GROUPS.is_match(text) {
            self.space_groups += 1;
            self.comma += commas;
            self.dot += dots;
        } else if DOT_GROUPS.is_match(text) {
            if dots > 1 { self.dot_groups += 1 } else { self.unclear_dot += 1 }
        } else if COMMA_GROUPS.is_match(text) {
            if commas > 1 { self.comma_groups += 1 } else { self.unclear_comma += 1 }
        } else if GERMAN.is_match(text) {
            self.comma += 1;
            self.dot_groups += usize::from(dots > 0);
        } else if ENGLISH.is_match(text) {
            self.dot += 1;
            self.comma_groups += usize::from(commas > 0);
        }
    }

    /// Adds another column's votes.
    pub(super) fn add(&mut self, other: Self) {
        self.comma += other.comma;
        self.dot += other.dot;
        self.dot_groups += other.dot_groups;
        self.comma_groups += other.comma_groups;
        self.space_groups += other.space_groups;
        self.unclear_dot += other.unclear_dot;
        self.unclear_comma += other.unclear_comma;
    }

    /// The writing, and whether the numbers left it open. `around` is what the other columns say.
    pub(super) fn writing(self, around: Option<Writing>) -> (Writing, bool) {
        let space = (self.space_groups > 0).then_some(' ');
        if self.comma > 0 || self.dot_groups > 0 {
            let thousands = space.or((self.dot_groups > 0 || self.unclear_dot > 0).then_some('.'));
            return (Writing { decimal: ',', thousands }, false);
        }
        if self.dot > 0 || self.comma_groups > 0 {
            let thousands = space.or((self.comma_groups > 0 || self.unclear_comma > 0).then_some(','));
            return (Writing { decimal: '.', thousands }, false);
        }
        if self.unclear_dot == 0 && self.unclear_comma == 0 {
            return (Writing { decimal: around.map_or('.', |writing| writing.decimal), thousands: space }, false);
        }
        match around {
            // `1.234` beside `24,7` groups, beside `24.7` it does not.
            Some(Writing { decimal: ',', .. }) => (Writing { decimal: ',', thousands: (self.unclear_dot > 0).then_some('.') }, false),
            Some(Writing { .. }) => (Writing { decimal: '.', thousands: (self.unclear_comma > 0).then_some(',') }, false),
            None if self.unclear_comma > 0 => (Writing { decimal: ',', thousands: None }, true),
            None => (Writing { decimal: ',', thousands: Some('.') }, true),
        }
    }

    /// Whether anything says how numbers are written.
    pub(super) fn is_silent(self) -> bool {
        self.comma + self.dot + self.dot_groups + self.comma_groups == 0
    }
}

//! Query parameters: in order, duplicates found, limits kept.

use percent_encoding::percent_decode_str;

use crate::problem::Problem;

/// How many parameters one request may have.
const PARAMETERS_MAX: usize = 256;

/// The parameters of a request as they came, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string by the rules of URIs (RFC 3986): `+` is a plus.
    ///
    /// # Errors
    /// 400 when it is not percent-encoded UTF-8 or has too many parameters.
    pub fn of_uri(query: Option<&str>) -> Result<Self, Problem> {
        Self::read(query.unwrap_or_default(), false)
    }

    /// Reads what a form sends (`application/x-www-form-urlencoded`): `+` is a space.
    ///
    /// # Errors
    /// As [`Params::of_uri`].
    pub fn of_form(form: &str) -> Result<Self, Problem> {
        Self::read(form, true)
    }

    fn read(text: &str, plus_is_space: bool) -> Result<Self, Problem> {
        let mut all = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if all.len() == PARAMETERS_MAX {
                return Err(Problem::invalid(format!("more than {PARAMETERS_MAX} parameters")));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            all.push((decode(name, plus_is_space)?, decode(value, plus_is_space)?));
        }
        Ok(Self(all))
    }

    /// The value of a parameter that may be there once.
    ///
    /// # Errors
    /// 400 when it is there more than once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Problem::invalid(format!("the parameter `{name}` may be there once only"))),
        }
    }

    /// All values of a parameter, in order.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Everything, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first parameter that is not among those allowed.
    #[must_use]
    pub fn first_unknown(&self, allowed: &[&str]) -> Option<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !allowed.contains(name))
    }

    /// The first parameter that is there twice.
    #[must_use]
    pub fn first_duplicate(&self) -> Option<&str> {
        self.0
            .iter()
            .enumerate()
            .find(|(i, (name, _))| self.0[..*i].iter().any(|(known, _)| known == name))
            .map(|(_, (name, _))| name.as_str())
    }

    /// A number within bounds, or `otherwise`.
    ///
    /// # Errors
    /// 400 naming the parameter, its value and the bounds.
    pub fn number(&self, name: &str, otherwise: usize, bounds: std::ops::RangeInclusive<usize>) -> Result<usize, Problem> {
        let Some(text) = self.one(name)? else { return Ok(otherwise) };
        text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            Problem::invalid(format!("`{name}={shown}`: expected a whole number from {} to {}", bounds.start(), bounds.end()))
        })
    }
}

fn decode(text: &str, plus_is_space: bool) -> Result<String, Problem> {
    let broken = || Problem::invalid(format!("`{}` is not percent-encoded UTF-8", text.chars().take(80).collect::<String>()));
    if !escapes_are_whole(text) {
        return Err(broken());
    }
    let spaced = if plus_is_space && text.contains('+') { text.replace('+', " ").into() } else { std::borrow::Cow::Borrowed(text) };
    percent_decode_str(&spaced).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| broken())
}

/// Whether each `%` begins two hexadecimal digits.
fn escapes_are_whole(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'%')
        .all(|(i, _)| bytes.get(i + 1..i + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)))
}

/// Encodes text for one segment of a path or one value of a query.
#[must_use]
pub fn encode(text: &str) -> String {
    const KEPT: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, &KEPT).to_string()
}

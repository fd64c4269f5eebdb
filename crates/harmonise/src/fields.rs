//! One record as its fields: columns of a row or members of an object, and
//! what was added to them on the way (captures, lookups, computed values).

use std::borrow::Cow;
use std::collections::HashMap;

use model::{Json, Text};

/// The columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Names in order; unnamed columns are called `column 1`, repeated names get ` (2)`.
    pub(crate) names: Vec<Text>,
    /// What the second header line says of each column.
    pub(crate) second: Vec<Option<Text>>,
    index: HashMap<Text, usize>,
}

impl Header {
    /// From the names as they stand in the file.
    pub(crate) fn new(raw: impl IntoIterator<Item = Text>) -> Self {
        let mut header = Self::default();
        for (position, name) in raw.into_iter().enumerate() {
            let name = name.trim();
            let base = if name.is_empty() { format!("column {}", position + 1) } else { name.to_owned() };
            let mut unique = Text::from(base.as_str());
            let mut count = 1;
            while header.index.contains_key(&unique) {
                count += 1;
                unique = Text::from(format!("{base} ({count})"));
            }
            header.index.insert(unique.clone(), position);
            header.names.push(unique);
        }
        header
    }

    /// Where a column stands.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }
}

/// A record as read: cells under a header, or a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Base<'a> {
    /// A row.
    Row { header: &'a Header, cells: &'a [Json] },
    /// A JSON value; plain names are looked up in `members`, pointers from
    /// `root`, in which `*` stands for the places of `at`.
    Tree { root: &'a Json, members: &'a Json, at: &'a [usize] },
}

/// A record's fields by name.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    base: Base<'a>,
    extra: Vec<(Text, Json)>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(base: Base<'a>) -> Self {
        Self { base, extra: Vec::new() }
    }

    /// Adds a field; it hides an older one of the same name.
    pub(crate) fn add(&mut self, name: impl Into<Text>, value: Json) {
        self.extra.push((name.into(), value));
    }

    /// A field's value.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        if let Some((_, value)) = self.extra.iter().rev().find(|(known, _)| known == name) {
            return Some(value);
        }
        match self.base {
            Base::Row { header, cells } => header.position(name).and_then(|at| cells.get(at)),
            Base::Tree { root, at, .. } if name.starts_with('/') => pointer_at(root, name, at),
            Base::Tree { members, .. } => members.get(name),
        }
    }

    /// A field's value as text without blanks around it; `None` when missing or `null`.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).and_then(as_text)
    }

    /// All fields as one object: what computed fields work on.
    pub(crate) fn object(&self) -> Json {
        let mut members: Vec<(Text, Json)> = match self.base {
            Base::Row { header, cells } => header.names.iter().cloned().zip(cells.iter().cloned()).collect(),
            Base::Tree { members: Json::Object(members), .. } => members.clone(),
            Base::Tree { members, .. } => vec![("value".into(), members.clone())],
        };
        for (name, value) in &self.extra {
            match members.iter_mut().find(|(known, _)| known == name) {
                Some((_, old)) => *old = value.clone(),
                None => members.push((name.clone(), value.clone())),
            }
        }
        Json::Object(members)
    }
}

/// A value as text without blanks around it.
pub(crate) fn as_text(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(Cow::Borrowed(text.trim())),
        Json::Number(number) => Some(Cow::Borrowed(number.text())),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// The value a JSON pointer names (RFC 6901).
pub(crate) fn pointer<'a>(root: &'a Json, pointer: &str) -> Option<&'a Json> {
    pointer_at(root, pointer, &[])
}

/// As [`pointer`]; in a list the step `*` takes the next place of `at`.
fn pointer_at<'a>(root: &'a Json, pointer: &str, at: &[usize]) -> Option<&'a Json> {
    let mut places = at.iter();
    pointer_steps(pointer).try_fold(root, |value, step| match value {
        Json::Array(items) if step == "*" => places.next().and_then(|place| items.get(*place)),
        _ => member(value, &step),
    })
}

fn member<'a>(value: &'a Json, step: &str) -> Option<&'a Json> {
    match value {
        Json::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
        _ => value.get(step),
    }
}

/// The elements a pointer with `*` names, each with the places that `*` stands
/// for. Where a list is missing there are none.
pub(crate) fn elements<'a>(root: &'a Json, pointer: &str) -> Vec<(Vec<usize>, &'a Json)> {
    let mut found = vec![(Vec::new(), root)];
    for step in pointer_steps(pointer) {
        let below = |(at, value): (Vec<usize>, &'a Json)| match value {
            Json::Array(items) if step == "*" => {
                items.iter().enumerate().map(|(place, item)| ([at.as_slice(), &[place]].concat(), item)).collect()
            }
            _ => member(value, &step).map(|item| (at, item)).into_iter().collect::<Vec<_>>(),
        };
        found = found.into_iter().flat_map(below).collect();
    }
    found
}

/// The steps of a JSON pointer, unescaped.
pub(crate) fn pointer_steps(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_name_every_column_once() {
        let header = Header::new(["", "a", " a ", "b"].map(Text::from));
        assert_eq!(header.names, ["column 1", "a", "a (2)", "b"].map(Text::from));
        assert_eq!(header.position("a (2)"), Some(2));
    }

    #[test]
    fn pointers_walk_objects_and_arrays() {
        let json = model::json::parse(br#"{"a":[{"b/c":1}]}"#).expect("valid");
        assert_eq!(pointer(&json, "/a/0/b~1c"), Some(&Json::from(1)));
        assert_eq!(pointer(&json, "/a/1"), None);
    }

    #[test]
    fn a_star_stands_for_every_place_of_a_list() {
        let json = model::json::parse(br#"{"n":1,"a":[{"m":2,"b":[10,11]},{"m":3},{"m":4,"b":[12]}]}"#).expect("valid");
        let found: Vec<_> = elements(&json, "/a/*/b/*").into_iter().map(|(at, item)| (at, item.to_string())).collect();
        assert_eq!(found, [(vec![0, 0], "10".to_owned()), (vec![0, 1], "11".to_owned()), (vec![2, 0], "12".to_owned())]);
        let fields = Fields::new(Base::Tree { root: &json, members: &Json::Null, at: &[2, 0] });
        assert_eq!(["/n", "/a/*/m", "/a/*/b/*", "/a/0/b/1"].map(|name| fields.text(name)).map(Option::unwrap), ["1", "4", "12", "11"]);
        assert_eq!(fields.get("/a/*/b/*/c/*"), None);
    }
}

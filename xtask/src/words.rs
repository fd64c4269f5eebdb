//! What must not stand in files, and what may stand in few.

use crate::files::File;

/// A rule: these words only where the paths begin with one of `allowed`.
struct Rule {
    words: &'static [&'static str],
    allowed: &'static [&'static str],
    reason: &'static str,
}

/// In all files.
const EVERYWHERE: &[Rule] = &[
    Rule { words: &["/work/", "/root/", "../shared"], allowed: &["xtask/"], reason: "a path of somebody's machine" },
    Rule {
        words: &["registry.npmjs.org"],
        allowed: &["xtask/"],
        reason: "a registry's address: lock files name versions and checksums only",
    },
    Rule { words: &["FIXME", "<<<<<<<"], allowed: &["xtask/"], reason: "unfinished" },
];

/// In the sources of crates, tests left out.
const IN_SOURCES: &[Rule] = &[
    Rule { words: &["DoorKey"], allowed: &["crates/model/", "crates/engine/"], reason: "only the door cuts keys" },
    Rule { words: &["env::var"], allowed: &["crates/server/"], reason: "only `server` reads the environment, and hands values down" },
    Rule { words: &["SystemTime::now"], allowed: &["crates/model/src/clock.rs"], reason: "time comes from the `Clock` that is handed in" },
    Rule { words: &["web::testing"], allowed: &[], reason: "the fixed credentials are for tests" },
    Rule { words: &["todo!(", "unimplemented!("], allowed: &[], reason: "unfinished" },
];

/// Names each place that breaks a rule.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        faults.extend(EVERYWHERE.iter().flat_map(|rule| rule.faults(file)));
        if is_source(&file.path) {
            faults.extend(IN_SOURCES.iter().flat_map(|rule| rule.faults(file)));
        }
    }
    faults
}

/// Whether a file is code that ships.
fn is_source(path: &str) -> bool {
    let test = path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || path.ends_with("_tests.rs")
        || path.ends_with("/testing.rs")
        || path.ends_with("/scratch.rs")
        || path.contains("/conformance");
    path.starts_with("crates/") && !path.starts_with("crates/testkit/") && path.contains("/src/") && path.ends_with(".rs") && !test
}

impl Rule {
    fn faults<'a>(&'a self, file: &'a File) -> impl Iterator<Item = String> + 'a {
        let allowed = self.allowed.iter().any(|start| file.path.starts_with(start));
        // Whatever stands below the tests of a file is a test.
        let shipped = file.text.find("#[cfg(test)]\nmod tests {").map_or(file.text.as_str(), |end| &file.text[..end]);
        shipped.lines().enumerate().filter(move |_| !allowed).filter_map(move |(i, line)| {
            let word = self.words.iter().find(|word| line.contains(**word))?;
            Some(format!("{}:{}: `{word}`: {}", file.path, i + 1, self.reason))
        })
    }
}

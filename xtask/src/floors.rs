//! The house: a crate knows crates on lower floors only.

use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What stands beside the house.
const BESIDE: u8 = u8::MAX;

/// The floors, as `ARCHITECTURE.md` draws them.
const FLOORS: &[(&str, u8)] = &[
    ("model", 1),
    ("store", 2),
    ("history", 2),
    ("policy", 2),
    ("harmonise", 2),
    ("engine", 3),
    ("web", 3),
    ("ngsi-ld", 4),
    ("catalogue", 4),
    ("ingest", 4),
    ("portal", 4),
    ("server", 5),
    ("testkit", BESIDE),
    ("bench", BESIDE),
    ("xtask", BESIDE),
];

/// Heavy or dangerous things, and the one crate that may use them.
const HOMES: &[(&str, &[&str])] = &[
    ("parquet", &["history"]),
    ("arrow-array", &["history"]),
    ("arrow-schema", &["history"]),
    ("rusqlite", &["store", "bench"]),
    ("oxrdf", &["catalogue"]),
    ("oxrdfio", &["catalogue"]),
    ("calamine", &["harmonise"]),
    ("jaq-core", &["harmonise"]),
    ("clap", &["server"]),
    ("askama", &["portal"]),
];

/// An edge between two of our crates.
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) in_tests_only: bool,
}

/// Compares the manifests with the table.
pub(crate) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().other_options(vec!["--offline".into()]).exec()?;
    let mut faults = Vec::new();
    for package in &metadata.packages {
        let from = package.name.to_string();
        if floor(&from).is_none() {
            faults.push(format!("the crate `{from}` has no floor; give it one in xtask/src/floors.rs and in ARCHITECTURE.md"));
        }
        for dependency in &package.dependencies {
            let edge =
                Edge { from: from.clone(), to: dependency.name.clone(), in_tests_only: dependency.kind == DependencyKind::Development };
            faults.extend(fault_of(&edge));
        }
    }
    Ok(faults)
}

/// What is wrong with an edge.
pub(crate) fn fault_of(edge: &Edge) -> Option<String> {
    let Edge { from, to, in_tests_only } = edge;
    if let Some((_, homes)) = HOMES.iter().find(|(name, _)| name == to)
        && !homes.contains(&from.as_str())
        && !in_tests_only
    {
        return Some(format!("`{from}` uses `{to}`, which lives in `{}` only", homes.join("`, `")));
    }
    let (own, other) = (floor(from)?, floor(to)?);
    let allowed = match (own, other) {
        (BESIDE, BESIDE) => false,
        (BESIDE, _) => from != "testkit" || other == 1,
        (_, BESIDE) => to == "testkit" && *in_tests_only,
        (own, other) => other < own,
    };
    (!allowed).then(|| format!("`{from}` knows `{to}`, which is not on a lower floor"))
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

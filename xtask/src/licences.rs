//! The licences of what is compiled into the program: `cargo xtask licences`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// What the program is built for: other platforms' crates are not in it.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Beginnings of the names of files that hold a licence, in lower case.
const NAMES: &[&str] = &["license", "licence", "copying", "notice", "copyright", "unlicense"];

/// A list of crates with their licences, then each text once.
pub(crate) fn report(root: &Path) -> anyhow::Result<String> {
    let options = ["--locked", "--offline", "--filter-platform", TARGET].map(str::to_owned).to_vec();
    let metadata = MetadataCommand::new().current_dir(root).other_options(options).exec()?;
    let mut packages: Vec<&Package> = compiled_in(&metadata)?.into_iter().map(|id| &metadata[id]).filter(|p| p.source.is_some()).collect();
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    let mut report = String::from("Allmende (EUPL-1.2) is compiled together with these crates; the texts of their licences follow.\n\n");
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let own = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("see its licence file");
        writeln!(report, "{own}: {licence}{}", package.repository.as_ref().map_or(String::new(), |at| format!(" ({at})")))?;
        for text in licence_files(package)? {
            texts.entry(text).or_default().push(own.clone());
        }
    }
    for (text, crates) in texts {
        write!(report, "\n{}\n{}\n\n{}\n", "=".repeat(100), crates.join(", "), text.trim())?;
    }
    Ok(report)
}

/// Everything that `server` needs to run, and needs to be built of.
fn compiled_in(metadata: &Metadata) -> anyhow::Result<HashSet<&PackageId>> {
    let resolve = metadata.resolve.as_ref().context("cargo resolved nothing")?;
    let nodes: HashMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let server = metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == "server").context("no server")?;
    let (mut found, mut waiting) = (HashSet::new(), vec![&server.id]);
    while let Some(id) = waiting.pop() {
        if found.insert(id) {
            let kept = nodes[id].deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            waiting.extend(kept.map(|dep| &dep.pkg));
        }
    }
    Ok(found)
}

fn licence_files(package: &Package) -> anyhow::Result<Vec<String>> {
    let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
        if path.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            texts.push(String::from_utf8_lossy(&std::fs::read(&path)?).replace('\r', "").trim().to_owned());
        }
    }
    Ok(texts)
}

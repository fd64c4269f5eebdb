//! The files of the project, and how large they are.

use std::path::{Path, PathBuf};

/// Folders that are not ours or not sources.
const LEFT_OUT: &[&str] = &["target", "node_modules", "dist", ".git", "data", "daten", "contexts", "shapes", "proptest-regressions"];
const KINDS: &[&str] = &["rs", "toml", "md", "ts", "mjs", "scss", "html", "sql", "json", "py", "yml", "yaml", "sh"];
/// Beyond this a file may want to be two.
const LINES_NOTED: usize = 600;

/// A file of text.
pub(crate) struct File {
    /// Its path in the project, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

/// All files we write by hand.
pub(crate) fn all(root: &Path) -> anyhow::Result<Vec<File>> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !LEFT_OUT.contains(&name) {
                    folders.push(path);
                }
            } else if is_ours(&path, name) {
                files.push(File { path: relative(root, &path), text: crate::read(&path)? });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn is_ours(path: &Path, name: &str) -> bool {
    let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    // Hidden files are somebody's notes or tools' settings.
    !name.starts_with('.') && (name == "Makefile" || (KINDS.contains(&kind) && name != "package-lock.json"))
}

fn relative(root: &Path, path: &Path) -> String {
    let inner: PathBuf = path.strip_prefix(root).unwrap_or(path).into();
    inner.to_string_lossy().replace('\\', "/")
}

/// The largest files, as a reminder.
pub(crate) fn report(files: &[File]) -> String {
    let sources = files.iter().filter(|file| file.path.ends_with(".rs"));
    let mut sizes: Vec<(usize, &str)> = sources.map(|file| (file.text.lines().count(), file.path.as_str())).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let total: usize = sizes.iter().map(|(lines, _)| lines).sum();
    let mut report = format!("tidy: {} Rust files, {total} lines\n", sizes.len());
    for (lines, path) in sizes.iter().take_while(|(lines, _)| *lines > LINES_NOTED) {
        report.push_str(&format!("  {lines:5} {path}\n"));
    }
    report
}

//! The reference page, written from the keys and the message files.

use super::{Config, keys, tenants};
use crate::messages::{Language, of};

/// `docs/configuration.md`.
pub(super) fn page() -> String {
    let (german, english) = (of(Language::De), of(Language::En));
    let mut page = format!(
        "# Konfiguration · Configuration\n\n{}\n\n{}\n\n```toml\n{}```\n",
        german["config.page"],
        english["config.page"],
        example()
    );
    for key in keys::KEYS {
        let default = (key.get)(&Config::default());
        let default = if default.is_empty() { "–".to_owned() } else { format!("`{default}`") };
        let text = format!("config.{}", key.path);
        page.push_str(&format!("\n## `{}`\n\n{}\n\n{}\n\nVorgabe · default: {default}\n", key.path, german[&text], english[&text]));
    }
    for path in tenants::KEYS {
        let text = format!("config.{path}");
        page.push_str(&format!("\n## `{path}`\n\n{}\n\n{}\n\nVorgabe · default: –\n", german[&text], english[&text]));
    }
    page
}

/// A file with every key at its default; those without one as a comment.
fn example() -> String {
    let (mut text, mut section) = (String::new(), "");
    for key in keys::KEYS {
        let (own, name) = key.path.split_once('.').unwrap_or(("", key.path));
        if own != section {
            section = own;
            text.push_str(&format!("\n[{own}]\n"));
        }
        let value = (key.get)(&Config::default());
        text.push_str(&if value.is_empty() { format!("# {name} = \"…\"\n") } else { format!("{name} = {value}\n") });
    }
    text.push_str("\n# [tenants.nachbarstadt]\n# hosts = [\"daten.nachbarstadt.example\"]\n# municipality = { name = \"Nachbarstadt\" }\n");
    text
}

use std::path::Path;

use expect_test::{Expect, expect, expect_file};

use super::{Config, Secret, keys, page};

#[track_caller]
fn refused(text: &str, expected: Expect) {
    expected.assert_eq(&Config::parse(text).expect_err("refused").to_string());
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(Config::parse("").expect("readable"), Config::default());
}

#[test]
fn every_default_can_be_written_down() {
    for key in keys::KEYS {
        let value = (key.get)(&Config::default());
        if value.is_empty() {
            continue;
        }
        let (section, name) =
            key.path.split_once('.').map_or((String::new(), key.path), |(section, name)| (format!("[{section}]\n"), name));
        assert_eq!(Config::parse(&format!("{section}{name} = {value}")).expect(key.path), Config::default(), "{}", key.path);
    }
}

#[test]
fn every_key_is_taken() {
    let text = r#"
        data = "/srv/allmende"
        listen = "[::]:80"
        public_url = "https://daten.example/"
        tenant = "beispiel"
        workers = 8
        identifier_url = "http://alt.example"
        municipality = { name = "Beispielstadt", homepage = "https://www.musterstadt.example/", contributor = "hessen", email = "daten@musterstadt.example", imprint = ["Stadt Musterstadt"], notice = "Testbetrieb" }
        log = { format = "json", level = "warn,engine=debug", requests = "all" }
        sources = { folder = "/srv/eingang", targets = ["10.0.0.5:8080"], secrets = "/srv/schluessel", authorities = "/srv/eigene.pem" }
        metrics.token = "0123456789abcdef"
        [http]
        connections_max = 10
        header_timeout_s = 5
        idle_timeout_s = 6
        header_size_bytes_max = 8192
        grace_s = 0
        [engine]
        seal_after = 1000
        memory_mib_max = 64
        wal_mib_max = 8
    "#;
    let config = Config::parse(text).expect("readable");
    assert_eq!(config.public_url.as_deref(), Some("https://daten.example"));
    assert_eq!(config.metrics_token, Some(Secret("0123456789abcdef".into())));
    for key in keys::KEYS {
        assert_ne!((key.get)(&config), (key.get)(&Config::default()), "{} was not taken", key.path);
    }
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
    assert_eq!((keys::find("metrics.token").expect("a key").get)(&config), "\"***\"");
}

#[test]
fn unknown_keys_are_refused_with_their_path() {
    refused("lisen = \"x\"", expect!["unbekannter Schlüssel `lisen`; gemeint ist vielleicht `listen`"]);
    refused(
        "[http]\nconnection_max = 1",
        expect!["unbekannter Schlüssel `http.connection_max`; gemeint ist vielleicht `http.connections_max`"],
    );
    refused("[server]\nworkers = 1", expect!["unbekannter Schlüssel `server`; gemeint ist vielleicht `workers`"]);
    refused("[http]\nworkers = 1", expect!["unbekannter Schlüssel `http.workers`; gemeint ist vielleicht `workers`"]);
}

#[test]
fn wrong_values_say_what_was_expected() {
    refused("workers = 0", expect!["`workers = 0` geht nicht; erwartet: 1 … 256"]);
    refused("listen = \"8080\"", expect![[r#"`listen = "8080"` geht nicht; erwartet: "127.0.0.1:8080", "[::]:8080""#]]);
    refused("metrics.token = \"kurz\"", expect!["`metrics.token = ***` geht nicht; erwartet: \"…\" (≥ 16 a-z, A-Z, 0-9, -, _, …)"]);
    refused("public_url = \"ftp://x\"", expect![[r#"`public_url = "ftp://x"` geht nicht; erwartet: "https://daten.musterstadt.example""#]]);
    assert!(Config::parse("workers = ").expect_err("no TOML").to_string().contains("line 1"));
    assert!(Config::read(Path::new("/nirgends/allmende.toml")).expect_err("no file").to_string().contains("/nirgends/allmende.toml"));
}

/// `UPDATE_EXPECT=1 cargo nextest run -p server` writes the page anew.
#[test]
fn the_reference_page_is_up_to_date() {
    expect_file!["../../../../docs/configuration.md"].assert_eq(&page::page());
}

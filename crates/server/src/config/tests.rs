use std::path::Path;

use expect_test::{Expect, expect, expect_file};

use model::TenantId;

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
        municipality = { name = "Beispielstadt", homepage = "https://www.musterstadt.example/", contributor = "hessen", email = "daten@musterstadt.example", imprint = ["Stadt Musterstadt"], notice = "Testbetrieb", pages = "/srv/seiten" }
        log = { format = "json", level = "warn,engine=debug", requests = "all" }
        sources = { folder = "/srv/eingang", targets = ["10.0.0.5:8080"], secrets = "/srv/schluessel", authorities = "/srv/eigene.pem" }
        metrics.token = "0123456789abcdef"
        reports.kept_days = 30
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
fn tenants_have_hosts_and_names_of_their_own() {
    let text = r#"
        identifier_url = "https://alt.example"
        municipality = { name = "Musterstadt", email = "daten@musterstadt.example" }
        [tenants.nachbarstadt]
        hosts = ["Daten.Nachbarstadt.example", "www.nachbarstadt.example"]
        municipality = { name = "Nachbarstadt" }
        [tenants.kreis]
        hosts = ["kreis.example"]
        identifier_url = "https://kreis-alt.example"
    "#;
    let config = Config::parse(text).expect("readable");
    let [kreis, nachbarstadt, other] = ["kreis", "nachbarstadt", "anderswo"].map(|name| TenantId::parse(name).expect("a name"));
    assert_eq!(config.hosts().get("daten.nachbarstadt.example").map(String::as_str), Some("nachbarstadt"));
    assert_eq!(config.hosts().len(), 3);
    for (url, own) in [
        ("https://daten.musterstadt.example", "https://daten.nachbarstadt.example"),
        ("http://127.0.0.1:8080", "http://daten.nachbarstadt.example:8080"),
        ("http://[::1]:8080", "http://daten.nachbarstadt.example:8080"),
        ("http://[::1]", "http://daten.nachbarstadt.example"),
    ] {
        assert_eq!(config.url_of_tenant(&nachbarstadt, url), own);
        assert_eq!(config.url_of_tenant(&other, url), url);
    }
    let own = config.of_tenant(&nachbarstadt);
    assert_eq!((own.municipality.name.as_str(), own.municipality.email, own.identifier_url), ("Nachbarstadt", None, None));
    assert_eq!(own.pages_of.as_ref(), Some(&nachbarstadt));
    let own = config.of_tenant(&kreis);
    assert_eq!((own.municipality.name.as_str(), own.identifier_url.as_deref()), ("Musterstadt", Some("https://kreis-alt.example")));
    assert_eq!(config.of_tenant(&other), config);
}

#[test]
fn tenants_that_cannot_be_are_refused() {
    refused("tenants = 1", expect!["`tenants = 1` geht nicht; erwartet: [tenants.NAME]"]);
    refused("[tenants.Stadt]", expect!["`tenants.Stadt = {}` geht nicht; erwartet: [tenants.nachbarstadt] (a-z, 0-9, -)"]);
    refused(
        "[tenants.a]\nhosts = [\"https://a.example\"]",
        expect![[r#"`tenants.a.hosts = ["https://a.example"]` geht nicht; erwartet: ["daten.nachbarstadt.example"]"#]],
    );
    refused("[tenants.a]\nhost = []", expect!["unbekannter Schlüssel `tenants.a.host`; gemeint ist vielleicht `tenants.NAME.hosts`"]);
    refused(
        "[tenants.a.municipality]\nnam = \"A\"",
        expect!["[tenants.a]: unbekannter Schlüssel `municipality.nam`; gemeint ist vielleicht `municipality.name`"],
    );
    refused(
        "[tenants.a.municipality]\nemail = \"a@b.example\"",
        expect!["[tenants.a.municipality]: `name` fehlt; ohne ihn trügen die Seiten den Namen einer anderen Kommune"],
    );
    refused(
        "[tenants.a]\nhosts = [\"x.example\"]\n[tenants.b]\nhosts = [\"X.example\"]",
        expect!["`x.example` führt nach `tenants.a` zu a und nach `tenants.b` zu b; ein Host gehört einem Mandanten"],
    );
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
    refused("reports.kept_days = 0", expect!["`reports.kept_days = 0` geht nicht; erwartet: 1 … 3650"]);
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

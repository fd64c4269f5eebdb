//! Two municipalities in one installation, each at a host of its own.

use crate::platform::{Answer, Platform, Scene};

const HOST: &str = "daten.nachbarstadt.example";

struct Hosts {
    scene: Scene,
    platform: Platform,
    own: String,
    foreign: String,
}

impl Hosts {
    fn new() -> Self {
        let scene = Scene::new();
        let config = scene.write(
            "allmende.toml",
            &format!("[tenants.nachbarstadt]\nhosts = [\"{HOST}\"]\nmunicipality = {{ name = \"Nachbarstadt\", email = \"post@nachbarstadt.example\" }}\n"),
        );
        let platform = Platform::start(&scene.data(), &scene.path("log"), &["--config", config.to_str().expect("UTF-8")]);
        let said = scene.run("tenant create nachbarstadt").ok();
        assert!(said.contains(&format!("http://{HOST}:{}/verwaltung/anmelden", platform.port())), "{said}");
        let token = |tenant: &str| scene.run(&format!("token create --role administrator --tenant {tenant}")).ok().trim().to_owned();
        let (own, foreign) = (token("musterstadt"), token("nachbarstadt"));
        Self { scene, platform, own, foreign }
    }

    /// Asks at the neighbour's host.
    fn ask(&self, request: &str) -> Answer {
        self.ask_at(HOST, request)
    }

    fn ask_at(&self, host: &str, request: &str) -> Answer {
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        self.platform.ask(&format!("{head}\nhost: {host}\n\n{body}"))
    }

    /// Logs in; the session's cookie when it is granted.
    fn login(&self, host: &str, password: &str) -> Option<String> {
        let form = format!("konto=anna&passwort={}", password.replace(' ', "+"));
        let answer = self.ask_at(
            host,
            &format!("POST /verwaltung/anmelden\ncontent-type: application/x-www-form-urlencoded\norigin: http://{host}\n\n{form}"),
        );
        assert!(answer.status < 500, "{answer:?}");
        answer.header("set-cookie").map(|cookie| cookie.split(';').next().unwrap_or_default().to_owned())
    }
}

fn write(token: &str, text: &str) -> String {
    format!(
        "POST /ngsi-ld/v1/entities\nauthorization: Bearer {token}\ncontent-type: application/json\n\n{{\"id\":\"urn:ngsi-ld:Ding:1\",\"type\":\"Ding\",\"text\":{{\"type\":\"Property\",\"value\":\"{text}\"}}}}"
    )
}

const READ: &str = "GET /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:1";

#[test]
fn a_host_leads_to_its_tenant() {
    let city = Hosts::new();
    assert_eq!(city.platform.ask(&write(&city.own, "hier")).status, 201);
    assert_eq!(city.ask(&write(&city.foreign, "dort")).status, 201, "without any header");
    for (host, token, text) in [
        (HOST, &city.foreign, "dort"),
        ("DATEN.Nachbarstadt.example.:8080", &city.foreign, "dort"),
        ("daten.musterstadt.example", &city.own, "hier"),
    ] {
        let seen = city.ask_at(host, &format!("{READ}\nauthorization: Bearer {token}"));
        assert_eq!((seen.status, seen.json()["text"]["value"].as_str()), (200, Some(text)), "{host}: {seen:?}");
    }
    let absolute = city.platform.ask(&format!("GET http://{HOST}/\nhost: 127.0.0.1"));
    assert!(
        absolute.status == 200 && absolute.body.contains("Datenportal Nachbarstadt"),
        "the target goes before the header: {absolute:?}"
    );
    let twice = city.platform.ask(&format!("GET /\nhost: 127.0.0.1\nhost: {HOST}"));
    assert_eq!(twice.status, 400, "{twice:?}");
    assert_eq!(city.platform.complaints().iter().filter(|line| line.contains(" ERROR ")).count(), 0);
}

#[test]
fn pages_bear_name_and_address_of_their_tenant() {
    let city = Hosts::new();
    let url = format!("http://{HOST}:{}", city.platform.port());
    for path in ["/", "/en", "/impressum", "/verwaltung/anmelden", "/nirgends"] {
        let page = city.ask(&format!("GET {path}"));
        assert!(page.body.contains("Nachbarstadt") && !page.body.contains("Musterstadt"), "{path}: {}", page.body);
        let other = city.platform.ask(&format!("GET {path}"));
        assert!(other.body.contains("Musterstadt") && !other.body.contains("Nachbarstadt"), "{path}: {}", other.body);
    }
    assert!(city.ask("GET /").body.contains(&format!("rel=\"canonical\" href=\"{url}/\"")));
    for path in ["/robots.txt", "/sitemap.xml", "/catalog.ttl"] {
        let (there, here) = (city.ask(&format!("GET {path}")), city.platform.ask(&format!("GET {path}")));
        assert!(there.body.contains(&url) && !there.body.contains("127.0.0.1"), "{path}: {there:?}");
        assert!(here.body.contains("127.0.0.1") && !here.body.contains(HOST), "{path}: {here:?}");
    }
    assert!(city.ask("GET /catalog.ttl").body.contains("Nachbarstadt"));
}

#[test]
fn the_header_cannot_lead_elsewhere() {
    let city = Hosts::new();
    assert_eq!(city.platform.ask(&write(&city.own, "hier")).status, 201);
    for request in [READ.to_owned(), "GET /ngsi-ld/v1/types".to_owned(), "GET /".to_owned(), write(&city.own, "fremd")] {
        let (head, body) = request.split_once("\n\n").unwrap_or((&request, ""));
        let named = |tenant: &str| city.ask(&format!("{head}\nngsild-tenant: {tenant}\n\n{body}"));
        let (other, nowhere) = (named("musterstadt"), named("nirgendwo"));
        assert_eq!(other.status, 404, "{request}: {other:?}");
        assert!(other.body.contains("NonexistentTenant"), "{request}: {other:?}");
        assert_eq!(other.body.replace("musterstadt", "nirgendwo"), nowhere.body, "{request}");
    }
    let agreed = city.ask(&format!("GET /ngsi-ld/v1/types\nauthorization: Bearer {}\nngsild-tenant: nachbarstadt", city.foreign));
    assert_eq!(agreed.status, 200, "{agreed:?}");
}

#[test]
fn credentials_are_good_at_their_own_host_only() {
    let city = Hosts::new();
    for (tenant, password) in [("musterstadt", "ein langes Passwort\n"), ("nachbarstadt", "ein anderes Passwort\n")] {
        let data = city.scene.data();
        let words = ["user", "add", "anna", "--role", "administrator", "--tenant", tenant, "--data", data.to_str().expect("UTF-8")];
        crate::platform::run(&words, password).ok();
    }
    let with_token = |host: &str, token: &str| city.ask_at(host, &format!("GET /api/v1/quellen\nauthorization: Bearer {token}")).status;
    assert_eq!((with_token(HOST, &city.foreign), with_token(HOST, &city.own)), (200, 401));
    assert_eq!((with_token("127.0.0.1", &city.own), with_token("127.0.0.1", &city.foreign)), (200, 401));

    assert_eq!(city.login(HOST, "ein langes Passwort"), None, "the password of the other tenant");
    assert_eq!(city.login("127.0.0.1", "ein anderes Passwort"), None);
    let cookie = city.login(HOST, "ein anderes Passwort").expect("logged in");
    let inside = |host: &str| city.ask_at(host, &format!("GET /verwaltung\ncookie: {cookie}"));
    let there = inside(HOST);
    assert!(there.status == 200 && there.body.contains("anna"), "{there:?}");
    let here = inside("127.0.0.1");
    assert!(here.status == 303 && here.header("location").is_some_and(|to| to.starts_with("/verwaltung/anmelden")), "{here:?}");
    let named = city.platform.ask(&format!("GET /verwaltung\nhost: {HOST}\nngsild-tenant: musterstadt\ncookie: {cookie}"));
    assert_eq!(named.status, 404, "{named:?}");
}

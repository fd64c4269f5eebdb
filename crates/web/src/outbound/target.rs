//! Which addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Ports at which the world serves HTTP.
const PORTS: [u16; 3] = [80, 443, 8443];

/// Public addresses at usual ports, and what the operator allowed besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    allowed: Vec<(String, Option<u16>)>,
}

impl Targets {
    /// Allows also these: `host` at any port, or `host:port`. A host is a
    /// name or an address as it stands in the addresses to be got.
    ///
    /// # Errors
    /// The first that is neither.
    pub fn with(allowed: &[String]) -> Result<Self, String> {
        allowed.iter().map(|text| entry(text).ok_or_else(|| text.clone())).collect::<Result<_, _>>().map(|allowed| Self { allowed })
    }

    /// Whether a host may be connected to at this address.
    pub(super) fn allow(&self, host: &str, address: SocketAddr) -> bool {
        let named = |(known, port): &(String, Option<u16>)| known == host && port.is_none_or(|port| port == address.port());
        self.allowed.iter().any(named) || (PORTS.contains(&address.port()) && is_public(address.ip()))
    }
}

fn entry(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port.parse().ok()?)),
        _ => (text, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'_'));
    plain.then_some((host, port))
}

/// Whether an address belongs to everybody's network (IANA's registries of
/// special-purpose addresses, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        // Multicast, reserved, broadcast.
        || a >= 224
        // Shared by providers.
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, the old relays of 6to4, tests of devices.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    // Only 2000::/3 is given out; of it not: protocols and Teredo, documentation, 6to4.
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || a == 0x3fff;
    (0x2000..0x4000).contains(&a) && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(targets: &Targets, host: &str, address: &str) -> bool {
        targets.allow(host, address.parse().expect("an address"))
    }

    #[test]
    fn only_public_addresses_at_usual_ports() {
        let all = Targets::default();
        for address in ["93.184.216.34:443", "8.8.8.8:80", "100.128.0.1:8443", "172.32.0.1:80", "[2a00:1450::1]:443"] {
            assert!(allows(&all, "example.org", address), "{address}");
        }
        for address in [
            "127.0.0.1:80",
            "10.1.2.3:443",
            "172.16.0.1:443",
            "172.31.255.255:443",
            "192.168.0.1:80",
            "169.254.169.254:80",
            "100.64.0.1:80",
            "0.0.0.0:80",
            "192.0.0.8:80",
            "192.0.2.1:80",
            "198.18.0.1:80",
            "198.51.100.1:80",
            "203.0.113.1:80",
            "224.0.0.1:80",
            "255.255.255.255:80",
            "[::1]:80",
            "[::]:80",
            "[::ffff:127.0.0.1]:80",
            "[::ffff:10.0.0.1]:443",
            "[64:ff9b::7f00:1]:443",
            "[fe80::1]:443",
            "[fec0::1]:443",
            "[fd00::1]:443",
            "[ff02::1]:443",
            "[2001::1]:443",
            "[2001:db8::1]:443",
            "[2002:7f00:1::]:443",
            "93.184.216.34:22",
            "93.184.216.34:6379",
        ] {
            assert!(!allows(&all, "example.org", address), "{address}");
        }
    }

    #[test]
    fn the_operator_allows_more() {
        let some = ["gis.intern.example".to_owned(), "10.0.0.5:8080".to_owned(), "[fd00::5]:80".to_owned(), "fd00::6".to_owned()];
        let targets = Targets::with(&some).expect("right");
        assert!(allows(&targets, "gis.intern.example", "10.0.0.9:8080"));
        assert!(allows(&targets, "10.0.0.5", "10.0.0.5:8080"));
        assert!(!allows(&targets, "10.0.0.5", "10.0.0.5:22"));
        assert!(allows(&targets, "fd00::5", "[fd00::5]:80"));
        assert!(allows(&targets, "fd00::6", "[fd00::6]:9999"));
        assert!(!allows(&targets, "elsewhere.example", "10.0.0.9:8080"));
        assert_eq!(Targets::with(&["http://10.0.0.1/".to_owned()]), Err("http://10.0.0.1/".to_owned()));
        assert_eq!(Targets::with(&[":80".to_owned()]), Err(":80".to_owned()));
    }
}

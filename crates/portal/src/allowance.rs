//! How often an address may send something that anybody may send.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;
use parking_lot::Mutex;
use web::Peer;

/// How many reports an address may send in a while, and all addresses together.
const EACH_MAX: u32 = 5;
const TOGETHER_MAX: u32 = 200;
const WHILE_MICROS: i64 = 600_000_000;

/// Counts in memory only: addresses are forgotten after a while and never written down.
#[derive(Default)]
pub(crate) struct Allowance(Mutex<Sent>);

#[derive(Default)]
struct Sent {
    since: i64,
    together: u32,
    each: HashMap<IpAddr, u32>,
}

impl Allowance {
    /// Whether an address may send one more now; counts it then.
    pub(crate) fn take(&self, from: IpAddr, now_micros: i64) -> bool {
        let mut sent = self.0.lock();
        if now_micros - sent.since >= WHILE_MICROS {
            *sent = Sent { since: now_micros, ..Sent::default() };
        }
        let each = sent.each.get(&from).copied().unwrap_or_default();
        if each >= EACH_MAX || sent.together >= TOGETHER_MAX {
            return false;
        }
        sent.each.insert(from, each + 1);
        sent.together += 1;
        true
    }
}

/// Whom to count: the other end of the connection, or, where that is a proxy
/// on this machine, the last address it names. A network of IPv6 is one
/// household (RFC 6177) and counts as one.
pub(crate) fn sender(peer: Option<Peer>, headers: &HeaderMap) -> IpAddr {
    let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.0.ip().to_canonical());
    let mut named = headers.get_all("x-forwarded-for").iter();
    let forwarded = match (named.next(), named.next()) {
        (Some(one), None) if peer.is_loopback() => one.to_str().ok().and_then(|all| all.rsplit(',').next()?.trim().parse().ok()),
        _ => None,
    };
    match forwarded.unwrap_or(peer).to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Option<Peer> {
        Some(Peer(address.parse().expect("an address")))
    }

    #[test]
    fn an_address_gets_five_in_a_while() {
        let allowance = Allowance::default();
        let take = |address: &str, now| allowance.take(sender(peer(address), &HeaderMap::new()), now);
        let first: Vec<bool> = (0..6).map(|_| take("192.0.2.7:1000", 0)).collect();
        assert_eq!(first, [true, true, true, true, true, false]);
        assert!(take("192.0.2.8:1000", 1));
        assert!(!take("192.0.2.7:1001", WHILE_MICROS - 1));
        assert!(take("192.0.2.7:1001", WHILE_MICROS));
    }

    #[test]
    fn a_network_of_version_six_counts_as_one_and_all_together_are_bounded() {
        let allowance = Allowance::default();
        let take = |address: &str| allowance.take(sender(peer(address), &HeaderMap::new()), 0);
        assert_eq!((1..=6).filter(|n| take(&format!("[2001:db8:1:2::{n}]:80"))).count(), 5);
        assert_eq!((1..=300).filter(|n| take(&format!("[2001:db8:2:{n}::1]:80"))).count(), 195);
    }

    #[test]
    fn only_a_proxy_on_this_machine_names_others() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "198.51.100.9, 192.0.2.1".parse().expect("valid"));
        let of = |address: &str, headers: &HeaderMap| sender(peer(address), headers).to_string();
        assert_eq!(of("127.0.0.1:9", &headers), "192.0.2.1");
        assert_eq!(of("203.0.113.5:9", &headers), "203.0.113.5");
        headers.append("x-forwarded-for", "192.0.2.2".parse().expect("valid"));
        assert_eq!(of("127.0.0.1:9", &headers), "127.0.0.1");
    }
}

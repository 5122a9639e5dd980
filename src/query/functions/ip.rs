//! Functions of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::value::Value;
use super::{Function, text_at};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("isValidIp", 1, 1, "is it an IPv4 or IPv6 address?", |_, args| Value::Flag(address(args).is_some())),
    Function::new("isValidIpV4", 1, 1, "is it an IPv4 address?", |_, args| Value::Flag(address(args).is_some_and(|ip| ip.is_ipv4()))),
    Function::new("isValidIpV6", 1, 1, "is it an IPv6 address?", |_, args| Value::Flag(address(args).is_some_and(|ip| ip.is_ipv6()))),
    Function::new("isIpInSubnet", 2, 2, "is it an address in the subnet, such as 192.0.2.0/24 or 2001:db8::/32?", |_, args| within(args, |_| true)),
    Function::new("isIpv4InSubnet", 2, 2, "is it an IPv4 address in the subnet, such as 192.0.2.0/24?", |_, args| within(args, IpAddr::is_ipv4)),
    Function::new("isIpv6InSubnet", 2, 2, "is it an IPv6 address in the subnet, such as 2001:db8::/32?", |_, args| within(args, IpAddr::is_ipv6)),
    Function::new("ipv4ToNumber", 1, 1, "the IPv4 address as a number", |_, args| match address(args) {
        Some(IpAddr::V4(ip)) => Value::Number(f64::from(u32::from(ip))),
        _ => Value::Missing,
    }),
    Function::new("isPrivateIP", 1, 1, "is it an address of a private network?", |_, args| Value::Flag(kind(args) == Some(Kind::Private))),
    Function::new("isPublicIP", 1, 1, "is it an address of the public internet?", |_, args| Value::Flag(kind(args) == Some(Kind::Public))),
    Function::new("isReservedIP", 1, 1, "is it an address for a special purpose: loopback, link-local, multicast, documentation?", |_, args| {
        Value::Flag(kind(args) == Some(Kind::Reserved))
    }),
];

/// Where an address belongs: each belongs in one place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Private,
    Public,
    Reserved,
}

fn address(args: &[Value]) -> Option<IpAddr> {
    text_at(args, 0)?.parse().ok()
}

fn within(args: &[Value], is_wanted: impl Fn(&IpAddr) -> bool) -> Value {
    let is_within = || {
        let ip = address(args).filter(is_wanted)?;
        Some(text_at(args, 1)?.parse::<IpNet>().ok()?.contains(&ip))
    };
    Value::Flag(is_within() == Some(true))
}

fn kind(args: &[Value]) -> Option<Kind> {
    // ::ffff:10.0.0.1 is 10.0.0.1.
    Some(match address(args)?.to_canonical() {
        IpAddr::V4(ip) => kind_of_v4(ip),
        IpAddr::V6(ip) => kind_of_v6(ip),
    })
}

/// The special-purpose registry of IANA, as far as it is not globally reachable.
fn kind_of_v4(ip: Ipv4Addr) -> Kind {
    let [first, second, third, _] = ip.octets();
    let is_special = ip.is_loopback() || ip.is_link_local() || ip.is_multicast() || ip.is_documentation() || first == 0 || first >= 240;
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_protocol = (first, second, third) == (192, 0, 0) || first == 198 && (18..20).contains(&second);
    if ip.is_private() {
        Kind::Private
    } else if is_special || is_shared || is_protocol {
        Kind::Reserved
    } else {
        Kind::Public
    }
}

fn kind_of_v6(ip: Ipv6Addr) -> Kind {
    let [first, second, third, fourth, ..] = ip.segments();
    let is_special = ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local();
    let is_documentation = (first, second) == (0x2001, 0xdb8) || first == 0x3fff && second < 0x1000;
    let is_discarded = (first, second, third, fourth) == (0x100, 0, 0, 0);
    if ip.is_unique_local() {
        Kind::Private
    } else if is_special || is_documentation || is_discarded {
        Kind::Reserved
    } else {
        Kind::Public
    }
}

"""Which IP addresses are public unicast addresses, by lists of our own.

`ipaddress.is_global` differs between releases of Python, and takes notations for public that lead elsewhere. The lists
are those of IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, state of 2025), of multicast (RFC 5771,
RFC 4291) and of reserved space (RFC 1112). An entry is listed even where the registry calls it globally reachable:
these are anycast services of the network, and no web sites.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by customers of a provider
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local: metadata of cloud machines
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # IETF protocols
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The only IPv6 space that is given to sites. Outside are among others: IPv4-mapped `::ffff:0:0/96` and IPv4-compatible
`::/96` addresses, `64:ff9b:1::/48`, discard-only `100::/64`, SRv6 `5f00::/16`, `fc00::/7`, `fe80::/10`, `fec0::/10` and
multicast."""
SPECIAL_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # IETF protocols: Teredo, benchmarks, AMT, AS112, ORCHID, drones
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The IPv4 internet as networks with IPv6 only see it: their resolvers give such an address for each IPv4 site."""


def is_public(address: Address) -> bool:
    """Whether `address` is a public unicast address: no other notation of an IPv4 address is, but that of NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in SPECIAL_IPV4)
    if address in NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in GLOBAL_UNICAST and not any(address in network for network in SPECIAL_IPV6)

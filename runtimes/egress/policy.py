"""Where functions may connect to: the internet, and what the operator allows. Decides by address, so names can't deceive it."""

import ipaddress
import socket

OWN = 'own'  # the sandbox's own loopback
DNS = 'dns'
ALLOWED = 'allowed'  # by the operator
INTERNET = 'internet'
FORBIDDEN = 'forbidden'

DNS_ADDRESS = (ipaddress.ip_address('127.0.0.53'), 53)

# IANA's special-purpose registry, the ranges that svix blocks, and Azure's metadata service, which has a public address.
_FORBIDDEN_V4 = [ipaddress.ip_network(text) for text in (
    '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 '
    '192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'
).split()]
# Only global unicast is allowed. This excludes loopback, fc00::/7, fe80::/10, ff00::/8, NAT64 and SRv6.
_GLOBAL_V6 = ipaddress.ip_network('2000::/3')
_FORBIDDEN_V6 = [ipaddress.ip_network(text) for text in '2001::/23 2001:db8::/32 2002::/16 3fff::/20'.split()]


def parse(raw):
    """Returns (family, plain address, port) of a socket address in bytes, or None if its family is not IP."""
    family = int.from_bytes(raw[:2], 'little')
    port = int.from_bytes(raw[2:4], 'big')
    if family == socket.AF_INET and len(raw) >= 16:
        return family, plain(raw[4:8]), port
    if family == socket.AF_INET6 and len(raw) >= 24:
        return family, plain(raw[8:24]), port
    return None


def plain(value):
    """Returns an address from text or bytes. Like the kernel, it turns an IPv4-mapped IPv6 address into the IPv4 address."""
    address = ipaddress.ip_address(value)
    return getattr(address, 'ipv4_mapped', None) or address


def classify(address, port, allow):
    """Returns the kind of a destination, one of the constants above. `allow` is the operator's set of (address, port)."""
    if (address, port) in allow:
        return ALLOWED
    if (address, port) == DNS_ADDRESS:
        return DNS
    if address.is_loopback or address.is_unspecified:
        return OWN
    if address.version == 4:
        return FORBIDDEN if any(address in network for network in _FORBIDDEN_V4) else INTERNET
    if address not in _GLOBAL_V6 or any(address in network for network in _FORBIDDEN_V6):
        return FORBIDDEN
    return INTERNET


def is_own_address(address):
    """True if the host itself has this address: its services are private even at a public address.

    For such a destination, the kernel chooses the same address as the source. connect() of a UDP socket sends nothing.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    probe = socket.socket(family, socket.SOCK_DGRAM)
    try:
        probe.connect((str(address), 9))
        return ipaddress.ip_address(probe.getsockname()[0]) == address
    except OSError:
        return False  # no route: the connection itself will fail
    finally:
        probe.close()

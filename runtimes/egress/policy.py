"""Where functions may connect to: the internet, and what the operator allowed. By address, so no name can lie."""

import ipaddress
import socket

OWN = 'own'  # the sandbox's own loopback
DNS = 'dns'
ALLOWED = 'allowed'  # by the operator
INTERNET = 'internet'
FORBIDDEN = 'forbidden'

DNS_ADDRESS = (ipaddress.ip_address('127.0.0.53'), 53)

# IANA's special-purpose registry, what svix blocks, and the one metadata service that has a public address (Azure).
_FORBIDDEN_V4 = [ipaddress.ip_network(text) for text in (
    '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 '
    '192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'
).split()]
# Only global unicast is allowed at all: that leaves out loopback, fc00::/7, fe80::/10, ff00::/8, NAT64 and SRv6.
_GLOBAL_V6 = ipaddress.ip_network('2000::/3')
_FORBIDDEN_V6 = [ipaddress.ip_network(text) for text in '2001::/23 2001:db8::/32 2002::/16 3fff::/20'.split()]


def parse(raw):
    """(family, address, port) of a socket address in bytes; the address in its plain form; None if it is none of IP."""
    family = int.from_bytes(raw[:2], 'little')
    port = int.from_bytes(raw[2:4], 'big')
    if family == socket.AF_INET and len(raw) >= 16:
        return family, plain(raw[4:8]), port
    if family == socket.AF_INET6 and len(raw) >= 24:
        return family, plain(raw[8:24]), port
    return None


def plain(value):
    """An address from text or bytes; one of IPv4 inside of IPv6 is taken out, as the kernel does."""
    address = ipaddress.ip_address(value)
    return getattr(address, 'ipv4_mapped', None) or address


def judge(address, port, allow):
    """What a connection to `address` is. `allow` is the operator's set of (address, port)."""
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
    """True if the host itself has this address: its services behind a public address are private all the same.

    The kernel answers from such an address with the address itself. Connecting a UDP socket sends nothing.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    probe = socket.socket(family, socket.SOCK_DGRAM)
    try:
        probe.connect((str(address), 9))
        return ipaddress.ip_address(probe.getsockname()[0]) == address
    except OSError:
        return False  # no route: the connection will say so
    finally:
        probe.close()

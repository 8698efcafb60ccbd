"""Decides by address where functions may connect: the internet, and the operator's allow-list."""

import ipaddress
import socket
import time

OWN = 'own'  # the sandbox's own loopback
DNS = 'dns'
ALLOWED = 'allowed'  # by the operator
INTERNET = 'internet'
FORBIDDEN = 'forbidden'
HOST = 'host'  # an address of the host itself
NEIGHBOUR = 'neighbour'  # on a network of the host
DENIED = 'denied'  # by the operator
MAIL = 'mail'
LIST, NONE = 'list', 'none'  # refused by the workflow's own rule
TRIAL = 'trial'

_BY_OPERATOR = '; an operator can allow it with WORKFLOWS_EGRESS_ALLOW'
_BY_OWNER = u'. An owner can allow it under Settings \u2192 Network.'
_REASONS = {
    FORBIDDEN: 'is a private address',
    HOST: 'is an address of the server itself',
    NEIGHBOUR: "is on the server's own network",
    DENIED: 'is refused by the operator (WORKFLOWS_EGRESS_DENY)',
    MAIL: 'is a mail server, and port 25 is closed',
    LIST: "is not in the list of hosts of this workflow's egress",
    NONE: "is refused, because this workflow's egress is none",
    TRIAL: 'is refused, because this is a trial',
}

_ALLOWABLE = (FORBIDDEN, HOST, NEIGHBOUR, MAIL)
# Kinds that an owner can open (egress/internal.py).
PRIVATE = (FORBIDDEN, HOST, NEIGHBOUR)

DNS_ADDRESS = (ipaddress.ip_address('127.0.0.53'), 53)

# IANA's special-purpose registry, the ranges that svix blocks, and Azure's metadata service, which has a public
# address.
_FORBIDDEN_V4 = [ipaddress.ip_network(text) for text in (
    '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 '
    '192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'
).split()]
# Global unicast excludes loopback, private, link-local, multicast, NAT64 and SRv6 addresses.
_GLOBAL_V6 = ipaddress.ip_network('2000::/3')
_FORBIDDEN_V6 = [ipaddress.ip_network(text) for text in '2001::/23 2001:db8::/32 2002::/16 3fff::/20'.split()]

# No owner may open loopback, link-local, cloud metadata, unspecified, multicast and broadcast addresses, and addresses
# that embed IPv4. src/workers/egress/internal-host.ts refuses such entries with the reason.
_NEVER = [ipaddress.ip_network(text) for text in (
    '0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 168.63.129.16/32 100.100.100.200/32 192.0.0.192/32 224.0.0.0/4 '
    '255.255.255.255/32 ::/96 ::ffff:0:0/96 fe80::/10 fd00:ec2::254/128 ff00::/8 64:ff9b::/96 2002::/16').split()]


def is_never_internal(address, port):
    return port == 25 or any(address in network for network in _NEVER)


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
    """Returns an address from text or bytes. Like the kernel, it converts an IPv4-mapped IPv6 address to IPv4."""
    address = ipaddress.ip_address(value)
    return getattr(address, 'ipv4_mapped', None) or address


def is_name(name, pattern):
    """`pattern`: a name, or `*.` and a name, which stands for the names below it."""
    return name == pattern or pattern.startswith('*.') and name.endswith(pattern[1:]) and len(name) > len(pattern) - 1


def classify(address, port, allow, deny=(), on_link=()):
    """Returns the kind of a destination, one of the constants above.

    `allow`: the operator's set of (address, port). `deny`: the operator's (network, port or None), which take
    precedence. `on_link`: networks of the host.
    """
    denied = any(address in network and closed in (None, port) for network, closed in deny)
    if (address, port) in allow and not denied:
        return ALLOWED
    if (address, port) == DNS_ADDRESS:
        return DNS
    if address.is_loopback or address.is_unspecified:
        return OWN
    if denied:
        return DENIED
    if address.version == 4:
        forbidden = any(address in network for network in _FORBIDDEN_V4)
    else:
        forbidden = address not in _GLOBAL_V6 or any(address in network for network in _FORBIDDEN_V6)
    if forbidden:
        return FORBIDDEN
    if any(address in network for network in on_link):
        return NEIGHBOUR
    return MAIL if port == 25 else INTERNET


def describe(host, port, kind, by_owner=False):
    """Returns why a destination is refused, for the exception and the run's page. `by_owner`: an owner can open it."""
    text = '[%s]' % host if ':' in str(host) else host
    mend = (_BY_OWNER if by_owner else _BY_OPERATOR) if kind in _ALLOWABLE else ''
    return 'blocked: %s:%d %s%s' % (text, port, _REASONS[kind], mend)


class OnLinkNetworks(object):
    """Networks of the host. Reads the routes again every 10 s."""

    def __init__(self):
        self._read_at, self._networks = None, ()

    def networks(self):
        now = time.monotonic()
        if self._read_at is None or now - self._read_at > 10:
            self._networks = parse_routes(_read('/proc/net/route'), _read('/proc/net/ipv6_route'))
            self._read_at = now
        return self._networks


def parse_routes(ipv4, ipv6):
    """Returns the networks without a gateway, from the texts of /proc/net/route and ipv6_route.

    Skips very short prefixes, because a VPN may route half of the internet to an interface.
    """
    networks = []
    for line in ipv4.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or int(fields[2], 16) or not int(fields[3], 16) & 1:
            continue
        address, mask = (ipaddress.ip_address(bytes.fromhex(fields[index])[::-1]) for index in (1, 7))
        network = ipaddress.ip_network('%s/%s' % (address, mask), strict=False)
        if network.prefixlen >= 8:
            networks.append(network)
    for line in ipv6.splitlines():
        fields = line.split()
        if len(fields) < 10 or int(fields[4], 16) or not int(fields[8], 16) & 1 or fields[9] == 'lo':
            continue
        length = int(fields[1], 16)
        if 16 <= length < 128:
            networks.append(ipaddress.ip_network((bytes.fromhex(fields[0]), length), strict=False))
    return tuple(networks)


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ''


def is_own_address(address):
    """True if the host has this address, whose services are private even at a public address.

    The kernel then chooses the same address as the source. connect() of a UDP socket sends nothing.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    probe = socket.socket(family, socket.SOCK_DGRAM)
    try:
        probe.connect((str(address), 9))
        return ipaddress.ip_address(probe.getsockname()[0]) == address
    except OSError:
        return False  # no route, so the connection itself will fail
    finally:
        probe.close()

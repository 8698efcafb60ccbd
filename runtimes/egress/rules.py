"""Network rule of one workflow, from its field `egress`."""

import collections
import ipaddress

from egress import policy

INTERNET, LIST, NONE = 'internet', 'list', 'none'
# Guard of a trial: each connect() needs a permit, or all are refused.
PERMITS, CLOSED = 'permits', 'closed'
# Documentation addresses. A forbidden name resolves to one, so that a refused connect() can name it.
_STAND_INS = [ipaddress.ip_address('192.0.2.%d' % last) for last in range(1, 255)]
_MAX_ADDRESSES = 4096
_MAX_NAMES = 64  # of an address


class Rule(object):
    """`hosts`: validated (host, port) pairs. A host is an address, a name, or `*.` and a name."""

    def __init__(self, mode, hosts):
        self.mode = mode
        self._addresses, self._names = set(), set()
        for host, port in hosts:
            if host == 'localhost':
                self._addresses.update((policy.plain(text), port) for text in ('127.0.0.1', '::1'))
            try:
                self._addresses.add((policy.plain(host), port))
            except ValueError:
                self._names.add((host.lower(), port))

    def ports_of(self, name):
        name = name.rstrip('.')
        return {port for host, port in self._names if policy.is_name(name, host)}

    def has(self, address, port):
        return (address, port) in self._addresses


class Scope(object):
    def __init__(self, rule, guard=None):
        self.rule, self.guard = rule, guard
        self._resolved = collections.OrderedDict()  # names by address
        self._names = {}  # names by stand-in
        self._next = 0

    def may_resolve(self, name):
        return self.guard != CLOSED and self._may_resolve(name)

    def _may_resolve(self, name):
        return self.rule.mode == INTERNET or self.rule.mode == LIST and bool(self.rule.ports_of(name))

    def note(self, name, addresses):
        """Keeps a name's addresses, because rules and internal hosts refer to the name."""
        for address in addresses:
            plain = policy.plain(str(address))
            names = self._resolved.setdefault(plain, collections.OrderedDict())
            names[name.rstrip('.')] = None
            names.move_to_end(name.rstrip('.'))
            if len(names) > _MAX_NAMES:
                names.popitem(last=False)
            self._resolved.move_to_end(plain)
        while len(self._resolved) > _MAX_ADDRESSES:
            self._resolved.popitem(last=False)

    def names_at(self, address):
        return self._resolved.get(address, ())

    def stand_in(self, name):
        """Returns a stand-in address for a forbidden name. `name_of` finds the name again."""
        for address, known in self._names.items():
            if known == name:
                return address
        address = _STAND_INS[self._next % len(_STAND_INS)]
        self._next += 1
        self._names[address] = name
        return address

    def name_of(self, address):
        return self._names.get(address)

    def allows(self, address, port):
        if self.rule.mode == LIST:
            return self.rule.has(address, port) or any(
                port in self.rule.ports_of(name) for name in self.names_at(address))
        return self.rule.mode == INTERNET

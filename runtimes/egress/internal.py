"""Private destinations that owners opened in the app."""

import ipaddress

from egress import policy


class Hosts(object):
    """`entries`: (host, port or None, workflows or None). A host is a range, a name, or `*.` and a name.

    `reserved`: (address, port) of the product's database and mail server. `own_ports`: the server's own listening
    ports. `locked`: only an operator can change the entries.
    """

    def __init__(self, entries=(), reserved=(), own_ports=(), locked=True):
        self._entries = [_Entry(*entry) for entry in entries]
        self._reserved = {(policy.plain(address), port) for address, port in reserved}
        self._own_ports, self._locked = frozenset(own_ports), locked

    def allow(self, workflow, address, port, names):
        """`names` resolved to the address in this sandbox."""
        return not self._is_reserved(address, port) and any(
            entry.matches(workflow, address, port, names) for entry in self._entries)

    def may_be_opened(self, address, port):
        return not self._locked and not self._is_reserved(address, port)

    def _is_reserved(self, address, port):
        return (policy.is_never_internal(address, port) or (address, port) in self._reserved
                or port in self._own_ports and policy.is_own_address(address))


class _Entry(object):
    def __init__(self, host, port, workflows):
        self._port, self._workflows = port, workflows
        try:
            self._network, self._name = ipaddress.ip_network(host, strict=False), None
        except ValueError:
            self._network, self._name = None, host.lower()

    def matches(self, workflow, address, port, names):
        if self._port not in (None, port) or workflow is None:
            return False
        if self._workflows is not None and workflow not in self._workflows:
            return False
        if self._network is not None:
            return address in self._network
        return any(policy.is_name(name, self._name) for name in names)

"""Makes the network connections of sandboxes if their destinations are allowed.

One process serves all sandboxes of the server, as an ordinary user and without secrets. A sandbox has an empty
network namespace and a filter (workflow_runtime/confinement/network.py) that suspends each connect() until the broker
answers. The broker connects to its own checked copy of the address, and replaces the caller's socket with the
connected one. Because only the broker connects and listens, a sandbox cannot do either with a socket of the host. See
docs/decisions/0002-egress.md. Standard library only, Python 3.6 or newer.

    python3 -I -S -B egress/broker.py '{"socket": PATH, "uid": 100000, "gid": 100000, "namespace": 3}'

`namespace` is a descriptor of the user namespace of the sandboxes' users, or null if they all have this user.

stdin: JSON lines with the operator's lists, internal hosts, threads to interrupt, and sandboxes of workflows. The
broker ends with its stdin. stdout: JSON lines. The first reports whether the broker is ready.
"""

import collections
import encodings.idna  # noqa: F401  (loaded by the first connect(), which may not be able to read it after setuid)
import errno
import ipaddress
import json
import os
import resource
import socket
import struct
import sys
import time
import weakref

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from egress import dns, internal, kernel, policy, probe, rules  # noqa: E402
from egress.connect import Internal, Outgoing, is_blocking  # noqa: E402
from egress.loop import Loop  # noqa: E402

HANDSHAKE_SECONDS = 60
ACCEPT_PAUSE_SECONDS = 0.1
MAX_PENDING = 4096
MAX_PENDING_PER_WORKFLOW = 128
MAX_DNS_PER_SANDBOX = 64
MAX_REFUSALS_PER_SECOND = 50  # per sandbox, reported to the server
# One sandbox's burst, calls per second, and share of the broker's time. Further calls wait.
MAX_BURST, MAX_RATE, MAX_SHARE = 1024, 512, 0.25

_SO_DOMAIN = 39
_SYN_SENT, _CLOSED = 2, 7  # the first byte of TCP_INFO
# Returns the reason of the last refused connect() (workflow_runtime/confinement/network.py).
_REASONS_ADDRESS = (policy.plain('127.0.0.53'), 54)
_MAX_REASONS = 64
# A trial's runtime announces an HTTP library's connect() here (workflow_runtime/outgoing/permits.py).
_PERMIT_ADDRESS = (policy.plain('127.0.0.53'), 55)
_MAX_PERMITS = 1024
_INET = (socket.AF_INET, socket.AF_INET6)
# Excludes families such as AF_SMC, whose sockets can wrap a host socket.
_DOMAINS = _INET + (socket.AF_UNIX, socket.AF_NETLINK)


class Owner(object):
    """State shared by the sandboxes of one workflow, or of one unassigned sandbox."""

    def __init__(self):
        self.pending = 0
        self.questions = 0


class Broker(object):
    def __init__(self, loop, report, nameservers):
        self.loop, self.report = loop, report
        self.allow = frozenset()
        self.deny = ()
        self.internal = internal.Hosts()
        self.on_link = policy.OnLinkNetworks()
        self.dns = dns.Forwarder(loop, nameservers)
        self.pending = set()
        self.sandboxes = {}  # by the server's id
        self._owners = weakref.WeakValueDictionary()  # by workflow
        self._reported = set()

    def set_targets(self, targets, deny):
        """Replaces the operator's lists.

        `targets`: allowed (name or null, address, port). `deny`: denied (network, port or null).
        """
        self.deny = tuple((ipaddress.ip_network(text, strict=False), port) for text, port in deny)
        resolved = [(name, policy.plain(text), port) for name, text, port in targets]
        self.allow = frozenset((address, port) for _, address, port in resolved)
        self.dns.names = {name: [address for other, address, _ in resolved if other == name] for name, _, _ in resolved}

    def assign(self, name, workflow, mode, hosts, guard):
        """Assigns a sandbox to a workflow and its rule. An unassigned sandbox has no network.

        `guard`: None, or the restriction of a trial (egress/rules.py).
        """
        sandbox = self.sandboxes.get(name)
        if sandbox is not None:
            owner = self._owners.setdefault(workflow, Owner())
            sandbox.assign(owner, rules.Rule(mode, [tuple(host) for host in hosts]), guard, workflow)
        self.report({'assigned': name})

    def interrupt(self, pid):
        """Ends a thread's suspended call with EINTR, so that the thread handles its signals."""
        for pending in [pending for pending in self.pending if pending.call.pid == pid]:
            pending.end(errno.EINTR)

    def report_refused(self, text):
        """Reports each destination once."""
        if text not in self._reported and len(self._reported) < 1000:
            self._reported.add(text)
            self.report({'refused': text})

    def accept(self, server, watch):
        try:
            connection, _ = server.accept()
        except OSError as error:  # usually too many open descriptors, and `watch` retries later
            self.report({'problem': 'cannot accept a sandbox: %s' % error})
            watch.listen_for(readable=False)
            return watch.extend(ACCEPT_PAUSE_SECONDS)
        connection.setblocking(False)

        received = []

        def close():
            handshake.cancel()
            connection.close()

        def complete():
            try:
                if add_sandbox(connection):
                    return
            except OSError:
                pass  # the sandbox has ended
            close()

        def add_sandbox(connection):
            """Returns true if only the server's line with the id has arrived."""
            data, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
            received.append(data)
            fds = [fd for _, kind, raw in ancillary if kind == socket.SCM_RIGHTS for fd in struct.unpack('i', raw[:4])]
            if not fds:
                return data and len(received) == 1
            name, _, sent = b''.join(received).rpartition(b'\n')
            if sent:
                Sandbox(self, fds[0], name.decode() or None, sent[1:] or None)
                connection.send(b'K')

        handshake = self.loop.watch(
            connection.fileno(), on_readable=complete, on_expired=close, seconds=HANDSHAKE_SECONDS)


class Sandbox(object):
    """The listener of one sandbox.

    `name`: the server's id, or None without a workflow. `home`: None for a sandbox with a network namespace. Other
    sandboxes share the host's network. The broker connects their own sockets only to unix sockets in `home`.
    """

    def __init__(self, broker, listener, name, home):
        self.broker, self.listener, self.name, self.home = broker, listener, name, home
        self.assign(Owner(), rules.Rule(rules.INTERNET if name is None else rules.NONE, []))
        if name is not None:
            broker.sandboxes[name] = self
        self.pending = set()
        self.streams = 0
        self.reasons = collections.OrderedDict()  # reason of the last refusal, by thread
        self.refusals_in, self.refusals = 0, 0
        self.credit, self.credited_at = MAX_BURST, time.monotonic()
        self.watch = broker.loop.watch(
            listener, on_readable=self.receive, on_hangup=self.close, on_expired=self.resume)

    def assign(self, owner, rule, guard=None, workflow=None):
        self.owner, self.scope, self.workflow = owner, rules.Scope(rule, guard), workflow
        self.permits = set()  # threads

    def close(self):
        self.broker.sandboxes.pop(self.name, None)
        self.watch.cancel()
        os.close(self.listener)
        for pending in list(self.pending):
            pending.drop()

    def resume(self):
        self.watch.listen_for(readable=True)

    def receive(self):
        try:
            call = kernel.receive(self.listener)
        except OSError as error:
            self.broker.report({'problem': 'cannot receive calls of a sandbox: %s' % error})
            return self.close()
        if call is None:
            return
        started = time.monotonic()
        try:
            number = self.serve(call)
        except OSError as error:
            number = error.errno or errno.EACCES
        except Exception as error:  # a bug must not end the network of all sandboxes
            self.broker.report({'problem': 'cannot serve a call: %r' % error})
            number = errno.EACCES
        if number is not None:
            call.answer(number)
        self.charge(started)

    def charge(self, started):
        """Pauses a sandbox whose calls are too many or too slow, so that others get their share."""
        now = time.monotonic()
        earned = (now - self.credited_at) * MAX_RATE
        self.credit = min(MAX_BURST, self.credit + earned) - 1 - (now - started) * MAX_RATE / MAX_SHARE
        self.credited_at = now
        if self.credit < 0:
            self.watch.listen_for(readable=False)
            self.watch.extend(0.05 - self.credit / MAX_RATE)

    def serve(self, call):
        """Serves one call. Returns its errno (0 for success), or None if the answer follows later.

        The broker acts on the same socket that it checked, and never lets the kernel continue the caller's own call.
        """
        raw = b'' if call.is_listen else call.read_address()
        caller = call.borrow_socket()
        try:
            if not call.is_valid():
                return None
            domain = caller.getsockopt(socket.SOL_SOCKET, _SO_DOMAIN)
            kind = caller.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
            if domain not in _DOMAINS:
                return errno.EAFNOSUPPORT
            if domain == socket.AF_UNIX:
                return self.serve_unix(call, caller, kind, raw)
            is_host_socket = self.home is not None or kernel.is_host_socket(caller)
            if call.is_listen:
                return errno.EACCES if is_host_socket else kernel.listen(caller, call.backlog)
            target = policy.parse(raw)
            if is_host_socket:
                return self.reconnect(call, caller, domain, target)
            if domain in _INET and kind == socket.SOCK_STREAM and target is not None and target[0] == domain:
                return self.connect_to(call, caller, domain, target, raw)
            return self.connect_inside(call, caller, kind, raw)
        finally:
            caller.close()

    def reconnect(self, call, caller, domain, target):
        """Serves another connect() on the broker's socket. Returns the state of the first call, or retries after its
        failure.
        """
        if target is None or target[0] != domain:
            return errno.EACCES
        number = caller.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            return number
        state = caller.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        if state == _SYN_SENT:
            return errno.EALREADY
        if state != _CLOSED:
            return errno.EISCONN
        return self.connect_to(call, caller, domain, target, None)

    def connect_to(self, call, caller, domain, target, raw):
        """Connects a stream. `raw` is None if the caller's socket is not in the sandbox's network."""
        _, address, port = target
        broker = self.broker
        if (address, port) == _REASONS_ADDRESS:
            return self.send_reason(call, caller)
        if (address, port) == _PERMIT_ADDRESS:
            return self.permit(call)
        verdict = policy.classify(address, port, broker.allow, broker.deny, broker.on_link.networks())
        if verdict == policy.OWN:
            return errno.ECONNREFUSED if raw is None else self.connect_inside(call, caller, socket.SOCK_STREAM, raw)
        if verdict == policy.DNS or self.home is not None and (str(address), port) in broker.dns.servers():
            return self.connect_to_dns(call, caller)
        if verdict in (policy.INTERNET, policy.MAIL) and policy.is_own_address(address):
            verdict = policy.HOST
        if verdict in policy.PRIVATE and broker.internal.allow(
                self.workflow, address, port, self.scope.names_at(address)):
            verdict = policy.ALLOWED
        if not self.is_permitted(call):
            return self.refuse(call, address, port, policy.TRIAL)
        if not self.scope.allows(address, port):
            return self.refuse(call, address, port, policy.NONE if self.scope.rule.mode == rules.NONE else policy.LIST)
        if verdict not in (policy.INTERNET, policy.ALLOWED):
            return self.refuse(call, address, port, verdict)
        return self.start(Outgoing, (call, caller, domain), (address, port))

    def permit(self, call):
        """Records that the next connect() of this thread comes from an HTTP library."""
        if self.scope.guard == rules.PERMITS and len(self.permits) < _MAX_PERMITS:
            self.permits.add(call.pid)
        return errno.ECONNREFUSED

    def is_permitted(self, call):
        if self.scope.guard is None:
            return True
        has_permit = call.pid in self.permits
        self.permits.discard(call.pid)
        return has_permit and self.scope.guard == rules.PERMITS

    def refuse(self, call, address, port, verdict):
        """Stores the reason for the function and reports it for the run's page. Returns the errno."""
        host = self.scope.name_of(address) or str(address)
        by_owner = verdict in policy.PRIVATE and self.broker.internal.may_be_opened(address, port)
        text = policy.describe(host, port, verdict, by_owner)
        self.reasons[call.pid] = text
        if len(self.reasons) > _MAX_REASONS:
            self.reasons.popitem(last=False)
        if verdict not in (policy.LIST, policy.NONE, policy.DENIED, policy.TRIAL):
            self.broker.report_refused(text)
        second = int(time.monotonic())
        self.refusals = self.refusals + 1 if second == self.refusals_in else 1
        self.refusals_in = second
        if self.name is not None and self.refusals <= MAX_REFUSALS_PER_SECOND:
            trial = {'host': host, 'port': port} if verdict == policy.TRIAL else {}
            self.broker.report(dict(trial, sandbox=self.name, blocked=text))
        return errno.EACCES

    def send_reason(self, call, caller):
        """Connects the caller to a stream with the reason of its thread's last refusal."""
        text = self.reasons.pop(call.pid, None)
        if text is None:
            return errno.ECONNREFUSED
        ours = self.connect_to_broker(call, caller)
        ours.send(text.encode())
        ours.close()
        return 0

    def connect_inside(self, call, caller, kind, raw, target=None):
        return self.start(Internal, (call, caller, raw, target), (kind,))

    def serve_unix(self, call, caller, kind, raw):
        # The broker made this socket, and a connect() would reveal the host's abstract names.
        if self.home is None and kernel.is_host_socket(caller):
            return errno.EACCES
        if call.is_listen:
            return kernel.listen(caller, call.backlog)
        path = raw[2:].split(b'\0')[0]
        if not path:  # abstract name, which belongs to the socket's network namespace
            return errno.ECONNREFUSED if self.home is not None else self.connect_inside(call, caller, kind, raw)
        target = kernel.open_in_sandbox(call.pid, path, self.home)
        inside = struct.pack('=H', socket.AF_UNIX) + b'/proc/self/fd/%d\0' % target.fd
        return self.connect_inside(call, caller, kind, inside, target)

    def connect_to_dns(self, call, caller):
        if self.streams >= MAX_DNS_PER_SANDBOX:
            return errno.ENOBUFS
        ours = self.connect_to_broker(call, caller)
        self.streams += 1
        self.broker.dns.serve(ours, self, on_closed=self.stream_closed)
        return 0

    def connect_to_broker(self, call, caller):
        """Replaces the caller's socket with one end of a stream. Returns the other end."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # It cannot be bound again, so the sandbox cannot name it in the host's namespace.
            theirs.bind('')
            kernel.mark_host_socket(theirs)
            theirs.setblocking(is_blocking(caller))
            call.inject(theirs, call.closes_on_exec())
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def stream_closed(self):
        self.streams -= 1

    def start(self, kind, constructor_args, start_args):
        """Starts a pending connection unless a limit is reached."""
        if self.owner.pending >= MAX_PENDING_PER_WORKFLOW or len(self.broker.pending) >= MAX_PENDING:
            return errno.ENOBUFS
        connection = kind(self, *constructor_args)
        try:
            return connection.start(*start_args)
        except OSError:
            connection.drop()
            raise

    def add_pending(self, pending):
        pending.owner = self.owner
        pending.owner.pending += 1
        self.pending.add(pending)
        self.broker.pending.add(pending)

    def remove_pending(self, pending):
        pending.owner.pending -= 1
        self.pending.discard(pending)
        self.broker.pending.discard(pending)


def main(options):
    namespace = options.get('namespace')
    os.closerange(3 if namespace is None else namespace + 1, 1024)  # descriptors inherited from the server
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(options['socket'])
    os.chmod(options['socket'], 0o666)  # only the server and processes with a descriptor of the folder reach it
    server.listen(512)
    server.setblocking(False)
    if os.getuid() != options['uid']:
        kernel.become(options['uid'], options['gid'], namespace)
    problem = probe.find_problem()
    if problem is not None:
        return report({'unsupported': problem})
    loop = Loop()
    broker = Broker(loop, report, options.get('nameservers'))
    watch = loop.watch(
        server.fileno(), on_readable=lambda: broker.accept(server, watch),
        on_expired=lambda: watch.listen_for(readable=True))
    loop.watch(0, on_readable=Control(broker).read)
    report({'ready': True})
    loop.run()


class Control(object):
    """Reads the server's commands on stdin."""

    def __init__(self, broker):
        self.broker, self.buffer = broker, b''

    def read(self):
        data = os.read(0, 65536)
        if not data:
            sys.exit(0)  # the server has ended
        lines = (self.buffer + data).split(b'\n')
        self.buffer = lines.pop()
        for message in (json.loads(line.decode()) for line in lines):
            if 'allow' in message:
                self.broker.set_targets(message['allow'], message.get('deny', []))
            elif 'internal' in message:
                self.broker.internal = internal.Hosts(
                    message['internal'], message['reserved'], message['own_ports'], message['locked'])
            elif 'assign' in message:
                self.broker.assign(
                    message['assign'], message['workflow'], message['mode'], message['hosts'], message.get('guard'))
            else:
                self.broker.interrupt(message['interrupt'])


def report(message):
    sys.stdout.write(json.dumps(message) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main(json.loads(sys.argv[1]))

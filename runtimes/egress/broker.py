"""The egress broker: makes the connections that sandboxes ask for, if they may have them.

One process for the whole server, on the host, under the uid of the sandboxes and without secrets. A sandbox has an
empty network namespace and a filter (workflow_runtime/confinement/network.py) that holds each connect() until this program answers: it makes the
connection itself, to its own checked copy of the address, and puts the connected socket in the place of the caller's.
No socket of the host can be connected or made to listen by the sandbox, as only the broker ever does either.
See docs/decisions/0002-egress.md. Standard library only, Python 3.6 or newer.

    python3 -I -S -B egress/broker.py '{"socket": PATH, "uid": 65534, "gid": 65534}'

stdin: one JSON line for each change of the allow-list, and for each thread that is to be interrupted; its end ends the broker.
stdout: JSON lines; the first says whether it is ready.
"""

import encodings.idna  # noqa: F401  (sockets load it at their first connect: too late after stepping down)
import errno
import json
import os
import resource
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from egress import dns, kernel, policy, probe  # noqa: E402
from egress.connect import Internal, Outgoing, is_blocking  # noqa: E402
from egress.loop import Loop  # noqa: E402

HANDSHAKE_SECONDS = 60
PAUSE_SECONDS = 0.1
MAX_PENDING = 4096
MAX_PENDING_PER_SANDBOX = 256
MAX_DNS_PER_SANDBOX = 64
# Calls that a sandbox may make at once, and per second in the long run, and its share of the broker's time: beyond
# that its calls wait.
BURST, RATE, SHARE = 1024, 512, 0.25

_SO_DOMAIN = 39
_SYN_SENT, _CLOSED = 2, 7  # the first byte of TCP_INFO
_INET = (socket.AF_INET, socket.AF_INET6)
# Not AF_SMC and its like: such a socket can be wrapped around one of the host's.
_DOMAINS = _INET + (socket.AF_UNIX, socket.AF_NETLINK)


class Broker(object):
    """Everything that the sandboxes share."""

    def __init__(self, loop, report, nameservers):
        self.loop, self.report = loop, report
        self.allow = frozenset()
        self.dns = dns.Forwarder(loop, nameservers)
        self.pending = set()
        self._reported = set()

    def set_allow(self, targets):
        """`targets`: (name or null, address, port) of all that the operator allowed."""
        resolved = [(name, policy.plain(text), port) for name, text, port in targets]
        self.allow = frozenset((address, port) for _, address, port in resolved)
        self.dns.names = {name: [address for other, address, _ in resolved if other == name] for name, _, _ in resolved}

    def interrupt(self, pid):
        """Ends the wait of a thread: until then it handles no signal."""
        for pending in [pending for pending in self.pending if pending.call.pid == pid]:
            pending.end(errno.EINTR)

    def refuse(self, address, port):
        """Says once for each destination that it was refused: who runs the server may want to allow it."""
        key = (address, port)
        if key not in self._reported and len(self._reported) < 1000:
            self._reported.add(key)
            self.report({'refused': str(address), 'port': port})

    def accept(self, server, watch):
        try:
            connection, _ = server.accept()
        except OSError as error:  # out of descriptors, as a rule: it goes on when some are back
            self.report({'problem': 'cannot take a sandbox: %s' % error})
            watch.listen_for(readable=False)
            return watch.extend(PAUSE_SECONDS)
        connection.setblocking(False)

        def close():
            hand_over.cancel()
            connection.close()

        def take_over():
            try:
                take(connection)
            except OSError:
                pass  # it ended meanwhile
            close()

        def take(connection):
            data, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
            fds = [fd for _, kind, raw in ancillary if kind == socket.SCM_RIGHTS for fd in struct.unpack('i', raw[:4])]
            if data and fds:
                Sandbox(self, fds[0], data[1:] or None)
                connection.send(b'K')

        hand_over = self.loop.watch(
            connection.fileno(), on_readable=take_over, on_expired=close, seconds=HANDSHAKE_SECONDS)


class Sandbox(object):
    """One listener: all processes of one sandbox.

    `home`: None where it has a network namespace. Else it shares the host's network, so that none of its own sockets may
    ever be connected, but for unix sockets in that folder.
    """

    def __init__(self, broker, listener, home):
        self.broker, self.listener, self.home = broker, listener, home
        self.pending = set()
        self.streams = 0
        self.credit, self.credited_at = BURST, time.monotonic()
        self.watch = broker.loop.watch(
            listener, on_readable=self.receive, on_hangup=self.close, on_expired=self.resume)

    def close(self):
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
            self.broker.report({'problem': 'cannot hear a sandbox any more: %s' % error})
            return self.close()
        if call is None:
            return
        started = time.monotonic()
        try:
            number = self.serve(call)
        except OSError as error:
            number = error.errno or errno.EACCES
        except Exception as error:  # a bug of ours must not end the network of all others
            self.broker.report({'problem': 'cannot serve a call: %r' % error})
            number = errno.EACCES
        if number is not None:
            call.answer(number)
        self.charge(started)

    def charge(self, started):
        """Keeps one sandbox from taking the broker from the others, by the number or by the length of its calls."""
        now = time.monotonic()
        earned = (now - self.credited_at) * RATE
        self.credit = min(BURST, self.credit + earned) - 1 - (now - started) * RATE / SHARE
        self.credited_at = now
        if self.credit < 0:
            self.watch.listen_for(readable=False)
            self.watch.extend(0.05 - self.credit / RATE)

    def serve(self, call):
        """Serves one call; returns its errno (0: done), or None when that comes later.

        All is done to the very socket that was looked at, never by letting the kernel go on with the caller's call.
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
            of_host = domain != socket.AF_UNIX and (self.home is not None or kernel.is_of_host(caller))
            if call.is_listen:
                return errno.EACCES if of_host else kernel.listen(caller, call.backlog)
            if domain == socket.AF_UNIX:
                return self.connect_unix(call, caller, kind, raw)
            target = policy.parse(raw)
            if of_host:
                return self.connect_again(call, caller, domain, target)
            if domain in _INET and kind == socket.SOCK_STREAM and target is not None and target[0] == domain:
                return self.connect_to(call, caller, domain, target, raw)
            return self.connect_inside(call, caller, kind, raw)
        finally:
            caller.close()

    def connect_again(self, call, caller, domain, target):
        """A socket of ours is connected once more: the state of the first time, or a second try after a failure."""
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
        """A stream to an address; `raw` is None where the caller's socket is not one of the sandbox's network."""
        _, address, port = target
        verdict = policy.judge(address, port, self.broker.allow)
        if verdict == policy.OWN:
            return errno.ECONNREFUSED if raw is None else self.connect_inside(call, caller, socket.SOCK_STREAM, raw)
        if verdict == policy.DNS or self.home is not None and (str(address), port) in self.broker.dns.servers():
            return self.connect_to_dns(call, caller)
        if verdict == policy.INTERNET and policy.is_own_address(address):
            verdict = policy.FORBIDDEN
        if verdict == policy.FORBIDDEN:
            self.broker.refuse(address, port)
            return errno.EACCES
        return self.start(Outgoing, (call, caller, domain), (address, port))

    def connect_inside(self, call, caller, kind, raw, target=None):
        return self.start(Internal, (call, caller, raw, target), (kind,))

    def connect_unix(self, call, caller, kind, raw):
        path = raw[2:].split(b'\0')[0]
        if not path:  # an abstract name: the network namespace of the socket has them
            return errno.ECONNREFUSED if self.home is not None else self.connect_inside(call, caller, kind, raw)
        target = kernel.open_in_sandbox(call.pid, path, self.home)
        inside = struct.pack('=H', socket.AF_UNIX) + b'/proc/self/fd/%d\0' % target.fd
        return self.connect_inside(call, caller, kind, inside, target)

    def connect_to_dns(self, call, caller):
        if self.streams >= MAX_DNS_PER_SANDBOX:
            return errno.ENOBUFS
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # A name of its own: the sandbox cannot give it another one in the host's namespace.
            theirs.bind('')
            theirs.setblocking(is_blocking(caller))
            call.inject(theirs, call.closes_on_exec())
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self.streams += 1
        self.broker.dns.serve(ours, on_closed=self.stream_closed)
        return 0

    def stream_closed(self):
        self.streams -= 1

    def start(self, kind, made_of, started_with):
        if len(self.pending) >= MAX_PENDING_PER_SANDBOX or len(self.broker.pending) >= MAX_PENDING:
            return errno.ENOBUFS
        connection = kind(self, *made_of)
        try:
            return connection.start(*started_with)
        except OSError:
            connection.drop()
            raise

    def add_pending(self, pending):
        self.pending.add(pending)
        self.broker.pending.add(pending)

    def remove_pending(self, pending):
        self.pending.discard(pending)
        self.broker.pending.discard(pending)


def main(options):
    os.closerange(3, 1024)  # whatever the server was started with
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(options['socket'])
    server.listen(512)
    server.setblocking(False)
    if os.getuid() != options['uid']:
        os.setgroups([])
        os.setgid(options['gid'])
        os.setuid(options['uid'])
    problem = probe.find_problem()
    if problem is not None:
        return report({'unsupported': problem})
    loop = Loop()
    broker = Broker(loop, report, options.get('nameservers'))
    doors = loop.watch(
        server.fileno(), on_readable=lambda: broker.accept(server, doors),
        on_expired=lambda: doors.listen_for(readable=True))
    loop.watch(0, on_readable=Control(broker).read)
    report({'ready': True})
    loop.run()


class Control(object):
    """What the server says on stdin."""

    def __init__(self, broker):
        self.broker, self.buffer = broker, b''

    def read(self):
        data = os.read(0, 65536)
        if not data:
            sys.exit(0)  # the server is gone, however it went
        lines = (self.buffer + data).split(b'\n')
        self.buffer = lines.pop()
        for message in (json.loads(line.decode()) for line in lines):
            if 'allow' in message:
                self.broker.set_allow(message['allow'])
            else:
                self.broker.interrupt(message['interrupt'])


def report(message):
    sys.stdout.write(json.dumps(message) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main(json.loads(sys.argv[1]))

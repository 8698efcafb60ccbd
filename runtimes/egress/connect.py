"""Pending connections, both outgoing and inside a sandbox."""

import errno
import fcntl
import itertools
import os
import random
import socket

from egress import kernel

CONNECT_SECONDS = 130  # slightly more than the kernel's own timeout
_RETRY_SECONDS = 0.02
_PORT_TRIES = 16


def is_blocking(sock):
    return not fcntl.fcntl(sock.fileno(), fcntl.F_GETFL) & os.O_NONBLOCK


class Pending(object):
    """A call that waits until `sock` is connected. It counts towards the limit of its sandbox."""

    def __init__(self, sandbox, call, sock):
        self.sandbox, self.call, self.sock = sandbox, call, sock
        self.watch = None

    def wait(self, on_writable):
        self.sandbox.add_pending(self)
        self.watch = self.sandbox.broker.loop.watch(
            self.sock.fileno(), on_writable=on_writable, on_expired=self.expire, seconds=CONNECT_SECONDS)

    def end(self, number):
        self.drop()
        self.call.answer(number)

    def expire(self):
        self.end(errno.ETIMEDOUT)

    def drop(self):
        if self.watch is not None:
            self.watch.cancel()
            self.watch = None
            self.sandbox.remove_pending(self)
        if self.sock is not None:
            self.sock.close()


class Outgoing(Pending):
    """A connection to the outside. Its socket of the host's network then replaces the caller's."""

    def __init__(self, sandbox, call, caller, domain):
        Pending.__init__(self, sandbox, call, None)
        self.caller, self.domain = caller, domain
        self.closes_on_exec = call.closes_on_exec()
        self.blocking = is_blocking(caller)

    def start(self, address, port):
        host = str(address)
        if self.domain == socket.AF_INET6 and address.version == 4:
            host = '::ffff:' + host
        for _ in range(_PORT_TRIES):
            self.drop()
            self.sock = _make_socket(self.domain)
            kernel.copy_options(self.caller, self.sock)
            number = self.sock.connect_ex((host, port))
            if number != errno.EADDRNOTAVAIL:  # this local port was just used for the same destination
                break
        self.caller = None
        if number not in (0, errno.EINPROGRESS):
            self.drop()
            return number
        if number == 0 or not self.blocking:
            # A non-blocking caller waits with its own timeout.
            return self.inject(number)
        self.wait(self.finish)
        return None

    def finish(self):
        number = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        try:
            self.end(number or self.inject(0))
        except OSError as error:
            self.end(error.errno)

    def inject(self, number):
        self.sock.setblocking(self.blocking)
        self.call.inject(self.sock, self.closes_on_exec)
        self.drop()
        return number


class Internal(Pending):
    """A connection inside a sandbox. The broker connects the caller's socket to its own copy of the address.

    The broker never lets the kernel continue the call. The kernel would read the address and the descriptor again,
    and the sandbox could have replaced the socket with one of the host's.
    """

    def __init__(self, sandbox, call, caller, raw, target):
        Pending.__init__(self, sandbox, call, caller.dup())
        # `raw` names a descriptor of this file, so the file must stay open.
        self.raw, self.target = raw, target
        self.blocking = is_blocking(caller)

    def start(self, kind):
        stream = kind != socket.SOCK_DGRAM
        if self.blocking and stream:
            self.sock.setblocking(False)
        number = kernel.connect(self.sock, self.raw)
        if not self.blocking or number not in (errno.EINPROGRESS, errno.EAGAIN, errno.EINTR):
            self.drop()
            return number
        if number == errno.EINPROGRESS:
            self.wait(self.finish)
        else:
            # The AF_UNIX listener's queue is full, and no event reports free space.
            self.sandbox.add_pending(self)
            self.tries = int(CONNECT_SECONDS / _RETRY_SECONDS)
            self.watch = self.sandbox.broker.loop.timer(self.retry, _RETRY_SECONDS)
        return None

    def finish(self):
        self.end(self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def retry(self):
        self.tries -= 1
        number = kernel.connect(self.sock, self.raw) if self.call.is_valid() else errno.ECANCELED
        if number == errno.EAGAIN and self.tries:
            self.watch.extend(_RETRY_SECONDS)
        else:
            self.end(number)

    def drop(self):
        if self.blocking and self.sock.fileno() >= 0:
            self.sock.setblocking(True)
        self.target = None
        Pending.drop(self)


def _make_socket(domain):
    """Returns a marked socket with an explicit port, which it keeps after a disconnect.

    The kernel releases a port that it chose itself. The sandbox could then bind the socket to the port of a host's
    service.
    """
    sock = socket.socket(domain, socket.SOCK_STREAM)
    try:
        kernel.mark_host_socket(sock)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for port in itertools.islice(_ports, _PORT_TRIES):
            try:
                sock.bind(('', port))
                return sock
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    except OSError:
        sock.close()
        raise


def _read_ports():
    try:
        with open('/proc/sys/net/ipv4/ip_local_port_range') as numbers:
            first, last = numbers.read().split()
        return max(int(first), 1024), int(last)
    except (OSError, ValueError):
        return 32768, 60999


def _cycle_ports(first, last):
    """Yields all ports in turn from a random start, so that each is reused as late as possible."""
    port = random.randint(first, last)
    while True:
        yield port
        port = port + 1 if port < last else first


_ports = _cycle_ports(*_read_ports())

"""Connections under way: those that the broker makes itself, and those that stay inside of a sandbox."""

import errno
import fcntl
import itertools
import os
import random
import socket

from egress import kernel

CONNECT_SECONDS = 130  # a little more than the kernel's own patience
_RETRY_SECONDS = 0.02
_PORT_TRIES = 16


def is_blocking(sock):
    return not fcntl.fcntl(sock.fileno(), fcntl.F_GETFL) & os.O_NONBLOCK


class Pending(object):
    """A call that waits for `sock` to be connected; its sandbox counts it."""

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
    """A connection to the internet, made with a socket of the host's network that then takes the caller's place."""

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
            if number != errno.EADDRNOTAVAIL:  # else this port of ours was just used for the same destination
                break
        self.caller = None
        if number not in (0, errno.EINPROGRESS):
            self.drop()
            return number
        if number == 0 or not self.blocking:
            # Who does not block waits on the socket itself, with a timeout of its own.
            return self.hand_over(number)
        self.wait(self.finish)
        return None

    def finish(self):
        number = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        try:
            self.end(number or self.hand_over(0))
        except OSError as error:
            self.end(error.errno)

    def hand_over(self, number):
        self.sock.setblocking(self.blocking)
        self.call.inject(self.sock, self.closes_on_exec)
        self.drop()
        return number


class Internal(Pending):
    """A connection inside of the sandbox: the caller's own socket is connected, to our copy of the address.

    A call that the kernel is told to let pass reads its address and its descriptor again, and the sandbox could have
    put one of the host's sockets there meanwhile. So none is let pass.
    """

    def __init__(self, sandbox, call, caller, raw, target):
        Pending.__init__(self, sandbox, call, caller.dup())
        # The file of a unix socket, which has to stay open as long as `raw` speaks of it.
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
            # The queue of a listener is full (AF_UNIX), and nothing reports when it no longer is.
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
    """A marked socket with a port by number, which it then keeps even when disconnected.

    One that the kernel chose would be given back, and the sandbox could bind its socket to a port of a host's service.
    """
    sock = socket.socket(domain, socket.SOCK_STREAM)
    try:
        kernel.mark(sock)
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


def _walk(first, last):
    """One port after the other from a random one: as long as possible until the same comes again."""
    port = random.randint(first, last)
    while True:
        yield port
        port = port + 1 if port < last else first


_ports = _walk(*_read_ports())

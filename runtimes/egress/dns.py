"""The name server of the sandboxes: forwards questions from their streams to the host's name servers."""

import errno
import os
import socket
import struct

_RESOLV_CONF = '/etc/resolv.conf'
_MAX_QUESTION = 1232
_MAX_WAITING = 512  # unanswered questions of all sandboxes
_MAX_PER_CLIENT = 16
_TRY_SECONDS = 2
_TRIES = 3
_IDLE_SECONDS = 30
_TTL_SECONDS = 30
_TRUNCATED = 0x02  # in the third byte of an answer


class Forwarder(object):
    """Answers questions on streams. `servers`: (host, port) pairs that replace those of /etc/resolv.conf."""

    def __init__(self, loop, servers=None):
        self.loop = loop
        self._fixed = servers and [tuple(server) for server in servers]
        self._read_at = None
        self._servers = []
        self.names = {}  # name to addresses: the names of the allow-list, as the host resolves them
        self.waiting = 0

    def serve(self, sock, on_closed):
        """Serves one stream until its sandbox closes it or sends nothing for 30 s."""
        _Client(self, sock, on_closed)

    def servers(self):
        """Returns the host's name servers. Reads the file again after each change, because laptops change networks."""
        if self._fixed is not None:
            return self._fixed
        try:
            changed = os.stat(_RESOLV_CONF).st_mtime
            if changed != self._read_at:
                with open(_RESOLV_CONF) as lines:
                    words = [line.split() for line in lines]
                self._servers = [(line[1], 53) for line in words if len(line) > 1 and line[0] == 'nameserver']
                self._read_at = changed
        except OSError:
            pass
        return self._servers or [('127.0.0.1', 53)]


class _Client(object):
    def __init__(self, forwarder, sock, on_closed):
        self.forwarder, self.sock, self.on_closed = forwarder, sock, on_closed
        self.buffer = b''
        self.waiting = 0
        sock.setblocking(False)
        self.watch = forwarder.loop.watch(
            sock.fileno(), on_readable=self._read, on_expired=self._expire, seconds=_IDLE_SECONDS)

    def close(self):
        if self.sock is not None:
            self.watch.cancel()
            self.sock.close()
            self.sock = None
            self.on_closed()

    def _expire(self):
        if self.waiting:
            self.watch.extend(_IDLE_SECONDS)
        else:
            self.close()

    def _read(self):
        data = _receive(self.sock, 4096)
        if data is None:
            return
        self.buffer += data
        if not data:
            return self.close()
        self.watch.extend(_IDLE_SECONDS)
        while self.sock is not None and len(self.buffer) >= 2:
            size, = struct.unpack_from('>H', self.buffer)
            if not 12 <= size <= _MAX_QUESTION or self.waiting >= _MAX_PER_CLIENT:
                return self.close()
            if len(self.buffer) < 2 + size:
                return
            question, self.buffer = self.buffer[2:2 + size], self.buffer[2 + size:]
            self._ask(question)

    def _ask(self, question):
        known = _answer_from(self.forwarder.names, question)
        if known is not None:
            return self.reply(known)
        if self.forwarder.waiting >= _MAX_WAITING:
            return self.reply(_failure(question))
        self.waiting += 1
        self.forwarder.waiting += 1
        _Question(self, question).try_next()

    def finish(self, message):
        self.waiting -= 1
        self.forwarder.waiting -= 1
        self.reply(message)

    def reply(self, message):
        if self.sock is None:
            return
        try:
            framed = struct.pack('>H', len(message)) + message
            if self.sock.send(framed) != len(framed):
                self.close()  # the client does not read its answers
        except OSError:
            self.close()


class _Question(object):
    """One question to the host's name servers: over UDP, and over TCP if the answer is truncated."""

    def __init__(self, client, message):
        self.client, self.message = client, message
        self.loop = client.forwarder.loop
        self.tries = 0
        self.sock = self.watch = None
        self.buffer = b''

    def try_next(self):
        self._drop()
        servers = self.client.forwarder.servers()
        if self.tries >= max(_TRIES, len(servers[:3])):
            return self.client.finish(_failure(self.message))
        server = servers[self.tries % len(servers)]
        self.tries += 1
        self._open(server, socket.SOCK_DGRAM, self._read_datagram)

    def _open(self, server, kind, reader):
        # A new id and a new port for each try: a forged answer has to guess both.
        self.server, self.id = server, os.urandom(2)
        query = self.id + self.message[2:]
        try:
            self.sock = socket.socket(socket.AF_INET6 if ':' in server[0] else socket.AF_INET, kind)
            self.sock.setblocking(False)
            number = self.sock.connect_ex(server)
            if number not in (0, errno.EINPROGRESS):
                raise OSError(number, os.strerror(number))
            if kind == socket.SOCK_DGRAM:
                self.sock.send(query)
            else:
                self.unsent = struct.pack('>H', len(query)) + query
            self.watch = self.loop.watch(
                self.sock.fileno(), on_readable=reader, on_writable=None if kind == socket.SOCK_DGRAM else self._write,
                on_expired=self.try_next, seconds=_TRY_SECONDS)
        except OSError:
            self.loop.call_soon(self.try_next)

    def _drop(self):
        if self.watch is not None:
            self.watch.cancel()
        if self.sock is not None:
            self.sock.close()
        self.sock = self.watch = None
        self.buffer = b''

    def _read_datagram(self):
        data = _receive(self.sock, 65535)
        if data is None:
            return
        if data == b'':
            return self.try_next()
        if len(data) < 12 or data[:2] != self.id:
            return
        if data[2] & _TRUNCATED:
            server = self.server
            self._drop()
            return self._open(server, socket.SOCK_STREAM, self._read_stream)
        self._finish(data)

    def _write(self):
        try:
            self.sock.send(self.unsent)  # shorter than the smallest socket buffer
            self.watch.listen_for(readable=True)
        except OSError:
            self.try_next()

    def _read_stream(self):
        data = _receive(self.sock, 65537)
        if data is None:
            return
        self.buffer += data
        if not data or len(self.buffer) >= 4 and self.buffer[2:4] != self.id:
            return self.try_next()
        if len(self.buffer) >= 2:
            size, = struct.unpack_from('>H', self.buffer)
            if len(self.buffer) >= 2 + size:
                self._finish(self.buffer[2:2 + size])

    def _finish(self, message):
        self._drop()
        self.client.finish(self.message[:2] + message[2:])


def _receive(sock, size):
    """Returns the available bytes, b'' at the end or on an error, or None if there are none yet."""
    try:
        return sock.recv(size)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b''


def _failure(message):
    """Returns SERVFAIL for a question, without records."""
    return message[:2] + struct.pack('>HHHHH', 0x8182, 1, 0, 0, 0) + message[12:_end_of_name(message) + 5]


def _answer_from(names, message):
    """Returns the answer to a question about one of `names`, or None for any other question."""
    end = _end_of_name(message)
    if len(message) < end + 5:
        return None
    labels, at = [], 12
    while at < end:
        labels.append(message[at + 1:at + 1 + message[at]])
        at += 1 + message[at]
    addresses = names.get(b'.'.join(labels).decode('latin-1').lower())
    if addresses is None:
        return None
    kind, = struct.unpack_from('>H', message, end + 1)
    packed = [address.packed for address in addresses if {4: 1, 6: 28}[address.version] == kind]
    records = [struct.pack('>HHHIH', 0xC00C, kind, 1, _TTL_SECONDS, len(data)) + data for data in packed]
    header = message[:2] + struct.pack('>HHHHH', 0x8580, 1, len(records), 0, 0)
    return header + message[12:end + 5] + b''.join(records)


def _end_of_name(message):
    end = 12
    while end < len(message) and message[end]:
        end += 1 + message[end]
    return end

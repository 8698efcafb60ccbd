"""Forwards DNS questions of sandboxes to the host's name servers."""

import collections
import errno
import os
import socket
import struct

from egress import message as wire

_RESOLV_CONF = '/etc/resolv.conf'
_MAX_QUESTION = 1232
_HEADER = 12  # the bytes that each message has
# Pending questions in total and per workflow. Further ones wait, and workflows take turns.
_MAX_WAITING = 512
MAX_PER_WORKFLOW = 32
_MAX_QUEUED_PER_WORKFLOW = 256
_MAX_PER_CLIENT = 16
_TRY_SECONDS = 2
_TRIES = 3
_IDLE_SECONDS = 30
_TRUNCATED = 0x02  # in the third byte of an answer


class Forwarder(object):
    """Answers questions on streams. `servers`: (host, port) pairs that replace those of /etc/resolv.conf."""

    def __init__(self, loop, servers=None):
        self.loop = loop
        self._fixed = servers and [tuple(server) for server in servers]
        self._read_at = None
        self._servers = []
        self.names = {}  # addresses by name, for the allow-list as the host resolves it
        self.waiting = 0
        self._queued = collections.OrderedDict()  # questions by owner, in the order of turns

    def serve(self, sock, sandbox, on_closed):
        """Serves one stream until its sandbox closes it or sends nothing for 30 s."""
        _Client(self, sock, sandbox, on_closed)

    def ask(self, question):
        """Sends a question now, or when its workflow has its turn."""
        owner = question.client.sandbox.owner
        queue = self._queued.setdefault(owner, collections.deque())
        if len(queue) >= _MAX_QUEUED_PER_WORKFLOW:
            return question.client.finish(question, question.asked.failure())
        queue.append(question)
        self._start_queued()

    def finished(self, question):
        self.waiting -= 1
        question.client.sandbox.owner.questions -= 1
        self._start_queued()

    def _start_queued(self):
        idle = 0
        while self._queued and self.waiting < _MAX_WAITING and idle < len(self._queued):
            owner, queue = next(iter(self._queued.items()))
            self._queued.move_to_end(owner)
            if not queue:
                del self._queued[owner]
            elif owner.questions >= MAX_PER_WORKFLOW:
                idle += 1
            else:
                idle = 0
                self.waiting += 1
                owner.questions += 1
                queue.popleft().try_next()

    def servers(self):
        """The host's name servers. Reads the file again after each change, because laptops change networks."""
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
    def __init__(self, forwarder, sock, sandbox, on_closed):
        self.forwarder, self.sock, self.sandbox, self.on_closed = forwarder, sock, sandbox, on_closed
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
            if not _HEADER <= size <= _MAX_QUESTION or self.waiting >= _MAX_PER_CLIENT:
                return self.close()
            if len(self.buffer) < 2 + size:
                return
            question, self.buffer = self.buffer[2:2 + size], self.buffer[2 + size:]
            self._ask(question)

    def _ask(self, message):
        asked = wire.Question(message)
        if asked.problem is not None:
            return self.reply(asked.failure())
        scope = self.sandbox.scope
        if not scope.may_resolve(asked.name):
            return self.reply(asked.answer([scope.stand_in(asked.name)]))
        known = self.forwarder.names.get(asked.name)
        if known is not None:
            scope.note(asked.name, known)
            return self.reply(asked.answer(known))
        self.waiting += 1
        self.forwarder.ask(_Question(self, asked))

    def finish(self, question, message):
        self.waiting -= 1
        self.sandbox.scope.note(question.asked.name, wire.read_addresses(message))
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
    """One question over UDP, or over TCP if the answer is truncated."""

    def __init__(self, client, asked):
        self.client, self.asked, self.message = client, asked, asked.message
        self.loop = client.forwarder.loop
        self.tries = 0
        self.sock = self.watch = None
        self.buffer = b''

    def try_next(self):
        self._drop()
        servers = self.client.forwarder.servers()
        if self.tries >= max(_TRIES, len(servers[:3])):
            return self._end(self.asked.failure())
        server = servers[self.tries % len(servers)]
        self.tries += 1
        self._open(server, socket.SOCK_DGRAM, self._read_datagram)

    def _open(self, server, kind, reader):
        # A new id and port for each try, so that a forged answer must guess both.
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
        if len(data) < _HEADER or data[:2] != self.id:
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
            if size < _HEADER:
                return self.try_next()
            if len(self.buffer) >= 2 + size:
                self._finish(self.buffer[2:2 + size])

    def _finish(self, message):
        self._drop()
        self._end(self.message[:2] + message[2:])

    def _end(self, message):
        self.client.finish(self, message)
        self.client.forwarder.finished(self)


def _receive(sock, size):
    """Returns the available bytes, b'' at the end or on an error, or None if none are available yet."""
    try:
        return sock.recv(size)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b''


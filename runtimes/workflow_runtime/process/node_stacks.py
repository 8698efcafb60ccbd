"""Writes the stack of JavaScript's main thread to descriptor 3 on SIGURG, so that the server sees where it hangs.

Node handles no signals while JavaScript runs, but SIGUSR1 starts its inspector in a separate thread. The template
requests the stack there and writes it in faulthandler's format. A run that listens on the inspector's port gets no
stack.
"""
import base64
import json
import os
import signal
import socket
import struct
import time

from . import frames

PORT = 9229
SECONDS = 0.4
_BASE = 'file:///workflow/'
_watched = [None]


def install_handler(pid):
    """`pid`: the Node process to inspect."""
    watch(pid)
    signal.signal(signal.SIGURG, lambda number, frame: _write_stack())


def watch(pid):
    _watched[0] = pid


def _write_stack():
    try:
        calls = _ask(_watched[0], time.monotonic() + SECONDS)
        lines = ['Current thread 0x0000000000000001 (most recent call first):']
        lines += ['  File "{}", line {} in {}'.format(*_describe(call)) for call in calls[:100]]
        os.write(frames.RESULTS, ('\n'.join(lines) + '\n').encode('utf-8', 'replace'))
    except Exception:  # the other end runs user code and may answer anything
        pass


def _describe(call):
    url = str(call.get('url', '')).split('?')[0]
    name = str(call.get('functionName', '')).replace('\n', ' ')[:200] or '<anonymous>'
    path = url[len(_BASE):] if url.startswith(_BASE) else url
    return path.replace('"', '').replace('\n', ' ')[:500], int(call['location']['lineNumber']) + 1, name


def _ask(pid, deadline):
    os.kill(pid, signal.SIGUSR1)
    path = _find_path(deadline)
    connection = _connect(deadline)
    try:
        stream = _Stream(connection, deadline)
        key = base64.b64encode(os.urandom(16)).decode()
        stream.send_text('GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                         'Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n\r\n'.format(path, key))
        stream.read_until(b'\r\n\r\n')
        for number, method in enumerate(('Debugger.enable', 'Debugger.pause'), 1):
            stream.send_message(json.dumps({'id': number, 'method': method}).encode())
        urls = {}
        while True:
            message = json.loads(stream.read_message().decode('utf-8', 'replace'))
            parameters = message.get('params')
            if message.get('method') == 'Debugger.scriptParsed':
                urls[parameters['scriptId']] = parameters['url']
            elif message.get('method') == 'Debugger.paused':
                return [dict(call, url=urls.get(call['location']['scriptId'], '')) for call in parameters['callFrames']]
    finally:
        connection.close()


def _find_path(deadline):
    """Returns the path. The inspector listens some milliseconds after the signal."""
    connection = _connect(deadline)
    try:
        stream = _Stream(connection, deadline)
        stream.send_text('GET /json/list HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n')
        head = stream.read_until(b'\r\n\r\n').decode('latin-1').lower()
        length = int(head.split('content-length:')[1].split('\r\n')[0])
        url = json.loads(stream.read(length).decode())[0]['webSocketDebuggerUrl']
        return '/' + url.split('/', 3)[3]
    finally:
        connection.close()


def _connect(deadline):
    while True:
        try:
            return socket.create_connection(('127.0.0.1', PORT), timeout=max(0.001, deadline - time.monotonic()))
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)


class _Stream(object):
    """The subset of HTTP and WebSocket (RFC 6455) that the inspector needs."""

    def __init__(self, connection, deadline):
        self.connection, self.deadline, self.data = connection, deadline, b''

    def send_text(self, text):
        self.connection.sendall(text.encode('latin-1'))

    def send_message(self, data):
        # A client must mask its messages. Zeros change nothing.
        self.connection.sendall(struct.pack('>BBI', 0x81, 0x80 | len(data), 0) + data)

    def read_message(self):
        kind, length = struct.unpack('>BB', self.read(2))
        if length == 126:
            length = struct.unpack('>H', self.read(2))[0]
        elif length == 127:
            length = struct.unpack('>Q', self.read(8))[0]
        if length > 1 << 22:
            raise ValueError('the message is too long')
        return self.read(length) if kind & 0x0F == 1 else self.read(length) and b'{}' or b'{}'

    def read_until(self, end):
        while end not in self.data:
            self._receive()
        head, _, self.data = self.data.partition(end)
        return head

    def read(self, length):
        while len(self.data) < length:
            self._receive()
        found, self.data = self.data[:length], self.data[length:]
        return found

    def _receive(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise ValueError('the inspector did not answer in time')
        self.connection.settimeout(left)
        received = self.connection.recv(65536)
        if not received:
            raise ValueError('the inspector closed the connection')
        self.data += received

"""Records the calls of the current run, and enforces a trial's restrictions.

The patches in this folder report to it. A process serves one run at a time, so this module holds one run.
"""
import os
import threading
import time

from ..process import frames

LIVE, READ_ONLY, RECORDED, BLOCKED = 'live', 'read_only', 'recorded', 'blocked'
MAX_CALLS = 200
# Bytes per run.
MAX_RECORDED = 1 << 20
_SAFE = ('GET', 'HEAD', 'OPTIONS')
_MAX_TEXT = 2000
_PORTS = {'http': 80, 'https': 443}

_getpid, _urandom, _time, _clock, _lock = os.getpid, os.urandom, time.time, time.perf_counter, threading.Lock

try:
    from contextvars import ContextVar
    _inside = ContextVar('workflow_outgoing_call', default=None)
    _enter, _leave, _current = _inside.set, _inside.reset, _inside.get
except ImportError:  # 3.6
    _inside = threading.local()

    def _enter(value):
        before, _inside.value = _current(), value
        return before

    def _leave(before):
        _inside.value = before

    def _current():
        return getattr(_inside, 'value', None)


class _Run(object):
    """State of the run. `outbound` applies from the module's load on, the rest during a run."""

    def __init__(self):
        self.outbound = LIVE
        self.lock = _lock()
        self.reset()

    def reset(self):
        self.pid = None
        self.trace = None
        self.propagates = self.records = False
        self.answers = []
        self.sent, self.left_out, self.recorded = 0, 0, 0
        self.pending = {}


_run = _Run()


def limit(outbound):
    """Must be called before user code is loaded."""
    _run.outbound = outbound


def is_limited():
    return _run.outbound != LIVE


def permits_connections():
    """True if HTTP libraries may open connections. Each call is still checked."""
    return _run.outbound in (LIVE, READ_ONLY)


def begin(options, answers):
    """`options`: `calls` of a job. `answers`: the recorded exchanges of the original run."""
    _run.lock = _lock()
    _run.reset()
    _run.trace = options['trace']
    _run.propagates, _run.records, _run.answers = options['propagate'], options['record'], answers
    _run.pid = _getpid()


def finish():
    """Returns the number of calls that were not reported to the server."""
    for call in list(_run.pending.values()):
        call.end()
    with _run.lock:
        _run.pid = None
        return _run.left_out


def records():
    return _run.records


class Call(object):
    """One HTTP call. `answer`: the recorded exchange that replaces the server, or None if the call is sent."""

    def __init__(self, method, scheme, host, port, target):
        self.id = _hex(_urandom(8))
        self.method, self.scheme, self.host, self.port = method, scheme, host, port
        self.path, _, self.query = target.partition('?')
        self.started, self._clock = _time(), _clock()
        self.status = self.error = self.request_bytes = self.response_bytes = None
        self.refused, self.answer = False, None
        self.request_headers, self.response_headers = (), ()
        self.request, self.response = Body(), Body()
        self.duration = None
        self._ended = False

    @property
    def records(self):
        return _run.records

    def traceparent(self):
        """Returns the header that continues the trace, or None without `propagate_trace`."""
        return '00-%s-%s-01' % (_run.trace, self.id) if _run.propagates and _run.trace else None

    def respond(self, status, headers):
        """Records the head. `headers`: pairs of text."""
        self.status, self.duration = int(status), _clock() - self._clock
        self.response_headers = list(headers)
        length = _header(self.response_headers, 'content-length')
        if length is not None and length.isdigit():
            self.response_bytes = int(length)
        if not self.records:
            self.end()

    def fail(self, error):
        self.error = type(error).__name__
        self.end()

    def end(self):
        """Reports once."""
        _run.pending.pop(self.id, None)
        if self._ended:
            return
        self._ended = True
        if self.duration is None:
            self.duration = _clock() - self._clock
        _send(self)


class Body(object):
    """Recorded bytes of a body. `whole`: none were dropped."""

    def __init__(self):
        self.parts, self.length, self.whole = [], 0, True

    def add(self, data):
        if not self.whole:
            return
        data = bytes(data)
        self.length += len(data)
        if self.length > MAX_RECORDED:
            self.drop()
        else:
            self.parts.append(data)

    def drop(self):
        self.parts, self.whole = [], False

    def bytes(self):
        return b''.join(self.parts)


def current():
    """Returns the enclosing call of a library in this thread or task, or None."""
    return _current()


class inside(object):
    """Assigns the operations of underlying libraries to this call."""

    def __init__(self, call):
        self.call = call

    def __enter__(self):
        self.token = _enter(self.call)
        return self.call

    def __exit__(self, *_):
        _leave(self.token)


def open_call(method, scheme, host, port, target, upgrades=False):
    """Returns a new call. Raises PermissionError if the trial refuses it.

    `target`: path and query. `upgrades`: the call requests another protocol, which may send anything.
    """
    call = _new(method, scheme, host, port, target)
    if _run.outbound != LIVE:
        _decide(call, upgrades, True)
    _run.pending[call.id] = call
    return call


def check(method, scheme, host, port, target, upgrades=False):
    """Raises PermissionError if the trial refuses such a call. For libraries that convert errors of underlying ones."""
    if _run.outbound != LIVE:
        _decide(_new(method, scheme, host, port, target), upgrades, False)


def split(url):
    """Returns the (scheme, host, port, path and query) of a URL."""
    from urllib.parse import urlsplit
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or '', parts.port, (parts.path or '/') + ('?' + parts.query if parts.query else '')


def _new(method, scheme, host, port, target):
    method = _text(method).upper()
    scheme = _text(scheme).lower()
    return Call(method, scheme, _text(host).strip('[]').lower(), int(port or _PORTS.get(scheme, 0)), _text(target) or '/')


def _decide(call, upgrades, takes):
    if _run.outbound != BLOCKED:
        with _run.lock:
            call.answer = _find_answer(call, takes)
        if call.answer is not None:
            return
    if _run.outbound == READ_ONLY and call.method in _SAFE and not upgrades:
        return
    call.refused = True
    call.error = 'PermissionError'
    call.end()
    host = '[%s]' % call.host if ':' in call.host else call.host
    raise PermissionError(1, 'blocked: this trial (%s) does not send %s %s://%s:%d%s' % (
        _run.outbound, call.method, call.scheme, host, call.port, call.path[:200]))


def _find_answer(call, takes):
    """Returns the first unused exchange with the same method and URL. `***` hides a secret and matches any text."""
    for index, answer in enumerate(_run.answers):
        if (answer['method'], answer['host'], answer['port']) != (call.method, call.host, call.port):
            continue
        if _matches(answer['path'], call.path) and _matches(answer['query'], call.query):
            return _run.answers.pop(index) if takes else answer
    return None


def _matches(recorded, text):
    if '***' not in recorded:
        return recorded == text
    import re
    return re.match('.*'.join(re.escape(part) for part in recorded.split('***')) + r'\Z', text, re.S) is not None


def _send(call):
    """Other threads may end calls simultaneously, and a fork of the run must not write."""
    with _run.lock:
        if _run.pid is None or _run.pid != _getpid():
            return
        if _run.sent >= MAX_CALLS:
            _run.left_out += 1
            return
        _run.sent += 1
        header, payload = _frame(call)
        frames.write_frame(frames.RESULTS, header, payload)


def write(header, payload=b''):
    """Writes another frame of the run, never within a frame of a call. Returns False in a fork of the run."""
    with _run.lock:
        if _run.pid != _getpid():
            return False
        frames.write_frame(frames.RESULTS, header, payload)
        return True


def _frame(call):
    header = {
        'type': 'call', 'id': call.id, 'started': call.started * 1000, 'ms': call.duration * 1000,
        'method': call.method[:50], 'scheme': call.scheme[:10], 'host': call.host[:255], 'port': call.port,
        'path': call.path[:_MAX_TEXT], 'status': call.status, 'error': call.error, 'refused': call.refused,
        'answered': call.answer is not None, 'request_bytes': call.request_bytes, 'response_bytes': call.response_bytes}
    if not _run.records or call.refused or call.status is None:
        return header, b''
    sent, received = call.request.bytes(), call.response.bytes()
    received, headers = _decoded(call.response_headers, received)
    header['query'] = call.query
    header['request_headers'] = [[_text(name), _text(value)] for name, value in call.request_headers]
    header['response_headers'] = [[_text(name), _text(value)] for name, value in headers]
    size = len(sent) + (0 if received is None else len(received)) + sum(
        len(name) + len(value) for pairs in (header['request_headers'], header['response_headers']) for name, value in pairs)
    header['whole'] = call.request.whole and call.response.whole and received is not None
    if not header['whole'] or _run.recorded + size > MAX_RECORDED or len(call.query) > 16 * _MAX_TEXT:
        header.update(whole=False, query='', request_headers=[], response_headers=[])
        return header, b''
    _run.recorded += size
    header['request_body'] = len(sent)
    return header, sent + received


def _decoded(headers, body):
    """Decompresses a body to find secrets in it. The body is None if that is impossible."""
    encoding = (_header(headers, 'content-encoding') or 'identity').strip().lower()
    if encoding == 'identity' or not body:
        return body, headers
    if encoding not in ('gzip', 'x-gzip', 'deflate'):
        return None, headers
    import zlib
    for bits in (47, -15):  # zlib or gzip, then deflate without a header
        try:
            unpacked = zlib.decompressobj(bits).decompress(body, MAX_RECORDED + 1)
        except zlib.error:
            continue
        if len(unpacked) > MAX_RECORDED:
            return None, headers
        return unpacked, [pair for pair in headers if pair[0].lower() not in ('content-encoding', 'content-length')]
    return None, headers


def _header(headers, name):
    for other, value in headers:
        if other.lower() == name:
            return _text(value)
    return None


def _text(value):
    return value.decode('latin-1') if isinstance(value, (bytes, bytearray)) else str(value)


def _hex(data):
    return ''.join('%02x' % byte for byte in bytearray(data))


def pending():
    return _run.pending

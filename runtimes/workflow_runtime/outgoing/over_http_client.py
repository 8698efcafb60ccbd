"""Records http.client, which urllib, urllib3 and requests use."""
from . import recorder
from .answers import AnswerSocket
from .wrapping import wrap
from .permits import permitted


def patch(client):
    connection = client.HTTPConnection
    for cls in (connection, getattr(client, 'HTTPSConnection', None)):
        if cls is not None and 'connect' in vars(cls):
            wrap(cls, 'connect', permitted)
    wrap(connection, 'putrequest', _putrequest)
    wrap(connection, 'endheaders', _endheaders)
    wrap(connection, 'send', _send)
    wrap(connection, 'getresponse', _getresponse)


def scheme_of(connection):
    return 'https' if getattr(connection, 'default_port', 80) == 443 else 'http'


def target_of(connection, url):
    """Returns the (scheme, host, port, path and query) of a request, also through a proxy."""
    text = url.decode('latin-1') if isinstance(url, bytes) else str(url)
    if '://' in text.split('?', 1)[0] and not text.startswith('/'):
        return recorder.split(text)
    tunnel = getattr(connection, '_tunnel_host', None)
    if tunnel:
        return scheme_of(connection), tunnel, getattr(connection, '_tunnel_port', None), text
    return scheme_of(connection), connection.host, connection.port, text


def answer_on(connection, call):
    """Replaces the connection's socket with the recorded answer."""
    if call.answer is None or isinstance(connection.sock, AnswerSocket):
        return
    if connection.sock is not None:
        connection.sock.close()
    connection.sock = AnswerSocket(call.answer)
    if hasattr(connection, 'is_verified'):  # urllib3 2 warns about unverified connections
        connection.is_verified = True


def _putrequest(original):
    def putrequest(self, method, url, *args, **kwargs):
        call = vars(self).pop('_workflow_next', None)
        if call is None:
            call = recorder.open_call(method, *target_of(self, url))
        self._workflow_call = call
        self._workflow_head = False
        answer_on(self, call)
        try:
            return original(self, method, url, *args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
    return putrequest


def _endheaders(original):
    def endheaders(self, *args, **kwargs):
        call = vars(self).get('_workflow_call')
        if call is None:
            return original(self, *args, **kwargs)
        traceparent = call.traceparent()
        buffered = getattr(self, '_buffer', [])
        for line in buffered:
            name, _, value = line.partition(b':')
            if name.lower() == b'content-length' and value.strip().isdigit():
                call.request_bytes = int(value)
            elif name.lower() == b'traceparent':
                traceparent = None
        if traceparent is not None:
            self.putheader('traceparent', traceparent)
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
    return endheaders


def _send(original):
    def send(self, data, *args, **kwargs):
        call = vars(self).get('_workflow_call')
        if call is not None and call.records:
            _note(self, call, data)
        return original(self, data, *args, **kwargs)
    return send


def _note(self, call, data):
    """The first bytes are the head, then the body in its transfer encoding."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        return call.request.drop()
    if self._workflow_head:
        return call.request.add(data)
    self._workflow_head = True
    head, _, rest = bytes(data).partition(b'\r\n\r\n')
    lines = [line.partition(b':') for line in head.split(b'\r\n')[1:]]
    call.request_headers = [(name.decode('latin-1'), value.strip().decode('latin-1')) for name, _, value in lines]
    if rest:
        call.request.add(rest)


def _getresponse(original):
    def getresponse(self, *args, **kwargs):
        call = vars(self).pop('_workflow_call', None)
        if call is None:
            return original(self, *args, **kwargs)
        try:
            response = original(self, *args, **kwargs)
        except BaseException as error:
            if kwargs and isinstance(error, TypeError):
                # urllib3 1 tries arguments of Python 2 first.
                self._workflow_call = call
            else:
                call.fail(error)
            raise
        _respond(call, response)
        return response
    return getresponse


def _respond(call, response):
    # Responses of urllib3 2 wrap http.client's responses.
    raw = getattr(response, '_original_response', None) or response
    message = getattr(raw, 'msg', None) or response.headers
    if _is_chunked(call.request_headers):
        call.request.parts = [_dechunk(call.request.bytes())]
    if call.records:
        call.request_bytes = len(call.request.bytes()) if call.request.whole else None
    call.respond(response.status, message.items())
    if not call.records:
        return
    fp = getattr(raw, 'fp', None)
    if call.answer is not None:
        call.response.add(call.answer['body'])
    if fp is None or call.answer is not None:
        return call.end()
    raw.fp = Tee(fp, call, _is_chunked(message.items()))


def _is_chunked(headers):
    return any(name.lower() == 'transfer-encoding' and value.lower() == 'chunked' for name, value in headers)


def _dechunk(data):
    parts, at = [], 0
    while True:
        end = data.find(b'\r\n', at)
        try:
            size = int(data[at:end].split(b';')[0], 16) if end >= 0 else 0
        except ValueError:
            size = 0
        if size <= 0:
            return b''.join(parts)
        parts.append(data[end + 2:end + 2 + size])
        at = end + 4 + size


class Tee(object):
    """Records what is read from a response's file."""

    def __init__(self, fp, call, chunked):
        self._fp, self._call, self._chunked = fp, call, chunked

    def __getattr__(self, name):
        return getattr(self._fp, name)

    def __iter__(self):
        return iter(self.readline, b'')

    def _note(self, data):
        self._call.response.add(data)
        return data

    def read(self, *args):
        return self._note(self._fp.read(*args))

    def read1(self, *args):
        return self._note(self._fp.read1(*args))

    def readline(self, *args):
        return self._note(self._fp.readline(*args))

    def readinto(self, buffer):
        count = self._fp.readinto(buffer)
        if count:
            self._note(memoryview(buffer)[:count])
        return count

    def close(self):
        call = self._call
        if self._chunked and call.response.whole:
            call.response.parts = [_dechunk(call.response.bytes())]
            self._chunked = False
        if call.response.whole and call.response_bytes is None:
            call.response_bytes = len(call.response.bytes())
        elif call.response.whole and call.response_bytes != len(call.response.bytes()):
            call.response.drop()
        call.end()
        self._fp.close()

"""Records aiohttp. A session's call is one span, including its redirects."""
import sys

from . import recorder
from .answers import headers_of
from .wrapping import wrap


def patch(client):
    wrap(client.ClientSession, '_request', lambda original: _request(client, original))
    wrap(client.ClientResponse, 'read', _read)


def _request(client, original):
    async def request(self, method, str_or_url, *args, **kwargs):
        url = self._build_url(str_or_url) if hasattr(self, '_build_url') else _url(str_or_url)
        headers = kwargs.get('headers')
        call = recorder.open_call(method, url.scheme, url.host or '', url.port, url.raw_path_qs, _upgrades(headers))
        traceparent = call.traceparent()
        if traceparent is not None and not _has(headers, 'traceparent'):
            kwargs['headers'] = sys.modules['multidict'].CIMultiDict(headers or {}, traceparent=traceparent)
        if call.records:
            _note_request(call, headers, kwargs)
        if call.answer is not None:
            return _recorded(client, self, call, url)
        try:
            with recorder.inside(call):
                response = await original(self, method, str_or_url, *args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        # The body is recorded decompressed.
        call.respond(response.status, [pair for pair in response.headers.items() if pair[0].lower() != 'content-encoding'])
        if call.records:
            call.response.drop()
            response._workflow_call = call
        return response
    return request


def _url(text):
    return sys.modules['yarl'].URL(text)


def _upgrades(headers):
    return _has(headers, 'upgrade')


def _has(headers, name):
    return headers is not None and any(str(key).lower() == name for key in dict(headers))


def _note_request(call, headers, kwargs):
    call.request_headers = [(str(name), str(value)) for name, value in dict(headers or {}).items()]
    data = kwargs.get('data')
    if kwargs.get('json') is not None:
        import json
        data = json.dumps(kwargs['json'])
    if data is None:
        data = b''
    elif isinstance(data, str):
        data = data.encode('utf-8')
    elif isinstance(data, dict):
        from urllib.parse import urlencode
        data = urlencode(data).encode('ascii')
    if isinstance(data, bytes):
        call.request.add(data)
        call.request_bytes = len(data)
    else:
        call.request.drop()


def _read(original):
    async def read(self, *args, **kwargs):
        body = await original(self, *args, **kwargs)
        call = vars(self).pop('_workflow_call', None)
        if call is not None:
            call.response = recorder.Body()
            call.response.add(body)
            call.response_bytes = len(body)
            call.end()
        return body
    return read


def _recorded(client, session, call, url):
    """Returns a response that contains the recorded body, without a request."""
    answer = call.answer
    loop = session._loop if getattr(session, '_loop', None) is not None else session.loop
    response = object.__new__(client.ClientResponse)
    from http.cookies import SimpleCookie
    multidict = sys.modules['multidict']
    CIMultiDict, CIMultiDictProxy = multidict.CIMultiDict, multidict.CIMultiDictProxy
    headers = CIMultiDict(headers_of(answer))
    state = {
        'method': call.method, '_real_url': url, '_url': url.with_fragment(None), 'version': None, 'status': answer['status'],
        'reason': 'Recorded', '_headers': CIMultiDictProxy(headers), '_raw_headers': tuple(
            (name.encode('latin-1'), value.encode('latin-1')) for name, value in headers.items()),
        '_body': answer['body'], '_history': (), '_connection': None, '_closed': True, '_released': True, '_cache': {},
        '_loop': loop, '_session': session, '_traces': [], '_in_context': False, '_resolve_charset': lambda *_: 'utf-8',
        '_request_info': client.RequestInfo(url, call.method, CIMultiDictProxy(CIMultiDict()), url),
        'cookies': SimpleCookie(), 'content': _stream(client, answer, loop)}
    for name, value in state.items():
        try:
            object.__setattr__(response, name, value)
        except AttributeError:  # computed in this version
            pass
    call.response.add(answer['body'])
    call.respond(answer['status'], headers_of(answer))
    call.end()
    return response


def _stream(client, answer, loop):
    import asyncio
    streams = sys.modules['aiohttp.streams']
    if not hasattr(streams, 'StreamReader'):
        return asyncio.StreamReader()

    class Protocol(object):
        _reading_paused = False

        def pause_reading(self, *_, **__):
            pass

        def resume_reading(self, *_, **__):
            pass
    reader = streams.StreamReader(Protocol(), 2 ** 16, loop=loop)
    reader.feed_data(answer['body'])
    reader.feed_eof()
    return reader

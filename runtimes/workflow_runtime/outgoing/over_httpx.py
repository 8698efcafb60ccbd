"""Records httpx from 0.20 on, at its transports, but not at users' own."""
from . import recorder
from .answers import headers_of
from .wrapping import wrap


def patch(httpx):
    wrap(httpx.HTTPTransport, 'handle_request', lambda original: _handle(httpx, original))
    wrap(httpx.AsyncHTTPTransport, 'handle_async_request', lambda original: _handle_async(httpx, original))


def _open(request):
    url = request.url
    raw = getattr(url, 'raw_path', b'/')
    call = recorder.open_call(request.method, url.scheme, url.host, url.port, raw.decode('ascii', 'replace'),
                              'upgrade' in request.headers)
    traceparent = call.traceparent()
    if traceparent is not None and 'traceparent' not in request.headers:
        request.headers['traceparent'] = traceparent
    length = request.headers.get('content-length', '0')
    call.request_bytes = int(length) if length.isdigit() else None
    if call.records:
        call.request_headers = list(request.headers.items())
        if hasattr(request, '_content'):
            call.request.add(request._content)
        else:
            call.request.drop()
    return call


def _recorded(httpx, call):
    """Returns the recorded answer as the transport would."""
    response = httpx.Response(call.answer['status'], headers=headers_of(call.answer), content=call.answer['body'])
    call.response.add(call.answer['body'])
    call.respond(call.answer['status'], headers_of(call.answer))
    call.end()
    return response


def _handle(httpx, original):
    def handle_request(self, request):
        call = _open(request)
        if call.answer is not None:
            return _recorded(httpx, call)
        try:
            with recorder.inside(call):
                response = original(self, request)
        except BaseException as error:
            call.fail(error)
            raise
        call.respond(response.status_code, response.headers.items())
        if call.records:
            response.stream = _tee(httpx, response.stream, call)
        return response
    return handle_request


def _handle_async(httpx, original):
    async def handle_async_request(self, request):
        call = _open(request)
        if call.answer is not None:
            return _recorded(httpx, call)
        try:
            with recorder.inside(call):
                response = await original(self, request)
        except BaseException as error:
            call.fail(error)
            raise
        call.respond(response.status_code, response.headers.items())
        if call.records:
            response.stream = _tee_async(httpx, response.stream, call)
        return response
    return handle_async_request


def _tee(httpx, stream, call):
    class Tee(httpx.SyncByteStream):
        def __iter__(self):
            for chunk in stream:
                call.response.add(chunk)
                yield chunk
            call.response_bytes = call.response.length
            call.end()

        def close(self):
            _close(call)
            stream.close()
    return Tee()


def _tee_async(httpx, stream, call):
    class Tee(httpx.AsyncByteStream):
        async def __aiter__(self):
            async for chunk in stream:
                call.response.add(chunk)
                yield chunk
            call.response_bytes = call.response.length
            call.end()

        async def aclose(self):
            _close(call)
            await stream.aclose()
    return Tee()


def _close(call):
    """Drops an answer that was read only in part."""
    if call.id in recorder.pending():
        call.response.drop()
        call.end()

"""Checks calls before requests, which converts errors of urllib3 and would hide refusals."""
from . import recorder
from .wrapping import wrap


def patch(adapters):
    wrap(adapters.HTTPAdapter, 'send', _send)


def _send(original):
    def send(self, request, *args, **kwargs):
        if recorder.is_limited():
            from urllib.parse import urlsplit
            parts = urlsplit(request.url)
            target = (parts.path or '/') + ('?' + parts.query if parts.query else '')
            recorder.check(request.method, parts.scheme, parts.hostname or '', parts.port, target)
        return original(self, request, *args, **kwargs)
    return send

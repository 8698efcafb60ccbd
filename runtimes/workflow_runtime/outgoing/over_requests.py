"""Checks calls before requests, which converts errors of urllib3 and would hide refusals."""
from . import recorder
from .wrapping import wrap


def patch(adapters):
    wrap(adapters.HTTPAdapter, 'send', _send)


def _send(original):
    def send(self, request, *args, **kwargs):
        if recorder.is_limited():
            recorder.check(request.method, *recorder.split(request.url))
        return original(self, request, *args, **kwargs)
    return send

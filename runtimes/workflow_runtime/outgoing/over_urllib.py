"""Checks calls before urllib.request, which converts errors of http.client and would hide refusals."""
from . import recorder
from .wrapping import wrap


def patch(request):
    wrap(request.AbstractHTTPHandler, 'do_open', _do_open)


def _do_open(original):
    def do_open(self, http_class, req, *args, **kwargs):
        if recorder.is_limited():
            from urllib.parse import urlsplit
            parts = urlsplit(req.full_url)
            target = (parts.path or '/') + ('?' + parts.query if parts.query else '')
            recorder.check(req.get_method(), parts.scheme, parts.hostname or '', parts.port, target)
        return original(self, http_class, req, *args, **kwargs)
    return do_open

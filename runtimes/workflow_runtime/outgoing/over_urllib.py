"""Checks calls before urllib.request, which converts errors of http.client and would hide refusals."""
from . import recorder
from .wrapping import wrap


def patch(request):
    wrap(request.AbstractHTTPHandler, 'do_open', _do_open)


def _do_open(original):
    def do_open(self, http_class, req, *args, **kwargs):
        if recorder.is_limited():
            recorder.check(req.get_method(), *recorder.split(req.full_url))
        return original(self, http_class, req, *args, **kwargs)
    return do_open

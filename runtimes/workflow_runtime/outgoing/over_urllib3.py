"""Checks calls before urllib3, which connects before it passes the request to http.client, and converts errors."""
from . import recorder
from .wrapping import wrap
from .over_http_client import answer_on, target_of
from .permits import permitted


def patch(module):
    if module.__name__ == 'urllib3.connection':
        return wrap(module.HTTPConnection, '_new_conn', permitted)
    wrap(module.HTTPConnectionPool, 'urlopen', _urlopen)
    wrap(module.HTTPConnectionPool, '_make_request', _make_request)


def _urlopen(original):
    def urlopen(self, method, url, *args, **kwargs):
        if recorder.is_limited():
            recorder.check(method, *target_of(_Target(self), url))
        return original(self, method, url, *args, **kwargs)
    return urlopen


class _Target(object):
    """Represents a pool as a connection. Only its address is used."""

    def __init__(self, pool):
        self.host, self.port = pool.host, pool.port
        self.default_port = 443 if pool.scheme == 'https' else 80


def _make_request(original):
    def make_request(self, conn, method, url, *args, **kwargs):
        call = recorder.open_call(method, *target_of(_Target(self), url))
        conn._workflow_next = call
        answer_on(conn, call)
        try:
            return original(self, conn, method, url, *args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        finally:
            vars(conn).pop('_workflow_next', None)
    return make_request

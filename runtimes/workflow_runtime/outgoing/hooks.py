"""Patches HTTP libraries when they are imported. Does not import them itself."""
import sys

from . import over_aiohttp, over_http_client, over_httpx, over_requests, over_urllib, over_urllib3

_PATCHES = {
    'http.client': over_http_client,
    'urllib.request': over_urllib,
    'urllib3.connection': over_urllib3,
    'urllib3.connectionpool': over_urllib3,
    'requests.adapters': over_requests,
    'httpx': over_httpx,
    'aiohttp.client': over_aiohttp,
}
_modules = sys.modules


def install():
    """Must be called once, before user code is loaded."""
    for name in _PATCHES:
        if name in _modules:
            _patch(_modules[name])
    sys.meta_path.insert(0, _Finder())


class _Finder(object):
    """Patches a library after another finder has found and executed it."""

    def __init__(self):
        self._looking = set()

    def find_spec(self, name, path=None, target=None):
        if name not in _PATCHES or name in self._looking:
            return None
        self._looking.add(name)
        try:
            spec = _find_spec(name, path)
        finally:
            self._looking.discard(name)
        if spec is None or spec.loader is None or not hasattr(spec.loader, 'exec_module'):
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _patch(module)
        try:
            spec.loader.exec_module = exec_module
        except AttributeError:  # loader without attributes, so the library stays unpatched
            return None
        return spec


def _find_spec(name, path):
    for finder in sys.meta_path:
        find = getattr(finder, 'find_spec', None)
        spec = None if find is None else find(name, path)
        if spec is not None:
            return spec
    return None


def _patch(module):
    """Leaves unknown versions of a library unpatched: their calls are not recorded, and a trial refuses their
    connections.
    """
    try:
        _PATCHES[module.__name__].patch(module)
    except (AttributeError, TypeError):
        pass

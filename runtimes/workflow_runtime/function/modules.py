"""Imports the source's modules from memory. They are no files, so a run cannot change them for the next run."""
import sys
from importlib.machinery import ModuleSpec

from . import failures

# Texts by path, such as `lib/parse.py`.
sources = {}


def install(files):
    """Puts these modules before all others. The server has rejected names of the standard library."""
    if not files:
        return
    for path, text in files.items():
        text = text[1:] if text.startswith('\ufeff') else text
        sources[path] = text
        failures.remember_source(text, path)
    sys.meta_path.insert(0, _Finder(_folders(files)))


def _folders(files):
    """Each folder with modules is a package, with or without `__init__.py`."""
    found = set()
    for path in files:
        parts = path.split('/')[:-1]
        found.update('/'.join(parts[:count]) for count in range(1, len(parts) + 1))
    return found


class _Finder(object):
    def __init__(self, folders):
        self.folders = folders

    def find_spec(self, name, path=None, target=None):
        place = name.replace('.', '/')
        if place in self.folders:
            return self._package(name, place)
        path = place + '.py'
        return _located(ModuleSpec(name, _Loader(path), origin=path)) if path in sources else None

    def _package(self, name, place):
        path = place + '/__init__.py'
        if path in sources:
            spec = _located(ModuleSpec(name, _Loader(path), origin=path, is_package=True))
        else:
            spec = ModuleSpec(name, _Loader(None), is_package=True)
        spec.submodule_search_locations = [place]
        return spec


def _located(spec):
    spec.has_location = True
    return spec


class _Loader(object):
    """`path` is None for a package without `__init__.py`."""

    def __init__(self, path):
        self.path = path

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        if self.path is not None:
            exec(compile(sources[self.path], self.path, 'exec', dont_inherit=True), module.__dict__)

    def get_source(self, name):
        return sources.get(self.path)

    def is_package(self, name):
        return self.path is None or self.path.endswith('/__init__.py')

"""Compiles a function's imports, and their imports, before the rest of its packages.

Only top-level imports of a module's text count, because imports in functions may never run. A missed module is
compiled on import, and later with the rest. Python 3.6 or newer.
"""
import os
import re

_PLAIN = re.compile(r'^import[ \t]+([^#\n;\\]+)', re.MULTILINE)
_FROM = re.compile(r'^from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*(?:\(([^)]*)\)|([^#\n;]*))', re.MULTILINE)
# Files per check of `is_stopped`, so that the caller does not wait long.
_AT_ONCE = 32


class Needed(object):
    def __init__(self, files, names):
        """`names`: dotted names. Some may not be modules."""
        self._files = files
        self._sources = {}
        # Requested names, of existing modules and of others.
        self._ready = []
        self._unknown = set()
        self._asked = set()
        self.paths = set()
        self._ask(names)

    def add(self, root, paths):
        """Adds modules. `paths` are relative to `root`."""
        added = {_module_of(path): (os.path.join(root, path), path) for path in paths}
        self._sources.update(added)
        self._ready += sorted(self._unknown.intersection(added))
        self._unknown.difference_update(added)

    def compile(self, is_stopped=lambda: False):
        """Compiles the available requested modules. `paths` then has their names within the packages."""
        while self._ready and not is_stopped():
            names, self._ready = self._ready[:_AT_ONCE], self._ready[_AT_ONCE:]
            sources = [self._sources[name] for name in names]
            self.paths.update(path for _, path in sources)
            self._files.compile(sources)
            for name, (place, path) in zip(names, sources):
                package = name if path.endswith('__init__.py') else name.rpartition('.')[0]
                self._ask(_absolute(level, module, package) for level, module in self._files.imports_of(place))

    def _ask(self, names):
        """Requests these modules and the packages that contain them."""
        for name in names:
            while name and name not in self._asked:
                self._asked.add(name)
                if name in self._sources:
                    self._ready.append(name)
                else:
                    self._unknown.add(name)
                name = name.rpartition('.')[0]


def read_imports(text):
    """Returns [level, dotted name] of each top-level import. `from a import b` yields a.b, which may not be a module.
    """
    text = text.decode('utf-8', 'replace')
    found = [[0, _word(name)] for names in _PLAIN.findall(text) for name in names.split(',')]
    for dots, base, listed, plain in _FROM.findall(text):
        names = [_word(line) for part in (listed or plain).split(',') for line in part.splitlines() if _word(line)] or ['']
        found += [[len(dots), '.'.join(part for part in (base, name) if part)] for name in names]
    return found


def _word(text):
    found = re.match(r'\s*([\w.]+)', text)
    return found.group(1) if found else ''


def _absolute(level, module, package):
    if level == 0:
        return module
    above = package.split('.')[:len(package.split('.')) - level + 1]
    return '.'.join(above + ([module] if module else []))


def _module_of(path):
    parts = path[:-len('.py')].split('/')
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)

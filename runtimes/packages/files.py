"""Digests and bytecode of package files, computed once per file whatever its names. Python 3.6 or newer."""
import contextlib
import csv
import os
import threading

from packages.helpers import HelperEnded, identity


class Files(object):
    def __init__(self, helpers, folder):
        """`folder`: first location of bytecode, on the disk of the packages."""
        self._helpers = helpers
        self._folder = folder
        self._count = 0
        self._digests = {}
        # Files linked by `placing`, by path. Only this build writes to its folder.
        self._placed = {}
        self._compiled = {}
        self._imports = {}
        os.makedirs(folder, exist_ok=True)

    def digests_of(self, paths):
        """Returns each file's digest in RECORD format, or None if it cannot be read."""
        others = iter(self._digests_of([path for path in paths if path not in self._placed]))
        return [self._placed[path] if path in self._placed else next(others) for path in paths]

    def _digests_of(self, paths):
        return self._known(paths, self._digests, lambda missing: self._helpers.map('digest', missing))

    def compile(self, sources):
        """Returns (path, digest) of each source's bytecode, or None. `sources`: pairs of a path and a name for
        tracebacks.
        """
        names = dict(sources)
        return self._known([path for path, _ in sources], self._compiled, lambda missing: self._compile(missing, names))

    def imports_of(self, path):
        """Returns the imports of a compiled source (needed.py)."""
        return self._imports.get(_identity_of(path), ())

    @contextlib.contextmanager
    def placing(self, groups):
        """Links files `[FROM, TO, NAMES]` between folders while the body runs. The yielded list then has their bytes,
        or None on failure. Raises HelperEnded.
        """
        sizes, made = [], []
        thread = threading.Thread(target=lambda: made.extend(self._placed_by(groups)))
        thread.start()
        try:
            yield sizes
        finally:
            thread.join()
        if len(made) != len(groups):
            raise HelperEnded()
        sizes.append(None if None in made else sum(size for one in made for size, _ in one))

    def _placed_by(self, groups):
        try:
            made = self._helpers.map('place', groups)
        except HelperEnded:
            return ()
        for (_, folder, names), one in zip(groups, made):
            self._placed.update((os.path.join(folder, name), digest) for name, (_, digest) in zip(names, one or ()))
        return made

    def _compile(self, missing, names):
        targets = []
        for _ in missing:
            self._count += 1
            targets.append(os.path.join(self._folder, '%d.pyc' % self._count))
        items = [[path, target, names[path]] for path, target in zip(missing, targets)]
        found = self._helpers.map('compile', items)
        self._imports.update((tuple(one[0]), one[2]) for one in found if one is not None)
        return [one and [one[0], (target, one[1])] for one, target in zip(found, targets)]

    def _known(self, paths, known, make):
        """`make(paths)` returns the identity and value of each, or None."""
        values = [known.get(_identity_of(path)) for path in paths]
        missing = [path for path, value in zip(paths, values) if value is None]
        made = make(missing) if missing else []
        known.update((tuple(one[0]), one[1]) for one in made if one is not None)
        fresh = iter(made)
        return [value or (lambda one: one and one[1])(next(fresh)) for value in values]


def _identity_of(path):
    try:
        return tuple(identity(os.stat(path)))
    except OSError:
        return None


def read_records(folder):
    """Yields each package with its version, dist-info folder, and RECORD rows."""
    for name in sorted(os.listdir(folder)):
        record = os.path.join(folder, name, 'RECORD')
        if name.endswith('.dist-info') and os.path.isfile(record):
            with open(record, encoding='utf-8', newline='') as lines:
                yield name[:-len('.dist-info')].replace('-', ' '), name, [row for row in csv.reader(lines) if row]


def hashed(folder, rows):
    """Yields the path and digest of each row `path, sha256=DIGEST, size` inside the folder. The rows of RECORD itself
    have no digest.
    """
    for row in rows:
        algorithm, _, digest = row[1].partition('=') if len(row) > 1 else ('', '', '')
        if algorithm == 'sha256' and is_inside(row[0]):
            yield row[0], 'sha256=' + digest.rstrip('=')


def is_inside(path):
    """Whether a RECORD path is inside the packages' folder."""
    return not os.path.normpath(path).startswith(('..', os.sep)) if '..' in path else not path.startswith(os.sep)

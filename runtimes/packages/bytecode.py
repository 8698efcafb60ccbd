"""Keeps bytecode in uv's cache next to its sources. uv links it into the next environment, which saves most of a
build's time.

A manifest with hashes accompanies it, and `find_changed` detects changed bytecode. The manifest is written first, so
bytecode never exists without one. Standard library only, Python 3.6 or newer.
"""
import binascii
import csv
import os
import sys

from packages.files import is_inside

MANIFEST = 'BYTECODE-'
_ENDING = '.%s.pyc' % sys.implementation.cache_tag


def find_changed(folder, records, files, cache, paths=None):
    """Returns (package, path) of linked bytecode without a matching hash in a manifest, or None. `paths`: all
    bytecode, if known. Removes bytecode of other Pythons.
    """
    own, listed, owners = set(), {}, {}
    for package, info, rows in records:
        own.update(row[0] for row in rows)
        owners.update((path_of(path), package) for path in _sources(rows))
        read_manifests(os.path.join(folder, info), listed)
    linked = []
    for path in _all_bytecode(folder, owners) if paths is None else paths:
        if path in own:  # from the wheel itself
            continue
        if is_own(path):
            linked.append(path)
        else:
            os.unlink(os.path.join(folder, path))
    digests = files.digests_of([os.path.join(folder, path) for path in linked])
    changed = [(path, digest) for path, digest in zip(linked, digests) if digest not in listed.get(path, ())]
    if changed and cache is not None:
        # Another build may have added it after uv linked the manifests' folder.
        for info, archive in archives_of(folder, records, cache):
            read_manifests(os.path.join(archive, info), listed)
        changed = [(path, digest) for path, digest in changed if digest not in listed.get(path, ())]
    return next(((owners.get(path, 'a package'), path) for path, _ in changed), None)


def complete(folder, records, files, cache, needed):
    """Compiles missing bytecode and links it into the cache. With `needed`, compiles only what it finds. Returns the
    compiled paths and the number of remaining ones.
    """
    new = [(info, [path for path in compilable(rows) if not os.path.lexists(os.path.join(folder, path_of(path)))])
           for _, info, rows in records]
    left = sum(len(paths) for _, paths in new)
    if needed is not None:
        for _, paths in new:
            needed.add(folder, paths)
        needed.compile()
        new = [(info, [path for path in paths if path in needed.paths]) for info, paths in new]
    made = dict(zip(
        [path for _, paths in new for path in paths],
        files.compile([(os.path.join(folder, path), path) for _, paths in new for path in paths])))
    archives = dict(archives_of(folder, records, cache)) if made and cache is not None else {}
    for info, paths in new:
        compiled = [(path_of(path), made[path]) for path in paths if made[path] is not None]
        if compiled:
            _place(folder, info, compiled, archives.get(info))
    paths = [os.path.join(folder, path_of(path)) for path, one in made.items() if one is not None]
    return paths, left - len(made)


def _place(folder, info, compiled, archive):
    if archive is not None:
        name = MANIFEST + binascii.hexlify(os.urandom(8)).decode('ascii')
        beside = compiled[0][1][0] + '.manifest'
        with open(beside, 'w', encoding='utf-8', newline='') as manifest:
            csv.writer(manifest).writerows([path, digest] for path, (_, digest) in compiled)
        os.rename(beside, os.path.join(archive, info, name))
    made = set()
    for path, (bytecode, _) in compiled:
        for root in (folder, archive):
            parent = root and os.path.dirname(os.path.join(root, path))
            if parent and parent not in made:
                os.makedirs(parent, exist_ok=True)
                made.add(parent)
        try:
            if archive is not None:
                os.link(bytecode, os.path.join(archive, path))
        except FileExistsError:  # another build was faster, and its manifest lists the file
            pass
        os.rename(bytecode, os.path.join(folder, path))


def read_manifests(info, listed):
    """Adds the digests of all paths in this folder's manifests."""
    for name in os.listdir(info):
        if name.startswith(MANIFEST):
            with open(os.path.join(info, name), encoding='utf-8', newline='') as lines:
                for row in csv.reader(lines):
                    if len(row) == 2 and is_inside(row[0]):
                        listed.setdefault(row[0], []).append(row[1])


def path_of(source):
    parent, name = os.path.split(source)
    return os.path.join(parent, '__pycache__', name[:-len('.py')] + _ENDING)


def is_own(path):
    return path.endswith(_ENDING)


def compilable(rows):
    """Returns the sources to compile. Excludes folders called tests, which functions do not import and which are over
    half of pandas.
    """
    return [path for path in _sources(rows) if 'tests' not in path.split('/')]


def _sources(rows):
    for row in rows:
        path = os.path.normpath(row[0])
        if path.endswith('.py') and not path.startswith(('..', os.sep)):
            yield path


def _all_bytecode(folder, paths):
    """Returns bytecode of any Python in the folders of these paths."""
    for caches in sorted(set(os.path.dirname(path) for path in paths)):
        if os.path.isdir(os.path.join(folder, caches)):
            for name in os.listdir(os.path.join(folder, caches)):
                if name.endswith('.pyc'):
                    yield os.path.join(caches, name)


def archives_of(folder, records, cache):
    """Yields each package's dist-info folder and the cache folder that shares an inode with it."""
    root = os.path.join(cache, 'archive-v0')
    found = {}
    for name in os.listdir(root) if os.path.isdir(root) else ():
        for info in os.listdir(os.path.join(root, name)):
            if info.endswith('.dist-info'):
                found[_inode(os.path.join(root, name, info))] = os.path.join(root, name)
    found.pop(None, None)
    for _, info, _ in records:
        archive = found.get(_inode(os.path.join(folder, info)))
        if archive is not None:
            yield info, archive


def _inode(info):
    try:
        return os.stat(os.path.join(info, 'METADATA')).st_ino
    except OSError:
        return None

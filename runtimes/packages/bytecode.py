"""Keeps the bytecode of packages in uv's cache, beside the files that it was made of. uv links what lies there into the next
environment, and compiles only what has none: that was most of the time of a build.

Beside it is a manifest with its hashes, which `find_changed` compares, so bytecode that was changed in the cache is found as other
files are. A manifest is written before the bytecode that it names, so none is there without. Standard library only, Python 3.6 or newer.
"""
import binascii
import csv
import os
import sys

MANIFEST = 'BYTECODE-'
_ENDING = '.%s.pyc' % sys.implementation.cache_tag


def find_changed(folder, records, matches):
    """Returns (package, path) of linked bytecode that no manifest names with its hash, or None. `matches(row)` compares one file.

    Bytecode of other Pythons is removed.
    """
    own, listed, owners = set(), {}, {}
    for package, info, rows in records:
        own.update(row[0] for row in rows)
        owners.update((_bytecode_of(path), package) for path in _sources(rows))
        for path, digest in _manifest_rows(os.path.join(folder, info)):
            listed.setdefault(path, []).append(digest)
    for path in _all_bytecode(folder, owners):
        if path in own or os.lstat(os.path.join(folder, path)).st_nlink == 1:  # the wheel's own; compiled just now
            continue
        if not path.endswith(_ENDING):
            os.unlink(os.path.join(folder, path))
        elif not any(matches([path, digest, '']) for digest in listed.get(path, ())):
            return owners.get(path, 'a package'), path
    return None


def keep(folder, records, cache, digest_of):
    """Links the bytecode that was compiled just now into the cache. `digest_of(path)`: as a RECORD names it."""
    new = [(info, _compiled(folder, rows)) for _, info, rows in records]
    archives = _archives(os.path.join(cache, 'archive-v0')) if any(paths for _, paths in new) else {}
    for info, paths in new:
        archive = archives.get(_inode(os.path.join(folder, info)))
        if archive is None or not paths:
            continue
        name = os.path.join(archive, info, MANIFEST + binascii.hexlify(os.urandom(8)).decode('ascii'))
        with open(name + '.new', 'w', encoding='utf-8', newline='') as manifest:
            csv.writer(manifest).writerows([path, digest_of(os.path.join(folder, path))] for path in paths)
        os.rename(name + '.new', name)
        for path in paths:
            target = os.path.join(archive, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            try:
                os.link(os.path.join(folder, path), target)
            except FileExistsError:  # another build was faster, and its manifest names it
                pass


def _manifest_rows(info):
    for name in os.listdir(info):
        if name.startswith(MANIFEST):
            with open(os.path.join(info, name), encoding='utf-8', newline='') as lines:
                for row in csv.reader(lines):
                    if len(row) == 2:
                        yield row


def _all_bytecode(folder, paths):
    """Paths of the bytecode of any Python in the folders of these paths."""
    for caches in sorted(set(os.path.dirname(path) for path in paths)):
        if os.path.isdir(os.path.join(folder, caches)):
            for name in os.listdir(os.path.join(folder, caches)):
                if name.endswith('.pyc'):
                    yield os.path.join(caches, name)


def _bytecode_of(source):
    parent, name = os.path.split(source)
    return os.path.join(parent, '__pycache__', name[:-len('.py')] + _ENDING)


def _compiled(folder, rows):
    paths = []
    for path in map(_bytecode_of, _sources(rows)):
        try:
            if os.lstat(os.path.join(folder, path)).st_nlink == 1:
                paths.append(path)
        except OSError:  # not compiled: it is no Python of this version
            pass
    return paths


def _sources(rows):
    for row in rows:
        path = os.path.normpath(row[0])
        if path.endswith('.py') and not path.startswith(('..', os.sep)):
            yield path


def _archives(root):
    """Folder of the cache by the inode that an installed package shares with it."""
    found = {}
    for name in os.listdir(root) if os.path.isdir(root) else ():
        for info in os.listdir(os.path.join(root, name)):
            if info.endswith('.dist-info'):
                found[_inode(os.path.join(root, name, info))] = os.path.join(root, name)
    found.pop(None, None)
    return found


def _inode(info):
    try:
        return os.stat(os.path.join(info, 'METADATA')).st_ino
    except OSError:
        return None

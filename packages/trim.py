"""Removes files of the caches of uv and npm that no environment shares, least recently used first.

Environments are hard-linked from the cache, so only a file with one name frees disk space. An entry of `archive-v0`
is removed as a whole, with the files that refer to it. A lock excludes concurrent builds. Python 3.6 or newer.
"""
import binascii
import contextlib
import fcntl
import os
import shutil
import stat
import time

ARCHIVES = 'archive-v0'
TEMPORARY = '.tmp'
# uv's facts about interpreters. They have a few kilobytes and take half a second to query.
_KEPT = 'interpreter-'
_APART = ('simple-', 'wheels-', 'npm')


# A server trims while it builds nothing. Another server on this folder may be building.
WAIT_SECONDS = 20


@contextlib.contextmanager
def shared(work):
    """Excludes `trim` while the body runs."""
    with _open(work) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def trim(work, limit):
    """Removes unshared files until at most `limit` bytes remain, if possible. Returns the remaining bytes. Raises
    BlockingIOError while another server builds.
    """
    with _open(work) as lock:
        end = time.time() + WAIT_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return _trim(work, limit)
            except BlockingIOError:
                if time.time() > end:
                    raise
                time.sleep(0.1)


def _open(work):
    return open(os.path.join(work, 'lock'), 'a')


def _trim(work, limit):
    cache = os.path.join(work, 'cache')
    _empty(os.path.join(work, 'tmp'))
    for folder in (cache, os.path.join(cache, ARCHIVES)):
        for path in _list(folder):
            if os.path.basename(path).startswith(TEMPORARY):
                _remove(path)
    archives = [(path,) + _measure(path) for path in _list(os.path.join(cache, ARCHIVES))]
    others = list(_others(cache))
    total = sum(size for _, size, _, _ in archives) + sum(size for _, size, _ in others)
    removable = [(used, size, path) for path, size, used, shared in archives if not shared]
    removable += [(used, size, path) for path, size, used in others if _is_removable(cache, path)]
    for _, size, path in sorted(removable):
        if total <= limit:
            break
        _discard(cache, path)
        total -= size
    return total - _remove_dangling(cache)


def _measure(folder):
    """Returns the bytes of files with one name, the last use, and whether any file has more names."""
    size, used, shared = 0, 0, False
    for at, _, names in os.walk(folder) if not os.path.islink(folder) else ():
        for name in names:
            facts = _facts(os.path.join(at, name))
            if facts is None:
                continue
            used = max(used, facts.st_ctime)
            if facts.st_nlink > 1:
                shared = True
            else:
                size += facts.st_blocks * 512
    return size, used, shared


def _others(cache):
    """Yields (path, bytes, last use) of all other entries, which are files in some folders and whole folders
    elsewhere.
    """
    for root in _list(cache):
        name = os.path.basename(root)
        if name == ARCHIVES or os.path.islink(root) or not os.path.isdir(root):
            continue
        if not name.startswith(_APART):
            yield (root,) + _measure(root)[:2]
            continue
        for at, _, names in os.walk(root):
            for path in [os.path.join(at, name) for name in names]:
                facts = _facts(path)
                if facts is not None:
                    yield path, facts.st_blocks * 512, max(facts.st_atime, facts.st_ctime)


def _is_removable(cache, path):
    """False for a file that refers to an archive. Such a file has the link's name and an extension."""
    if os.path.relpath(path, cache).startswith(_KEPT):
        return False
    folder, name = os.path.split(path)
    while name:
        if os.path.islink(os.path.join(folder, name)):
            return False
        name = name.rpartition('.')[0]
    return True


def _remove_dangling(cache):
    """Removes references to missing archives (links and related files) and empty folders. Returns the freed bytes."""
    freed = 0
    for at, folders, names in os.walk(cache, topdown=False):
        if os.path.relpath(at, cache).startswith(ARCHIVES):
            continue
        for link in [name for name in folders + names if os.path.islink(os.path.join(at, name)) and not os.path.exists(os.path.join(at, name))]:
            for name in names:
                if name.startswith(link + '.'):
                    freed += _remove(os.path.join(at, name))
            _remove(os.path.join(at, link))
        if at != cache and not os.listdir(at):
            os.rmdir(at)
    return freed


def _empty(folder):
    for path in _list(folder):
        _remove(path)


def _list(folder):
    is_folder = os.path.isdir(folder) and not os.path.islink(folder)
    return [os.path.join(folder, name) for name in os.listdir(folder)] if is_folder else []


def _facts(path):
    try:
        facts = os.lstat(path)
    except OSError:
        return None
    return facts if stat.S_ISREG(facts.st_mode) else None


def _discard(cache, path):
    """Renames a folder before removing it, so that a partial package is never found at its path."""
    if os.path.isdir(path) and not os.path.islink(path):
        away = os.path.join(cache, TEMPORARY + binascii.hexlify(os.urandom(8)).decode('ascii'))
        os.rename(path, away)
        path = away
    _remove(path)


def _remove(path):
    """Returns the freed bytes."""
    facts = _facts(path)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return 0
    try:
        os.unlink(path)
    except OSError:
        return 0
    return facts.st_blocks * 512 if facts is not None else 0

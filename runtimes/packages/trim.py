"""Removes files of uv's and npm's cache that no environment shares, those first that were not used for the longest time.

An environment is linked from the cache, so a file of the cache with one name is on the disk for the cache alone. What is unpacked in
`archive-v0` is removed as a whole, with the files that lead to it. A lock keeps this and builds apart. Python 3.6 or newer.
"""
import binascii
import contextlib
import fcntl
import json
import os
import shutil
import stat
import time

ARCHIVES = 'archive-v0'
NOTES = 'known-v1'
TEMPORARY = '.tmp'
# What uv asked an interpreter: some kilobytes, and half a second to ask again.
_KEPT = ('interpreter-', NOTES)
_APART = ('simple-', 'wheels-', 'npm', NOTES)


# A server trims while it builds nothing itself. Another server on this folder may build.
WAIT_SECONDS = 20


@contextlib.contextmanager
def shared(work):
    """Keeps `trim` away from what is done within."""
    with _open(work) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def trim(work, limit):
    """Leaves at most `limit` bytes that are on the disk for the cache alone, as far as they may be removed. Returns those that are left. Raises
    BlockingIOError while another server builds."""
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
    """Returns the bytes of the files that have one name, when the newest file was used, and whether a file has more names."""
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
    """Yields the path, the bytes and the last use of everything else: of each file in the folders where files are apart, and of each other folder."""
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
    """Not a file that leads to an archive, which has the name of a link and an ending."""
    if os.path.relpath(path, cache).startswith(_KEPT):
        return False
    folder, name = os.path.split(path)
    while name:
        if os.path.islink(os.path.join(folder, name)):
            return False
        name = name.rpartition('.')[0]
    return True


def _remove_dangling(cache):
    """Removes what leads to archives that are gone: links, the files named after them, and notes. Then the folders that are empty. Returns the
    bytes of the files."""
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
    for note in _list(os.path.join(cache, NOTES)):
        if not os.path.isdir(os.path.join(cache, ARCHIVES, _archive_of(note))):
            freed += _remove(note)
    return freed


def _archive_of(note):
    try:
        with open(note, encoding='utf-8') as text:
            return os.path.basename(json.load(text)['archive']) or '-'
    except (OSError, ValueError, KeyError, TypeError):
        return '-'


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
    """Removes a folder under another name, as half of an unpacked package must never be found where the whole was."""
    if os.path.isdir(path) and not os.path.islink(path):
        away = os.path.join(cache, TEMPORARY + binascii.hexlify(os.urandom(8)).decode('ascii'))
        os.rename(path, away)
        path = away
    _remove(path)


def _remove(path):
    """Returns the bytes that a file took."""
    facts = _facts(path)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return 0
    try:
        os.unlink(path)
    except OSError:
        return 0
    return facts.st_blocks * 512 if facts is not None else 0

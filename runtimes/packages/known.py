"""Installs previously installed packages by linking their files. uv takes several times as long for the same links.

After the hash check, uv's result for each package is recorded in the cache. The key is the package's entry in the
lock, with its hashes, and the Python. Linked files are verified as after uv. Python 3.6 or newer.
"""
import base64
import binascii
import hashlib
import json
import os
import re
import shutil
import stat
import sys

from packages import bytecode
from packages.files import is_inside

# For files that uv generated for a package, such as programs in bin.
MAX_WRITTEN = 4 * 1024 * 1024
AT_ONCE = 64


def entries(lock):
    """Returns the lock's entries by normalized name and version."""
    found, name = {}, None
    with open(lock, encoding='utf-8') as lines:
        for line in lines:
            match = re.match(r'([\w.-]+)==([^\s;\\]+)', line)
            name = plain('%s-%s' % match.groups()) if match else name
            if name is not None:
                found[name] = found.get(name, '') + line
    return found


def plain(name):
    return re.sub(r'[-_.]+', '-', name).lower()


def link(folder, cache, lock, files):
    """Returns the installed bytes and bytecode paths. Returns None, without a folder, if not all packages could be
    linked.
    """
    wanted = list(entries(lock).values())
    notes = [_read(cache, entry) for entry in wanted]
    if not notes or None in notes:
        return None
    groups = [group for note in notes for group in _grouped(os.path.join(cache, 'archive-v0', note['archive']), folder, note['linked'])]
    written = [one for note in notes for one in note['written']]
    try:
        # The helpers link while this process writes.
        with files.placing(groups) as sizes:
            total = sum(_write_one(os.path.join(folder, path), mode, base64.b64decode(text)) for path, mode, text in written)
        if None in sizes:
            raise OSError('the cache has changed')
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    sys.stderr.write('Linked %d packages of the cache\n' % len(notes) + ''.join(' + %s\n' % entry.split()[0] for entry in wanted))
    paths = [path for note in notes for path in note['linked']] + [path for path, _, _ in written]
    return total + sum(sizes), [path for path in paths if path.endswith('.pyc')]


def _grouped(archive, folder, paths):
    """Returns `[FROM, TO, NAMES]` for each folder, with at most `AT_ONCE` names, to balance the helpers' work."""
    names = {}
    for path in paths:
        parent, _, name = path.rpartition('/')
        names.setdefault(parent, []).append(name)
    return [[os.path.join(archive, parent), os.path.join(folder, parent), listed[at:at + AT_ONCE]]
            for parent, listed in names.items() for at in range(0, len(listed), AT_ONCE)]


def _write_one(path, mode, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'xb') as out:
        out.write(data)
    os.chmod(path, mode)
    return len(data)


def note(folder, records, cache, lock):
    """Records uv's result for each package."""
    found = entries(lock)
    archives = dict(bytecode.archives_of(folder, records, cache))
    for _, info, rows in records:
        entry, archive = found.get(plain(info[:-len('.dist-info')])), archives.get(info)
        if entry is None or archive is None:
            continue
        paths = [row[0] for row in rows]
        compiled = [bytecode.path_of(path) for path in bytecode.compilable(rows)]
        paths += [path for path in compiled if os.path.lexists(os.path.join(folder, path)) and path not in paths]
        manifests = [os.path.join(info, name) for name in os.listdir(os.path.join(archive, info)) if name.startswith(bytecode.MANIFEST)]
        try:
            made = _describe(folder, archive, paths)
        except OSError:  # its RECORD names a missing file
            continue
        if made is not None:
            made['linked'] += manifests
            _write(cache, entry, made)


def _describe(folder, archive, paths):
    """Returns None for a package with files elsewhere, or with large unlinked files."""
    linked, written, size = [], [], 0
    for path in paths:
        if not is_inside(path):
            return None
        facts = os.lstat(os.path.join(folder, path))
        if facts.st_nlink > 1 and _inode(os.path.join(archive, path)) == facts.st_ino:
            linked.append(path)
            continue
        size += facts.st_size
        if size > MAX_WRITTEN or not stat.S_ISREG(facts.st_mode):
            return None
        with open(os.path.join(folder, path), 'rb') as content:
            written.append([path, stat.S_IMODE(facts.st_mode), base64.b64encode(content.read()).decode('ascii')])
    return {'archive': os.path.basename(archive), 'linked': linked, 'written': written}


def _inode(path):
    try:
        return os.lstat(path).st_ino
    except OSError:
        return None


def _read(cache, entry):
    try:
        with open(_path(cache, entry), encoding='utf-8') as text:
            found = json.load(text)
        paths = found['linked'] + [path for path, _, _ in found['written']]
        is_whole = found['archive'] == os.path.basename(found['archive']) and all(is_inside(path) for path in paths)
        return found if is_whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(cache, entry, made):
    path = _path(cache, entry)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    beside = '%s.%s' % (path, binascii.hexlify(os.urandom(8)).decode('ascii'))
    with open(beside, 'w', encoding='utf-8') as out:
        json.dump(made, out)
    os.rename(beside, path)


def _path(cache, entry):
    words = [sys.executable, sys.version, entry]
    return os.path.join(cache, 'known-v1', hashlib.sha256('\n'.join(words).encode('utf-8')).hexdigest())

"""Compares installed files with the hashes in the RECORD of their package, and compiles them. Python 3.6 or newer."""
import base64
import csv
import hashlib
import os
import subprocess
import sys

CHUNK = 256 * 1024
MAX_PROCESSES = 4
# Functions do not import tests, which are over half of pandas.
NOT_COMPILED = '/tests/'


def find_changed(folder):
    """Returns (package, path) of a file that differs from the hash in its RECORD, or None. Removes bytecode that no
    RECORD lists, because nothing says what it was made of.
    """
    listed = set()
    for package, rows in _read_records(folder):
        for row in rows:
            path = os.path.normpath(row[0])
            listed.add(path)
            algorithm, _, digest = row[1].partition('=') if len(row) > 1 else ('', '', '')
            # RECORD itself has no hash. Scripts may be outside of the folder.
            if algorithm == 'sha256' and not path.startswith(('..', os.sep)):
                if _digest(os.path.join(folder, path)) != digest.rstrip('='):
                    return package, path
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            if name.endswith('.pyc') and os.path.relpath(path, folder) not in listed:
                os.unlink(path)
    return None


def compile_all(folder):
    """Compiles the modules that are valid for this Python."""
    count = min(len(os.sched_getaffinity(0)), MAX_PROCESSES)
    command = [sys.executable, '-I', '-S', '-m', 'compileall', '-qq', '-j', str(count), '-x', NOT_COMPILED, folder]
    subprocess.call(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _read_records(folder):
    """Yields each package with its version, and the rows `path, sha256=DIGEST, size` of its RECORD."""
    for name in sorted(os.listdir(folder)):
        record = os.path.join(folder, name, 'RECORD')
        if name.endswith('.dist-info') and os.path.isfile(record):
            with open(record, encoding='utf-8', newline='') as lines:
                yield name[:-len('.dist-info')].replace('-', ' '), [row for row in csv.reader(lines) if row]


def _digest(path):
    """Returns a file's digest in the format of RECORD, or None if it cannot be read."""
    found = hashlib.sha256()
    try:
        with open(path, 'rb', buffering=0) as content:
            for block in iter(lambda: content.read(CHUNK), b''):
                found.update(block)
    except OSError:
        return None
    return base64.urlsafe_b64encode(found.digest()).rstrip(b'=').decode()

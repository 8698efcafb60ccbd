"""Hashes and compiles files in uv's cache while uv still works. Python 3.6 or newer."""
import os
import threading

from packages import bytecode
from packages.files import hashed, read_records
from packages.helpers import HelperEnded
from packages.known import entries, plain

LOOK_SECONDS = 0.02


class Ahead(object):
    """Works in a thread from `start` to `stop`. The final check covers the remaining files."""

    def __init__(self, files, cache, lock, needed):
        self._files = files
        self._needed = needed
        self._root = os.path.join(cache, 'archive-v0')
        self._lock = lock
        self._seen = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._thread.join()

    def _work(self):
        try:
            wanted = entries(self._lock)
            # Earlier packages count only if the lock contains them.
            self._take(lambda info: plain(info[:-len('.dist-info')]) in wanted)
            while not self._stopped.wait(LOOK_SECONDS):
                self._take(lambda info: True)
        except (OSError, HelperEnded):
            # The final check finds the same problem and reports it.
            pass

    def _take(self, is_wanted):
        new = set(os.listdir(self._root) if os.path.isdir(self._root) else ()) - self._seen
        self._seen |= new
        for name in sorted(new):
            archive = os.path.join(self._root, name)
            if self._stopped.is_set():
                return
            if any(is_wanted(info) for info in os.listdir(archive) if info.endswith('.dist-info')):
                self._prepare(archive)

    def _prepare(self, archive):
        for package, info, rows in read_records(archive):
            listed = {}
            bytecode.read_manifests(os.path.join(archive, info), listed)
            paths = [path for path, _ in hashed(archive, rows)] + [path for path in listed if bytecode.is_own(path)]
            self._files.digests_of([os.path.join(archive, path) for path in paths])
            missing = [path for path in bytecode.compilable(rows) if bytecode.path_of(path) not in listed]
            if self._needed is not None:
                self._needed.add(archive, missing)
            elif not self._stopped.is_set():
                self._files.compile([(os.path.join(archive, path), path) for path in missing])
        if self._needed is not None:
            self._needed.compile(self._stopped.is_set)

"""Processes that hash and compile package files in parallel, because Python runs one thread of a process at a time.

They are forked before this process has threads. Otherwise a copied lock might never be released. Standard library
only, Python 3.6 or newer.
"""
import base64
import hashlib
import importlib.util
import json
import marshal
import os
import sys
import threading
import warnings

from packages.needed import read_imports

CHUNK = 256 * 1024
MAX_HELPERS = 4
LOWEST = 19
# One read buffer, because the reading helper has one thread.
BUFFER = memoryview(bytearray(CHUNK))
# Files per request. Few for tasks that take milliseconds.
PARTS = {'measure': 1, 'digest': 64, 'place': 8, 'compile': 4}
HEADER = importlib.util.MAGIC_NUMBER + (b'\0\0\0\0' if sys.version_info >= (3, 7) else b'')


class HelperEnded(Exception):
    """A helper process ended early, so its results are missing."""


class Helpers(object):
    def __init__(self, count=None):
        count = count or min(len(os.sched_getaffinity(0)), MAX_HELPERS)
        self._helpers = []
        for _ in range(count):
            self._helpers.append(_Helper([end for helper in self._helpers for end in helper.ends]))

    def be_patient(self):
        """Lowers the priority of all processes."""
        be_patient(0)
        # The sandbox lets a process change only its own priority.
        if any(helper.ask('patient', [0]) is None for helper in self._helpers):
            raise HelperEnded()

    def map(self, task, items):
        """Returns the task's result for each item, in order. Raises HelperEnded."""
        size = PARTS[task]
        parts = [items[at:at + size] for at in range(0, len(items), size)]
        results = [None] * len(parts)
        waiting = list(range(len(parts)))[::-1]
        helpers = self._helpers[:len(parts)]
        threads = [threading.Thread(target=_work, args=(helper, task, parts, results, waiting)) for helper in helpers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if any(result is None for result in results):
            raise HelperEnded()
        return [result for part in results for result in part]


def _work(helper, task, parts, results, waiting):
    while True:
        try:
            number = waiting.pop()
        except IndexError:
            return
        results[number] = helper.ask(task, parts[number])
        if results[number] is None:
            return


class _Helper(object):
    def __init__(self, others):
        """`others`: descriptors of previously started processes."""
        asked, answers = os.pipe(), os.pipe()
        if os.fork() == 0:
            try:
                for descriptor in others + [asked[1], answers[0]]:
                    os.close(descriptor)
                _serve(asked[0], answers[1])
            finally:
                os._exit(1)
        os.close(asked[0])
        os.close(answers[1])
        self.ends = [asked[1], answers[0]]
        self._ask, self._answers = os.fdopen(asked[1], 'w'), os.fdopen(answers[0])
        self._lock = threading.Lock()

    def ask(self, task, items):
        """Returns None if the process has ended."""
        with self._lock:
            try:
                self._ask.write(json.dumps([task, items]) + '\n')
                self._ask.flush()
                line = self._answers.readline()
            except OSError:
                return None
        return json.loads(line) if line.endswith('\n') else None


def _serve(asked, answers):
    tasks = {'digest': digest, 'place': place, 'compile': compile_file, 'measure': measure, 'patient': be_patient}
    # Warnings about packages' escapes are not the function author's fault.
    warnings.simplefilter('ignore')
    with os.fdopen(asked) as lines, os.fdopen(answers, 'w') as out:
        for line in lines:
            task, items = json.loads(line)
            out.write(json.dumps([tasks[task](item) for item in items]) + '\n')
            out.flush()
    os._exit(0)


def identity(facts):
    """Returns a key that identifies an unchanged file under all of its names."""
    return [facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns]


def digest(path):
    """Returns a file's identity and digest in RECORD format, or None if it cannot be read."""
    found = hashlib.sha256()
    try:
        with open(path, 'rb', buffering=0) as content:
            facts = os.fstat(content.fileno())
            for block in iter(lambda: content.read(CHUNK), b''):
                found.update(block)
    except OSError:
        return None
    return [identity(facts), named(found)]


def place(item):
    """Links files into another folder, which is created if missing: `item = [FROM, TO, NAMES]`. Returns their bytes
    and digests, or None on failure. Resolving 4,744 full paths took as long as linking, so names are relative to an
    open folder.
    """
    source, target, names = item
    try:
        try:
            os.mkdir(target)
        except FileExistsError:
            pass
        except FileNotFoundError:
            os.makedirs(target, exist_ok=True)
        ends = []
        try:
            for folder in (source, target):
                ends.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
            return [_place(ends[0], ends[1], name) for name in names]
        finally:
            for end in ends:
                os.close(end)
    except OSError:
        return None


def _place(source, target, name):
    os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=target)
    try:
        found, total, count = hashlib.sha256(), 0, os.readv(opened, [BUFFER])
        while count:
            found.update(BUFFER[:count])
            total += count
            count = os.readv(opened, [BUFFER])
        return [total, named(found)]
    finally:
        os.close(opened)


def measure(folder):
    """Returns the bytes of all files of a tree."""
    total, waiting = 0, [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            pass
    return total


def be_patient(_):
    os.nice(LOWEST)


def named(found):
    return 'sha256=' + base64.urlsafe_b64encode(found.digest()).rstrip(b'=').decode()


def compile_file(item):
    """Writes the bytecode of `item = [source, target, name]`. Returns the source's identity, the bytecode's digest,
    and the source's imports. Returns None if the source is not valid for this Python.
    """
    source, target, name = item
    try:
        with open(source, 'rb', buffering=0) as content:
            facts = os.fstat(content.fileno())
            text = content.read()
        # The import system replaces the name by the path.
        body = marshal.dumps(compile(text, name, 'exec', dont_inherit=True))
    except (OSError, SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return None
    numbers = [int(facts.st_mtime), facts.st_size]
    data = HEADER + b''.join((number & 0xFFFFFFFF).to_bytes(4, 'little') for number in numbers) + body
    with open(target, 'wb') as out:
        out.write(data)
    return [identity(facts), named(hashlib.sha256(data)), read_imports(text)]

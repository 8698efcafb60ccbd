"""The first process of a sandbox that resolves or builds packages: passes a port on to the index gateway, and runs uv or npm.

    python -I -S -B packages/build.py '{"port": 4402, "socket": PATH, "memory": BYTES, "file": BYTES}'

The sandbox has an empty network namespace. Its only way out is the gateway's unix socket. Standard library only, Python 3.6
or newer. Each line of stdin is a step: `{"command": [...], "verify": FOLDER, "cache": FOLDER, "lock": FILE,
"imports": [NAME...], "patient": BOOLEAN, "print": FILE, "move": [FROM, TO], "trim": BYTES, "mark": TEXT}`. After it, both streams get a newline, then a line
with the mark and the exit code.
`verify`: the folder with what uv installs, or null. uv does not look at the files of its cache again that it unpacked earlier, so each
installed file is compared with the hash in its package's RECORD. Then it is compiled. `cache`: uv's, which also keeps the bytecode
(bytecode.py), or null. `lock`: what is installed. Where all of it was installed before, the command is not run (known.py); otherwise files
of the cache are hashed and compiled while uv works (ahead.py). `imports`: the modules that are compiled, with what they import
(needed.py); null: all. `patient`: everything else on the machine comes first. A last line of stdout says what is installed.
`print`: a file that is printed afterwards, in the place of what the command prints, or null. `move`: a folder that is moved afterwards, or null.
`trim`: the bytes that the cache may keep (trim.py), for a step without a command, or null.
"""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from packages import bytecode, known  # noqa: E402
from packages.ahead import Ahead  # noqa: E402
from packages.files import Files, hashed, read_records  # noqa: E402
from packages.helpers import HelperEnded, Helpers  # noqa: E402
from packages.needed import Needed  # noqa: E402
from packages.trim import shared, trim  # noqa: E402

try:
    import ctypes
    libc = ctypes.CDLL(None)
except (ImportError, OSError):
    libc = None

PR_SET_DUMPABLE = 4
CHUNK = 256 * 1024
MAX_PROCESSES = 512


def main(options):
    limit(options)
    helpers = Helpers()
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', options['port']))
    server.listen(256)
    start(accept, server, options['socket'])
    for line in sys.stdin:
        step = json.loads(line)
        code = take(step, helpers, options['work'])
        for stream in (sys.stdout, sys.stderr):
            # The newline ends what the command printed, so that a line which the server cuts has no mark in it.
            stream.write('\n%s %d\n' % (step['mark'], code))
            stream.flush()
    # The threads that pass bytes on wait for ever.
    os._exit(0)


def take(options, helpers, work):
    """Takes a step. Returns its exit code."""
    if options['trim'] is not None:
        kept = trim(work, options['trim'])
        sys.stdout.write('kept: %d bytes\n' % kept)
        return 0
    with shared(work):
        return install(options, helpers) if options['verify'] is not None else call(options)


def call(options):
    """Runs a command. Returns its exit code."""
    output = None if options['print'] is None else sys.stderr
    code = subprocess.call(options['command'], stdin=subprocess.DEVNULL, stdout=output)
    if code == 0 and options['print'] is not None:
        with open(options['print'], 'rb') as content:
            shutil.copyfileobj(content, sys.stdout.buffer)
    if code == 0 and options['move'] is not None:
        move(*options['move'])
    return code


def install(options, helpers):
    """Installs, then compares and compiles what was installed. Returns the exit code."""
    folder, cache = options['verify'], options['cache']
    files = Files(helpers, os.path.join(os.path.dirname(folder), 'bytecode'))
    needed = None if options.get('imports') is None else Needed(files, options['imports'])
    try:
        if options.get('patient'):
            helpers.be_patient()
        linked = None if cache is None else known.link(folder, cache, options['lock'], files)
        if linked is not None:
            return finish(options, helpers, files, needed, linked)
        ahead = None if cache is None else Ahead(files, cache, options['lock'], needed)
        process = subprocess.Popen(options['command'], stdin=subprocess.DEVNULL)
        if ahead is not None:
            ahead.start()
        code = process.wait()
        if ahead is not None:
            ahead.stop()
        return code or finish(options, helpers, files, needed)
    except HelperEnded:
        sys.stderr.write('a process that compares and compiles the installed files ended before its time\n')
        return 1


def limit(options):
    """Bounds each process. The server bounds time and disk, and ends the whole sandbox."""
    # The programs of packages have the same user: they may not read the memory of this process, nor open its files.
    if libc is not None:
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES))
    resource.setrlimit(resource.RLIMIT_DATA, (options['memory'], options['memory']))
    resource.setrlimit(resource.RLIMIT_FSIZE, (options['file'], options['file']))


def start(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()


def accept(server, path):
    while True:
        client, _ = server.accept()
        gateway = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            gateway.connect(path)
        except OSError:
            client.close()
            continue
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start(copy, client, gateway)
        start(copy, gateway, client)


def copy(source, target):
    """Passes bytes on until the source ends, then closes the target."""
    try:
        while True:
            data = source.recv(CHUNK)
            if not data:
                break
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RD if end is source else socket.SHUT_WR)
        except OSError:
            pass


def move(folder, target):
    """Moves a folder, or makes an empty one where there is none: a lock may have no package that fits this machine."""
    os.makedirs(os.path.dirname(target))
    if os.path.isdir(folder):
        os.rename(folder, target)
    else:
        os.mkdir(target)


def finish(options, helpers, files, needed, linked=None):
    """Compares and compiles what was installed, and notes it. `linked`: its bytes and the paths of its bytecode, where all of it was installed
    before. Returns 1 if an installed file is not what its package says, after a message on standard error; then nothing is compiled or kept."""
    folder, cache = options['verify'], options['cache']
    records = list(read_records(folder)) if os.path.isdir(folder) else []
    # Beside the comparison, which is this process's work for the most part.
    size, paths = linked or (None, None)
    sizes = [] if linked is None else [size]
    measuring = threading.Thread(target=lambda: sizes.extend(helpers.map('measure', [folder] if linked is None else [])))
    measuring.start()
    changed = find_changed(folder, records, files) or bytecode.find_changed(folder, records, files, cache, paths)
    measuring.join()
    if not sizes:
        raise HelperEnded()
    if changed is not None:
        sys.stderr.write('%s of %s differs from the hash in the RECORD of its package: its wheel is not what it says, or the cache of '
                         'packages was changed. Remove the folder environments/wheels/cache of the data directory, then build again; '
                         'where this comes again, the wheel is broken\n' % (changed[1], changed[0]))
        return 1
    compiled, left = bytecode.complete(folder, records, files, cache, needed)
    size = sizes[0] + sum(os.path.getsize(path) for path in compiled)
    if cache is not None and (linked is None or compiled):
        known.note(folder, list(read_records(folder)), cache, options['lock'])
    sys.stdout.write('installed: %d bytes, %d files without bytecode\n' % (size, left))
    return 0


def find_changed(folder, records, files):
    """Returns (package, path) of a file that has another digest than its RECORD says, or None."""
    rows = [(package, path, digest) for package, _, rows in records for path, digest in hashed(folder, rows)]
    digests = files.digests_of([os.path.join(folder, path) for _, path, _ in rows])
    return next(((package, path) for (package, path, digest), found in zip(rows, digests) if found != digest), None)


if __name__ == '__main__':
    sys.exit(main(json.loads(sys.argv[1])))

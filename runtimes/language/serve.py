"""The first process of a language server's sandbox: `python -I -S -B -u language/serve.py OPTIONS`.

OPTIONS is JSON: {"command": [...], "work": FOLDER, "memory": BYTES, "cpu": SECONDS, "landlock": {"filter",
"readable", "home"} or null}.

Messages on stdin and stdout are frames as of workflow_runtime/process/frames.py. Their header is {"kind"}, then UTF-8.

    L  both ways  a message of the Language Server Protocol
    F  in         {path: text or {"link": target}}: all files of the folder `work`, and symbolic links
    R  in         {"id", "path"}: reads a file
    R  out        {"id", "text"}: its text, or null if it cannot be read

Standard library only, Python 3.6 or newer.
"""
import json
import os
import resource
import stat
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from workflow_runtime.confinement import limits  # noqa: E402
from workflow_runtime.process import frames  # noqa: E402

MAX_FRAME = 8 * 1024 * 1024
MAX_FILE = 2 * 1024 * 1024
_lock = threading.Lock()


def main(text):
    options = json.loads(text)
    confine(options)
    os.makedirs(options['work'], exist_ok=True)
    files = Files(options['work'])
    # The server reads its configuration at its start.
    kind, payload = read_frame()
    if kind == 'F':
        files.replace(json.loads(payload))
    # ty would offer the packages of a Python on its PATH.
    environment = dict(os.environ, PATH='/nonexistent')
    server = subprocess.Popen(options['command'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, cwd=options['work'], env=environment)
    threading.Thread(target=pass_answers, args=(server.stdout,), daemon=True).start()
    while True:
        kind, payload = read_frame()
        if kind == 'L':
            server.stdin.write(b'Content-Length: %d\r\n\r\n' % len(payload) + payload)
            server.stdin.flush()
        elif kind == 'F':
            files.replace(json.loads(payload))
        elif kind == 'R':
            wanted = json.loads(payload)
            write_frame('R', json.dumps({'id': wanted['id'], 'text': read_text(wanted['path'])}).encode())


def confine(options):
    """Limits each process. The host limits their number, messages and time."""
    if os.getpid() == 1:
        limits.limit_template(limits.MAX_PROCESSES)
    else:
        limits.limit_template(limits.count_processes_of_user() + limits.MAX_PROCESSES_SHARED)
        limits.die_with_parent()
    limits.limit_memory(options['memory'], limits.memory_base())
    limits.limit_cpu(options['cpu'])
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    limits.close_from(3)
    if options['landlock']:
        from workflow_runtime.confinement import landlock
        landlock.restrict(options['landlock']['home'], options['landlock']['readable'], options['landlock']['filter'])


class Files:
    """Files of a folder, all from the host."""

    def __init__(self, folder):
        self.folder = folder
        self.paths = set()

    def replace(self, texts):
        for path in self.paths - set(texts):
            os.unlink(os.path.join(self.folder, path))
        for path, text in texts.items():
            target = os.path.join(self.folder, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if isinstance(text, dict):
                if not os.path.islink(target):
                    os.symlink(text['link'], target)
                continue
            with open(target, 'wb') as file:
                file.write(text.encode('utf-8', 'replace'))
        self.paths = set(texts)


def read_text(path):
    """Returns the text of a regular file, or None if it is another kind or too large."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, 'rb') as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
                return None
            return file.read(MAX_FILE).decode('utf-8', 'replace')
    except (OSError, ValueError):
        return None


def pass_answers(stream):
    """Forwards the output of the language server. Ends the sandbox with it."""
    try:
        while True:
            length = read_header(stream)
            if length is None or length > MAX_FRAME:
                break
            payload = stream.read(length)
            if len(payload) < length:
                break
            write_frame('L', payload)
    finally:
        os._exit(1)


def read_header(stream):
    length = None
    while True:
        line = stream.readline(1024)
        if not line:
            return None
        if line == b'\r\n':
            return length
        name, _, value = line.partition(b':')
        if name.strip().lower() == b'content-length':
            length = int(value)


def read_frame():
    frame = frames.read_frame(0)
    if frame is None:
        os._exit(0)
    header, payload = frame
    return header['kind'], payload


def write_frame(kind, payload):
    with _lock:
        frames.write_frame(1, {'kind': kind}, payload)


if __name__ == '__main__':
    main(sys.argv[1])

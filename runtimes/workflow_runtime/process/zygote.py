"""A zygote: a Python that has imported what its sandboxes need, and clones itself for each of them.

It runs as an ordinary user without capabilities, and never runs user code. docs/decisions/0011-zygotes.md
"""
import base64
import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback

# Must be the first import of the runtime: it imports `logging` and `threading` without their fork hooks.
from . import forking, frames, stacks, streams, template
from ..confinement import limits, namespaces

# The descriptors that the server starts it with.
_ERRORS, _CONTROL, _DOOR, _BROKER = 2, 3, 4, 5
# Its own are above those of a sandbox.
_FIRST_OWN = 16
_HOME = '/tmp'
_BROKER_NAME = 'broker'
_FAILED = 70
# What the descriptors 0 to 4 of a sandbox are opened for (protocol.md).
_MODES = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY, os.O_WRONLY, os.O_WRONLY)


def main(text):
    """Runs the zygote. `text`: the JSON object {preload, packages, uid, mapped, egress, places, hidden} of protocol.md."""
    zygote = _Zygote(json.loads(text))
    try:
        zygote.prepare()
        zygote.serve()
    except BaseException:
        zygote.report_failure()
        os._exit(_FAILED)


class _Zygote(object):

    def __init__(self, options):
        self.options = options
        self.errors, self.control, self.door = map(_move_up, (_ERRORS, _CONTROL, _DOOR))
        self.broker = _move_up(_BROKER) if options['egress'] else None
        self.proc = _move_up(os.open('/proc', os.O_RDONLY | os.O_DIRECTORY))
        self.buffer = b''
        self.filter = b''
        self.sandboxes = {}  # process id: the server's id

    def prepare(self):
        """Does everything that needs no sandbox yet, and reports to the server whether sandboxes can be forked from here."""
        options = self.options
        _open_placeholders()
        os.environ['PWD'] = _HOME
        sys.argv[:] = [os.path.join(os.path.dirname(sys.argv[0]), 'python.py'), json.dumps(template_options(options))]
        streams.install()
        if options['egress']:
            from ..confinement import network
            network.explain_refusals()
        template.import_ahead(options)
        openssl = sys.modules.get('_ssl')
        if openssl is not None:
            openssl.RAND_bytes(1)  # its first use takes 1 ms
        stacks.install_handler()
        template.reset_interrupt()
        self.wake, wake = os.pipe()
        for end in (self.wake, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self.filter = base64.b64decode(json.loads(self._read_line().decode())['filter'])
        gc.collect()
        if hasattr(gc, 'freeze'):
            gc.freeze()
        problem = _find_problem()
        self._tell({'unfit': problem} if problem else {'ready': os.getpid()})

    def serve(self):
        """Obeys the server until it closes the connection. The zygote's sandboxes end with it."""
        while True:
            readable, _, _ = select.select([self.control, self.wake], [], [])
            if self.wake in readable:
                self._reap()
            if self.control in readable:
                line = self._read_line()
                if line is None:
                    return
                self._obey(json.loads(line.decode()))
                while b'\n' in self.buffer:
                    self._obey(json.loads(self._read_line().decode()))

    def report_failure(self):
        text = traceback.format_exc().encode('utf-8', 'replace')
        try:
            os.write(self.errors, text)
        except OSError:  # a sandbox has closed it; its own standard error is the server's pipe
            os.write(frames.STDERR, text)

    def _obey(self, command):
        if 'kill' in command:
            for pid in [pid for pid, name in self.sandboxes.items() if name == command['kill']]:
                os.kill(pid, signal.SIGKILL)
            return
        try:
            pid = _clone()
        except OSError as error:
            return self._tell({'failed': command['new'], 'why': str(error)})
        if pid == 0:
            self._be_sandbox(command)
        self.sandboxes[pid] = command['new']
        self._tell({'made': command['new'], 'pid': pid})

    def _reap(self):
        try:
            while os.read(self.wake, 4096):
                pass
        except BlockingIOError:
            pass
        while self.sandboxes:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._tell({'ended': self.sandboxes.pop(pid), 'signal': status & 0x7F, 'code': status >> 8})

    def _be_sandbox(self, command):
        """In the clone: builds the walls and becomes the template. Never returns."""
        try:
            options = self._build(command)
        except BaseException:
            self.report_failure()
            os._exit(_FAILED)
        template.serve_source(options, limits.die_with_parent)
        os._exit(0)

    def _build(self, command):
        options = self.options
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Otherwise one kill(0, 9) would end the zygote with all of its sandboxes: a process group reaches across PID namespaces.
        os.setsid()
        limits.die_with_parent()
        self._take_pipes(command['pipes'])
        broker = self._connect(command['new']) if command['egress'] else None
        namespaces.start_loopback()
        self._tell({'opened': command['new']})
        # The server has closed the pipes to other users, and mapped the user of this sandbox.
        if os.read(frames.JOBS, 1) != b'g':
            os._exit(0)
        namespaces.take_user(self.proc, options['uid'], options['mapped'])
        namespaces.mount_places(options['places'], options['hidden'])
        namespaces.drop_privileges(self.proc, options['uid'])
        limits.limit_template(limits.MAX_PROCESSES)
        if broker is None:
            namespaces.install_filter(self.filter)
        else:
            from ..confinement import network
            network.install(broker, program=self.filter)
        # Neither the zygote's nor the server's descriptors stay open.
        limits.close_from(frames.EGRESS)
        os.chdir(_HOME)
        # Setting the user has cleared it.
        limits.die_with_parent()
        _renew_randomness()
        forking.refresh()
        streams.remember_pipes()
        return template_options(options)

    def _take_pipes(self, names):
        for fd, (name, mode) in enumerate(zip(names, _MODES)):
            opened = os.open(name, mode | os.O_NOCTTY, dir_fd=self.door)
            os.dup2(opened, fd)
            os.close(opened)

    def _connect(self, name):
        """Returns a connection to the egress broker, which knows this sandbox by the server's id."""
        broker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        broker.connect('/proc/self/fd/{}/{}'.format(self.broker, _BROKER_NAME))
        broker.sendall(name.encode() + b'\n')
        return broker.detach()

    def _read_line(self):
        while b'\n' not in self.buffer:
            data = os.read(self.control, 65536)
            if not data:
                return None
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b'\n')
        return line

    def _tell(self, message):
        os.write(self.control, json.dumps(message).encode() + b'\n')


def template_options(options):
    """The options of the template (protocol.md)."""
    return {
        'packages': options['packages'], 'preload': options['preload'], 'home': _HOME, 'egress': options['egress'],
        'writable_dirs': [path for path, _ in options['places']], 'landlock': None}


def _clone():
    forking.skip_hooks(True)
    try:
        return namespaces.clone()
    finally:
        forking.skip_hooks(False)


def _move_up(fd):
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_OWN)
    os.close(fd)
    return moved


def _open_placeholders():
    """Opens descriptors 0 to 4 as what they will be, so that streams on them can be made once for all sandboxes."""
    for fd in range(frames.EGRESS):
        reads, writes = os.pipe()
        moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_OWN) for end in (reads, writes)]
        for end in (reads, writes):
            if end >= frames.EGRESS or end > fd:
                os.close(end)
        os.dup2(moved[_MODES[fd] == os.O_WRONLY], fd)
        for end in moved:
            os.close(end)


def _find_problem():
    """Returns why sandboxes can't be forked from this process, or None."""
    if not namespaces.is_supported():
        return 'this kind of processor is not known'
    if sys.version_info >= (3, 14):
        return 'this version of Python was not tested with it'
    threads = len(os.listdir('/proc/self/task'))
    if threads > 1:
        return 'the imported packages have started {} threads'.format(threads - 1)
    try:
        os.waitpid(-1, os.WNOHANG)
        return 'the imported packages have started a process'
    except ChildProcessError:
        return None


def _renew_randomness():
    """Makes this sandbox draw other numbers than its siblings.

    OpenSSL notices a fork by the process id, which is 1 in every sandbox: two of them drew the same `ssl.RAND_bytes`.
    """
    openssl = sys.modules.get('_ssl')
    if openssl is not None:
        openssl.RAND_add(os.urandom(32), 32.0)
    random = sys.modules.get('random')
    if random is not None and sys.version_info < (3, 7):
        random.seed()

"""A Python that has imported what its sandboxes need, and clones itself for each of them.

It runs as an ordinary user without capabilities, and never runs user code. See docs/decisions/0011-zygotes.md.
"""
import base64
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback

# First, to import `logging` and `threading` without fork hooks.
from . import forking, descriptors, frames, isolation, stacks, streams, template, warm
from ..confinement import limits, namespaces

# Descriptors from the server.
_ERRORS, _CONTROL, _DOOR, _BROKER = 2, 3, 4, 5
_BROKER_NAME = 'broker'
_FAILED = 70
# A starting server waits for its first sandbox. This work takes 0.1 s.
_QUIET_SECONDS = 0.05


def main(text):
    """`text`: OPTIONS of protocol.md."""
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
        self.errors, self.control, self.door = map(descriptors.move_up, (_ERRORS, _CONTROL, _DOOR))
        self.broker = descriptors.move_up(_BROKER) if options['egress'] else None
        self.isolation = isolation.isolation_for(options)
        self.buffer = b''
        self.filter = b''
        self.sandboxes = {}  # server's id, by pid
        self.is_settled = False

    def prepare(self):
        """Does everything that needs no sandbox, and reports whether sandboxes can be forked."""
        options = self.options
        descriptors.open_placeholders()
        sys.argv[0] = os.path.join(os.path.dirname(sys.argv[0]), 'python.py')
        self.isolation.confine_zygote(self.door)
        streams.install()
        if options['egress']:
            from ..confinement import network
            network.explain_refusals()
        template.import_ahead(options)
        openssl = sys.modules.get('_ssl')
        if openssl is not None:
            openssl.RAND_bytes(1)  # the first use takes 1 ms
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
        if options['settled']:
            self._settle()
        problem = _find_problem()
        self._tell({'unfit': problem} if problem else {'ready': os.getpid()})

    def serve(self):
        """Executes the server's commands until the connection closes. The sandboxes end with the zygote."""
        quiet = None if self.is_settled else _QUIET_SECONDS
        while True:
            readable, _, _ = select.select([self.control, self.wake], [], [], quiet)
            if not readable:
                quiet = None
                self._settle()
            if self.wake in readable:
                self._reap()
            if self.control in readable:
                line = self._read_line()
                if line is None:
                    return
                self._obey(json.loads(line.decode()))
                while b'\n' in self.buffer:
                    self._obey(json.loads(self._read_line().decode()))

    def _settle(self):
        """Makes later sandboxes cheaper. Optional, because it takes longer than making one."""
        self.is_settled = True
        try:
            warm.rehearse()
            gc.collect()
            if warm.can_be_immortal():
                warm.make_immortal()
        except Exception:
            self.report_failure()
        if hasattr(gc, 'freeze'):
            gc.freeze()

    def report_failure(self):
        text = traceback.format_exc().encode('utf-8', 'replace')
        try:
            os.write(self.errors, text)
        except OSError:  # closed by a sandbox, whose own standard error is the server's pipe
            os.write(frames.STDERR, text)

    def _obey(self, command):
        if 'kill' in command:
            for pid in [pid for pid, name in self.sandboxes.items() if name == command['kill']]:
                os.kill(pid, signal.SIGKILL)
            return
        try:
            pid = isolation.fork(self.isolation, len(self.sandboxes))
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
        """Isolates the clone, which becomes the template. Never returns."""
        try:
            options, isolate_child = self._build(command)
        except BaseException:
            self.report_failure()
            os._exit(_FAILED)
        template.serve_source(options, isolate_child)
        os._exit(0)

    def _build(self, command):
        """Returns the template's options, and the function that each of its children must call first."""
        home = command['home']
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # A process group reaches across PID namespaces: one kill(0, 9) would end the zygote and all sandboxes.
        os.setsid()
        limits.die_with_parent()
        descriptors.take_pipes(self.door, command['pipes'])
        broker = self._connect(command['new']) if command['egress'] else None
        self._tell({'opened': command['new']})
        # The pipes are closed to other users, and the user is mapped.
        if os.read(frames.JOBS, 1) != b'g':
            os._exit(0)
        isolate_child = self.isolation.build(home)
        if broker is None:
            namespaces.install_filter(self.filter)
        else:
            from ..confinement import network
            network.install(broker, home if self.isolation.shares_network else '', self.filter)
        # Closes the zygote's and the server's descriptors.
        limits.close_from(frames.EGRESS)
        os.chdir(home)
        _renew_randomness()
        forking.refresh()
        streams.remember_pipes()
        options = self._template_options(home)
        sys.argv[1] = json.dumps(options)
        return options, isolate_child

    def _template_options(self, home):
        options = self.options
        return {
            'packages': options['packages'], 'preload': options['preload'], 'home': home, 'egress': options['egress'],
            'writable_dirs': self.isolation.writable_dirs(home), 'landlock': None}

    def _connect(self, name):
        """Connects to the egress broker, which knows this sandbox by the server's id."""
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


def _find_problem():
    """Returns why sandboxes cannot be forked, or None."""
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
    """Gives this sandbox other random numbers than its siblings.

    OpenSSL detects a fork by the pid, which is 1 in every sandbox of a PID namespace. Two sandboxes drew the same
    `ssl.RAND_bytes`.
    """
    openssl = sys.modules.get('_ssl')
    if openssl is not None:
        openssl.RAND_add(os.urandom(32), 32.0)
    random = sys.modules.get('random')
    if random is not None and sys.version_info < (3, 7):
        random.seed()

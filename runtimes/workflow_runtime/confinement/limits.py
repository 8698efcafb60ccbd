"""What one run may use, and the process attributes that keep runs apart."""
import os
import resource

try:
    import ctypes
    _prctl = ctypes.CDLL(None, use_errno=True).prctl
except (ImportError, OSError, AttributeError):  # an interpreter built without libffi
    _prctl = None

MIB = 1024 * 1024
PROCESSES = 128
# Without a user namespace the kernel counts all processes of the user: those of other sandboxes come and go.
PROCESSES_SHARED = 256
OPEN_FILES = 256
# A run gets its last words (a traceback, the result) out even when it stopped at its memory limit.
RESERVE = 64 * MIB
# Address space that is only reserved (thread stacks, arenas, mapped files) costs nothing, so its limit is loose.
ADDRESS_SPACE_SLACK = 4096 * MIB

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_PTRACER = 0x59616D61
_PAGE = os.sysconf('SC_PAGE_SIZE')
_setrlimit = resource.setrlimit
_getrlimit = resource.getrlimit
_open = open


def limit_template(processes):
    """Limits that hold for the template and everything it starts."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NPROC, processes)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, 1024 * MIB)
    if hasattr(resource, 'RLIMIT_MSGQUEUE'):
        # POSIX message queues would outlive a run, and nothing lists them without a mount of their own.
        _lower(resource.RLIMIT_MSGQUEUE, 0)


def count_processes_of_user():
    """As RLIMIT_NPROC counts: threads, of this user on the whole machine."""
    count, user = 0, str(os.getuid())
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with _open('/proc/{}/status'.format(pid)) as text:
                status = dict(line.split(':\t', 1) for line in text if ':\t' in line)
            count += int(status['Threads']) if status['Uid'].split()[0] == user else 0
        except (OSError, KeyError, ValueError):
            pass
    return count


def limit_memory(memory, base, reserve=RESERVE):
    """Bounds what this process may allocate: `memory` bytes more than the `base` (data, address space) it starts from."""
    data, address_space = base
    _lower(resource.RLIMIT_DATA, data + memory, data + memory + reserve)
    _lower(resource.RLIMIT_AS, address_space + memory + reserve + ADDRESS_SPACE_SLACK)


def open_reserve():
    """Raises the soft memory limit to the hard one, for what remains to be said after the function ended."""
    try:
        hard = _getrlimit(resource.RLIMIT_DATA)[1]
        _setrlimit(resource.RLIMIT_DATA, (hard, hard))
    except (OSError, ValueError):
        pass


def limit_cpu(seconds):
    """A backstop behind the server's own timer."""
    _lower(resource.RLIMIT_CPU, seconds, seconds + 5)


def memory_base():
    """(data, address space) in bytes that this process has now."""
    with _open('/proc/self/statm', 'rb') as statm:
        fields = statm.read().split()
    return int(fields[5]) * _PAGE, int(fields[0]) * _PAGE


def hide_process():
    """Other processes of the sandbox can't read this one's memory, environment or descriptors."""
    _call(_PR_SET_DUMPABLE, 0)


def show_process():
    """The way back, in a child: /proc/self works, and the egress broker outside may read a connect()'s address."""
    _call(_PR_SET_DUMPABLE, 1)
    _call(_PR_SET_PTRACER, -1)


def adopt_orphans():
    """Without a PID namespace: what a run leaves behind becomes a child of this process."""
    _call(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number=9):
    _call(_PR_SET_PDEATHSIG, number)


def _call(option, value):
    if _prctl is not None:
        _prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def _lower(what, soft, hard=None):
    """Never above the hard limit there is: that would be refused."""
    hard = soft if hard is None else hard
    _, now = _getrlimit(what)
    if now != resource.RLIM_INFINITY:
        hard = min(hard, now)
    try:
        _setrlimit(what, (min(soft, hard), hard))
    except (OSError, ValueError):
        pass

"""Resource limits of a run, and process attributes that isolate runs from each other."""
import os
import resource

try:
    import ctypes
    _prctl = ctypes.CDLL(None, use_errno=True).prctl
except (ImportError, OSError, AttributeError):  # interpreter built without libffi
    _prctl = None

MIB = 1024 * 1024
# With threads: 64 simultaneous steps, and the template with its helpers.
MAX_PROCESSES = 80
# Without a user namespace, the kernel counts all processes of the user, including other sandboxes.
MAX_PROCESSES_SHARED = 256
# No process is charged for buffers of pipes and sockets.
MAX_OPEN_FILES = 128
# The kernel counts one user's queued signals and timers on the whole host.
MAX_SIGNALS = 1024
# Other programs get the CPU first.
NICENESS = 5
# Bytes beyond the memory limit, to report a run that reached it.
RESERVE = 64 * MIB
# Reserved address space costs nothing.
ADDRESS_SPACE_SLACK = 4096 * MIB

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_PTRACER = 0x59616D61
_PAGE = os.sysconf('SC_PAGE_SIZE')
_setrlimit = resource.setrlimit
_getrlimit = resource.getrlimit
_getrusage, _RUSAGE_SELF = resource.getrusage, resource.RUSAGE_SELF
_open = open
_getpriority, _PRIO_PROCESS = os.getpriority, os.PRIO_PROCESS
_getscheduler, _getaffinity = getattr(os, 'sched_getscheduler', None), getattr(os, 'sched_getaffinity', None)
_DATA = resource.RLIMIT_DATA
_LIMITS = sorted({value for name, value in vars(resource).items() if name.startswith('RLIMIT_')} - {_DATA})


def peak_memory():
    """Returns this process's peak resident memory since its fork, in bytes."""
    return _getrusage(_RUSAGE_SELF).ru_maxrss * 1024


def limit_template(processes):
    """Sets the limits of the template and all its descendants. `processes` limits this process's user."""
    _lower_priority()
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NPROC, processes)
    _lower(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, 1024 * MIB)
    if hasattr(resource, 'RLIMIT_SIGPENDING'):
        _lower(resource.RLIMIT_SIGPENDING, MAX_SIGNALS)
    if hasattr(resource, 'RLIMIT_MSGQUEUE'):
        # POSIX message queues outlive a run.
        _lower(resource.RLIMIT_MSGQUEUE, 0)


def close_from(first):
    """Closes all descriptors from `first` on, including inherited ones."""
    try:
        numbers = [int(name) for name in os.listdir('/proc/self/fd')]
    except OSError:  # not Linux
        numbers = range(first, 4096)
    for number in numbers:
        try:
            if number >= first:
                os.close(number)
        except OSError:
            pass


def _lower_priority():
    """Lowers the priority. Batch processes do not preempt others on wake-up."""
    try:
        os.nice(NICENESS)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except (OSError, AttributeError):  # kernel without these policies
        pass


def count_processes_of_user():
    """Returns the number of this user's threads on the whole machine, which RLIMIT_NPROC limits."""
    count, user = 0, b'\nUid:\t%d\t' % os.getuid()
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with _open('/proc/{}/status'.format(pid), 'rb', 0) as file:
                status = file.read()
            count += int(status.partition(b'\nThreads:\t')[2].split()[0]) if user in status else 0
        except (OSError, IndexError):
            pass
    return count


def limit_memory(memory, base, reserve=RESERVE):
    """Allows `memory` bytes in addition to `base`, a result of `memory_base`."""
    data, address_space = base
    _lower(resource.RLIMIT_DATA, data + memory, data + memory + reserve)
    _lower(resource.RLIMIT_AS, address_space + memory + reserve + ADDRESS_SPACE_SLACK)


def limit_import(memory):
    """Sets the soft limit only, because a later source may be allowed more."""
    try:
        _setrlimit(_DATA, (memory_base()[0] + memory, _getrlimit(_DATA)[1]))
    except (OSError, ValueError):
        pass


def release_reserve():
    """Raises the soft memory limit to the hard one, so that the runtime can report a result."""
    try:
        hard = _getrlimit(resource.RLIMIT_DATA)[1]
        _setrlimit(resource.RLIMIT_DATA, (hard, hard))
    except (OSError, ValueError):
        pass


def limit_cpu(seconds):
    """A last resort: the server's timer normally ends a run first."""
    _lower(resource.RLIMIT_CPU, seconds, seconds + 5)


def inherited_state():
    """Returns inherited attributes that a run could have changed: limits, priority, policy, processors."""
    # The runtime raises the soft limit of data.
    return ([_getrlimit(what) for what in _LIMITS], _getrlimit(_DATA)[1],
            _getpriority(_PRIO_PROCESS, 0), _getscheduler and _getscheduler(0), _getaffinity and _getaffinity(0))


def memory_base():
    """Returns the current (data, address space) of this process in bytes."""
    with _open('/proc/self/statm', 'rb') as statm:
        fields = statm.read().split()
    return int(fields[5]) * _PAGE, int(fields[0]) * _PAGE


def hide_process():
    """Prevents other processes of the sandbox from reading this one's memory, environment and descriptors."""
    _call(_PR_SET_DUMPABLE, 0)


def show_process():
    """Undoes `hide_process` in a child, so that it can use /proc/self and the egress broker can read its memory."""
    _call(_PR_SET_DUMPABLE, 1)
    _call(_PR_SET_PTRACER, -1)


def become_subreaper():
    """Makes orphaned descendants children of this process, as for process 1 of a PID namespace."""
    _call(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number=9):
    _call(_PR_SET_PDEATHSIG, number)


def _call(option, value):
    if _prctl is not None:
        _prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def _lower(what, soft, hard=None):
    """Sets a limit, capped at the hard limit, because the kernel rejects more."""
    hard = soft if hard is None else hard
    _, now = _getrlimit(what)
    if now != resource.RLIM_INFINITY:
        hard = min(hard, now)
    try:
        _setrlimit(what, (min(soft, hard), hard))
    except (OSError, ValueError):
        pass

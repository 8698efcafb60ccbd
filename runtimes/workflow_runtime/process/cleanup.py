"""Removes a run's files and processes, so that the next run does not see them."""
import os
import signal
import stat
import time

MAX_ENTRIES = 1000  # files removed in one cleanup (for more, the server replaces the sandbox)
MAX_ROUNDS = 500

_listdir, _lstat, _stat, _chmod, _rmdir, _unlink = os.listdir, os.lstat, os.stat, os.chmod, os.rmdir, os.unlink
_kill, _getpid, _wait4 = os.kill, os.getpid, os.wait4
_listxattr, _utime = getattr(os, 'listxattr', None), os.utime
_open = open
_os_open, _read, _close, _O_RDONLY = os.open, os.read, os.close, os.O_RDONLY
_getppid, _sleep, _time = os.getppid, time.sleep, time.time
_is_folder = stat.S_ISDIR
_WNOHANG, _SIGKILL, _SIGSTOP = os.WNOHANG, signal.SIGKILL, signal.SIGSTOP


class WritableDirs(object):
    """The directories that a run may write to. Their initial state is recorded while they are empty."""

    def __init__(self, paths):
        found = [path for path in paths if os.path.isdir(path)]
        # Before `stat`: the check creates temporary files.
        self._counting = {path: _size_counts_entries(path) for path in found}
        self._attributes = {path: _attributes(path) for path in found}
        self._states = {path: _stat(path) for path in found}
        self._changed = {path: (state.st_ctime_ns, state.st_atime_ns) for path, state in self._states.items()}
        self._cleared_at = _time()

    def is_empty(self):
        return not any(_listdir(path) for path in self._states)

    def clear(self):
        """Returns False on failure or above MAX_ENTRIES. The sandbox is unusable after that."""
        try:
            budget = [MAX_ENTRIES]
            cleared_at, self._cleared_at = self._cleared_at, _time()
            for path, before in self._states.items():
                now = _stat(path)
                changed = self._changed[path]
                # A change of a directory sets its ctime, from a clock that may lag by milliseconds.
                if (now.st_ctime_ns, now.st_atime_ns) == changed and changed[0] < (cleared_at - 0.05) * 1e9:
                    continue
                if not self._counting[path] or now.st_size != before.st_size:
                    for name in _listdir(path):
                        _remove(path + '/' + name, budget)
                # A default ACL could lock later runs out of their own files.
                if now.st_mode != before.st_mode or _attributes(path) != self._attributes[path]:
                    return False
                now = _stat(path)
                if (now.st_atime_ns, now.st_mtime_ns) != (before.st_atime_ns, before.st_mtime_ns):
                    _utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
                    now = _stat(path)
                self._changed[path] = (now.st_ctime_ns, now.st_atime_ns)
            return True
        except (OSError, RecursionError):
            return False


def _attributes(path):
    """Names of extended attributes, including ACLs."""
    try:
        return [] if _listxattr is None else _listxattr(path)
    except OSError:  # a file system without them
        return []


def _size_counts_entries(path):
    """True if a directory's size depends on its entries, as on tmpfs. `stat` then replaces a listing at a third of its
    cost.
    """
    if _listdir(path):
        return False
    empty = _stat(path).st_size
    try:
        os.mkdir(path + '/probe')
        with_folder = _stat(path).st_size
        os.symlink('x', path + '/probe/link')
        os.rename(path + '/probe/link', path + '/link')
        with_both = _stat(path).st_size
        os.unlink(path + '/link')
        os.rmdir(path + '/probe')
    except OSError:
        return False
    return empty < with_folder < with_both and _stat(path).st_size == empty


def kill_children():
    """Kills and reaps all descendants. As process 1 of a sandbox, it kills every other process."""
    while True:
        try:
            pid, _, _ = _wait4(-1, _WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            kill_all()
            try:
                _wait4(-1, 0)
            except ChildProcessError:
                return


def kill_others():
    """Kills every process of the sandbox except this one and the template, which reaps orphans. Raises OSError if
    some survive.
    """
    if _is_alone():
        return
    for _ in range(MAX_ROUNDS):
        others = _others()
        if not others:
            return
        for pid in others:
            try:
                _kill(pid, _SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while _wait4(-1, _WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        _sleep(0.002)
    raise OSError('some processes of the run did not end')


def kill_all_but(kept):
    """Kills, in the template, every process except this one and `kept`. Raises OSError if some survive.

    Returns True if there were any. `kept` must still reap its own children.
    """
    # Reading the children of Node's eleven threads takes 143 µs of CPU, this list 16.
    if is_only_process(kept):
        return False
    for number in range(MAX_ROUNDS):
        found = descendants(_getpid()) - {kept}
        others = {pid for pid in found if not _is_dead(pid)}
        if not others:
            return number > 0 or len(found) > 0
        _signal_all(others, _SIGKILL)
        for pid in others:
            try:
                _wait4(pid, _WNOHANG)
            except ChildProcessError:  # becomes a child of this process when its parent ends
                pass
        _sleep(0.002)
    raise OSError('some processes of the run did not end')


def is_only_process(pid):
    """True if process 1 of a sandbox sees only itself and `pid`. False without a PID namespace."""
    return _getpid() == 1 and sorted(filter(str.isdigit, _listdir('/proc'))) == sorted(['1', str(pid)])


def _is_dead(pid):
    try:
        with _open('/proc/{}/stat'.format(pid), 'rb') as status:
            return status.read().rpartition(b')')[2].split()[0] in (b'Z', b'X')
    except OSError:
        return True


def _is_alone():
    """True if this process has no child and its parent has no other child. Faster than `_others`."""
    try:
        _wait4(-1, _WNOHANG)
        return False
    except ChildProcessError:
        pass
    try:
        fd = _os_open('/proc/{0}/task/{0}/children'.format(_getppid()), _O_RDONLY)
    except OSError:
        return False
    try:
        return _read(fd, 64).split() == [b'%d' % _getpid()]
    finally:
        _close(fd)


def kill_all():
    """Does not wait for the end of the descendants."""
    try:
        if _getpid() == 1:
            _kill(-1, _SIGKILL)
            return
        # Without a PID namespace, -1 would signal all of this user.
        end_descendants()
    except OSError:
        pass


def _others():
    own = _getpid()
    if _getppid() == 1:
        return [pid for pid in map(int, filter(str.isdigit, _listdir('/proc'))) if pid not in (1, own)]
    return [pid for pid in _children('self') + _children(_getppid()) if pid != own]


def end_descendants():
    """Stops all descendants, then kills them.

    A stopped process cannot fork, and still counts towards the process limit. A fork bomb whose processes were killed
    one by one replaced them and ran for another 20 s under load.
    """
    own, stopped = _getpid(), set()
    for _ in range(MAX_ROUNDS):
        running = descendants(own) - stopped
        if not running:
            break
        _signal_all(running, _SIGSTOP)
        stopped |= running
    _signal_all(stopped, _SIGKILL)


def _signal_all(pids, number):
    for pid in pids:
        try:
            _kill(pid, number)
        except OSError:
            pass


def descendants(parent):
    found, unseen = set(), [parent]
    while unseen:
        try:
            children = set(_children(unseen.pop())) - found
        except OSError:
            continue
        found |= children
        unseen.extend(children)
    return found


def _children(parent):
    pids = []
    for task in _listdir('/proc/{}/task'.format(parent)):
        with _open('/proc/{}/task/{}/children'.format(parent, task)) as children:
            pids.extend(int(pid) for pid in children.read().split())
    return pids


def _remove(path, budget):
    budget[0] -= 1
    if budget[0] < 0:
        raise OSError('too many entries')
    if not _is_folder(_lstat(path).st_mode):
        _unlink(path)
        return
    _chmod(path, 0o700)
    for name in _listdir(path):
        _remove(path + '/' + name, budget)
    _rmdir(path)

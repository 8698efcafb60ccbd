"""Isolates a copy of a zygote, in each tier. See docs/decisions/0011-zygotes.md."""
import os
import sys
import time

from . import descriptors, forking, supervisor, template
from ..confinement import landlock, limits, namespaces

# Between counts, other zygotes make far fewer processes than MAX_PROCESSES_SHARED.
_COUNT_SECONDS = 0.1
# Without namespaces: the supervisor, the template, and the waiting child.
_PROCESSES = 3


def isolation_for(options):
    """`options`: OPTIONS of a zygote (protocol.md)."""
    return _Landlock(options['landlock']) if options['landlock'] else _Namespaces(options)


class _Namespaces(object):
    """The tier `bwrap`. Each copy gets new namespaces. bubblewrap has already isolated the zygote."""

    shares_network = False

    def __init__(self, options):
        self.options = options
        self.proc = descriptors.move_up(os.open('/proc', os.O_RDONLY | os.O_DIRECTORY))

    def confine_zygote(self, door):
        pass

    def fork(self, alive):
        return namespaces.clone()

    def writable_dirs(self, home):
        return [path for path, _ in self.options['places']]

    def build(self, home):
        """Runs in the copy. Returns the function that each child of the template must call first."""
        options = self.options
        os.environ['PWD'] = home
        namespaces.start_loopback()
        namespaces.take_user(self.proc, options['uid'], options['mapped'])
        namespaces.mount_places(options['places'], options['hidden'])
        namespaces.drop_privileges(self.proc, options['uid'])
        limits.limit_template(limits.MAX_PROCESSES)
        # The change of user has cleared the setting.
        limits.die_with_parent()
        return limits.die_with_parent


class _Landlock(object):
    """The tier `landlock`. Each copy is a supervisor, whose child restricts itself and becomes the template."""

    shares_network = True

    def __init__(self, options):
        self.options = options
        self.counted_at, self.counted, self.alive = None, 0, 0

    def confine_zygote(self, door):
        """Lets the zygote read only what its sandboxes read, and write only to their folders and pipes.

        `door`: a descriptor of the folder of the pipes' names, which this user cannot reach by path.
        """
        landlock.restrict_files([self.options['homes'], '/proc/self/fd/{}'.format(door)], self.options['readable'])

    def fork(self, alive):
        now = time.monotonic()
        # A count takes 5 ms with 270 processes, as long as the rest of a copy.
        if self.counted_at is None or now - self.counted_at > _COUNT_SECONDS:
            self.counted_at, self.counted, self.alive = now, limits.count_processes_of_user(), alive
        self.processes = self.counted + _PROCESSES * max(0, alive - self.alive)
        return os.fork()

    def writable_dirs(self, home):
        return [home]

    def build(self, home):
        """Runs in the copy and returns only in the template."""
        supervisor.supervise_template(self.processes)
        os.environ.update(HOME=home, TMPDIR=home)
        tempfile = sys.modules.get('tempfile')
        if tempfile is not None:
            tempfile.tempdir = None  # an import may have used it
        landlock.restrict_files([home], self.options['readable'])
        return template.isolation_by_landlock()


def fork(isolation, alive):
    """Returns 0 in the copy, and its pid in the zygote. `alive`: number of live copies."""
    forking.skip_hooks(True)
    try:
        return isolation.fork(alive)
    finally:
        forking.skip_hooks(False)

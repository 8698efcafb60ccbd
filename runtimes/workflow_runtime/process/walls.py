"""What differs between the tiers when a copy of a zygote becomes a sandbox. docs/decisions/0011-zygotes.md"""
import os
import sys
import time

from . import descriptors, forking, supervisor, template
from ..confinement import landlock, limits, namespaces

# The processes of the user are counted at most so often. Other zygotes make far fewer than MAX_PROCESSES_SHARED meanwhile.
_COUNT_SECONDS = 0.1
# Of a sandbox without namespaces: the supervisor, the template, and the child that waits for a run.
_PROCESSES = 3


def walls_for(options):
    """Returns the walls for a zygote with these options (protocol.md)."""
    return _Landlock(options['landlock']) if options['landlock'] else _Namespaces(options)


class _Namespaces(object):
    """The tier `bwrap`: each copy gets namespaces of its own. bubblewrap has put the zygote behind its walls."""

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
        """In the copy. Returns the function that each child of the template has to call first."""
        options = self.options
        os.environ['PWD'] = home
        namespaces.start_loopback()
        namespaces.take_user(self.proc, options['uid'], options['mapped'])
        namespaces.mount_places(options['places'], options['hidden'])
        namespaces.drop_privileges(self.proc, options['uid'])
        limits.limit_template(limits.MAX_PROCESSES)
        # Setting the user has cleared it.
        limits.die_with_parent()
        return limits.die_with_parent


class _Landlock(object):
    """The tier `landlock`: each copy is a supervisor, whose child restricts itself and becomes the template."""

    shares_network = True

    def __init__(self, options):
        self.options = options
        self.counted_at, self.counted, self.alive = None, 0, 0

    def confine_zygote(self, door):
        """Lets the zygote and what it imports read what its sandboxes read, and write to their folders and pipes alone.

        `door`: a descriptor of the folder of the pipes' names, which this user can't reach by path.
        """
        landlock.restrict_files([self.options['homes'], '/proc/self/fd/{}'.format(door)], self.options['readable'])

    def fork(self, alive):
        now = time.monotonic()
        # Measured: 5 ms with 270 processes on the machine, as long as all the rest of a copy takes.
        if self.counted_at is None or now - self.counted_at > _COUNT_SECONDS:
            self.counted_at, self.counted, self.alive = now, limits.count_processes_of_user(), alive
        self.processes = self.counted + _PROCESSES * max(0, alive - self.alive)
        return os.fork()

    def writable_dirs(self, home):
        return [home]

    def build(self, home):
        """In the copy: returns in the template only."""
        supervisor.supervise_template(self.processes)
        os.environ.update(HOME=home, TMPDIR=home)
        tempfile = sys.modules.get('tempfile')
        if tempfile is not None:
            tempfile.tempdir = None  # an import may have asked for it
        landlock.restrict_files([home], self.options['readable'])
        return template.isolation_by_landlock()


def fork(walls, alive):
    """Returns 0 in the copy, its process id in the zygote, which has `alive` copies."""
    forking.skip_hooks(True)
    try:
        return walls.fork(alive)
    finally:
        forking.skip_hooks(False)

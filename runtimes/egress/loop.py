"""Event loop of the egress broker, with epoll and deadlines. `selectors` does not report a hang-up alone."""

import collections
import heapq
import itertools
import select
import time

_HANGUP = select.EPOLLHUP | select.EPOLLERR


class Watch(object):
    """Watches one descriptor, with at most one deadline. Must be cancelled before the descriptor is closed.

    Without a descriptor (None), it is a timer.
    """

    def __init__(self, loop, fd, handlers):
        self._loop, self.fd = loop, fd
        self.on_readable, self.on_writable, self.on_hangup, self.on_expired = handlers
        self.created_in_round = loop.round
        self.deadline = None
        if fd is None:
            return
        events = (select.EPOLLIN if self.on_readable else 0) | (select.EPOLLOUT if self.on_writable else 0)
        loop.epoll.register(fd, events)
        loop.watches[fd] = self

    def cancel(self):
        if self.fd is not None and self._loop.watches.get(self.fd) is self:
            del self._loop.watches[self.fd]
            self._loop.epoll.unregister(self.fd)
        if self.deadline is not None:
            self._loop.discard_deadline()
        self.deadline = None
        # The heap may hold the watch until its deadline, but not its handlers.
        self.on_readable = self.on_writable = self.on_hangup = self.on_expired = None

    def extend(self, seconds):
        had_one = self.deadline is not None
        self.deadline = time.monotonic() + seconds
        if not had_one:
            self._loop.add_deadline(self)

    def listen_for(self, readable):
        """Watches for readability, or for nothing."""
        self.on_writable = None
        self._loop.epoll.modify(self.fd, select.EPOLLIN if readable else 0)


class Loop(object):
    def __init__(self):
        self.epoll = select.epoll()
        self.watches = {}
        self.round = 0
        self._deadlines = []
        self._order = itertools.count()
        self._discarded = 0
        self._soon = collections.deque()

    def watch(self, fd, on_readable=None, on_writable=None, on_hangup=None, on_expired=None, seconds=None):
        watch = Watch(self, fd, (on_readable, on_writable, on_hangup, on_expired))
        if seconds is not None:
            watch.extend(seconds)
        return watch

    def timer(self, on_expired, seconds):
        return self.watch(None, on_expired=on_expired, seconds=seconds)

    def call_soon(self, function):
        self._soon.append(function)

    def add_deadline(self, watch):
        heapq.heappush(self._deadlines, (watch.deadline, next(self._order), watch))

    def discard_deadline(self):
        """Counts a stale entry and sometimes removes all of them. Each finished connect() leaves one for up to 130 s.
        """
        self._discarded += 1
        if self._discarded > max(1000, len(self._deadlines) // 2):
            self._deadlines = [entry for entry in self._deadlines if entry[2].deadline is not None]
            heapq.heapify(self._deadlines)
            self._discarded = 0

    def run(self):
        while True:
            for _ in range(len(self._soon)):
                self._soon.popleft()()
            events = self.epoll.poll(self._wait())
            self.round += 1
            for fd, happened in events:
                self._dispatch(fd, happened)
            self._expire()

    def _wait(self):
        if self._soon:
            return 0
        if self._deadlines:
            return max(0, self._deadlines[0][0] - time.monotonic()) + 0.001
        return -1

    def _dispatch(self, fd, happened):
        watch = self.watches.get(fd)
        # A handler of this round may have reopened the descriptor's number.
        if watch is None or watch.created_in_round == self.round:
            return
        if happened & _HANGUP and watch.on_hangup:
            return watch.on_hangup()
        if happened & (select.EPOLLOUT | _HANGUP) and watch.on_writable:
            return watch.on_writable()
        if watch.on_readable:
            watch.on_readable()

    def _expire(self):
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            watch = heapq.heappop(self._deadlines)[2]
            if watch.deadline is None:
                continue
            if watch.deadline > now:
                self.add_deadline(watch)
                continue
            watch.deadline = None
            watch.on_expired()

"""Connects the steps of a durable run with the server."""
import json
import os
import threading

from . import frames, streams
from ..confinement import limits
from ..function import durable
from ..outgoing import recorder

_exit = os._exit


class DurableRun(object):
    """`options`: `steps` of a job. `answers`: the descriptor on which the server answers."""

    def __init__(self, options, stored, answers):
        self.options, self.answers = options, answers
        self.stored = json.loads(stored.decode('utf-8', 'surrogatepass'))
        self.turn = 0
        self.calls = None
        self.lock = threading.Lock()
        # The function may redirect its own.
        self.outputs = [os.dup(fd) for fd in (frames.STDOUT, frames.STDERR)] if options['mark'] else []

    def begin(self, settings, load_ms):
        """`load_ms`: the time that the module took to load."""
        self.load_ms = load_ms
        self.calls = durable.begin(self.options, self.stored, settings, self)

    def finish(self):
        self.calls.finish()

    def describe_end(self, error):
        """Returns what the result says of a failure of a stored call."""
        key = durable.ended_by(error)
        if key is None:
            return {}
        return {'ended_by': key, 'code': 'wait_timed_out'} if isinstance(error, durable.TimedOut) else {'ended_by': key}

    def store(self, header, payload):
        """Returns None when the call is on disk, or why it cannot be stored."""
        with self.lock:
            self.turn += 1
            if not recorder.write(dict(header, type='step', turn=self.turn), payload):
                raise RuntimeError('a fork of the run cannot store steps')
            while True:
                answer = frames.read_frame(self.answers)
                if answer is None:
                    _exit(0)
                if answer[0].get('turn') == self.turn:
                    return answer[0]['error']

    def end(self, header):
        """Ends the process with this result, from any thread."""
        streams.flush()
        left_out = recorder.finish()
        frames.write_frame(frames.RESULTS, dict(
            header, load_ms=self.load_ms, calls_left_out=left_out, peak=limits.peak_memory()))
        _exit(0)

    def unmute(self):
        """Prints the mark. The server drops what was printed before, because an earlier part of the run has logged it."""
        streams.flush()
        for fd in self.outputs:
            os.write(fd, self.options['mark'].encode('ascii'))
            os.close(fd)

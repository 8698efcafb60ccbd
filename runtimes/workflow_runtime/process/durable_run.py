"""Connects the steps of a durable run with the server."""
import json
import os
import threading

from . import frames, streams
from ..confinement import limits
from ..function import durable
from ..outgoing import recorder

_dup, _dup2, _open, _close, _exit = os.dup, os.dup2, os.open, os.close, os._exit


class DurableRun(object):
    """`options`: `steps` of a job. `answers`: the descriptor on which the server answers."""

    def __init__(self, options, stored, answers):
        self.options, self.answers = options, answers
        self.stored = json.loads(stored.decode('utf-8', 'surrogatepass'))
        self.turn = 0
        self.calls = None
        self.lock = threading.Lock()
        self.muted = None

    def begin(self, settings, load_ms):
        """`load_ms`: the time that the module took to load."""
        self.load_ms = load_ms
        self.calls = durable.begin(self.options, self.stored, settings, self)

    def finish(self):
        self.calls.finish()

    def ended_by(self, error):
        return durable.ended_by(error)

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

    def mute(self):
        """Discards output, also of child processes, because an earlier part of the run has logged it."""
        streams.flush()
        self.muted = _dup(frames.STDOUT), _dup(frames.STDERR)
        null = _open('/dev/null', os.O_WRONLY)
        _dup2(null, frames.STDOUT)
        _dup2(null, frames.STDERR)
        _close(null)

    def unmute(self):
        if self.muted is None:
            return
        streams.flush()
        for kept, fd in zip(self.muted, (frames.STDOUT, frames.STDERR)):
            _dup2(kept, fd)
            _close(kept)
        self.muted = None

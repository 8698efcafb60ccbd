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
        # Answers by turn. One thread reads them for all.
        self.changed = threading.Condition()
        self.open, self.answered, self.is_reading = set(), {}, False
        # The function may redirect its own.
        self.outputs = [os.dup(fd) for fd in (frames.STDOUT, frames.STDERR)] if options['mark'] else []

    def begin(self, settings, load_ms):
        self.load_ms = load_ms
        self.calls = durable.begin(self.options, self.stored, settings, self)

    def finish(self):
        self.calls.finish()

    def describe_end(self, error):
        found = {'ended_by': durable.ended_by(error), 'code': durable.code_of(error)}
        return {name: value for name, value in found.items() if value is not None}

    def store(self, header, payload):
        """Returns None when the call is on disk, or why it cannot be stored."""
        return self._ask(dict(header, type='step'), payload)['error']

    def token(self, name):
        """Returns {error, token}."""
        return self._ask({'type': 'token', 'name': name})

    def is_waiting(self):
        """Whether an answer is missing, which a later run must not read."""
        with self.changed:
            return len(self.open) > 0

    def _ask(self, header, payload=b''):
        """Returns the server's answer. Several threads may ask simultaneously."""
        with self.changed:
            self.turn += 1
            turn = self.turn
            if not recorder.write(dict(header, turn=turn), payload):
                raise RuntimeError('a fork of the run cannot call {}'.format(
                    'access_token' if header['type'] == 'token' else 'step'))
            self.open.add(turn)
            while turn not in self.answered:
                if self.is_reading:
                    self.changed.wait()
                else:
                    self._read()
            self.open.discard(turn)
            return self.answered.pop(turn)

    def _read(self):
        """Reads one answer, without holding the lock."""
        self.is_reading = True
        self.changed.release()
        try:
            answer = frames.read_frame(self.answers)
        finally:
            self.changed.acquire()
            self.is_reading = False
            self.changed.notify_all()
        if answer is None:
            _exit(0)
        if answer[0].get('turn') in self.open:
            self.answered[answer[0]['turn']] = answer[0]

    def end(self, header):
        """Ends the process with this result, from any thread."""
        streams.flush()
        left_out = recorder.finish()
        frames.write_frame(frames.RESULTS, dict(
            header, load_ms=self.load_ms, calls_left_out=left_out, peak=limits.peak_memory()))
        _exit(0)

    def unmute(self):
        """Prints the mark. The server drops the output before it, which an earlier part of the run has logged."""
        streams.flush()
        for fd in self.outputs:
            os.write(fd, self.options['mark'].encode('ascii'))
            os.close(fd)

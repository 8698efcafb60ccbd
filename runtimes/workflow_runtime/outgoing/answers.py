"""Delivers recorded answers to the HTTP libraries."""
import io

# Belong to the transfer, not to the answer.
_TRANSFER = ('transfer-encoding', 'content-length', 'connection', 'keep-alive', 'content-encoding')


def headers_of(answer):
    return [(name, value) for name, value in answer['headers'] if name.lower() not in _TRANSFER]


class AnswerSocket(object):
    """Replaces a connected socket, discards what is sent, and returns one whole answer."""

    def __init__(self, answer):
        lines = ['HTTP/1.1 %d Recorded' % answer['status']]
        lines += ['%s: %s' % pair for pair in headers_of(answer)]
        lines += ['Content-Length: %d' % len(answer['body']), 'Connection: close', '', '']
        self._raw = '\r\n'.join(lines).encode('latin-1', 'replace') + answer['body']

    def makefile(self, *_, **__):
        return io.BufferedReader(io.BytesIO(self._raw))

    def sendall(self, *_, **__):
        pass

    def send(self, data, *_):
        return len(data)

    def settimeout(self, _):
        pass

    def gettimeout(self):
        return None

    def setsockopt(self, *_):
        pass

    def getpeercert(self, *_, **__):
        return None

    def shutdown(self, *_):
        pass

    def close(self):
        pass

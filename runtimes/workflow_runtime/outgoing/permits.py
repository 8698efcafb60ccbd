"""Permits connections of HTTP libraries in a trial that allows reading calls. The egress broker refuses all others."""
import socket

from . import recorder

# A thread announces an HTTP library's connect() here (egress/broker.py).
_PERMIT = ('127.0.0.53', 55)


class _Permitted(object):
    """While this is the current call, the library's connections are permitted."""

    answer = None


PERMITTED = _Permitted()


def install():
    """Must be called in a trial's process before user code is loaded."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def ask(sock):
        if recorder.current() is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
            return
        if not recorder.permits_connections():
            return
        asking = socket.socket()
        try:
            connect(asking, _PERMIT)
        except OSError:
            pass
        finally:
            asking.close()

    def connect_if_permitted(self, address):
        ask(self)
        return connect(self, address)

    def connect_ex_if_permitted(self, address):
        ask(self)
        return connect_ex(self, address)
    for name, function in (('connect', connect_if_permitted), ('connect_ex', connect_ex_if_permitted)):
        function.__name__ = function.__qualname__ = name
        setattr(socket.socket, name, function)


def permitted(original):
    """Wraps a library's function that opens a connection."""
    def open_connection(*args, **kwargs):
        if recorder.current() is not None or not recorder.is_limited():
            return original(*args, **kwargs)
        with recorder.inside(PERMITTED):
            return original(*args, **kwargs)
    return open_connection

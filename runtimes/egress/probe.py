"""Checks that this kernel has the features that the broker needs."""

import ctypes
import os
import select
import socket

from egress import kernel
from workflow_runtime.confinement import network

_PR_SET_DUMPABLE = 4
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def find_problem():
    """Returns None, or why functions cannot have a network. A child's connect() must receive the broker's socket."""
    ours, theirs = socket.socketpair()
    server = socket.socket()
    server.bind(('127.0.0.1', 0))
    server.listen(1)
    child = os.fork()
    if child == 0:
        ours.close()
        _try_to_connect(theirs, server.getsockname())
    theirs.close()
    ours.settimeout(10)
    try:
        return _serve(ours, server)
    except OSError as error:
        return 'the kernel does not let the broker make connections for sandboxes: %s' % error
    finally:
        ours.close()
        server.close()
        os.waitpid(child, 0)


def _try_to_connect(broker, address):
    """Runs in the child, in new namespaces if possible. Exits with 0 if the connection works."""
    code = 1
    try:
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # after setuid a process is not dumpable, but sandboxes are
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        network.install(broker.detach())
        sock = socket.socket()
        sock.connect(address)
        code = 0 if sock.recv(2) == b'hi' else 1
    finally:
        os._exit(code)


def _serve(ours, server):
    data, ancillary, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
    if not ancillary:
        return 'the kernel does not report connect() to another process (seccomp user notification, Linux 5.9 or newer)'
    listener = int.from_bytes(ancillary[0][2][:4], 'little')
    try:
        ours.send(b'K')
        reported, _, _ = select.select([listener], [], [], 10)
        call = kernel.receive(listener) if reported else None
        if call is None:
            return 'the kernel reported no connect()'
        call.read_address()
        sock = socket.create_connection(server.getsockname())
        kernel.copy_options(call.borrow_socket(), sock)
        call.inject(sock, call.closes_on_exec())
        call.answer(0)
        sock.close()
        peer, _ = server.accept()
        peer.send(b'hi')
        peer.close()
        return None
    finally:
        os.close(listener)

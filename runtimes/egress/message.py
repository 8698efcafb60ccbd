"""Parses DNS messages, selects questions to forward, and writes the broker's own answers."""

import ipaddress
import struct

A, AAAA = 1, 28
_OPT, _IN = 41, 1
_NO_ERROR, _FORMAT_ERROR, _SERVER_FAILURE, _NOT_IMPLEMENTED, _REFUSED = 0, 1, 2, 4, 5
# Their answers are long, and functions do not need them.
_REFUSED_KINDS = {251: 'IXFR', 252: 'AXFR', 253: 'MAILB', 254: 'MAILA', 255: 'ANY'}
_MAX_TTL_SECONDS = 30


class Question(object):
    """One question of a sandbox. `problem`: the response code for a rejected message, or None."""

    def __init__(self, message):
        self.message = message
        self.name, self.kind, self.end, self.problem = '', None, None, _FORMAT_ERROR
        flags, questions, answers, authorities, additional = struct.unpack_from('>HHHHH', message, 2)
        name, end = _read_name(message)
        if name is None or len(message) < end + 4:
            return
        self.name, self.end = name, end + 4
        self.kind, group = struct.unpack_from('>HH', message, end)
        if flags & 0x7800:  # UPDATE and NOTIFY would come from the host's address
            self.problem = _NOT_IMPLEMENTED
        elif flags & 0x8000 or questions != 1 or answers or authorities or not self._has_only_options(additional):
            self.problem = _FORMAT_ERROR
        elif self.kind in _REFUSED_KINDS or group != _IN:
            self.problem = _REFUSED
        else:
            self.problem = None

    def failure(self):
        """Returns an answer without records: SERVFAIL, or the question's problem."""
        code = _SERVER_FAILURE if self.problem is None else self.problem
        opcode = struct.unpack_from('>H', self.message, 2)[0] & 0x7800
        head = struct.pack('>HHHHH', 0x8180 | opcode | code, 0 if self.end is None else 1, 0, 0, 0)
        return self.message[:2] + head + self.message[12:self.end or 12]

    def answer(self, addresses):
        """Returns an answer with the addresses of the requested type."""
        packed = [address.packed for address in addresses if {4: A, 6: AAAA}[address.version] == self.kind]
        records = [struct.pack('>HHHIH', 0xC00C, self.kind, 1, _MAX_TTL_SECONDS, len(data)) + data for data in packed]
        head = self.message[:2] + struct.pack('>HHHHH', 0x8580, 1, len(records), 0, 0)
        return head + self.message[12:self.end] + b''.join(records)

    def _has_only_options(self, additional):
        if additional == 0:
            return len(self.message) == self.end
        # EDNS: an empty name and the type OPT.
        return additional == 1 and self.message[self.end:self.end + 3] == b'\0' + struct.pack('>H', _OPT)


def read_addresses(message):
    """Returns the addresses of all A and AAAA records in the answer section. Ignores a malformed rest."""
    questions, answers = struct.unpack_from('>HH', message, 4)
    found = []
    try:
        at = 12
        for _ in range(questions):
            at = _skip_name(message, at) + 4
        for _ in range(answers):
            at = _skip_name(message, at)
            kind, _, _, size = struct.unpack_from('>HHIH', message, at)
            at += 10
            if kind in (A, AAAA) and len(message) >= at + size:
                found.append(ipaddress.ip_address(message[at:at + size]))
            at += size
    except (IndexError, struct.error, ValueError):
        pass
    return found


def _read_name(message):
    """Returns the question's name in lower case and its end, or (None, None) if it is malformed."""
    labels, at = [], 12
    while at < len(message) and message[at]:
        size = message[at]
        if size > 63 or at + size >= len(message):
            return None, None
        label = message[at + 1:at + 1 + size]
        if b'.' in label:  # joined it reads like two labels of another name
            return None, None
        labels.append(label)
        at += 1 + size
    if at >= len(message):
        return None, None
    return b'.'.join(labels).decode('latin-1').lower(), at + 1


def _skip_name(message, at):
    while True:
        size = message[at]
        if size >= 0xC0:  # compressed name
            return at + 2
        at += 1 + size
        if not size:
            return at

"""Messages on inherited descriptors: two 32-bit big-endian lengths, a JSON header, raw bytes. See protocol.md."""
import json
import os
import struct

JOBS, STDOUT, STDERR, RESULTS, CONTROL, EGRESS = range(6)

# User code may patch `os` or `json`, so they are bound before.
_read = os.read
_write = os.write
_encode = json.JSONEncoder(separators=(',', ':')).encode
# Escaped text is up to three times as long, and a header is limited.
_encode_short = json.JSONEncoder(ensure_ascii=False, separators=(',', ':')).encode
_decode = json.loads
_lengths = struct.Struct('>II')
_CHUNK = 1 << 20


def read_frame(fd):
    """Returns the next message as (header, bytes), or None at the end of the stream."""
    prefix = _read_exactly(fd, _lengths.size)
    if prefix is None:
        return None
    header_length, payload_length = _lengths.unpack(prefix)
    data = _read_exactly(fd, header_length + payload_length)
    if data is None:
        return None
    return _decode(data[:header_length].decode('utf-8')), data[header_length:]


def write_frame(fd, header, payload=b''):
    """Uses one system call if the pipe accepts the message."""
    data = encode(header, payload)
    written = _write(fd, data)
    if written < len(data):
        view = memoryview(data)
        while written < len(data):
            written += _write(fd, view[written:])


def encode(header, payload):
    try:
        encoded = _encode_short(header).encode('utf-8')
    except UnicodeEncodeError:
        # A message or a traceback may contain a lone surrogate.
        encoded = _encode(header).encode('ascii')
    return b''.join((_lengths.pack(len(encoded), len(payload)), encoded, payload))


def _read_exactly(fd, length):
    data = _read(fd, min(length, _CHUNK)) if length else b''
    if len(data) == length:
        return data
    parts = [data]
    missing = length - len(data)
    while missing:
        if not parts[-1]:
            return None
        parts.append(_read(fd, min(missing, _CHUNK)))
        missing -= len(parts[-1])
    return b''.join(parts)

"""Prepares a zygote in its first idle moment, so that its sandboxes copy fewer pages.

The kernel copies each page that a sandbox writes to, mostly for reference counts, and for the interpreter's notes in
bytecode on first execution. See docs/decisions/0011-zygotes.md.
"""
import ctypes
import gc
import linecache
import os
import sys
import types

from . import child, frames
from ..confinement import limits
from ..function import failures, loader

# After this number the interpreter has specialized the code of a load and a run.
_ROUNDS = 30
_LIMITS = dict(min_status=100, **dict.fromkeys((
    'max_status', 'response_body_bytes', 'response_headers', 'response_header_bytes', 'result_length', 'label_length',
    'setting_key_bytes', 'setting_bytes', 'settings_bytes', 'settings', 'changed_settings', 'setting_depth'), 600))
_SOURCES = {
    'catch': 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "x", "headers": {"A": _request["b"]}}\n',
    'pull': 'def workflow(settings):\n    settings["a"] = 1 + settings.get("a", 0)\n'}
_BODY, _SETTINGS = b'{"b":"c"}', b'{"a":1}'
_CALLS = {'trace': None, 'propagate': False, 'record': False, 'answers': 0}
# Of an immortal object, in the measured versions.
_IMMORTAL, _IMMORTAL_VERSIONS = 0xFFFFFFFF, ((3, 12), (3, 13))
_CODE_PARTS = ('co_consts', 'co_names', 'co_name', 'co_qualname', 'co_filename', 'co_linetable', 'co_exceptiontable')


def rehearse():
    """Loads and runs small functions like a template and its child. Returns the headers of their results."""
    try:
        return [_load_and_run(kind) for kind in sorted(_SOURCES) for _ in range(_ROUNDS)]
    finally:
        sys.modules.pop('workflow', None)
        linecache.cache.pop(failures.FILE_NAME, None)


def _load_and_run(kind):
    source = _SOURCES[kind]
    # With `reuse`, no descriptor is closed.
    options = {'kind': kind, 'reuse': True, 'memory': 0, 'limits': _LIMITS}
    template = child.Template(options, '/', None, source, loader.load(source, kind), None)
    header, body = child.serve_one(template, _through_pipe(_job()))
    header['peak'] = limits.peak_memory()
    return _through_pipe((header, body))[0]


def _job():
    request = {'method': 'POST', 'url': '/', 'query': '', 'headers': [['Content-Type', 'application/json']]}
    header = {'workflow_id': 'w', 'settings': len(_SETTINGS), 'calls': _CALLS, 'request': request}
    return header, _BODY + _SETTINGS


def _through_pipe(message):
    reads, writes = os.pipe()
    try:
        frames.write_frame(writes, *message)
        return frames.read_frame(reads)
    finally:
        os.close(reads)
        os.close(writes)


def can_be_immortal():
    """Whether `make_immortal` supports this interpreter."""
    known = sys.implementation.name == 'cpython' and sys.version_info[:2] in _IMMORTAL_VERSIONS
    # Debug builds and builds without the global lock count differently.
    usual = not hasattr(sys, 'gettotalrefcount') and 't' not in sys.abiflags and sys.byteorder == 'little' and sys.maxsize > 1 << 32
    return known and usual and sys.getrefcount(None) == _IMMORTAL


def make_immortal():
    """Makes all existing objects immortal, so that their counts are never written. Returns their number.

    The process must not have run user code, and must end without freeing anything. Later objects are not affected.
    """
    gc.unfreeze()
    level = gc.get_objects()
    found = {}
    while level:
        new = []
        for item in level:
            address = id(item)
            # Frames hold temporary objects only.
            if address not in found and type(item) is not types.FrameType:
                found[address] = None
                new.append(item)
        level = gc.get_referents(*new)
        # The collector does not follow code objects.
        level += [getattr(item, part) for item in new if type(item) is types.CodeType for part in _CODE_PARTS]
    count = ctypes.c_uint32.from_address
    for address in found:
        counted = count(address)
        if counted.value != _IMMORTAL:
            counted.value = _IMMORTAL
    return len(found)

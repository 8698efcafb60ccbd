"""What a zygote does once, in its first quiet moment, so that each of its sandboxes copies fewer pages.

A page that a copy writes to has to be copied by the kernel. Most writes are counts of references, and what the interpreter notes in
bytecode that it executes for the first times. docs/decisions/0011-zygotes.md
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

# From then on the interpreter has specialized what a load and a run execute, and changes it no more.
_ROUNDS = 30
_LIMITS = dict(min_status=100, **dict.fromkeys((
    'max_status', 'response_body_bytes', 'response_headers', 'response_header_bytes', 'result_length', 'label_length',
    'setting_key_bytes', 'setting_bytes', 'settings_bytes', 'settings', 'changed_settings', 'setting_depth'), 600))
_SOURCES = {
    'catch': 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "x", "headers": {"A": _request["b"]}}\n',
    'pull': 'def workflow(settings):\n    settings["a"] = 1 + settings.get("a", 0)\n'}
_BODY, _SETTINGS = b'{"b":"c"}', b'{"a":1}'
_CALLS = {'trace': None, 'propagate': False, 'record': False, 'answers': 0}
# The count of an immortal object in the versions that have them and were measured. In later ones it is another.
_IMMORTAL, _IMMORTAL_VERSIONS = 0xFFFFFFFF, ((3, 12), (3, 13))
_CODE_PARTS = ('co_consts', 'co_names', 'co_name', 'co_qualname', 'co_filename', 'co_linetable', 'co_exceptiontable')


def rehearse():
    """Loads and runs small functions of ours, as a template and its child do, and forgets them. Returns the headers of their results."""
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
    """Whether this interpreter is one whose objects `make_immortal` knows."""
    known = sys.implementation.name == 'cpython' and sys.version_info[:2] in _IMMORTAL_VERSIONS
    # Debug builds and those without the global lock count in other ways.
    usual = not hasattr(sys, 'gettotalrefcount') and 't' not in sys.abiflags and sys.byteorder == 'little' and sys.maxsize > 1 << 32
    return known and usual and sys.getrefcount(None) == _IMMORTAL


def make_immortal():
    """Makes every object that there is immortal: it is never freed, and its count never written. Returns how many.

    For a process that has run no user code, and that ends without freeing anything. What runs use and end is not among them.
    """
    gc.unfreeze()
    level = gc.get_objects()
    found = {}
    while level:
        new = []
        for item in level:
            address = id(item)
            # The frames of this function and its callers hold what is needed for a moment.
            if address not in found and type(item) is not types.FrameType:
                found[address] = None
                new.append(item)
        level = gc.get_referents(*new)
        # The collector does not follow code.
        level += [getattr(item, part) for item in new if type(item) is types.CodeType for part in _CODE_PARTS]
    count = ctypes.c_uint32.from_address
    for address in found:
        counted = count(address)
        if counted.value != _IMMORTAL:
            counted.value = _IMMORTAL
    return len(found)

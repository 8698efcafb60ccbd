"""Builds the `_request` argument of a workflow, one flat dict of body fields and headers."""
import io
import json
import re
from urllib.parse import unquote

from . import multipart

_loads = json.loads
_SEPARATORS = {'cookie': '; '}


class Headers(dict):
    """Headers in the sender's spelling, with case-insensitive lookup."""

    __slots__ = ('_spellings',)

    def __init__(self, pairs):
        dict.__init__(self)
        self._spellings = {}
        for name, value in pairs:
            lower = name.lower()
            spelling = self._spellings.setdefault(lower, name)
            if spelling in self:
                # RFC 9110, section 5.3 allows joining.
                value = dict.__getitem__(self, spelling) + _SEPARATORS.get(lower, ', ') + value
            dict.__setitem__(self, spelling, value)

    def __missing__(self, key):
        spelling = self._spelling_of(key)
        if spelling is None or spelling == key:
            raise KeyError(key)
        return self[spelling]

    def __contains__(self, key):
        return dict.__contains__(self, key) or self._spelling_of(key) is not None

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def _spelling_of(self, key):
        spelling = self._spellings.get(key.lower()) if isinstance(key, str) else None
        return spelling if spelling is not None and dict.__contains__(self, spelling) else None


class Request(dict):
    """Fields of the body, or of the query of a GET, and headers. A field replaces a header of the same spelling.
    `headers` contains only headers.
    """

    __slots__ = ('method', 'url', 'query', 'headers', 'body')

    def __init__(self, meta, body):
        self.method = meta.get('method', 'POST')
        self.url = meta.get('url', '')
        self.body = body
        self.headers = Headers(meta.get('headers') or ())
        query = meta.get('query') or ''
        self.query = parse_pairs(query, 'replace') if query else {}
        dict.__init__(self, self.headers)
        if self.method == 'GET':
            fields = self.query
        else:
            fields = parse_body(self.headers.get('content-type', ''), body)
        if fields:
            self.update(fields)

    def __missing__(self, key):
        if not _may_be_header(key):
            raise KeyError(key)
        return self.headers[key]

    def __contains__(self, key):
        return dict.__contains__(self, key) or _may_be_header(key) and key in self.headers

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default


def _may_be_header(key):
    """Words such as `accept` and `from` are body fields."""
    return isinstance(key, str) and ('-' in key or key != key.lower())


class FilePart(io.BytesIO):
    """An uploaded file, readable like an open file."""

    def __init__(self, filename, content_type, content):
        io.BytesIO.__init__(self, content)
        self.filename = filename
        self.name = filename
        self.content_type = content_type
        self.size = len(content)

    @property
    def content(self):
        return self.getvalue()

    def __repr__(self):
        return '<file {!r}, {}, {} bytes>'.format(self.filename, self.content_type, self.size)


def parse_body(content_type, body):
    """Raises ValueError if the body is malformed."""
    if not body:
        return {}
    main = content_type.partition(';')[0].strip().lower()
    if main == 'application/x-www-form-urlencoded':
        return parse_pairs(body.decode('utf-8').lstrip('?'), 'strict')
    if main == 'multipart/form-data':
        return _parse_multipart(content_type, body)
    value = _loads(body.decode('utf-8'))
    return value if isinstance(value, dict) else {'body': value}


def parse_pairs(text, errors):
    """A repeated field becomes a list."""
    fields = {}
    for pair in re.split('&', text):
        if pair:
            name, _, value = pair.partition('=')
            _add(fields, _unquote(name, errors), _unquote(value, errors))
    return fields


def _unquote(text, errors):
    return unquote(text.replace('+', ' '), 'utf-8', errors)


def _parse_multipart(content_type, body):
    fields = {}
    for part in multipart.split(content_type, body):
        if part.filename is None:
            _add(fields, part.name, part.content.decode('utf-8'))
        else:
            _add(fields, part.name, FilePart(part.filename, part.content_type, part.content))
    return fields


def _add(fields, name, value):
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]

"""A strict parser of multipart/form-data (RFC 7578) for bodies in memory.

The server checks each body before it creates a run (src/http/wire/multipart-check.ts). A body that passes there must not
fail here: both are tested with test/vectors/multipart.json. The patterns of both spell out ASCII ranges, because \\w
and \\s differ between the two languages.
"""
import re
from collections import namedtuple
from urllib.parse import unquote_to_bytes

Part = namedtuple('Part', 'name filename content_type content')

MAX_PARTS = 10000
MAX_PART_HEADER_BYTES = 16 * 1024
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE_PARAMETER = re.compile(r';[ \t]*(?:(' + _NAME + r')=(?:"((?:[^"\\]|\\.)*)"|([^ \t\r\n;"]*)))?[ \t]*', re.DOTALL)
_PARAMETER = re.compile(r';[ \t]*(' + _NAME + r')[ \t]*=[ \t]*(?:"((?:\\"|[^"])*)"|([^ \t\r\n;"]*))')


def split(content_type, body):
    """Returns the parts of a body. Raises ValueError with the reason if the body is malformed."""
    delimiter = b'--' + _find_boundary(content_type).encode('latin-1')
    position = _first_delimiter(body, delimiter)
    parts = []
    while not body.startswith(b'--', position):
        if len(parts) == MAX_PARTS:
            raise ValueError('multipart/form-data of more than {} parts'.format(MAX_PARTS))
        position = _skip_line_end(body, position)
        blank = body.find(b'\r\n\r\n', position, position + MAX_PART_HEADER_BYTES + 4)
        if blank < 0:
            raise ValueError('multipart/form-data with a part whose headers do not end')
        # An empty part's blank line also starts the delimiter.
        end = body.find(b'\r\n' + delimiter, blank + 2)
        if end < 0:
            raise ValueError('multipart/form-data that ends within part {}'.format(len(parts) + 1))
        parts.append(_make_part(body[position:blank].decode('utf-8'), body[blank + 4:end]))
        position = end + 2 + len(delimiter)
    return parts


def _find_boundary(content_type):
    for name, quoted, token in _TYPE_PARAMETER.findall(content_type):
        if name.lower() == 'boundary':
            boundary = re.sub(r'\\(.)', r'\1', quoted, flags=re.DOTALL) or token
            if 1 <= len(boundary) <= 70:
                return boundary
            break
    raise ValueError('multipart/form-data without a boundary of 1 to 70 characters')


def _first_delimiter(body, delimiter):
    if body.startswith(delimiter):
        return len(delimiter)
    start = body.find(b'\r\n' + delimiter)
    if start < 0:
        raise ValueError('multipart/form-data whose boundary never appears')
    return start + 2 + len(delimiter)


def _skip_line_end(body, position):
    while body[position:position + 1] in (b' ', b'\t'):
        position += 1
    if body[position:position + 2] != b'\r\n':
        raise ValueError('multipart/form-data with a boundary that is not followed by a line break')
    return position + 2


def _make_part(header, content):
    headers = _parse_headers(header)
    disposition = headers.get('content-disposition', '')
    parameters = _parse_parameters(disposition)
    if disposition.partition(';')[0].strip().lower() != 'form-data' or 'name' not in parameters:
        raise ValueError('multipart/form-data with a part that has no name')
    filename = parameters.get('filename')
    if 'filename*' in parameters:
        filename = _parse_extended(parameters['filename*'])
    content_type = headers.get('content-type', 'text/plain' if filename is None else 'application/octet-stream')
    return Part(parameters['name'], filename, content_type, content)


def _parse_headers(text):
    headers = {}
    for line in re.sub(r'\r\n[ \t]+', ' ', text).split('\r\n'):
        if line:
            name, colon, value = line.partition(':')
            if not colon:
                raise ValueError('multipart/form-data with a part header without a colon')
            headers[name.strip().lower()] = value.strip()
    return headers


def _parse_parameters(text):
    parameters = {}
    for name, quoted, token in _PARAMETER.findall(text):
        # Browsers escape quotes as %22 and never double a backslash. A name such as `C:\cv.pdf` must not change.
        parameters.setdefault(name.lower(), quoted.replace('\\"', '"') or token)
    return parameters


def _parse_extended(value):
    charset, _, rest = value.partition("'")
    _, _, text = rest.partition("'")
    try:
        return unquote_to_bytes(text).decode(charset or 'utf-8')
    except LookupError:
        raise ValueError('multipart/form-data with a file name in the unknown charset {!r}'.format(charset[:100])) from None

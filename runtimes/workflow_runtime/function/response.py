"""What a workflow returned, judged where its types are known."""
import re

LEAST_STATUS, MOST_STATUS = 200, 599
BODY_BYTES = 6 * 1024 * 1024
HEADERS = 64
HEADER_BYTES = 16 * 1024
RESULT_LENGTH = 10000
LABEL_LENGTH = 200
FAILED_STATUSES = ('fatal', 'success_with_failures')

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_BAD_CHARACTER = re.compile('[^\t\x20-\x7e\xa0-\xff]')
_SURROGATE = re.compile('[\ud800-\udfff]')
_KNOWN = ('status_code', 'body', 'headers')


class InvalidResponse(Exception):
    """The returned dict breaks a rule; the text names the key, what was expected and what was found."""


def check_response(returned):
    """(status, [[name, value]…], body bytes, warnings) of a returned dict. Raises InvalidResponse."""
    # `dict.items` reads what is stored: a subclass may lie or raise in its own methods.
    fields = {str.__str__(key): value for key, value in dict.items(returned) if isinstance(key, str)}
    warnings = []
    status = _check_status(fields)
    body = _check_body(fields)
    headers = _check_headers(fields['headers'], warnings) if 'headers' in fields else []
    extra = sorted(key for key in fields if key not in _KNOWN)
    if extra or len(fields) < len(returned):
        shown = ', '.join(repr(key)[:100] for key in extra[:10]) or 'that are no str'
        warnings.append({'code': 'ignored_keys', 'message': 'Keys of the returned dict that mean nothing: ' + shown})
    return status, headers, body, warnings


def check_result(returned):
    """(text, warnings) of a return value that is no response."""
    warnings = []
    failure = _reported_failure(returned)
    if failure is not None:
        warnings.append({
            'code': 'reported_failure',
            'message': 'The function returned a result whose status is {!r}: {}'.format(*failure)})
    return (None if returned is None else repr_of(returned, RESULT_LENGTH)), warnings


def repr_of(value, length):
    """`repr`, bounded, whatever the object does."""
    try:
        text = repr(value)
        return text if len(text) <= length else text[:length - 1] + '…'
    except BaseException as error:
        return '<{} whose repr raised {}>'.format(type(value).__name__, type(error).__name__)


def _check_status(fields):
    expected = 'expected an int from {} to {}'.format(LEAST_STATUS, MOST_STATUS)
    if 'status_code' not in fields:
        raise InvalidResponse('The returned dict has no `status_code`: {}. Found the keys: {}'.format(
            expected, _keys(fields)))
    status = fields['status_code']
    if isinstance(status, bool) or not isinstance(status, int):
        raise InvalidResponse('`status_code`: {}, found {}'.format(expected, _found(status)))
    status = int.__pos__(status)
    if not LEAST_STATUS <= status <= MOST_STATUS:
        raise InvalidResponse('`status_code`: {}, found {}'.format(expected, repr_of(status, 40)))
    return status


def _check_body(fields):
    if 'body' not in fields:
        raise InvalidResponse('The returned dict has no `body`: expected a str. Found the keys: {}'.format(_keys(fields)))
    body = fields['body']
    if not isinstance(body, str):
        hint = {bytes: '; use body.decode()', dict: '; use json.dumps(body)', list: '; use json.dumps(body)'}
        raise InvalidResponse('`body`: expected a str, found {}{}'.format(
            _found(body), hint.get(type(body), '; use str(body) or json.dumps(body)')))
    try:
        encoded = str.__str__(body).encode('utf-8')
    except UnicodeEncodeError as error:
        raise InvalidResponse('`body`: expected text that can be sent as UTF-8, found half of a surrogate pair '
                              '(U+{:04X}) at position {}'.format(ord(body[error.start]), error.start)) from None
    if len(encoded) > BODY_BYTES:
        raise InvalidResponse('`body`: expected at most {} bytes of UTF-8, found {}'.format(BODY_BYTES, len(encoded)))
    return encoded


def _check_headers(headers, warnings):
    if not isinstance(headers, dict):
        raise InvalidResponse('`headers`: expected a dict of str to str, found {}'.format(_found(headers)))
    by_name = {}
    for name, value in dict.items(headers):
        name = _check_name(name)
        values = [_check_value(name, item) for item in (value if isinstance(value, list) else [value])]
        if name.lower() in by_name:
            warnings.append({'code': 'duplicate_header', 'message': 'The header {} is there twice in different '
                             'spellings; the last one is sent'.format(name)})
        by_name[name.lower()] = [[name, item] for item in values]
    pairs = [pair for items in by_name.values() for pair in items]
    if max(len(by_name), len(pairs)) > HEADERS:
        raise InvalidResponse('`headers`: expected at most {}, found {}'.format(HEADERS, max(len(by_name), len(pairs))))
    size = sum(len(name) + len(value) + 4 for name, value in pairs)
    if size > HEADER_BYTES:
        raise InvalidResponse('`headers`: expected at most {} bytes in all, found {}'.format(HEADER_BYTES, size))
    return pairs


def _check_name(name):
    if not isinstance(name, str):
        raise InvalidResponse('`headers`: expected names that are str, found {}'.format(_found(name)))
    name = str.__str__(name)
    if not _TOKEN.match(name):
        raise InvalidResponse('`headers`: expected a name of letters, digits and dashes, found {}'.format(
            repr_of(name, 60)))
    return name


def _check_value(name, value):
    if not isinstance(value, str):
        raise InvalidResponse('`headers`: expected a str (or a list of str) for {}, found {}'.format(name, _found(value)))
    value = str.__str__(value)
    bad = _BAD_CHARACTER.search(value)
    if bad is not None:
        raise InvalidResponse('`headers`: the value of {} holds U+{:04X} at position {}; expected printable characters '
                              'up to U+00FF, without line breaks'.format(name, ord(bad.group()), bad.start()))
    return value


def _reported_failure(returned):
    """(status, reason) of a result object as HrFlow's connectors return it, when it says that it failed."""
    try:
        status = getattr(returned, 'status', None)
        status = getattr(status, 'value', status)
        if not isinstance(status, str) or status not in FAILED_STATUSES:
            return None
        reason = getattr(returned, 'reason', None)
        reason = getattr(reason, 'value', reason)
        return str.__str__(status), _SURROGATE.sub('?', reason)[:500] if isinstance(reason, str) else 'no reason given'
    except BaseException:
        return None


def _keys(fields):
    return ', '.join(repr(key)[:100] for key in list(fields)[:10]) or 'none'


def _found(value):
    kind = type(value).__name__
    return kind if value is None else 'the {} {}'.format(kind, repr_of(value, 60))

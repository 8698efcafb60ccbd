"""Validates a workflow's return value in the process that knows its types. The server validates the encoded result
again.
"""
import re

FAILED_STATUSES = ('fatal', 'success_with_failures')

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_BAD_CHARACTER = re.compile('[^\t\x20-\x7e\xa0-\xff]')
_SURROGATE = re.compile('[\ud800-\udfff]')
_KNOWN = ('status_code', 'body', 'headers')


class InvalidResponse(Exception):
    """The message names the key, the expected value and the actual value."""


def check_response(returned, limits):
    """Returns (status, [[name, value]…], body bytes, warnings) of a returned dict. Raises InvalidResponse.

    `limits` come from the `load` message (protocol.md).
    """
    # Bypasses the methods of a subclass, which could lie or raise.
    fields = {str.__str__(key): value for key, value in dict.items(returned) if isinstance(key, str)}
    warnings = []
    status = _check_status(fields, limits)
    body = _check_body(fields, limits['response_body_bytes'])
    headers = _check_headers(fields['headers'], warnings, limits) if 'headers' in fields else []
    extra = sorted(key for key in fields if key not in _KNOWN)
    if extra or len(fields) < len(returned):
        shown = ', '.join(repr(key)[:100] for key in extra[:10]) or 'that are not str'
        warnings.append({'code': 'ignored_keys', 'message': 'Keys of the returned dict that were ignored: ' + shown})
    return status, headers, body, warnings


def check_result(returned, limits):
    """Returns (text, warnings) of a return value that is no response."""
    warnings = []
    failure = _reported_failure(returned)
    if failure is not None:
        warnings.append({
            'code': 'reported_failure',
            'message': 'The function returned a result whose status is {!r}: {}'.format(*failure)})
    return (None if returned is None else safe_repr(returned, limits['result_length'])), warnings


def safe_repr(value, length):
    """Returns `repr(value)` with at most `length` characters. Never raises."""
    try:
        text = repr(value)
        return text if len(text) <= length else text[:length - 1] + '…'
    except BaseException as error:
        return '<{} whose repr raised {}>'.format(type(value).__name__, type(error).__name__)


def _check_status(fields, limits):
    minimum, maximum = limits['min_status'], limits['max_status']
    expected = 'expected an int from {} to {}'.format(minimum, maximum)
    if 'status_code' not in fields:
        raise InvalidResponse('The returned dict has no `status_code`: {}. Found the keys: {}'.format(
            expected, _keys(fields)))
    status = fields['status_code']
    if isinstance(status, bool) or not isinstance(status, int):
        raise InvalidResponse('`status_code`: {}, found {}'.format(expected, _describe(status)))
    status = int.__pos__(status)
    if not minimum <= status <= maximum:
        raise InvalidResponse('`status_code`: {}, found {}'.format(expected, safe_repr(status, 40)))
    return status


def _check_body(fields, max_bytes):
    if 'body' not in fields:
        raise InvalidResponse('The returned dict has no `body`: expected a str. Found the keys: {}'.format(_keys(fields)))
    body = fields['body']
    if not isinstance(body, str):
        hint = {bytes: '; use body.decode()', dict: '; use json.dumps(body)', list: '; use json.dumps(body)'}
        raise InvalidResponse('`body`: expected a str, found {}{}'.format(
            _describe(body), hint.get(type(body), '; use str(body) or json.dumps(body)')))
    try:
        encoded = str.__str__(body).encode('utf-8')
    except UnicodeEncodeError as error:
        raise InvalidResponse('`body`: expected text that can be sent as UTF-8, found half of a surrogate pair '
                              '(U+{:04X}) at position {}'.format(ord(body[error.start]), error.start)) from None
    if len(encoded) > max_bytes:
        raise InvalidResponse('`body`: expected at most {} bytes of UTF-8, found {}'.format(max_bytes, len(encoded)))
    return encoded


def _check_headers(headers, warnings, limits):
    if not isinstance(headers, dict):
        raise InvalidResponse('`headers`: expected a dict of str to str, found {}'.format(_describe(headers)))
    by_name = {}
    for name, value in dict.items(headers):
        name = _check_name(name)
        values = [_check_value(name, item) for item in (value if isinstance(value, list) else [value])]
        if name.lower() in by_name:
            warnings.append({'code': 'duplicate_header', 'message': 'The header {} is set twice in different '
                             'spellings; the last one is sent'.format(name)})
        by_name[name.lower()] = [[name, item] for item in values]
    pairs = [pair for items in by_name.values() for pair in items]
    max_headers, max_bytes = limits['response_headers'], limits['response_header_bytes']
    if max(len(by_name), len(pairs)) > max_headers:
        raise InvalidResponse('`headers`: expected at most {}, found {}'.format(max_headers, max(len(by_name), len(pairs))))
    size = sum(len(name) + len(value) + 4 for name, value in pairs)
    if size > max_bytes:
        raise InvalidResponse('`headers`: expected at most {} bytes in total, found {}'.format(max_bytes, size))
    return pairs


def _check_name(name):
    if not isinstance(name, str):
        raise InvalidResponse('`headers`: expected names that are str, found {}'.format(_describe(name)))
    name = str.__str__(name)
    if not _TOKEN.match(name):
        raise InvalidResponse('`headers`: expected a name of letters, digits and dashes, found {}'.format(
            safe_repr(name, 60)))
    return name


def _check_value(name, value):
    if not isinstance(value, str):
        raise InvalidResponse('`headers`: expected a str (or a list of str) for {}, found {}'.format(name, _describe(value)))
    value = str.__str__(value)
    bad = _BAD_CHARACTER.search(value)
    if bad is not None:
        raise InvalidResponse('`headers`: the value of {} holds U+{:04X} at position {}; expected printable characters '
                              'up to U+00FF, without line breaks'.format(name, ord(bad.group()), bad.start()))
    return value


def _reported_failure(returned):
    """Returns (status, reason) of a result object of HrFlow's connectors that reports a failure, else None."""
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


def _describe(value):
    kind = type(value).__name__
    return kind if value is None else 'the {} {}'.format(kind, safe_repr(value, 60))

import copy
import json


class Encoder(json.JSONEncoder):
    def default(self, value):
        if isinstance(value, bytes):
            return {'bytes': value.decode('latin-1')}
        return {
            'filename': value.filename, 'content_type': value.content_type, 'size': value.size,
            'content': value.content.decode('latin-1'), 'read': value.read().decode('latin-1')}


def found(_request, key):
    try:
        return [key in _request, _request[key], _request.get(key)]
    except KeyError:
        return [key in _request, 'KeyError', _request.get(key, 'default')]


def workflow(_request, settings):
    asked = json.loads(settings.get('ask', '[]'))
    answer = {
        'is_dict': isinstance(_request, dict),
        'fields': dict(_request),
        'order': list(_request),
        'types': {key: repr(value)[:80] for key, value in _request.items()},
        'copy': dict(copy.copy(_request)) == dict(_request),
        'headers': dict(_request.headers),
        'body': len(_request.body),
        'is_bytes': isinstance(_request.body, bytes),
        'query': _request.query,
        'method': _request.method,
        'url': _request.url,
        'asked': {key: found(_request, key) for key in asked},
        'in_headers': {key: found(_request.headers, key) for key in asked},
    }
    return {'status_code': 200, 'body': json.dumps(answer, cls=Encoder)}

"""The recorded exchanges that a job of a trial brings: JSON at the end of its bytes."""
import json


def split(options, payload):
    """Returns the bytes before them, and the exchanges, their bodies as bytes."""
    size = options['answers']
    if not size:
        return payload, []
    exchanges = json.loads(payload[-size:].decode('utf-8'))
    for exchange in exchanges:
        exchange['body'] = exchange['body'].encode(exchange['encoding'])
    return payload[:-size], exchanges

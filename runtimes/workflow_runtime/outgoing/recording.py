"""Reads the recorded exchanges of a trial's job, JSON at the end of its payload."""
import json


def split(options, payload):
    """Returns the preceding bytes and the exchanges, with bodies as bytes."""
    size = options['answers']
    if not size:
        return payload, []
    exchanges = json.loads(payload[-size:].decode('utf-8'))
    for exchange in exchanges:
        exchange['body'] = exchange['body'].encode(exchange['encoding'])
    return payload[:-size], exchanges

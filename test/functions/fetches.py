"""Fetches from an allowed server, and tries two that are not."""
import socket
from urllib.request import urlopen

try:
    import requests
except ImportError:  # a bare interpreter
    requests = None


def workflow(_request, settings):
    url = 'http://localhost:%d/fetched' % _request['port']
    text = requests.get(url, timeout=20).text if requests else urlopen(url, timeout=20).read().decode()
    answers = [text, attempt('169.254.169.254', 80), attempt('127.0.0.1', 9)]
    return {'status_code': 200, 'body': ', '.join(answers)}


def attempt(host, port):
    try:
        socket.create_connection((host, port), 5)
    except OSError as error:
        return type(error).__name__
    return 'connected'

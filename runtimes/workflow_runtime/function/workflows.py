"""The module `workflows`, as functions import it."""
from .decisions import decide
from .durable import ConnectionUnavailable, NoRetry, RunFailed, StepError, TimedOut, access_token, sleep, step
from .tasks import ask
from .waits import run, url_of, wait_for

__all__ = ['step', 'sleep', 'wait_for', 'url_of', 'ask', 'run', 'decide', 'access_token', 'StepError', 'RunFailed',
           'TimedOut', 'NoRetry', 'ConnectionUnavailable']

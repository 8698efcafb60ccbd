"""The module `workflows`, as functions import it."""
from .durable import NoRetry, StepError, TimedOut, sleep, step
from .waits import url_of, wait_for

__all__ = ['step', 'sleep', 'wait_for', 'url_of', 'StepError', 'TimedOut', 'NoRetry']

import logging

log = logging.getLogger("connector")


class RunResult:
    def __init__(self, status, reason, events):
        self.status, self.reason, self.events = status, reason, events

    def __repr__(self):
        return "RunResult(status={!r}, reason={!r}, events={!r})".format(self.status, self.reason, self.events)


def workflow(_request, settings):
    log.info("[action_id=push_profile] Reading profile %s", _request["profile"]["key"])
    if _request["profile"].get("email") is None:
        log.error("[action_id=push_profile] The CRM needs an e-mail")
        return RunResult("fatal", "write_failure", {"read": 1, "write": 0})
    return RunResult("success", None, {"read": 1, "write": 1})

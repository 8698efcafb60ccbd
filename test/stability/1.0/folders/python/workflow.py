import hashlib
import json

from lib.words import GREETING


def workflow(_request, settings):
    settings["COUNT"] = settings["COUNT"] + 1
    settings["SEEN"] = settings.get("SEEN", []) + [_request["id"]]
    print("called", _request["id"])
    answer = {
        "greeting": GREETING + settings["NAME"],
        "id": _request["id"],
        "header": _request["X-Sender"],
        "headers": _request.headers["x-sender"],
        "query": _request.query["q"],
        "method": _request.method,
        "body": hashlib.sha256(_request.body).hexdigest(),
        "workflow": settings["__workflow_id"].split("_")[0],
        "count": settings["COUNT"],
        "cursor": settings["CURSOR"],
    }
    return {"status_code": 201, "headers": {"X-Kind": "fixture", "Content-Type": "application/json"}, "body": json.dumps(answer)}

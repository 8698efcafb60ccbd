import json
import time


def workflow(_request, settings):
    if _request.get("consent") != "yes":
        return dict(status_code=422, body="The candidate did not consent.")
    print("Application of", _request["email"], "for", _request["job"])
    time.sleep(0.01)
    return dict(status_code=200, headers={"Content-Type": "application/json"}, body=json.dumps({"status": "received"}))

"""Posts one Slack message about the candidates of Lever that are new since the last run.

The connections lever and slack hold the sign-ins. Tokens of Slack need the scope chat:write.
"""
import time

import requests

MAX_NAMES = 10


def workflow(settings):
    # Milliseconds since 1970.
    cursor = int(settings.get("CREATED_AFTER") or 0)
    found = list(new_candidates(cursor, settings))
    if not found:
        return "none"

    names = ["{} ({})".format(one["name"], one["headline"]) for one in found[-MAX_NAMES:]]
    if len(found) > MAX_NAMES:
        names.append("and {} more".format(len(found) - MAX_NAMES))
    text = "{} new candidates in Lever:\n{}".format(len(found), "\n".join(names))
    announce(text, settings)

    settings["CREATED_AFTER"] = max(one["createdAt"] for one in found) + 1
    return "{} announced".format(len(found))


def new_candidates(cursor, settings):
    page = {"next": None, "hasNext": True}
    while page["hasNext"]:
        page = fetch({"created_at_start": cursor, "limit": 100, "offset": page["next"]}, settings)
        for candidate in page["data"]:
            yield candidate


def fetch(query, settings):
    while True:
        response = requests.get(
            settings["LEVER_API_URL"] + "/v1/opportunities",
            params=query,
            headers={"Authorization": "Bearer " + settings["lever"]["access_token"]},
            timeout=30,
        )
        # Lever allows 10 requests in a second.
        if response.status_code != 429:
            response.raise_for_status()
            return response.json()
        time.sleep(1)


def announce(text, settings):
    response = requests.post(
        settings["SLACK_API_URL"] + "chat.postMessage",
        headers={"Authorization": "Bearer " + settings["slack"]["access_token"]},
        json={"channel": settings["SLACK_CHANNEL"], "text": text},
        timeout=20,
    )
    response.raise_for_status()
    # Slack answers most failures with the status 200.
    if not response.json()["ok"]:
        raise RuntimeError("Slack answered " + response.json()["error"])

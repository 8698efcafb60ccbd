"""Posts one Slack message about the candidates of Lever that are new since the last run."""
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
    requests.post(settings["SLACK_WEBHOOK_URL"], json={"text": text}, timeout=20).raise_for_status()

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
            auth=(settings["LEVER_API_KEY"], ""),
            timeout=30,
        )
        # Lever allows 10 requests in a second.
        if response.status_code != 429:
            response.raise_for_status()
            return response.json()
        time.sleep(1)

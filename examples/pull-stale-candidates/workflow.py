"""Posts one Slack message about the candidates of Lever without activity for DAYS, without their names.

Each run posts the whole number, so that the message comes again until the candidates are deleted or anonymized.
"""
import time

import requests

MAX_LINKS = 20


def workflow(settings):
    limit = (time.time() - int(settings["DAYS"]) * 86400) * 1000
    stale = [one for one in candidates(settings) if one["lastInteractionAt"] < limit and not one.get("isAnonymized")]
    if not stale:
        return "none"

    # The oldest first.
    stale.sort(key=lambda one: one["lastInteractionAt"])
    links = [one["urls"]["show"] for one in stale[:MAX_LINKS]]
    if len(stale) > MAX_LINKS:
        links.append("and {} more".format(len(stale) - MAX_LINKS))
    text = "Candidates in Lever without activity for {} days: {}\n{}".format(
        settings["DAYS"], len(stale), "\n".join(links)
    )
    requests.post(settings["SLACK_WEBHOOK_URL"], json={"text": text}, timeout=20).raise_for_status()
    return "{} stale".format(len(stale))


def candidates(settings):
    page = {"next": None, "hasNext": True}
    while page["hasNext"]:
        page = fetch({"limit": 100, "offset": page["next"]}, settings)
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

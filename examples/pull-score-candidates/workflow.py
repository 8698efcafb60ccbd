"""Scores the new candidates of Teamtailor by keywords, and posts the best ones to Slack. Rejects no candidate."""
import time

import requests

BEST = 5


def workflow(settings):
    cursor = settings.get("CREATED_AFTER") or "2000-01-01T00:00:00.000Z"
    found = list(new_candidates(cursor, settings))
    if not found:
        return "none"

    keywords = [word.strip().lower() for word in settings["KEYWORDS"].split(",") if word.strip()]
    scored = [(score(one["attributes"], keywords), one) for one in found]
    best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[:BEST]
    if best:
        lines = [line(points, len(keywords), one["attributes"]) for points, one in best]
        text = "The best of {} new candidates in Teamtailor:\n{}".format(len(found), "\n".join(lines))
        requests.post(settings["SLACK_WEBHOOK_URL"], json={"text": text}, timeout=20).raise_for_status()

    settings["CREATED_AFTER"] = max(one["attributes"]["created-at"] for one in found)
    return "{} of {} announced".format(len(best), len(found))


def score(candidate, keywords):
    # The score depends on skills alone. Names, photos and addresses do not count.
    text = " ".join(candidate["tags"] + [candidate["pitch"] or ""]).lower()
    return sum(1 for word in keywords if word in text)


def line(points, most, candidate):
    return "{}/{}: {} {}".format(points, most, candidate["first-name"], candidate["last-name"])


def new_candidates(cursor, settings):
    url = settings["TEAMTAILOR_API_URL"] + "/v1/candidates"
    query = {"filter[created-at][from]": cursor, "page[size]": 30}
    while url:
        page = fetch(url, query, settings)
        for candidate in page["data"]:
            # The filter includes the time of the cursor itself.
            if candidate["attributes"]["created-at"] > cursor:
                yield candidate
        # The link contains the query.
        url, query = page["links"].get("next"), {}


def fetch(url, query, settings):
    headers = {"Authorization": "Token token=" + settings["TEAMTAILOR_API_KEY"], "X-Api-Version": "20240904"}
    while True:
        response = requests.get(url, params=query, headers=headers, timeout=30)
        # Teamtailor allows 50 requests in 10 seconds.
        if response.status_code != 429:
            response.raise_for_status()
            return response.json()
        time.sleep(1)

"""Copies the candidates of SmartRecruiters that changed since the last run to Teamtailor."""
import time

import requests


def workflow(settings):
    cursor = settings.get("UPDATED_AFTER") or "2000-01-01T00:00:00.000Z"
    newest, copied = cursor, 0
    for candidate in changed_candidates(cursor, settings):
        # Teamtailor finds the same person by the e-mail address.
        if candidate.get("email"):
            save(candidate, settings)
            copied += 1
        newest = max(newest, candidate["updatedOn"])

    # Kept only when the run succeeds, so a failed run starts again where the last good one ended.
    settings["UPDATED_AFTER"] = newest
    return "{} copied".format(copied)


def changed_candidates(cursor, settings):
    page = None
    headers = {"X-SmartToken": settings["SMARTRECRUITERS_TOKEN"]}
    while page != "":
        query = {"updatedAfter": cursor, "limit": 100, "pageId": page}
        data = call("GET", settings["SMARTRECRUITERS_API_URL"] + "/candidates", headers=headers, params=query)
        for candidate in data["content"]:
            yield candidate
        page = data.get("nextPageId") or ""


def save(candidate, settings):
    attributes = {
        "first-name": candidate["firstName"],
        "last-name": candidate["lastName"],
        "email": candidate["email"],
        "phone": candidate.get("phoneNumber"),
        "merge": True,
    }
    headers = {
        "Authorization": "Token token=" + settings["TEAMTAILOR_API_KEY"],
        "X-Api-Version": "20240904",
        "Content-Type": "application/vnd.api+json",
    }
    body = {"data": {"type": "candidates", "attributes": attributes}}
    call("POST", settings["TEAMTAILOR_API_URL"] + "/v1/candidates", headers=headers, json=body)


def call(method, url, **fields):
    while True:
        response = requests.request(method, url, timeout=30, **fields)
        # Both services answer 429 to more requests than they allow.
        if response.status_code != 429:
            response.raise_for_status()
            return response.json()
        time.sleep(1)

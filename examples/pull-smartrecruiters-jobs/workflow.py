"""Copies the jobs of SmartRecruiters that changed since the last run into a Board."""
import time

import requests
from hrflow import Hrflow


def workflow(settings):
    cursor = settings.get("UPDATED_AFTER") or "2000-01-01T00:00:00.000Z"
    newest, saved, archived = cursor, 0, 0
    for job in changed_jobs(cursor, settings):
        if job["postingStatus"] == "PUBLIC":
            save(to_hrflow(fetch("/jobs/" + job["id"], {}, settings)), settings)
            saved += 1
        else:
            # A job that the Board does not have is no failure.
            archive = hrflow(settings).job.storing.archive
            check(archive(settings["BOARD_KEY"], reference=job["id"]), 404)
            archived += 1
        newest = max(newest, job["updatedOn"])

    # Kept only when the run succeeds, so a failed run starts again where the last good one ended.
    settings["UPDATED_AFTER"] = newest
    return "{} saved, {} archived".format(saved, archived)


def changed_jobs(cursor, settings):
    page = None
    while page != "":
        query = {"updatedAfter": cursor, "limit": 100, "pageId": page}
        data = fetch("/jobs", query, settings)
        for job in data["content"]:
            yield job
        page = data.get("nextPageId") or ""


def fetch(path, query, settings):
    while True:
        response = requests.get(
            settings["SMARTRECRUITERS_API_URL"] + path,
            params=query,
            headers={"X-SmartToken": settings["SMARTRECRUITERS_TOKEN"]},
            timeout=30,
        )
        # SmartRecruiters allows 10 requests in a second.
        if response.status_code != 429:
            response.raise_for_status()
            return response.json()
        time.sleep(1)


def to_hrflow(job):
    location, sections = job["location"], job["jobAd"]["sections"]
    return {
        "reference": job["id"],
        "name": job["title"],
        "location": {"text": "{}, {}".format(location["city"], location["country"])},
        "sections": [
            {"name": name, "title": section["title"], "description": section["text"]}
            for name, section in sections.items()
            if section.get("text")
        ],
    }


def save(job, settings):
    client, board_key = hrflow(settings), settings["BOARD_KEY"]
    found = client.job.storing.get(board_key=board_key, reference=job["reference"])
    if found["code"] == 200:
        check(client.job.storing.edit(board_key=board_key, job_json=job))
    else:
        check(client.job.storing.add_json(board_key=board_key, job_json=job))


def hrflow(settings):
    return Hrflow(
        api_secret=settings["API_KEY"],
        api_user=settings["USER_EMAIL"],
        api_url=settings.get("HRFLOW_API_URL") or "https://api.hrflow.ai/v1/",
    )


def check(result, *accepted):
    if result["code"] >= 400 and result["code"] not in accepted:
        raise Exception("HrFlow answered {}: {}".format(result["code"], result["message"]))
    return result

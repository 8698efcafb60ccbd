"""Parses the resumes of new Workable candidates into a Source, a few in each run."""
import time

import requests
from hrflow import Hrflow

# Workable allows 10 requests in 10 seconds: one for the list, and one for each candidate.
BATCH = 5


def workflow(settings):
    last = settings.get("LAST") or {"id": "", "created_at": "2000-01-01T00:00:00Z"}
    # The list begins at the time of the last candidate, and contains that one.
    query = {"created_after": last["created_at"], "limit": BATCH + 1}
    listed = fetch("/candidates", query, settings)["candidates"]
    fresh = [one for one in listed if one["id"] != last["id"]][:BATCH]

    parsed = 0
    for one in fresh:
        candidate = fetch("/candidates/" + one["id"], {}, settings)["candidate"]
        if not candidate.get("job"):
            print("Skipped candidate", candidate["id"], "without a job")
        elif candidate["resume_url"]:
            tags = [{"name": "job", "value": candidate["job"]["title"]}]
            parse(candidate["resume_url"], "workable-" + candidate["id"], tags, settings)
            parsed += 1
        last = {"id": candidate["id"], "created_at": candidate["created_at"]}

    settings["LAST"] = last
    return "{} parsed".format(parsed)


def fetch(path, query, settings):
    while True:
        response = requests.get(
            settings["WORKABLE_API_URL"] + "/spi/v3" + path,
            params=query,
            headers={"Authorization": "Bearer " + settings["WORKABLE_TOKEN"]},
            timeout=30,
        )
        # Another program with the same token may have used the limit.
        if response.status_code != 429:
            response.raise_for_status()
            return response.json()
        time.sleep(1)


def parse(url, reference, tags, settings):
    download = requests.get(url, timeout=20)
    download.raise_for_status()
    result = hrflow(settings).profile.parsing.add_file(
        source_key=settings["SOURCE_KEY"],
        profile_file=download.content,
        profile_content_type="application/pdf",
        reference=reference,
        tags=tags,
    )
    return check(result)["data"]


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

"""Copies jobs that changed since the last run from your ATS into a HrFlow Board, page by page.

The endpoint is asked with ?updated_after=…&page=… and answers
{"jobs": [{"id", "title", "location", "description", "url", "updated_at", "closed"}], "has_more": true}.
"""
import requests
from hrflow import Hrflow


def workflow(settings):
    client = Hrflow(
        api_secret=settings["API_KEY"],
        api_user=settings["USER_EMAIL"],
        api_url=settings.get("HRFLOW_API_URL") or "https://api.hrflow.ai/v1/",
    )
    cursor = settings.get("UPDATED_AFTER", "")
    newest = cursor
    saved = archived = 0

    for job in changed_jobs(settings, cursor):
        if job.get("closed"):
            check(client.job.storing.archive(settings["BOARD_KEY"], reference=str(job["id"])), 404)
            archived += 1
        else:
            save(client, settings["BOARD_KEY"], job)
            saved += 1
        newest = max(newest, job["updated_at"])

    # Kept only when the run succeeds, so a failed run starts again where the last good one ended.
    settings["UPDATED_AFTER"] = newest
    return "{} saved, {} archived".format(saved, archived)


def changed_jobs(settings, updated_after):
    page = 1
    while True:
        response = requests.get(
            settings["ATS_JOBS_URL"],
            params={"updated_after": updated_after, "page": page},
            headers={"Authorization": "Bearer " + settings["ATS_TOKEN"]},
            timeout=30,
        )
        response.raise_for_status()
        data = response.json()
        print("Page", page, "has", len(data["jobs"]), "jobs")
        for job in data["jobs"]:
            yield job
        if not data.get("has_more"):
            return
        page += 1


def save(client, board_key, job):
    content = {
        "reference": str(job["id"]),
        "name": job["title"],
        "url": job.get("url"),
        "location": {"text": job.get("location") or ""},
        "sections": [
            {"name": "description", "title": "Description", "description": job.get("description")}
        ],
    }
    found = client.job.storing.get(board_key=board_key, reference=content["reference"])
    if found["code"] == 200:
        check(client.job.storing.edit(board_key=board_key, job_json=content))
    else:
        check(client.job.storing.add_json(board_key=board_key, job_json=content))


def check(result, *accepted):
    if result["code"] >= 400 and result["code"] not in accepted:
        raise Exception("HrFlow answered {}: {}".format(result["code"], result["message"]))

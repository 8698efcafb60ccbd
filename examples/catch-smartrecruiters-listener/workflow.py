"""Listens to SmartRecruiters job events and keeps a HrFlow Board up to date.

The caller check "SmartRecruiters" activates the subscription, and verifies the signature before this function runs.
SmartRecruiters expects 202 within 5 seconds for every event.
"""
import json

import requests
from hrflow import Hrflow

SMARTRECRUITERS_API = "https://api.smartrecruiters.com"


def workflow(_request, settings):
    event = _request.headers.get("event-name", "")
    if not event.startswith("job."):
        print("Ignored event", event)
        return {"status_code": 202, "body": ""}

    job = fetch_job(_request["id"], settings)
    save_job(to_hrflow(job), settings)
    print("Saved job", job["id"], "for", event)
    return {"status_code": 202, "body": ""}


def fetch_job(job_id, settings):
    base = settings.get("SMARTRECRUITERS_API_URL") or SMARTRECRUITERS_API
    response = requests.get(
        "{}/jobs/{}".format(base, job_id),
        headers={"X-SmartToken": settings["SMARTRECRUITERS_TOKEN"]},
        timeout=3,
    )
    response.raise_for_status()
    return response.json()


def to_hrflow(job):
    sections = (job.get("jobAd") or {}).get("sections") or {}
    location = job.get("location") or {}
    return {
        "reference": job["id"],
        "name": job.get("title") or "Untitled",
        "location": {
            "text": ", ".join(
                part for part in (location.get("city"), location.get("country")) if part
            )
        },
        "sections": [
            {"name": name, "title": section.get("title"), "description": section.get("text")}
            for name, section in sections.items()
            if isinstance(section, dict) and section.get("text")
        ],
        "tags": [{"name": "status", "value": job.get("status")}],
    }


def save_job(job, settings):
    client = Hrflow(
        api_secret=settings["API_KEY"],
        api_user=settings["USER_EMAIL"],
        api_url=settings.get("HRFLOW_API_URL") or "https://api.hrflow.ai/v1/",
    )
    board_key = settings["BOARD_KEY"]
    found = client.job.storing.get(board_key=board_key, reference=job["reference"])
    if found["code"] == 200:
        result = client.job.storing.edit(board_key=board_key, job_json=job)
    else:
        result = client.job.storing.add_json(board_key=board_key, job_json=job)
    if result["code"] >= 400:
        raise Exception("HrFlow answered {}: {}".format(result["code"], json.dumps(result)))

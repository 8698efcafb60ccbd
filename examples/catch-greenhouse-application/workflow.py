"""Parses the resume of each new application of Greenhouse into a Source, and announces it in Slack.

The function announces nothing if SLACK_WEBHOOK_URL is empty.
The caller check "Greenhouse" verifies the signature before this function runs.
"""
import json

import requests
from hrflow import Hrflow


def workflow(_request, settings):
    # Greenhouse sends a ping when the webhook is saved.
    if _request["action"] != "new_candidate_application":
        return {"status_code": 200, "body": "ignored"}

    application = _request["payload"]["application"]
    resumes = [file for file in application["candidate"]["attachments"] if file["type"] == "resume"]
    if not resumes:
        print("Application", application["id"], "has no resume")
        return {"status_code": 200, "body": "no resume"}

    tags = [{"name": "job", "value": job["name"]} for job in application["jobs"]]
    profile = parse(resumes[0]["url"], "greenhouse-{}".format(application["id"]), tags, settings)
    announce(profile["info"]["full_name"], application["jobs"], settings)
    return {
        "status_code": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"reference": profile["reference"], "name": profile["info"]["full_name"]}),
    }


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


def announce(name, jobs, settings):
    url = settings.get("SLACK_WEBHOOK_URL")
    if not url:
        return
    titles = ", ".join(job["name"] for job in jobs)
    response = requests.post(url, json={"text": "New application: {} for {}".format(name, titles)}, timeout=10)
    response.raise_for_status()


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

"""Parses the resume of each new candidate of Workable into a Source.

The caller check "Workable" verifies the signature before this function runs.
"""
import json

import requests
from hrflow import Hrflow


def workflow(_request, settings):
    if _request["event_type"] != "candidate_created":
        return {"status_code": 200, "body": "ignored"}

    candidate = _request["data"]
    if not candidate.get("resume_url"):
        print("Candidate", candidate["id"], "has no resume")
        return {"status_code": 200, "body": "no resume"}

    tags = [{"name": "job", "value": candidate["job"]["title"]}] if candidate.get("job") else []
    profile = parse(candidate["resume_url"], "workable-{}".format(candidate["id"]), tags, settings)
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

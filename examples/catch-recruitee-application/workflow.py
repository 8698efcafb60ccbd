"""Parses the resume of each new candidate of Recruitee into a Source.

The caller check "Recruitee" verifies the signature before this function runs.
"""
import json

import requests
from hrflow import Hrflow


def workflow(_request, settings):
    # Recruitee sends {"test": true} when the webhook is saved, and with made-up candidates.
    if _request.get("test") or _request["event_type"] != "new_candidate":
        return {"status_code": 200, "body": "ignored"}

    candidate = _request["payload"]["candidate"]
    if not candidate.get("cv_url"):
        print("Candidate", candidate["id"], "has no resume")
        return {"status_code": 200, "body": "no resume"}

    tags = [{"name": "job", "value": offer["title"]} for offer in _request["payload"].get("offers") or []]
    profile = parse(candidate["cv_url"], "recruitee-{}".format(candidate["id"]), tags, settings)
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

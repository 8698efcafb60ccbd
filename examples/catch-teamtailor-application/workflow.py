"""Parses the resume of each new application of Teamtailor into a Source.

The caller check "Teamtailor" verifies the signature before this function runs.
"""
import json

import requests
from hrflow import Hrflow


def workflow(_request, settings):
    event = _request["payload"]
    if event["event_name"] != "job_application.create":
        return {"status_code": 200, "body": "ignored"}

    application = event["data"]
    resume = application["candidate"].get("resume")
    if not resume:
        print("Application", application["id"], "has no resume")
        return {"status_code": 200, "body": "no resume"}

    tags = [{"name": "job", "value": application["job_id"]}]
    profile = parse(resume, "teamtailor-{}".format(application["id"]), tags, settings)
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

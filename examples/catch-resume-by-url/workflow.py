import json

import requests
from hrflow import Hrflow


def workflow(_request, settings):
    # Download the resume that the sender names in the body.
    response = requests.get(_request["file_url"], timeout=20)
    response.raise_for_status()
    file_content = response.content

    # Parse it into the Source.
    client = Hrflow(
        api_secret=settings["API_KEY"],
        api_user=settings["USER_EMAIL"],
        api_url=settings.get("HRFLOW_API_URL") or "https://api.hrflow.ai/v1/",
    )
    parsing = client.profile.parsing.add_file(
        source_key=settings["SOURCE_KEY"],
        profile_file=file_content,
        profile_content_type="application/pdf",
        reference="profile_reference",
    )
    # The SDK returns errors instead of raising them.
    if parsing["code"] >= 400:
        raise Exception("HrFlow answered {}: {}".format(parsing["code"], parsing["message"]))

    # Tell the other service and pass its id on to the caller.
    id = requests.post(
        settings["OTHER_SERVICE_URL"], json=parsing.get("data"), timeout=20
    ).json()["id"]

    return dict(
        status_code=201,
        headers={"Content-Type": "application/json"},
        body=json.dumps({"id": id}),
    )

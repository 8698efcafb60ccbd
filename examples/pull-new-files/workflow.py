import requests
from hrflow import Hrflow

INTERNAL_ENDPOINT = "https://storage.company.com/records"


def workflow(settings):
    # Ask for the files that arrived since the last run.
    endpoint = settings.get("INTERNAL_ENDPOINT") or INTERNAL_ENDPOINT
    response = requests.get(
        endpoint, params={"last_uid": settings.get("LAST_UID", "")}, timeout=20
    )
    response.raise_for_status()
    data = response.json()

    client = Hrflow(
        api_secret=settings["API_KEY"],
        api_user=settings["USER_EMAIL"],
        api_url=settings.get("HRFLOW_API_URL") or "https://api.hrflow.ai/v1/",
    )
    for record in data["files"]:
        file_response = requests.get(record["file_url"], timeout=20)
        file_response.raise_for_status()
        parsing = client.profile.parsing.add_file(
            source_key=settings["SOURCE_KEY"],
            profile_file=file_response.content,
            profile_content_type="application/pdf",
            reference=record["uid"],
        )
        # The SDK returns errors instead of raising them.
        if parsing["code"] >= 400:
            raise Exception("HrFlow answered {}: {}".format(parsing["code"], parsing["message"]))
        print("Added", record["uid"])

    # Kept only when the run succeeds: a failed run asks for the same files again.
    settings["LAST_UID"] = data["last_uid"]

"""Keeps a Board equal to the offers of a Recruitee careers site."""
import requests
from hrflow import Hrflow


def workflow(settings):
    response = requests.get(settings["RECRUITEE_URL"] + "/api/offers", timeout=30)
    response.raise_for_status()
    offers = response.json()["offers"]
    for offer in offers:
        save(to_hrflow(offer), settings)

    present = [str(offer["id"]) for offer in offers]
    gone = [reference for reference in settings.get("OFFERS") or [] if reference not in present]
    for reference in gone:
        archive = hrflow(settings).job.storing.archive
        check(archive(settings["BOARD_KEY"], reference=reference), 404)

    settings["OFFERS"] = present
    return "{} saved, {} archived".format(len(present), len(gone))


def to_hrflow(offer):
    parts = [("description", "Description"), ("requirements", "Requirements")]
    return {
        "reference": str(offer["id"]),
        "name": offer["title"],
        "url": offer["careers_url"],
        "location": {"text": offer["location"]},
        "sections": [
            {"name": name, "title": title, "description": offer[name]} for name, title in parts if offer.get(name)
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

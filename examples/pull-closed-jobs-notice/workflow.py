"""Posts one Slack message about the offers of Recruitee that closed since the last run."""
import time

import requests


def workflow(settings):
    present = {str(offer["id"]): offer["title"] for offer in offers(settings) if offer["status"] == "published"}
    known = settings.get("OPEN") or {}
    # Archived and deleted offers are no longer in the list.
    closed = [title for offer, title in known.items() if offer not in present]
    if closed:
        text = "Jobs that have closed in Recruitee: {}\n{}".format(len(closed), "\n".join(closed))
        requests.post(settings["SLACK_WEBHOOK_URL"], json={"text": text}, timeout=20).raise_for_status()

    settings["OPEN"] = present
    return "{} closed".format(len(closed))


def offers(settings):
    url = "{}/c/{}/offers".format(settings["RECRUITEE_API_URL"], settings["RECRUITEE_COMPANY_ID"])
    headers = {"Authorization": "Bearer " + settings["RECRUITEE_TOKEN"]}
    while True:
        response = requests.get(url, params={"view_mode": "brief"}, headers=headers, timeout=30)
        if response.status_code != 429:
            response.raise_for_status()
            return response.json()["offers"]
        time.sleep(5)

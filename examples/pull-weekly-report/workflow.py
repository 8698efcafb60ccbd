"""Posts the week of SmartRecruiters to Slack: open jobs, and new candidates by job and status."""
import time
from collections import Counter
from datetime import datetime, timedelta

import requests


def workflow(settings):
    since = (datetime.utcnow() - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    open_jobs = fetch("/jobs", {"postingStatus": "PUBLIC", "limit": 1}, settings)["totalFound"]
    counts = Counter(place(one) for one in candidates(since, settings) if one["createdOn"] >= since)

    lines = ["{} open jobs, {} new candidates in the last 7 days".format(open_jobs, sum(counts.values()))]
    lines += ["{}, {}: {}".format(job, status, counts[job, status]) for job, status in sorted(counts)]
    response = requests.post(settings["SLACK_WEBHOOK_URL"], json={"text": "\n".join(lines)}, timeout=20)
    response.raise_for_status()
    return lines[0]


def place(candidate):
    assignment = candidate.get("primaryAssignment")
    return (assignment["job"]["title"], assignment["status"]) if assignment else ("No job", "LEAD")


def candidates(since, settings):
    page = None
    while page != "":
        # A new candidate has changed, too. The API has no filter for the time of creation.
        data = fetch("/candidates", {"updatedAfter": since, "limit": 100, "pageId": page}, settings)
        for candidate in data["content"]:
            yield candidate
        page = data.get("nextPageId") or ""


def fetch(path, query, settings):
    while True:
        response = requests.get(
            settings["SMARTRECRUITERS_API_URL"] + path,
            params=query,
            headers={"X-SmartToken": settings["SMARTRECRUITERS_TOKEN"]},
            timeout=30,
        )
        # SmartRecruiters allows 10 requests in a second.
        if response.status_code != 429:
            response.raise_for_status()
            return response.json()
        time.sleep(1)

"""Posts a notice to Slack when HrFlow has parsed a profile (event profile.parsing.success).

A profile is announced once: senders repeat an event when an answer gets lost.
"""
import requests

REMEMBERED = 500


def workflow(_request, settings):
    if _request.get("type") != "profile.parsing.success":
        print("Ignored event", _request.get("type"))
        return

    profile = _request["profile"]
    source = (profile.get("source") or {}).get("key")
    wanted = settings.get("SOURCE_KEY")
    if wanted and source != wanted:
        print("Ignored source", source)
        return

    # Kept only when the run succeeds. Events of other profiles at the same time are kept too.
    if not settings.add("ANNOUNCED", profile["key"]):
        print("Already announced", profile["key"])
        return

    info = profile.get("info") or {}
    name = info.get("full_name") or "A new candidate"
    response = requests.post(
        settings["SLACK_WEBHOOK_URL"],
        json={"text": "{} has been parsed (profile {}).".format(name, profile["key"])},
        timeout=10,
    )
    response.raise_for_status()
    for old in settings.get("ANNOUNCED")[:-REMEMBERED]:
        settings.discard("ANNOUNCED", old)
    print("Announced", profile["key"])

"""Screens an application by rules, and lets a person agree before the candidate is turned down.

The workflow's field decisions has the outcomes, and names who oversees them:
{"outcomes": ["invite", "reject"], "oversight": {"outcomes": ["reject"], "reviewers": ["owners"]}}
The person who deployed this within 24 hours may not answer: name another reviewer there.
"""
import requests
from workflows import decide, step

WANTED = {"python", "sql"}


def workflow(_request, settings):
    years = float(_request.get("years") or 0)
    skills = [skill.lower() for skill in _request.get("skills") or []]
    minimum = float(settings.get("MINIMUM_YEARS") or 3)
    missing = sorted(WANTED - set(skills))

    reasons = ["{:g} years of experience; at least {:g} are asked for".format(years, minimum)]
    reasons.append("Skills that are missing: " + ", ".join(missing) if missing else "All skills that are asked for")

    # An outcome that needs a person ends the process here. What the person chose comes back.
    outcome = decide(
        _request["email"],
        "invite" if years >= minimum and not missing else "reject",
        reasons=reasons,
        inputs={"years": years, "skills": skills},
        # Only counted in the impact table. The rules above do not see it.
        attributes={"sex": _request.get("sex")},
    )

    # Told once, whatever crashes: the other service can use the key to ignore a repetition.
    step("tell the ATS", tell, settings.get("NOTIFY_URL"), _request.get("id"), outcome)
    return {"status_code": 200, "body": outcome}


def tell(url, application_id, outcome):
    if not url:
        print("NOTIFY_URL is not set:", outcome)
        return
    response = requests.post(
        url, json={"id": application_id, "outcome": outcome}, headers={"Idempotency-Key": step.key}, timeout=10
    )
    response.raise_for_status()

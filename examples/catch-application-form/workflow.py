"""Receives an application form (multipart/form-data) with the resume as a file part named "resume"."""
import json

from hrflow import Hrflow

ALLOWED_TYPES = (
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)


def workflow(_request, settings):
    resume = _request.get("resume")
    if not hasattr(resume, "content"):
        return refuse("Send the resume as a file in the field 'resume'.")
    if resume.content_type not in ALLOWED_TYPES:
        return refuse("The resume must be a PDF or Word file, not {}.".format(resume.content_type))
    if _request.get("consent") not in ("true", "on", "yes", "1"):
        return refuse("The candidate must consent before the resume is stored.")

    client = Hrflow(
        api_secret=settings["API_KEY"],
        api_user=settings["USER_EMAIL"],
        api_url=settings.get("HRFLOW_API_URL") or "https://api.hrflow.ai/v1/",
    )
    parsing = client.profile.parsing.add_file(
        source_key=settings["SOURCE_KEY"],
        profile_file=resume.content,
        profile_file_name=resume.filename,
        profile_content_type=resume.content_type,
        reference=_request.get("email"),
        tags=[
            {"name": "job_reference", "value": _request.get("job_reference", "")},
            {"name": "consent", "value": True},
        ],
    )
    if parsing["code"] >= 400:
        raise Exception("HrFlow answered {}: {}".format(parsing["code"], parsing["message"]))

    print("Received", resume.filename, resume.size, "bytes")
    return answer(200, {"message": "Thank you for your application."})


def refuse(message):
    return answer(400, {"message": message})


def answer(status_code, content):
    return {
        "status_code": status_code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(content),
    }

import json
import time

ACCEPTED = {"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument"}


def workflow(_request, settings):
    url = _request["file_url"]
    extension = url.rsplit(".", 1)[-1].lower()
    print("Downloading", url)
    content_type = ACCEPTED[extension]

    print("Parsing as", content_type, "into the Source", settings["SOURCE_KEY"])
    profile = parse(url)
    print("Found", len(profile["skills"]), "skills for", profile["name"])

    settings["LAST_PROFILE"] = profile["key"]
    settings["PARSED"] = settings.get("PARSED", 0) + 1
    return dict(
        status_code=201,
        headers={"Content-Type": "application/json"},
        body=json.dumps({"key": profile["key"], "name": profile["name"], "skills": profile["skills"]}),
    )


def parse(url):
    time.sleep(0.02)
    name = url.rsplit("/", 1)[-1].split(".")[0].replace("-", " ").title()
    skills = ["Python", "PostgreSQL", "Data analysis", "French", "Public speaking"]
    return {"key": "p_{:08x}".format(abs(hash(name)) % 2**32), "name": name, "skills": skills}

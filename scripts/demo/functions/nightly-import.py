import time


def workflow(settings):
    for number in range(1, 2000):
        print("Profile", number, "of 2,000 is imported")
        time.sleep(0.6)

def workflow(settings):
    print("Nothing to do")
    return "0 profiles"

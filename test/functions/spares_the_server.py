import os


def workflow(_request, settings):
    with open('/proc/self/oom_score_adj') as text:
        score = int(text.read())
    return {'status_code': 200, 'body': repr((score, os.nice(0), os.sched_getscheduler(0) == os.SCHED_BATCH))}

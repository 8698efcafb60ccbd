/** What the servers run: functions whose effects can be counted from outside. */

/** Reports to the sink that it runs, then keeps a setting or fails, as the caller asks. */

export const ledgerFunction = (sinkPort: number): string => `
import socket, time

def workflow(_request, settings):
    with socket.create_connection(("127.0.0.1", ${sinkPort}), timeout=10) as sink:
        sink.sendall((_request["id"] + "\\n").encode())
    time.sleep(_request["seconds"])
    settings[_request["id"]] = _request["fail"]
    if _request["fail"]:
        raise ValueError("as asked")
    return {"status_code": 200, "body": _request["id"]}
`

/** Two calls that get the same number have lost a change. */
export const COUNTER = `
def workflow(_request, settings):
    settings["n"] = settings.get("n", 0) + 1
    return {"status_code": 200, "body": str(settings["n"])}
`

export const PULL = `
import time

def workflow(settings):
    settings["n"] = settings.get("n", 0) + 1
    time.sleep(0.1)
`

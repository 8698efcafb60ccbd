import hashlib
import hmac


def workflow(_request, settings):
    if "X-Hook-Secret" in _request:
        return dict(status_code=200, headers={"X-Hook-Secret": _request["X-Hook-Secret"]}, body="")
    print("Event", _request["event-name"], "of job", _request["id"])
    verify(_request, settings["SIGNATURE_KEY"])
    return dict(status_code=202, body="")


def verify(_request, key):
    expected = hmac.new(key.encode(), _request.body, hashlib.sha256).hexdigest()
    found = _request["smartrecruiters-signature"]
    if not hmac.compare_digest(expected, found):
        raise PermissionError("The signature does not fit: expected one made with the key that ends in " + key[-4:])

"""What each sender sends, written from its own pages with Python's standard library: nothing here is the program's code.

Reads a JSON list of {sender, secret, body, url, time} and prints, for each, {headers, body}.
"""

import base64
import hashlib
import hmac
import json
import sys
from urllib.parse import parse_qsl


def mac(secret, message, algorithm="sha256"):
    key = secret if isinstance(secret, bytes) else secret.encode()
    return hmac.new(key, message if isinstance(message, bytes) else message.encode(), algorithm)


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def greenhouse(secret, body, url, time):
    return {"Signature": "sha256 " + mac(secret, body).hexdigest()}


def smartrecruiters(secret, body, url, time):
    headers = {
        "event-id": "123",
        "event-name": "application.created",
        "event-version": "v201910",
        "link": "<https://api.smartrecruiters.com/candidates/1>; rel=self",
    }
    message = ".".join([time, body, *headers.values()])
    value = "v0=00;v1=" + mac(secret, message).hexdigest()
    return {**headers, "smartrecruiters-timestamp": time, "smartrecruiters-signature": value}


def workable(secret, body, url, time):
    return {"X-Workable-Signature": mac(secret, body).hexdigest()}


def recruitee(secret, body, url, time):
    return {"X-Recruitee-Signature": mac(secret, body).hexdigest()}


def ashby(secret, body, url, time):
    return {"Ashby-Signature": "sha256=" + mac(secret, body).hexdigest()}


def typeform(secret, body, url, time):
    return {"Typeform-Signature": "sha256=" + b64(mac(secret, body).digest())}


def indeed(secret, body, url, time):
    return {"X-Indeed-Signature": b64(mac(secret, body, "sha1").digest())}


def github(secret, body, url, time):
    return {"X-Hub-Signature-256": "sha256=" + mac(secret, body).hexdigest()}


def stripe(secret, body, url, time):
    old = mac("another secret", time + "." + body).hexdigest()
    return {"Stripe-Signature": f"t={time},v1={old},v1={mac(secret, time + '.' + body).hexdigest()},v0=00"}


def standard_webhooks(secret, body, url, time):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    value = "v1a,AAAA v1," + b64(mac(key, f"msg_1.{time}.{body}").digest())
    return {"webhook-id": "msg_1", "webhook-timestamp": time, "webhook-signature": value}


def twilio(secret, body, url, time):
    fields = sorted(set(parse_qsl(body, keep_blank_values=True)))
    return {"X-Twilio-Signature": b64(mac(secret, url + "".join(k + v for k, v in fields), "sha1").digest())}


def twilio_json(secret, body, url, time):
    return {"X-Twilio-Signature": b64(mac(secret, url, "sha1").digest())}


def teamtailor(secret, body, url, time):
    signature = b64(mac(secret, body).hexdigest().encode())
    return {}, json.dumps({"payload": 0, "signature": signature}).replace("0", body, 1)


def teamtailor_timed(secret, body, url, time):
    value = f"t={time},v2=" + mac(secret, time + "." + body).hexdigest()
    return {"TT-Signature": b64(value.encode())}


HRFLOW = "HTTP-HRFLOW-SIGNATURE"


def hrflow_a(secret, body, url, time):
    return {HRFLOW: b64url(mac(secret, body).hexdigest()) + "." + b64url(body)}


def hrflow_b(secret, body, url, time):
    encoded = b64url(body).rstrip("=")
    return {HRFLOW: b64url(mac(secret, encoded).digest()) + "." + encoded}


def hrflow_c(secret, body, url, time):
    compact = json.dumps(json.loads(body), separators=(",", ":"))
    return {HRFLOW: mac(secret, compact).hexdigest()}


def hrflow_d(secret, body, url, time):
    return {HRFLOW: b64url(mac(secret, body).digest()) + "." + b64url(body)}


def hrflow_sdk(secret, body, url, time):
    """Form a, taken only if HrFlow's own SDK takes it."""
    from hrflow import Hrflow

    headers = hrflow_a(secret, body, url, time)
    webhooks = Hrflow(api_secret="x", api_user="x", webhook_secret=secret).webhooks
    seen = []
    webhooks.setHandler("profile.parse.success", lambda event: seen.append(event))
    webhooks.handle(headers)
    assert seen == [json.loads(body)], seen
    return headers


def own(secret, body, url, time):
    return {"X-Time": time, "X-Sig": "v0=" + mac(secret, f"v0:{time}:{body}", "sha512").hexdigest().upper()}


def bearer(secret, body, url, time):
    return {"Authorization": "Bearer " + secret}


def header(secret, body, url, time):
    return {"X-Api-Key": secret}


def call(job):
    sender = job.pop("sender")
    made = globals()[sender](**job)
    headers, body = made if isinstance(made, tuple) else (made, job["body"])
    return {"headers": headers, "body": body}


print(json.dumps([call(job) for job in json.load(sys.stdin)]))

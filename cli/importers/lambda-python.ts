export const LAMBDA_MODULE = `"""Calls an AWS Lambda handler as a function URL does (payload version 2.0)."""
import base64
import json
import os
import time
import uuid
from urllib.parse import urlsplit


class Context:
    """What a handler finds in its second parameter."""

    def __init__(self, settings):
        self.function_name = settings.get("__workflow_id", "workflow")
        self.function_version = "$LATEST"
        self.invoked_function_arn = "arn:aws:lambda:local:000000000000:function:" + self.function_name
        self.memory_limit_in_mb = "512"
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = self.log_stream_name = self.function_name
        self._end = time.time() + 30

    def get_remaining_time_in_millis(self):
        return max(0, int((self._end - time.time()) * 1000))


def call(handler, request, settings, version_1=False, invoked=False):
    """Returns the handler's answer as that of a hook. version_1 adds the fields of payload 1.0, invoked makes the body the event."""
    os.environ.update({key: value for key, value in settings.items() if isinstance(value, str) and not key.startswith("__")})
    event = json.loads(request.body or b'{}') if invoked else to_event(request, version_1)
    return to_answer(handler(event, Context(settings)))


def to_event(request, version_1=False):
    url = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        body, is_base64 = request.body.decode("utf-8"), False
    except UnicodeDecodeError:
        body, is_base64 = base64.b64encode(request.body).decode("ascii"), True
    query = {name: ",".join(value) if isinstance(value, list) else value for name, value in request.query.items()}
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": url.query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "workflows",
            "domainName": url.netloc,
            "domainPrefix": url.netloc.split(".")[0],
            "http": {
                "method": request.method,
                "path": "/",
                "protocol": "HTTP/1.1",
                "sourceIp": "",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": is_base64,
    }
    if query:
        event["queryStringParameters"] = query
    if "cookie" in headers:
        event["cookies"] = [cookie.strip() for cookie in headers["cookie"].split(";")]
    if body:
        event["body"] = body
    if version_1:
        event.update(httpMethod=request.method, path="/", resource="/", pathParameters=None)
        event["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
        event.setdefault("queryStringParameters", None)
        event.setdefault("body", None)
    return event


def to_answer(answer):
    if not isinstance(answer, dict) or answer.get("statusCode") is None:
        return {"status_code": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}
    headers = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers[name] = [str(value) for value in values]
    if answer.get("cookies"):
        headers["Set-Cookie"] = list(answer["cookies"])
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    body = answer.get("body")
    if body is None:
        body = ""
    elif answer.get("isBase64Encoded"):
        body = base64.b64decode(body).decode("utf-8")
    elif not isinstance(body, str):
        body = json.dumps(body)
    return {"status_code": int(answer["statusCode"]), "headers": headers, "body": body}
`

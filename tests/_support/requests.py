"""The little of `requests` that the documents' Python snippets use, for machines that do not have it."""
import json as _json
import urllib.error
import urllib.request


class Response:
    def __init__(self, status_code, content):
        self.status_code = status_code
        self.content = content

    @property
    def text(self):
        return self.content.decode("utf-8")

    def json(self):
        return _json.loads(self.content)


def request(method, url, json=None):
    data = None if json is None else _json.dumps(json).encode("utf-8")
    headers = {} if data is None else {"Content-Type": "application/json"}
    asked = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(asked) as answer:
            return Response(answer.status, answer.read())
    except urllib.error.HTTPError as answer:
        return Response(answer.code, answer.read())


def get(url):
    return request("GET", url)


def delete(url, json=None):
    return request("DELETE", url, json)

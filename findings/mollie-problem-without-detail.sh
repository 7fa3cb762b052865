#!/bin/sh
# mollie-api-python says KeyError where an error answer has no `detail`, which RFC 9457 leaves out at will.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check mollie-api-python==4.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from mollie.api.client import Client
from mollie.api.error import Error


class Busy(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"status": 503, "title": "Service Unavailable"}).encode()
        self.send_response(503)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Client(api_endpoint=f"http://127.0.0.1:{server.server_port}")
client.set_api_key("test_" + "x" * 30)
order = {"amount": {"currency": "EUR", "value": "10.00"}, "description": "An invoice", "redirectUrl": "https://example.org/"}
try:
    client.payments.create(order)
    seen = "an answer"
except Error as error:
    seen = f"{type(error).__name__}, one of the library's own"
except Exception as error:
    seen = repr(error)
print("version:  mollie-api-python 4.0.0")
print("expected: a ResponseError with the status 503 and its title, with the idempotency key to ask again with")
print(f"seen:     {seen}")
print("cost:     it passes every handler of the library's errors, and carries no idempotency key to ask again with")
print("do:       set the idempotency key yourself, and treat any other exception of a create as an outcome nobody knows")
sys.exit(0 if seen == "KeyError('detail')" else 1)
PYTHON

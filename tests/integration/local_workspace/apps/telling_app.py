"""An app that tells what it was asked and what it finds; the tests deploy this file."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

if os.environ.get("APP_BREAKS"):
    sys.exit("this app cannot start")

_TOLD = ("JOB", "GREETING", "DATABRICKS_APP_NAME", "DATABRICKS_CLIENT_ID", "PGDATABASE", "HOME")


class Handler(BaseHTTPRequestHandler):
    """Answers every request with what it was."""

    def do_POST(self) -> None:
        """Tell the request and the environment."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told: dict[str, Any] = {
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode(),
            "environment": {name: os.environ.get(name) for name in _TOLD},
        }
        answer = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


HTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()  # noqa: S104

"""The receptionist's web server: the page, the SDK beside it, and tokens for whoever signs in.

    SIGNALWIRE_URL=https://example.signalwire.com SIGNALWIRE_PROJECT=… SIGNALWIRE_TOKEN=… \\
        python server.py --port 8000
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import urllib.request
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE / "page"
SDK = Path(os.environ.get("SIGNALWIRE_JS", HERE / "node_modules/@signalwire/js")) / "dist"


class App(SimpleHTTPRequestHandler):
    """Files for GET, a token for POST /token."""

    def translate_path(self, path: str) -> str:
        """Find the SDK's files where npm put them, all others in the page's folder."""
        self.directory = str(SDK if path.startswith("/sdk/") else PAGE)
        return super().translate_path(path.removeprefix("/sdk"))

    def do_POST(self) -> None:
        """Trade the e-mail address of a user for an access token. (Ask for a password, too!)"""
        if self.path != "/token":
            self.send_error(404)
            return
        email = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["email"]
        body = json.dumps({"token": token_for(email)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def token_for(email: str) -> str:
    """Ask SignalWire for an access token of the subscriber with this reference."""
    project, api_token = os.environ["SIGNALWIRE_PROJECT"], os.environ["SIGNALWIRE_TOKEN"]
    credentials = base64.b64encode(f"{project}:{api_token}".encode()).decode()
    request = urllib.request.Request(
        os.environ["SIGNALWIRE_URL"] + "/api/fabric/subscribers/tokens",
        data=json.dumps({"reference": email}).encode(),
        headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return str(json.load(reply)["token"])


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    port = parser.parse_args().port
    with ThreadingHTTPServer(("127.0.0.1", port), App) as server:
        print(f"http://localhost:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()

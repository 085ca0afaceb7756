"""Lets schemathesis hunt for answers that contradict /openapi.json: `python3 .ci/api.py target/release/exifkit`.

All its checks are on, with a key and without one, with data that is valid and data that is not, and with results that
are asked for again. What it cannot know, which files and urls exist, is told by api_hooks.py.
"""

import functools
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE.parent / "tests" / "samples"
EXAMPLES = "25"


class Site(http.server.SimpleHTTPRequestHandler):
    """What the server fetches when a request names a url."""

    def log_message(self, *args):
        pass


def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=SAMPLES))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def start(binary, folder, log):
    keys = f"{folder}/keys"
    create = [binary, "serve", "keys", "create", "--owner", "ci", "--keys-file", keys]
    key = subprocess.run(create, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    where = ["--listen", "127.0.0.1:0", "--data-dir", f"{folder}/data", "--keys-file", keys]
    server = subprocess.Popen([binary, "serve", *where, "--url-map", f"example.com=http://127.0.0.1:{site()}"],
                              stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        said = json.loads(line)
        if said["event"] == "listening":
            break
    else:
        sys.exit("the server did not start")
    threading.Thread(target=lambda: log.extend(server.stderr), daemon=True).start()
    return server, said["detail"], key


def hunt(url, key):
    command = ["schemathesis", "run", f"{url}/openapi.json", "--checks", "all", "--mode", "all", "--max-examples", EXAMPLES,
               "--generation-deterministic", "--continue-on-failure", "--no-color"]
    headers = ["--header", f"X-API-Key: {key}"] if key else []
    print(f"-- with {'a' if key else 'no'} key", flush=True)
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "api_hooks", "PYTHONPATH": str(HERE)}
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command + headers, env=environment, cwd=folder).returncode


def main(binary):
    log = []
    with tempfile.TemporaryDirectory() as folder:
        server, url, key = start(os.path.abspath(binary), folder, log)
        try:
            failed = [hunt(url, key), hunt(url, "")]
        finally:
            server.terminate()
            status = server.wait(60)
    errors = [line for line in log if '"level":"error"' in line]
    if any(failed) or status or errors:
        sys.exit(f"schemathesis: {failed}, the server: {status}\n{''.join(errors)}")


if __name__ == "__main__":
    main(sys.argv[1])

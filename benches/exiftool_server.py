"""The same service, as one would put it together around ExifTool: `python3 benches/exiftool_server.py 8090`.

Python's own threaded server; one ExifTool process per core that stays open (`-stay_open`), so that none is started for a
request. Extraction only. It is here to be measured by the load tool, beside `exifkit serve`; see README.md.
"""

import http.server
import os
import queue
import subprocess
import sys
import tempfile


class ExifTool:
    """A process that reads its arguments from stdin and ends each answer with {ready}."""

    def __init__(self):
        command = ["exiftool", "-stay_open", "True", "-@", "-"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def read(self, path):
        self.process.stdin.write(f"-j\n-G1\n{path}\n-execute\n".encode())
        self.process.stdin.flush()
        answer = b""
        while True:
            line = self.process.stdout.readline()
            if line.startswith(b"{ready}") or not line:
                return answer
            answer += line


POOL = queue.Queue()


def file_of(body, boundary):
    """The bytes of the part that is called `file`."""
    for part in body.split(b"--" + boundary):
        head, found, content = part.partition(b"\r\n\r\n")
        if found and b'name="file"' in head:
            return content[:-2]
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        boundary = self.headers.get("Content-Type", "").partition("boundary=")[2].encode()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content = file_of(body, boundary) if boundary else None
        if content is None:
            return self.answer(400, b'{"success":false}')
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            tool = POOL.get()
            try:
                self.answer(200, tool.read(file.name))
            finally:
                POOL.put(tool)

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that break off are part of the load."""


if __name__ == "__main__":
    for _ in range(os.cpu_count() or 1):
        POOL.put(ExifTool())
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

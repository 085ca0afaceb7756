"""client.py FILE URL CLEANED: reads FILE and what is at URL, then cleans FILE, by the service that EXIFKIT_API_URL and EXIFKIT_KEY name."""

import json
import os
import sys

import requests

path, url, cleaned = sys.argv[1:]
api = os.environ["EXIFKIT_API_URL"] + "/api/v1"
session = requests.Session()
session.headers["X-API-Key"] = os.environ["EXIFKIT_KEY"]


def answer(response):
    response.raise_for_status()
    print(json.dumps(response.json()))
    return response.json()


with open(path, "rb") as file:
    uploaded = answer(session.post(f"{api}/extract", files={"file": file}))
answer(session.post(f"{api}/extract", json={"url": url}))
answer(requests.get(f"{api}/extract/{uploaded['uuid']}"))

with open(path, "rb") as file:
    removed = answer(session.post(f"{api}/remove", files={"file": file}))
# The key stays with the service: the cleaned file needs none.
download = requests.get(removed["downloadUrl"])
download.raise_for_status()
with open(cleaned, "wb") as file:
    file.write(download.content)

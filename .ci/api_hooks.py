"""What schemathesis cannot know of the API: which files and urls make sense."""

import pathlib

import schemathesis
from hypothesis import strategies

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "tests" / "samples"
# By spec/api.md a file that cannot be cleaned and a url that cannot be fetched are refused with 400, though no schema can
# tell them from others: valid data are files that can be cleaned, and urls of such files.
CLEANED = ["photo.jpg", "picture.png", "picture.webp", "animation.gif"]

URLS = [f"https://example.com/{name}" for name in CLEANED]

schemathesis.openapi.format("binary", strategies.sampled_from([(SAMPLES / name).read_bytes() for name in CLEANED]))


def valid_upload(case):
    valid = case.meta is None or case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE
    return case.operation.method == "post" and valid


@schemathesis.hook
def map_case(context, case):
    for holder in (case.query, case.body):
        if valid_upload(case) and isinstance(holder, dict) and isinstance(holder.get("url"), str):
            holder["url"] = URLS[len(holder["url"]) % len(URLS)]
    return case


@schemathesis.hook
def filter_case(context, case):
    """OpenAPI has no words for "a file, or a url in the body, or a url in the query": what names neither is no valid data."""
    body = case.body if isinstance(case.body, dict) else {}
    if not valid_upload(case):
        # All of a form is text: a wrong type cannot be told from the text of it, and beside a file it is not looked at.
        return not (case.media_type == "multipart/form-data" and "file" in body and not isinstance(body.get("url", ""), str))
    urls = [body.get("url"), (case.query or {}).get("url")]
    return bool(body.get("file")) or next((url for url in urls if url), None) in URLS

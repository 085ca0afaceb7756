#!/bin/sh
# client.sh FILE URL CLEANED: reads FILE and what is at URL, then cleans FILE, by the service that EXIFKIT_API_URL and EXIFKIT_KEY name.
set -eu
api=$EXIFKIT_API_URL/api/v1
key="X-API-Key: $EXIFKIT_KEY"

# Prints the answer on a line; an HTTP error ends the script.
ask() { curl --silent --show-error --fail-with-body "$@" && echo; }
# The value of a field of an answer. The service escapes no address.
field() { printf '%s' "$2" | sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }

uploaded=$(ask -H "$key" -F "file=@$1" "$api/extract")
printf '%s\n' "$uploaded"
ask -H "$key" --json "{\"url\": \"$2\"}" "$api/extract"
ask "$api/extract/$(field uuid "$uploaded")"

removed=$(ask -H "$key" -F "file=@$1" "$api/remove")
printf '%s\n' "$removed"
curl --silent --show-error --fail --output "$3" "$(field downloadUrl "$removed")"

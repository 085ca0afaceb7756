# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_exifkit_global_optspecs
    string join \n h/help V/version
end

function __fish_exifkit_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_exifkit_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_exifkit_using_subcommand
    set -l cmd (__fish_exifkit_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c exifkit -n "__fish_exifkit_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c exifkit -n "__fish_exifkit_needs_command" -s V -l version -d 'Print version'
complete -c exifkit -n "__fish_exifkit_needs_command" -f -a "extract" -d 'Print the metadata of files as JSON'
complete -c exifkit -n "__fish_exifkit_needs_command" -f -a "get" -d 'Print an earlier result'
complete -c exifkit -n "__fish_exifkit_needs_command" -f -a "remove" -d 'Write a copy without metadata, or clean in place'
complete -c exifkit -n "__fish_exifkit_needs_command" -f -a "check" -d 'Report what `remove` would take out, and write nothing'
complete -c exifkit -n "__fish_exifkit_needs_command" -f -a "serve" -d 'Serve the HTTP API, and a page for browsers at `/`'
complete -c exifkit -n "__fish_exifkit_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l files-from -d 'Read more inputs from this list, one a line; `-` is stdin' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s g -l glob -d 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l stdin-name -d 'What to call the bytes of stdin' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l max-size -d 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l shard -d 'Work on the I-th of N shares of the inputs; a path always falls into the same share' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s t -l tag -d 'Only tags that match: `Make`, `GPS*`, `exif:*`, `IFD0:Make`; repeats, case does not matter' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s G -l family -d 'Group by kind of metadata (0: exif, xmp, …) or by place (1: IFD0, XMP-dc, …)' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l format -d 'Output format [default: json for one file, jsonl for several]' -r -f -a "json\t'One object, or an array of them'
jsonl\t'One object a line'
table\t'For reading'
csv\t'One tag a line: source, group, tag, value'"
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s j -l jobs -d 'So many files at once [default: one per core]' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l progress -d 'Show a progress bar on stderr' -r -f -a "auto\t''
always\t''
never\t''"
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l color -d 'Use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l api-url -d 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]' -r -f
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l key -d 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l key-file -d 'Read the key from the first line of this file' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l timeout -d 'Give a request up when nothing moves for so long' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l retries -d 'Try so many times more when there is no connection or the other side is busy' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l ca-cert -d 'Trust the certificates (PEM) in this file, too' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s 0 -l null -d 'The names in the list end in NUL bytes (as `find -print0` writes them)'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s n -l numeric -d 'Print the stored numbers instead of their meaning'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l binary -d 'Print binary values, too, as `base64:…`'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l store -d 'Store the results of directories and lists, too, for `exifkit get`'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l fail-fast -d 'Stop at the first input that fails'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l exit-zero -d 'Exit with 0 instead of 1 (found) and 3 (failed inputs)'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s q -l quiet -d 'Print no messages'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s v -l verbose -d 'Print warnings about damaged metadata and a closing summary to stderr, too'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l no-store -d 'Store no results [env: EXIFKIT_NO_STORE=1]'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -l resend -d 'Send an upload again when its answer was lost, though the work may have been done'
complete -c exifkit -n "__fish_exifkit_using_subcommand extract" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -l format -d 'Output format' -r -f -a "json\t'One object, or an array of them'
jsonl\t'One object a line'
table\t'For reading'
csv\t'One tag a line: source, group, tag, value'"
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -l api-url -d 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]' -r -f
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -l key -d 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -l key-file -d 'Read the key from the first line of this file' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -l timeout -d 'Give a request up when nothing moves for so long' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -l retries -d 'Try so many times more when there is no connection or the other side is busy' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -l ca-cert -d 'Trust the certificates (PEM) in this file, too' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -l resend -d 'Send an upload again when its answer was lost, though the work may have been done'
complete -c exifkit -n "__fish_exifkit_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l files-from -d 'Read more inputs from this list, one a line; `-` is stdin' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s g -l glob -d 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l stdin-name -d 'What to call the bytes of stdin' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l max-size -d 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l shard -d 'Work on the I-th of N shares of the inputs; a path always falls into the same share' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s o -l output -d 'Write the cleaned file here (one input only); `-` puts its bytes, and nothing else, on stdout' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s O -l output-dir -d 'Write the cleaned files into this directory, under their relative paths' -r -f -a "(__fish_complete_directories)"
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l backup -d 'With --in-place: keep the original under its name with this suffix' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l keep -d 'Keep these, too: icc, orientation, density, gainmap, copyright, dates, title, thumbnail, c2pa, or tags (`Artist`); `none` keeps nothing' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l preset -d 'What stays without --keep' -r -f -a "default\t'Looks and plays the same'
strict\t'What decoding needs'"
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l format -d 'Output format [default: json for one file, jsonl for several]' -r -f -a "json\t'One object, or an array of them'
jsonl\t'One object a line'
table\t'For reading'
csv\t'One input a line: source, status, target, removed, kept, error'"
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s j -l jobs -d 'So many files at once [default: one per core]' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l progress -d 'Show a progress bar on stderr' -r -f -a "auto\t''
always\t''
never\t''"
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l color -d 'Use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l api-url -d 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]' -r -f
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l key -d 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l key-file -d 'Read the key from the first line of this file' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l timeout -d 'Give a request up when nothing moves for so long' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l retries -d 'Try so many times more when there is no connection or the other side is busy' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l ca-cert -d 'Trust the certificates (PEM) in this file, too' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s 0 -l null -d 'The names in the list end in NUL bytes (as `find -print0` writes them)'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s i -l in-place -d 'Replace each file by its cleaned form, atomically'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l force -d 'Overwrite targets (and backups) that exist'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l dry-run -d 'Say what would be done, write nothing'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l preserve-times -d 'Give the cleaned file the times of the original'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l fail-fast -d 'Stop at the first input that fails'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l exit-zero -d 'Exit with 0 instead of 1 (found) and 3 (failed inputs)'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s q -l quiet -d 'Print no messages'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s v -l verbose -d 'Print warnings about damaged metadata and a closing summary to stderr, too'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l no-store -d 'Store no results [env: EXIFKIT_NO_STORE=1]'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -l resend -d 'Send an upload again when its answer was lost, though the work may have been done'
complete -c exifkit -n "__fish_exifkit_using_subcommand remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l files-from -d 'Read more inputs from this list, one a line; `-` is stdin' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -s g -l glob -d 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l stdin-name -d 'What to call the bytes of stdin' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l max-size -d 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l shard -d 'Work on the I-th of N shares of the inputs; a path always falls into the same share' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l keep -d 'Keep these, too: icc, orientation, density, gainmap, copyright, dates, title, thumbnail, c2pa, or tags (`Artist`); `none` keeps nothing' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l preset -d 'What stays without --keep' -r -f -a "default\t'Looks and plays the same'
strict\t'What decoding needs'"
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l fail-on -d 'Only findings of these classes make the exit status 1' -r -f -a "gps\t''
serial\t''
author\t''
dates\t''
camera\t''
software\t''
title\t''
comment\t''
identifier\t''
history\t''
thumbnail\t''
provenance\t''
other\t''"
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l format -d 'Output format [default: json for one file, jsonl for several]' -r -f -a "json\t'One object, or an array of them'
jsonl\t'One object a line'
table\t'For reading'
github\t'Annotations for GitHub Actions'"
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -s j -l jobs -d 'So many files at once [default: one per core]' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l progress -d 'Show a progress bar on stderr' -r -f -a "auto\t''
always\t''
never\t''"
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l color -d 'Use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l timeout -d 'Give a request up when nothing moves for so long' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l retries -d 'Try so many times more when there is no connection or the other side is busy' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l ca-cert -d 'Trust the certificates (PEM) in this file, too' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -s 0 -l null -d 'The names in the list end in NUL bytes (as `find -print0` writes them)'
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l show-values -d 'Print the values that were found, too'
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l fail-fast -d 'Stop at the first input that fails'
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l exit-zero -d 'Exit with 0 instead of 1 (found) and 3 (failed inputs)'
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -s q -l quiet -d 'Print no messages'
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -s v -l verbose -d 'Print warnings about damaged metadata and a closing summary to stderr, too'
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -l no-store -d 'Store no results [env: EXIFKIT_NO_STORE=1]'
complete -c exifkit -n "__fish_exifkit_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l listen -d 'Where to listen; port 0 takes a free one' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l metrics-listen -d 'Prometheus metrics at /metrics of this listener' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l tls-cert -d 'Speak TLS with this certificate chain (PEM)' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l tls-key -d 'The key of that certificate (PEM)' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l public-url -d 'What addresses of cleaned files begin with [default: the host that the request names]' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l data-dir -d 'Results, cleaned files and keys [default: exifkit/server in the user\'s state directory]' -r -f -a "(__fish_complete_directories)"
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l keys-file -d 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l cors-origin -d 'Let pages of this origin (https://example.com, or *) use the API in browsers; repeats' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l retention-hours -d 'Results and cleaned files are kept so many hours' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l sweep-interval -d 'Seconds between two sweeps, which delete what has expired; it is not served any more even before' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-upload-size -d 'Largest file' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-head-size -d 'Largest head of a request: its line and its headers' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-parts -d 'Parts of one multipart body' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-part-headers -d 'Largest headers of one part' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-form-size -d 'Largest body, and field of one, that names a url instead of holding a file' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-tags -d 'Patterns (`tag`) of one request' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-tag-length -d 'Bytes of one such pattern' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-answer-size -d 'Largest answer: a file may unpack to many times its size' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l idle-timeout -d 'Seconds in which nothing moves: between requests, between two pieces of an upload or of an answer' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l request-timeout -d 'Seconds for receiving one request, and for sending its answer' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l work-timeout -d 'Seconds for reading or cleaning one file' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l work-memory -d 'Memory for reading or cleaning one file; at least 32M' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l stop-timeout -d 'Seconds that requests under way have when the server is told to stop; then they are cut off' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-requests -d 'Uploads at once, and as many look-ups of results' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l queue -d 'Uploads that may wait for their turn, and as many look-ups; more are refused with 429' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l max-connections -d 'Connections at once' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -s j -l jobs -d 'Files that are decoded at once [default: one per core]' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l min-free-disk -d 'Refuse uploads when less disk than this is free' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l url-port -d 'Fetch urls from this port, too, beside 80 and 443; repeats' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l url-map -d 'Fetch urls of HOST from this place instead, without checking its address (HOST=http://HOST:PORT); HOST:PORT=… opens that port, too; repeats' -r
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l tls-self-signed -d 'Speak TLS with a certificate made at start, for trying out; stderr says where it is'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -l allow-anonymous -d 'Serve everybody without a key; on an address of this machine alone, only under its names and that of --public-url'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -f -a "keys" -d 'Make, list and revoke API keys'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and not __fish_seen_subcommand_from keys help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from keys" -l data-dir -d 'Results, cleaned files and keys [default: exifkit/server in the user\'s state directory]' -r -f -a "(__fish_complete_directories)"
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from keys" -l keys-file -d 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]' -r -F
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from keys" -s h -l help -d 'Print help'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from keys" -f -a "create" -d 'Make a key and print it: it cannot be shown again'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from keys" -f -a "list" -d 'List keys: id, time, owner'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from keys" -f -a "revoke" -d 'Take a key out; a running server refuses it at once'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from keys" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from help" -f -a "keys" -d 'Make, list and revoke API keys'
complete -c exifkit -n "__fish_exifkit_using_subcommand serve; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c exifkit -n "__fish_exifkit_using_subcommand help; and not __fish_seen_subcommand_from extract get remove check serve help" -f -a "extract" -d 'Print the metadata of files as JSON'
complete -c exifkit -n "__fish_exifkit_using_subcommand help; and not __fish_seen_subcommand_from extract get remove check serve help" -f -a "get" -d 'Print an earlier result'
complete -c exifkit -n "__fish_exifkit_using_subcommand help; and not __fish_seen_subcommand_from extract get remove check serve help" -f -a "remove" -d 'Write a copy without metadata, or clean in place'
complete -c exifkit -n "__fish_exifkit_using_subcommand help; and not __fish_seen_subcommand_from extract get remove check serve help" -f -a "check" -d 'Report what `remove` would take out, and write nothing'
complete -c exifkit -n "__fish_exifkit_using_subcommand help; and not __fish_seen_subcommand_from extract get remove check serve help" -f -a "serve" -d 'Serve the HTTP API, and a page for browsers at `/`'
complete -c exifkit -n "__fish_exifkit_using_subcommand help; and not __fish_seen_subcommand_from extract get remove check serve help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c exifkit -n "__fish_exifkit_using_subcommand help; and __fish_seen_subcommand_from serve" -f -a "keys" -d 'Make, list and revoke API keys'

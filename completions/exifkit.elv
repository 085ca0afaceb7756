
use builtin;
use str;

set edit:completion:arg-completer[exifkit] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'exifkit'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'exifkit'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand extract 'Print the metadata of files as JSON'
            cand get 'Print an earlier result'
            cand remove 'Write a copy without metadata, or clean in place'
            cand check 'Report what `remove` would take out, and write nothing'
            cand serve 'Serve the HTTP API, and a page for browsers at `/`'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'exifkit;extract'= {
            cand --files-from 'Read more inputs from this list, one a line; `-` is stdin'
            cand -g 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts'
            cand --glob 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts'
            cand --stdin-name 'What to call the bytes of stdin'
            cand --max-size 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size'
            cand --shard 'Work on the I-th of N shares of the inputs; a path always falls into the same share'
            cand -t 'Only tags that match: `Make`, `GPS*`, `exif:*`, `IFD0:Make`; repeats, case does not matter'
            cand --tag 'Only tags that match: `Make`, `GPS*`, `exif:*`, `IFD0:Make`; repeats, case does not matter'
            cand -G 'Group by kind of metadata (0: exif, xmp, …) or by place (1: IFD0, XMP-dc, …)'
            cand --family 'Group by kind of metadata (0: exif, xmp, …) or by place (1: IFD0, XMP-dc, …)'
            cand --format 'Output format [default: json for one file, jsonl for several]'
            cand -j 'So many files at once [default: one per core]'
            cand --jobs 'So many files at once [default: one per core]'
            cand --progress 'Show a progress bar on stderr'
            cand --color 'Use colours'
            cand --api-url 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]'
            cand --key 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]'
            cand --key-file 'Read the key from the first line of this file'
            cand --timeout 'Give a request up when nothing moves for so long'
            cand --retries 'Try so many times more when there is no connection or the other side is busy'
            cand --ca-cert 'Trust the certificates (PEM) in this file, too'
            cand -0 'The names in the list end in NUL bytes (as `find -print0` writes them)'
            cand --null 'The names in the list end in NUL bytes (as `find -print0` writes them)'
            cand -n 'Print the stored numbers instead of their meaning'
            cand --numeric 'Print the stored numbers instead of their meaning'
            cand --binary 'Print binary values, too, as `base64:…`'
            cand --store 'Store the results of directories and lists, too, for `exifkit get`'
            cand --fail-fast 'Stop at the first input that fails'
            cand --exit-zero 'Exit with 0 instead of 1 (found) and 3 (failed inputs)'
            cand -q 'Print no messages'
            cand --quiet 'Print no messages'
            cand -v 'Print warnings about damaged metadata and a closing summary to stderr, too'
            cand --verbose 'Print warnings about damaged metadata and a closing summary to stderr, too'
            cand --no-store 'Store no results [env: EXIFKIT_NO_STORE=1]'
            cand --resend 'Send an upload again when its answer was lost, though the work may have been done'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'exifkit;get'= {
            cand --format 'Output format'
            cand --api-url 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]'
            cand --key 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]'
            cand --key-file 'Read the key from the first line of this file'
            cand --timeout 'Give a request up when nothing moves for so long'
            cand --retries 'Try so many times more when there is no connection or the other side is busy'
            cand --ca-cert 'Trust the certificates (PEM) in this file, too'
            cand --resend 'Send an upload again when its answer was lost, though the work may have been done'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'exifkit;remove'= {
            cand --files-from 'Read more inputs from this list, one a line; `-` is stdin'
            cand -g 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts'
            cand --glob 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts'
            cand --stdin-name 'What to call the bytes of stdin'
            cand --max-size 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size'
            cand --shard 'Work on the I-th of N shares of the inputs; a path always falls into the same share'
            cand -o 'Write the cleaned file here (one input only); `-` puts its bytes, and nothing else, on stdout'
            cand --output 'Write the cleaned file here (one input only); `-` puts its bytes, and nothing else, on stdout'
            cand -O 'Write the cleaned files into this directory, under their relative paths'
            cand --output-dir 'Write the cleaned files into this directory, under their relative paths'
            cand --backup 'With --in-place: keep the original under its name with this suffix'
            cand --keep 'Keep these, too: icc, orientation, density, gainmap, copyright, dates, title, thumbnail, c2pa, or tags (`Artist`); `none` keeps nothing'
            cand --preset 'What stays without --keep'
            cand --format 'Output format [default: json for one file, jsonl for several]'
            cand -j 'So many files at once [default: one per core]'
            cand --jobs 'So many files at once [default: one per core]'
            cand --progress 'Show a progress bar on stderr'
            cand --color 'Use colours'
            cand --api-url 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]'
            cand --key 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]'
            cand --key-file 'Read the key from the first line of this file'
            cand --timeout 'Give a request up when nothing moves for so long'
            cand --retries 'Try so many times more when there is no connection or the other side is busy'
            cand --ca-cert 'Trust the certificates (PEM) in this file, too'
            cand -0 'The names in the list end in NUL bytes (as `find -print0` writes them)'
            cand --null 'The names in the list end in NUL bytes (as `find -print0` writes them)'
            cand -i 'Replace each file by its cleaned form, atomically'
            cand --in-place 'Replace each file by its cleaned form, atomically'
            cand --force 'Overwrite targets (and backups) that exist'
            cand --dry-run 'Say what would be done, write nothing'
            cand --preserve-times 'Give the cleaned file the times of the original'
            cand --fail-fast 'Stop at the first input that fails'
            cand --exit-zero 'Exit with 0 instead of 1 (found) and 3 (failed inputs)'
            cand -q 'Print no messages'
            cand --quiet 'Print no messages'
            cand -v 'Print warnings about damaged metadata and a closing summary to stderr, too'
            cand --verbose 'Print warnings about damaged metadata and a closing summary to stderr, too'
            cand --no-store 'Store no results [env: EXIFKIT_NO_STORE=1]'
            cand --resend 'Send an upload again when its answer was lost, though the work may have been done'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'exifkit;check'= {
            cand --files-from 'Read more inputs from this list, one a line; `-` is stdin'
            cand -g 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts'
            cand --glob 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts'
            cand --stdin-name 'What to call the bytes of stdin'
            cand --max-size 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size'
            cand --shard 'Work on the I-th of N shares of the inputs; a path always falls into the same share'
            cand --keep 'Keep these, too: icc, orientation, density, gainmap, copyright, dates, title, thumbnail, c2pa, or tags (`Artist`); `none` keeps nothing'
            cand --preset 'What stays without --keep'
            cand --fail-on 'Only findings of these classes make the exit status 1'
            cand --format 'Output format [default: json for one file, jsonl for several]'
            cand -j 'So many files at once [default: one per core]'
            cand --jobs 'So many files at once [default: one per core]'
            cand --progress 'Show a progress bar on stderr'
            cand --color 'Use colours'
            cand --timeout 'Give a request up when nothing moves for so long'
            cand --retries 'Try so many times more when there is no connection or the other side is busy'
            cand --ca-cert 'Trust the certificates (PEM) in this file, too'
            cand -0 'The names in the list end in NUL bytes (as `find -print0` writes them)'
            cand --null 'The names in the list end in NUL bytes (as `find -print0` writes them)'
            cand --show-values 'Print the values that were found, too'
            cand --fail-fast 'Stop at the first input that fails'
            cand --exit-zero 'Exit with 0 instead of 1 (found) and 3 (failed inputs)'
            cand -q 'Print no messages'
            cand --quiet 'Print no messages'
            cand -v 'Print warnings about damaged metadata and a closing summary to stderr, too'
            cand --verbose 'Print warnings about damaged metadata and a closing summary to stderr, too'
            cand --no-store 'Store no results [env: EXIFKIT_NO_STORE=1]'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'exifkit;serve'= {
            cand --listen 'Where to listen; port 0 takes a free one'
            cand --metrics-listen 'Prometheus metrics at /metrics of this listener'
            cand --tls-cert 'Speak TLS with this certificate chain (PEM)'
            cand --tls-key 'The key of that certificate (PEM)'
            cand --public-url 'What addresses of cleaned files begin with [default: the host that the request names]'
            cand --data-dir 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]'
            cand --keys-file 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]'
            cand --cors-origin 'Let pages of this origin (https://example.com, or *) use the API in browsers; repeats'
            cand --retention-hours 'Results and cleaned files are kept so many hours'
            cand --sweep-interval 'Seconds between two sweeps, which delete what has expired; it is not served any more even before'
            cand --max-upload-size 'Largest file'
            cand --max-head-size 'Largest head of a request: its line and its headers'
            cand --max-parts 'Parts of one multipart body'
            cand --max-part-headers 'Largest headers of one part'
            cand --max-form-size 'Largest body, and field of one, that names a url instead of holding a file'
            cand --max-tags 'Patterns (`tag`) of one request'
            cand --max-tag-length 'Bytes of one such pattern'
            cand --max-answer-size 'Largest answer: a file may unpack to many times its size'
            cand --idle-timeout 'Seconds in which nothing moves: between requests, between two pieces of an upload or of an answer'
            cand --request-timeout 'Seconds for receiving one request, and for sending its answer'
            cand --work-timeout 'Seconds for reading or cleaning one file'
            cand --work-memory 'Memory for reading or cleaning one file; at least 32M'
            cand --stop-timeout 'Seconds that requests under way have when the server is told to stop; then they are cut off'
            cand --max-requests 'Uploads at once, and as many look-ups of results'
            cand --queue 'Uploads that may wait for their turn, and as many look-ups; more are refused with 429'
            cand --max-connections 'Connections at once'
            cand -j 'Files that are decoded at once [default: one per core]'
            cand --jobs 'Files that are decoded at once [default: one per core]'
            cand --min-free-disk 'Refuse uploads when less disk than this is free'
            cand --url-port 'Fetch urls from this port, too, beside 80 and 443; repeats'
            cand --url-map 'Fetch urls of HOST from this place instead, without checking its address (HOST=http://HOST:PORT); HOST:PORT=… opens that port, too; repeats'
            cand --tls-self-signed 'Speak TLS with a certificate made at start, for trying out; stderr says where it is'
            cand --allow-anonymous 'Serve everybody without a key; on an address of this machine alone, only under its names and that of --public-url'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand keys 'Make, list and revoke API keys'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'exifkit;serve;keys'= {
            cand --data-dir 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]'
            cand --keys-file 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]'
            cand -h 'Print help'
            cand --help 'Print help'
            cand create 'Make a key and print it: it cannot be shown again'
            cand list 'List keys: id, time, owner'
            cand revoke 'Take a key out; a running server refuses it at once'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'exifkit;serve;keys;create'= {
            cand --owner 'Whose key it is; results belong to owners'
            cand --data-dir 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]'
            cand --keys-file 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'exifkit;serve;keys;list'= {
            cand --data-dir 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]'
            cand --keys-file 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'exifkit;serve;keys;revoke'= {
            cand --data-dir 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]'
            cand --keys-file 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'exifkit;serve;keys;help'= {
            cand create 'Make a key and print it: it cannot be shown again'
            cand list 'List keys: id, time, owner'
            cand revoke 'Take a key out; a running server refuses it at once'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'exifkit;serve;keys;help;create'= {
        }
        &'exifkit;serve;keys;help;list'= {
        }
        &'exifkit;serve;keys;help;revoke'= {
        }
        &'exifkit;serve;keys;help;help'= {
        }
        &'exifkit;serve;help'= {
            cand keys 'Make, list and revoke API keys'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'exifkit;serve;help;keys'= {
            cand create 'Make a key and print it: it cannot be shown again'
            cand list 'List keys: id, time, owner'
            cand revoke 'Take a key out; a running server refuses it at once'
        }
        &'exifkit;serve;help;keys;create'= {
        }
        &'exifkit;serve;help;keys;list'= {
        }
        &'exifkit;serve;help;keys;revoke'= {
        }
        &'exifkit;serve;help;help'= {
        }
        &'exifkit;help'= {
            cand extract 'Print the metadata of files as JSON'
            cand get 'Print an earlier result'
            cand remove 'Write a copy without metadata, or clean in place'
            cand check 'Report what `remove` would take out, and write nothing'
            cand serve 'Serve the HTTP API, and a page for browsers at `/`'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'exifkit;help;extract'= {
        }
        &'exifkit;help;get'= {
        }
        &'exifkit;help;remove'= {
        }
        &'exifkit;help;check'= {
        }
        &'exifkit;help;serve'= {
            cand keys 'Make, list and revoke API keys'
        }
        &'exifkit;help;serve;keys'= {
            cand create 'Make a key and print it: it cannot be shown again'
            cand list 'List keys: id, time, owner'
            cand revoke 'Take a key out; a running server refuses it at once'
        }
        &'exifkit;help;serve;keys;create'= {
        }
        &'exifkit;help;serve;keys;list'= {
        }
        &'exifkit;help;serve;keys;revoke'= {
        }
        &'exifkit;help;help'= {
        }
    ]
    $completions[$command]
}

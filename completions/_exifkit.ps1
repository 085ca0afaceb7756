
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'exifkit' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'exifkit'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'exifkit' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('extract', 'extract', [CompletionResultType]::ParameterValue, 'Print the metadata of files as JSON')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print an earlier result')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Write a copy without metadata, or clean in place')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report what `remove` would take out, and write nothing')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the HTTP API, and a page for browsers at `/`')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'exifkit;extract' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Read more inputs from this list, one a line; `-` is stdin')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts')
            [CompletionResult]::new('--glob', '--glob', [CompletionResultType]::ParameterName, 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts')
            [CompletionResult]::new('--stdin-name', '--stdin-name', [CompletionResultType]::ParameterName, 'What to call the bytes of stdin')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Work on the I-th of N shares of the inputs; a path always falls into the same share')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Only tags that match: `Make`, `GPS*`, `exif:*`, `IFD0:Make`; repeats, case does not matter')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only tags that match: `Make`, `GPS*`, `exif:*`, `IFD0:Make`; repeats, case does not matter')
            [CompletionResult]::new('-G', '-G ', [CompletionResultType]::ParameterName, 'Group by kind of metadata (0: exif, xmp, …) or by place (1: IFD0, XMP-dc, …)')
            [CompletionResult]::new('--family', '--family', [CompletionResultType]::ParameterName, 'Group by kind of metadata (0: exif, xmp, …) or by place (1: IFD0, XMP-dc, …)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format [default: json for one file, jsonl for several]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'So many files at once [default: one per core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'So many files at once [default: one per core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on stderr')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours')
            [CompletionResult]::new('--api-url', '--api-url', [CompletionResultType]::ParameterName, 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Read the key from the first line of this file')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give a request up when nothing moves for so long')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try so many times more when there is no connection or the other side is busy')
            [CompletionResult]::new('--ca-cert', '--ca-cert', [CompletionResultType]::ParameterName, 'Trust the certificates (PEM) in this file, too')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names in the list end in NUL bytes (as `find -print0` writes them)')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names in the list end in NUL bytes (as `find -print0` writes them)')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Print the stored numbers instead of their meaning')
            [CompletionResult]::new('--numeric', '--numeric', [CompletionResultType]::ParameterName, 'Print the stored numbers instead of their meaning')
            [CompletionResult]::new('--binary', '--binary', [CompletionResultType]::ParameterName, 'Print binary values, too, as `base64:…`')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Store the results of directories and lists, too, for `exifkit get`')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Stop at the first input that fails')
            [CompletionResult]::new('--exit-zero', '--exit-zero', [CompletionResultType]::ParameterName, 'Exit with 0 instead of 1 (found) and 3 (failed inputs)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no messages')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no messages')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print warnings about damaged metadata and a closing summary to stderr, too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print warnings about damaged metadata and a closing summary to stderr, too')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Store no results [env: EXIFKIT_NO_STORE=1]')
            [CompletionResult]::new('--resend', '--resend', [CompletionResultType]::ParameterName, 'Send an upload again when its answer was lost, though the work may have been done')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'exifkit;get' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--api-url', '--api-url', [CompletionResultType]::ParameterName, 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Read the key from the first line of this file')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give a request up when nothing moves for so long')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try so many times more when there is no connection or the other side is busy')
            [CompletionResult]::new('--ca-cert', '--ca-cert', [CompletionResultType]::ParameterName, 'Trust the certificates (PEM) in this file, too')
            [CompletionResult]::new('--resend', '--resend', [CompletionResultType]::ParameterName, 'Send an upload again when its answer was lost, though the work may have been done')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'exifkit;remove' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Read more inputs from this list, one a line; `-` is stdin')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts')
            [CompletionResult]::new('--glob', '--glob', [CompletionResultType]::ParameterName, 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts')
            [CompletionResult]::new('--stdin-name', '--stdin-name', [CompletionResultType]::ParameterName, 'What to call the bytes of stdin')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Work on the I-th of N shares of the inputs; a path always falls into the same share')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the cleaned file here (one input only); `-` puts its bytes, and nothing else, on stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the cleaned file here (one input only); `-` puts its bytes, and nothing else, on stdout')
            [CompletionResult]::new('-O', '-O ', [CompletionResultType]::ParameterName, 'Write the cleaned files into this directory, under their relative paths')
            [CompletionResult]::new('--output-dir', '--output-dir', [CompletionResultType]::ParameterName, 'Write the cleaned files into this directory, under their relative paths')
            [CompletionResult]::new('--backup', '--backup', [CompletionResultType]::ParameterName, 'With --in-place: keep the original under its name with this suffix')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Keep these, too: icc, orientation, density, gainmap, copyright, dates, title, thumbnail, c2pa, or tags (`Artist`); `none` keeps nothing')
            [CompletionResult]::new('--preset', '--preset', [CompletionResultType]::ParameterName, 'What stays without --keep')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format [default: json for one file, jsonl for several]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'So many files at once [default: one per core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'So many files at once [default: one per core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on stderr')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours')
            [CompletionResult]::new('--api-url', '--api-url', [CompletionResultType]::ParameterName, 'Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'Read the key from the first line of this file')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give a request up when nothing moves for so long')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try so many times more when there is no connection or the other side is busy')
            [CompletionResult]::new('--ca-cert', '--ca-cert', [CompletionResultType]::ParameterName, 'Trust the certificates (PEM) in this file, too')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names in the list end in NUL bytes (as `find -print0` writes them)')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names in the list end in NUL bytes (as `find -print0` writes them)')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Replace each file by its cleaned form, atomically')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Replace each file by its cleaned form, atomically')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Overwrite targets (and backups) that exist')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, write nothing')
            [CompletionResult]::new('--preserve-times', '--preserve-times', [CompletionResultType]::ParameterName, 'Give the cleaned file the times of the original')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Stop at the first input that fails')
            [CompletionResult]::new('--exit-zero', '--exit-zero', [CompletionResultType]::ParameterName, 'Exit with 0 instead of 1 (found) and 3 (failed inputs)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no messages')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no messages')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print warnings about damaged metadata and a closing summary to stderr, too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print warnings about damaged metadata and a closing summary to stderr, too')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Store no results [env: EXIFKIT_NO_STORE=1]')
            [CompletionResult]::new('--resend', '--resend', [CompletionResultType]::ParameterName, 'Send an upload again when its answer was lost, though the work may have been done')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'exifkit;check' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Read more inputs from this list, one a line; `-` is stdin')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts')
            [CompletionResult]::new('--glob', '--glob', [CompletionResultType]::ParameterName, 'Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts')
            [CompletionResult]::new('--stdin-name', '--stdin-name', [CompletionResultType]::ParameterName, 'What to call the bytes of stdin')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Work on the I-th of N shares of the inputs; a path always falls into the same share')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Keep these, too: icc, orientation, density, gainmap, copyright, dates, title, thumbnail, c2pa, or tags (`Artist`); `none` keeps nothing')
            [CompletionResult]::new('--preset', '--preset', [CompletionResultType]::ParameterName, 'What stays without --keep')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Only findings of these classes make the exit status 1')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format [default: json for one file, jsonl for several]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'So many files at once [default: one per core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'So many files at once [default: one per core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show a progress bar on stderr')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give a request up when nothing moves for so long')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try so many times more when there is no connection or the other side is busy')
            [CompletionResult]::new('--ca-cert', '--ca-cert', [CompletionResultType]::ParameterName, 'Trust the certificates (PEM) in this file, too')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names in the list end in NUL bytes (as `find -print0` writes them)')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names in the list end in NUL bytes (as `find -print0` writes them)')
            [CompletionResult]::new('--show-values', '--show-values', [CompletionResultType]::ParameterName, 'Print the values that were found, too')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Stop at the first input that fails')
            [CompletionResult]::new('--exit-zero', '--exit-zero', [CompletionResultType]::ParameterName, 'Exit with 0 instead of 1 (found) and 3 (failed inputs)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no messages')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no messages')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print warnings about damaged metadata and a closing summary to stderr, too')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print warnings about damaged metadata and a closing summary to stderr, too')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Store no results [env: EXIFKIT_NO_STORE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'exifkit;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen; port 0 takes a free one')
            [CompletionResult]::new('--metrics-listen', '--metrics-listen', [CompletionResultType]::ParameterName, 'Prometheus metrics at /metrics of this listener')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Speak TLS with this certificate chain (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key of that certificate (PEM)')
            [CompletionResult]::new('--public-url', '--public-url', [CompletionResultType]::ParameterName, 'What addresses of cleaned files begin with [default: the host that the request names]')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]')
            [CompletionResult]::new('--cors-origin', '--cors-origin', [CompletionResultType]::ParameterName, 'Let pages of this origin (https://example.com, or *) use the API in browsers; repeats')
            [CompletionResult]::new('--retention-hours', '--retention-hours', [CompletionResultType]::ParameterName, 'Results and cleaned files are kept so many hours')
            [CompletionResult]::new('--sweep-interval', '--sweep-interval', [CompletionResultType]::ParameterName, 'Seconds between two sweeps, which delete what has expired; it is not served any more even before')
            [CompletionResult]::new('--max-upload-size', '--max-upload-size', [CompletionResultType]::ParameterName, 'Largest file')
            [CompletionResult]::new('--max-head-size', '--max-head-size', [CompletionResultType]::ParameterName, 'Largest head of a request: its line and its headers')
            [CompletionResult]::new('--max-parts', '--max-parts', [CompletionResultType]::ParameterName, 'Parts of one multipart body')
            [CompletionResult]::new('--max-part-headers', '--max-part-headers', [CompletionResultType]::ParameterName, 'Largest headers of one part')
            [CompletionResult]::new('--max-form-size', '--max-form-size', [CompletionResultType]::ParameterName, 'Largest body, and field of one, that names a url instead of holding a file')
            [CompletionResult]::new('--max-tags', '--max-tags', [CompletionResultType]::ParameterName, 'Patterns (`tag`) of one request')
            [CompletionResult]::new('--max-tag-length', '--max-tag-length', [CompletionResultType]::ParameterName, 'Bytes of one such pattern')
            [CompletionResult]::new('--max-answer-size', '--max-answer-size', [CompletionResultType]::ParameterName, 'Largest answer: a file may unpack to many times its size')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Seconds in which nothing moves: between requests, between two pieces of an upload or of an answer')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Seconds for receiving one request, and for sending its answer')
            [CompletionResult]::new('--work-timeout', '--work-timeout', [CompletionResultType]::ParameterName, 'Seconds for reading or cleaning one file')
            [CompletionResult]::new('--work-memory', '--work-memory', [CompletionResultType]::ParameterName, 'Memory for reading or cleaning one file; at least 32M')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'Seconds that requests under way have when the server is told to stop; then they are cut off')
            [CompletionResult]::new('--max-requests', '--max-requests', [CompletionResultType]::ParameterName, 'Uploads at once, and as many look-ups of results')
            [CompletionResult]::new('--queue', '--queue', [CompletionResultType]::ParameterName, 'Uploads that may wait for their turn, and as many look-ups; more are refused with 429')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'Connections at once')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Files that are decoded at once [default: one per core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Files that are decoded at once [default: one per core]')
            [CompletionResult]::new('--min-free-disk', '--min-free-disk', [CompletionResultType]::ParameterName, 'Refuse uploads when less disk than this is free')
            [CompletionResult]::new('--url-port', '--url-port', [CompletionResultType]::ParameterName, 'Fetch urls from this port, too, beside 80 and 443; repeats')
            [CompletionResult]::new('--url-map', '--url-map', [CompletionResultType]::ParameterName, 'Fetch urls of HOST from this place instead, without checking its address (HOST=http://HOST:PORT); HOST:PORT=… opens that port, too; repeats')
            [CompletionResult]::new('--tls-self-signed', '--tls-self-signed', [CompletionResultType]::ParameterName, 'Speak TLS with a certificate made at start, for trying out; stderr says where it is')
            [CompletionResult]::new('--allow-anonymous', '--allow-anonymous', [CompletionResultType]::ParameterName, 'Serve everybody without a key; on an address of this machine alone, only under its names and that of --public-url')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Make, list and revoke API keys')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'exifkit;serve;keys' {
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make a key and print it: it cannot be shown again')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List keys: id, time, owner')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Take a key out; a running server refuses it at once')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'exifkit;serve;keys;create' {
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Whose key it is; results belong to owners')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'exifkit;serve;keys;list' {
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'exifkit;serve;keys;revoke' {
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Results, cleaned files and keys [default: exifkit/server in the user''s state directory]')
            [CompletionResult]::new('--keys-file', '--keys-file', [CompletionResultType]::ParameterName, 'The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'exifkit;serve;keys;help' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make a key and print it: it cannot be shown again')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List keys: id, time, owner')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Take a key out; a running server refuses it at once')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'exifkit;serve;keys;help;create' {
            break
        }
        'exifkit;serve;keys;help;list' {
            break
        }
        'exifkit;serve;keys;help;revoke' {
            break
        }
        'exifkit;serve;keys;help;help' {
            break
        }
        'exifkit;serve;help' {
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Make, list and revoke API keys')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'exifkit;serve;help;keys' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make a key and print it: it cannot be shown again')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List keys: id, time, owner')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Take a key out; a running server refuses it at once')
            break
        }
        'exifkit;serve;help;keys;create' {
            break
        }
        'exifkit;serve;help;keys;list' {
            break
        }
        'exifkit;serve;help;keys;revoke' {
            break
        }
        'exifkit;serve;help;help' {
            break
        }
        'exifkit;help' {
            [CompletionResult]::new('extract', 'extract', [CompletionResultType]::ParameterValue, 'Print the metadata of files as JSON')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print an earlier result')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Write a copy without metadata, or clean in place')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report what `remove` would take out, and write nothing')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the HTTP API, and a page for browsers at `/`')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'exifkit;help;extract' {
            break
        }
        'exifkit;help;get' {
            break
        }
        'exifkit;help;remove' {
            break
        }
        'exifkit;help;check' {
            break
        }
        'exifkit;help;serve' {
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Make, list and revoke API keys')
            break
        }
        'exifkit;help;serve;keys' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make a key and print it: it cannot be shown again')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List keys: id, time, owner')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Take a key out; a running server refuses it at once')
            break
        }
        'exifkit;help;serve;keys;create' {
            break
        }
        'exifkit;help;serve;keys;list' {
            break
        }
        'exifkit;help;serve;keys;revoke' {
            break
        }
        'exifkit;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}

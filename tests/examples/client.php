<?php
// client.php FILE URL CLEANED: reads FILE and what is at URL, then cleans FILE, by the service that EXIFKIT_API_URL and EXIFKIT_KEY name.
declare(strict_types=1);

[, $path, $url, $cleaned] = $argv;
$api = getenv('EXIFKIT_API_URL') . '/api/v1';
$key = 'X-API-Key: ' . getenv('EXIFKIT_KEY');

function ask(string $address, array $options = []): array
{
    $request = curl_init($address);
    curl_setopt_array($request, $options + [CURLOPT_RETURNTRANSFER => true]);
    $body = curl_exec($request);
    $status = curl_getinfo($request, CURLINFO_RESPONSE_CODE);
    if ($body === false || $status !== 200) {
        throw new RuntimeException("$address: $status " . ($body ?: curl_error($request)));
    }
    echo $body, "\n";
    return json_decode($body, true, 512, JSON_THROW_ON_ERROR);
}

$upload = [CURLOPT_POSTFIELDS => ['file' => new CURLFile($path)], CURLOPT_HTTPHEADER => [$key]];
$uploaded = ask("$api/extract", $upload);
ask("$api/extract", [
    CURLOPT_POSTFIELDS => json_encode(['url' => $url]),
    CURLOPT_HTTPHEADER => [$key, 'Content-Type: application/json'],
]);
ask("$api/extract/{$uploaded['uuid']}");

$removed = ask("$api/remove", $upload);
if (!copy($removed['downloadUrl'], $cleaned)) {
    throw new RuntimeException($removed['downloadUrl']);
}

# client.rb FILE URL CLEANED: reads FILE and what is at URL, then cleans FILE, by the service that EXIFKIT_API_URL and EXIFKIT_KEY name.
require 'json'
require 'net/http'

path, url, cleaned = ARGV
API = "#{ENV.fetch('EXIFKIT_API_URL')}/api/v1".freeze
KEY = { 'X-API-Key' => ENV.fetch('EXIFKIT_KEY') }.freeze

def send_to(address, request)
  uri = URI(address)
  Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == 'https') do |http|
    # Raises unless the answer is a success.
    http.request(request).tap(&:value).body
  end
end

def ask(address, request)
  puts body = send_to(address, request)
  JSON.parse(body)
end

def upload(address, path)
  File.open(path, 'rb') do |file|
    request = Net::HTTP::Post.new(URI(address), KEY)
    request.set_form([['file', file]], 'multipart/form-data')
    ask(address, request)
  end
end

uploaded = upload("#{API}/extract", path)
by_url = Net::HTTP::Post.new(URI("#{API}/extract"), KEY.merge('Content-Type' => 'application/json'))
by_url.body = { url: url }.to_json
ask("#{API}/extract", by_url)
address = "#{API}/extract/#{uploaded['uuid']}"
ask(address, Net::HTTP::Get.new(URI(address)))

removed = upload("#{API}/remove", path)
download = removed['downloadUrl']
File.binwrite(cleaned, send_to(download, Net::HTTP::Get.new(URI(download))))

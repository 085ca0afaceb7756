// client.mjs FILE URL CLEANED: reads FILE and what is at URL, then cleans FILE, by the service that EXIFKIT_API_URL and EXIFKIT_KEY name.
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";

const [path, url, cleaned] = process.argv.slice(2);
const api = `${process.env.EXIFKIT_API_URL}/api/v1`;
const key = { "X-API-Key": process.env.EXIFKIT_KEY };

async function ask(address, options) {
  const response = await fetch(address, options);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`);
  const answer = await response.json();
  console.log(JSON.stringify(answer));
  return answer;
}

async function upload(address) {
  const body = new FormData();
  body.append("file", new Blob([await readFile(path)]), basename(path));
  return ask(address, { method: "POST", headers: key, body });
}

const { uuid } = await upload(`${api}/extract`);
const headers = { ...key, "Content-Type": "application/json" };
await ask(`${api}/extract`, { method: "POST", headers, body: JSON.stringify({ url }) });
await ask(`${api}/extract/${uuid}`);

const { downloadUrl } = await upload(`${api}/remove`);
const download = await fetch(downloadUrl);
if (!download.ok) throw new Error(`${downloadUrl}: ${download.status}`);
await writeFile(cleaned, Buffer.from(await download.arrayBuffer()));

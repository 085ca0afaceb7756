"use strict";
// Values come from strangers' files: they become text, never markup.
const at = (id) => document.getElementById(id);
const maxSize = Number(document.body.dataset.maxSize);
const keyNeeded = document.body.dataset.key === "required";
let current = null;
let middle = { latitude: 0, longitude: 0 };

/** What a person is told. */
class Told extends Error {}

const element = (name, text, parent) => {
  const made = document.createElement(name);
  made.textContent = text;
  parent?.append(made);
  return made;
};

function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < 3; unit++) bytes /= 1024;
  return `${Number(bytes.toFixed(1))} ${units[unit]}`;
}

/** Shows what is going on, what is done, or what went wrong. */
function tell({ doing = "", done = "", wrong = "" }) {
  at("status").textContent = doing || done;
  at("busy").hidden = !doing;
  at("alert").hidden = !wrong;
  at("alert").textContent = wrong;
}

/** One file, one task: what a newer file has overtaken shows nothing any more. */
async function task(file, doing, work) {
  tell({ doing });
  const pressed = document.activeElement === at("clean");
  at("clean").disabled = true;
  try {
    const done = await work();
    if (current === file) tell({ done });
  } catch (error) {
    if (current !== file) return;
    if (!(error instanceof Told)) console.error(error);
    tell({ wrong: error instanceof Told ? error.message : "Something went wrong on this page." });
  } finally {
    if (current === file) {
      at("clean").disabled = false;
      // What is disabled loses the focus; nothing else has it unless it was moved on.
      if (pressed && document.activeElement === document.body) at("clean").focus();
    }
  }
}

function refuseKey(message) {
  at("access").hidden = false;
  at("key").setAttribute("aria-invalid", "true");
  at("key").setAttribute("aria-describedby", "alert");
  at("key").focus();
  return new Told(message);
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

function refusal(status, answer) {
  if (status === 401) return refuseKey("This API key is not valid.");
  if (status === 429) return new Told("The server is busy. Try again in a moment.");
  return new Told(sentence(answer.detail || answer.error || `the server answered ${status}`).replace(/\.\.$/, "."));
}

async function ask(path, file) {
  const key = at("key").value.trim();
  if (keyNeeded && !key) throw refuseKey("The server wants an API key. With one, the file is read at once.");
  if (file.size > maxSize) throw new Told(`This file is larger than ${size(maxSize)}, the most that this server takes.`);
  // Without this a folder, or a file that has changed, would look like a server that is away.
  await file.slice(0, 1).arrayBuffer().catch(() => {
    throw new Told("This cannot be read: it is a folder, or it has changed since it was chosen.");
  });
  const body = new FormData();
  body.append("file", file);
  const response = await fetch(path, { method: "POST", body, headers: key ? { "X-API-Key": key } : {} }).catch(() => {
    throw new Told("The server cannot be reached.");
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.success === false) throw refusal(response.status, answer);
  ["aria-invalid", "aria-describedby"].forEach((name) => at("key").removeAttribute(name));
  return answer;
}

function take(file) {
  if (!file) return;
  current = file;
  at("result").hidden = true;
  return task(file, `Reading ${file.name} …`, async () => {
    const answer = await ask("api/v1/extract", file);
    if (current === file) show(file, answer);
  });
}

function show(file, answer) {
  const metadata = answer.metadata || {};
  const facts = metadata.File || {};
  at("name").textContent = answer.fileName;
  const kind = facts.FileType ? `${facts.FileType} (${facts.Type})` : "A type that is not known: only facts about the file are shown";
  at("facts").textContent = [kind, metadata.Composite?.ImageSize?.replace("x", " × "), size(file.size)].filter(Boolean).join(" · ");
  preview(file);
  groups(metadata);
  const summary = [glance(metadata), place(metadata)];
  at("overview").hidden = !summary.some(Boolean);
  at("cleaned").hidden = true;
  at("filter").value = "";
  filter();
  warn(answer.warnings || []);
  at("result").hidden = false;
  surroundings();
  document.body.classList.add("loaded");
  at("name").focus();
}

/** The picture as the browser draws it, if it can. It stays on this machine. */
function preview(file) {
  const image = at("preview");
  if (image.src) URL.revokeObjectURL(image.src);
  image.hidden = true;
  image.onload = () => (image.hidden = false);
  image.src = URL.createObjectURL(file);
}

function warn(warnings) {
  at("warnings")?.remove();
  if (!warnings.length) return;
  const list = element("ul", "", null);
  list.id = "warnings";
  list.className = "note";
  warnings.forEach((warning) => element("li", warning, list));
  at("overview").before(list);
}

const text = (value) => (Array.isArray(value) ? value.join(", ") : String(value));

function groups(metadata) {
  at("groups").replaceChildren();
  for (const [group, tags] of Object.entries(metadata)) {
    const details = element("details", "", at("groups"));
    details.open = true;
    element("span", Object.keys(tags).length, element("summary", group, details));
    const list = element("dl", "", details);
    for (const [tag, value] of Object.entries(tags)) {
      const row = element("div", "", list);
      element("dt", tag, row);
      element("dd", text(value), row);
      row.dataset.text = `${group} ${tag} ${text(value)}`.toLowerCase();
    }
  }
}

function filter() {
  const words = at("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let [shown, all] = [0, 0];
  for (const details of at("groups").children) {
    let matching = 0;
    for (const row of details.querySelectorAll("dl div")) {
      row.hidden = !words.every((word) => row.dataset.text.includes(word));
      matching += !row.hidden;
      all++;
    }
    details.hidden = !matching;
    shown += matching;
  }
  at("count").textContent = words.length ? `${shown} of ${all} tags` : `${all} tags`;
}

/** The first of some tags that is there; what is stored in the file before what is said about it. */
function find(metadata, ...tags) {
  const { File, Composite, ...stored } = metadata;
  const order = [stored.exif, stored.xmp, stored.iptc, ...Object.values(stored), Composite].filter(Boolean);
  for (const tag of tags) {
    const value = order.map((group) => group[tag]).find((found) => found !== undefined && text(found).trim());
    if (value !== undefined) return text(value);
  }
}

function glance(metadata) {
  const [make, model] = [find(metadata, "Make"), find(metadata, "Model")];
  const date = find(metadata, "DateTimeOriginal", "CreateDate", "DateCreated", "DateTimeCreated");
  const rows = [
    ["Date", date?.replace(/^(\d{4}):(\d\d):(\d\d)/, "$1-$2-$3")],
    ["Camera", model?.startsWith(make) ? model : [make, model].filter(Boolean).join(" ")],
    ["Serial number", find(metadata, "SerialNumber", "InternalSerialNumber", "BodySerialNumber")],
    ["By", find(metadata, "Artist", "Creator", "By-line", "Author", "OwnerName")],
    ["Software", find(metadata, "Software", "CreatorTool", "Producer")],
  ];
  at("glance").replaceChildren();
  for (const [label, value] of rows) {
    if (!value) continue;
    const row = element("div", "", at("glance"));
    element("dt", label, row);
    element("dd", value, row);
  }
  return at("glance").childElementCount;
}

/** Degrees of `48 deg 51' 29.99" N`; the hemisphere may stand in a tag of its own. */
function degrees(metadata, tag, negative) {
  const printed = metadata.Composite?.[tag] ?? find(metadata, tag) ?? "";
  const parts = printed.match(/^([\d.]+) deg ([\d.]+)' ([\d.]+)"\s*([NSEW]?)/);
  if (!parts) return NaN;
  const hemisphere = parts[4] || (find(metadata, `${tag}Ref`) || "").toUpperCase();
  const value = Number(parts[1]) + Number(parts[2]) / 60 + Number(parts[3]) / 3600;
  return hemisphere.startsWith(negative) ? -value : value;
}

/** The place, on a map that is drawn here: the surroundings with the place in their middle, and where on the world they are. */
function place(metadata) {
  const latitude = degrees(metadata, "GPSLatitude", "S");
  const longitude = degrees(metadata, "GPSLongitude", "W");
  const known = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  at("place").hidden = !known;
  if (!known) return false;
  at("coordinates").textContent = `Place: ${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  middle = { latitude, longitude };
  document.querySelectorAll(".world circle").forEach((dot, i) => {
    // At the edge of the world one half is at the other edge.
    dot.setAttribute("cx", longitude + 360 * (i - 1));
    dot.setAttribute("cy", -latitude);
  });
  return true;
}

/** Draws the surroundings in the shape that their box has now: to every side they are as wide as they are there. */
function surroundings() {
  const { clientWidth, clientHeight } = at("map");
  if (!clientHeight) return;
  const { latitude, longitude } = middle;
  // Meridians draw together towards the poles.
  const height = 30;
  const width = (height * clientWidth) / clientHeight / Math.max(0.2, Math.cos((latitude * Math.PI) / 180));
  at("near").setAttribute("viewBox", `${longitude - width / 2} ${-latitude - height / 2} ${width} ${height}`);
}

function clean() {
  const file = current;
  return task(file, `Cleaning ${file.name} …`, async () => {
    const answer = await ask("api/v1/remove", file);
    if (current !== file) return;
    const { removed = [], kept = [] } = answer;
    at("removed").textContent = removed.length ? `Removed: ${removed.join(", ")}.` : "There was nothing to remove.";
    at("kept").textContent = kept.length ? `Kept, to show it as it is: ${kept.join(", ")}.` : "";
    // The address that the server names may be one for others; this page stands beside the file.
    const link = at("again");
    link.href = `download-cleaned/${answer.uuid}`;
    link.textContent = "Save the cleaned file again";
    at("cleaned").hidden = false;
    link.click();
    return removed.length ? "The cleaned file was proved, and is on its way to you." : "There was nothing to remove. Here is the same file.";
  });
}

const drop = at("drop");
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => event.relatedTarget || drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take(event.dataTransfer.files[0]);
});
at("file").addEventListener("change", (event) => {
  take(event.target.files[0]);
  // So that the same file can be chosen again.
  event.target.value = "";
});
at("form").addEventListener("submit", (event) => event.preventDefault());
at("key").addEventListener("change", () => at("result").hidden && take(current));
at("filter").addEventListener("input", filter);
at("clean").addEventListener("click", clean);
new ResizeObserver(surroundings).observe(at("map"));
at("access").hidden = !keyNeeded;
at("limit").textContent = `Up to ${size(maxSize)}`;

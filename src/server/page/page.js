"use strict";
// Values come from strangers' files: they become text, never markup.
const at = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
let current = null;

const say = (text, bad = false) => {
  at("status").textContent = text;
  at("status").classList.toggle("bad", bad);
};

const element = (name, text, parent) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
};

async function ask(path, file) {
  const body = new FormData();
  body.append("file", file);
  const key = at("key").value.trim();
  const response = await fetch(path, { method: "POST", body, headers: key ? { "X-API-Key": key } : {} });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.success === false) {
    throw new Error(answer.detail || answer.error || `The server answered ${response.status}.`);
  }
  return answer;
}

async function show(file) {
  if (!file) return;
  current = file;
  at("result").hidden = true;
  say(`Reading ${file.name} …`);
  try {
    const [answer, numbers] = await Promise.all([ask("/api/v1/extract", file), ask("/api/v1/extract?n=1", file)]);
    if (current !== file) return;
    at("name").textContent = answer.fileName;
    groups(answer.metadata || {});
    place(answer.metadata || {}, numbers.metadata || {});
    at("filter").value = "";
    at("result").hidden = false;
    say((answer.warnings || []).join("\n"));
    at("name").focus();
  } catch (error) {
    if (current === file) say(error.message, true);
  }
}

function groups(metadata) {
  at("groups").replaceChildren();
  for (const [group, tags] of Object.entries(metadata)) {
    const details = element("details", undefined, at("groups"));
    details.open = true;
    element("summary", `${group} (${Object.keys(tags).length})`, details);
    const list = element("dl", undefined, details);
    for (const [tag, value] of Object.entries(tags)) {
      const row = element("div", undefined, list);
      element("dt", tag, row);
      element("dd", Array.isArray(value) ? value.join(", ") : String(value), row);
      row.dataset.text = `${group} ${row.textContent}`.toLowerCase();
    }
  }
}

function filter() {
  const words = at("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const details of at("groups").children) {
    const rows = [...details.querySelectorAll("dl div")];
    rows.forEach((row) => (row.hidden = !words.every((word) => row.dataset.text.includes(word))));
    details.hidden = rows.every((row) => row.hidden);
  }
}

const find = (metadata, tag) =>
  [metadata.Composite, metadata.exif, metadata.xmp, ...Object.values(metadata)].map((g) => g && g[tag]).find((v) => v !== undefined);

function place(printed, numbers) {
  const degrees = (tag, negative) => {
    const number = Number.parseFloat(find(numbers, tag));
    const reference = String(find(numbers, `${tag}Ref`) || "").toUpperCase();
    return number > 0 && reference.startsWith(negative) ? -number : number;
  };
  const latitude = degrees("GPSLatitude", "S");
  const longitude = degrees("GPSLongitude", "W");
  const known = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  at("place").hidden = !known;
  if (!known) return;
  at("coordinates").textContent = `${latitude.toFixed(6)}, ${longitude.toFixed(6)}  (${find(printed, "GPSLatitude")}, ${find(printed, "GPSLongitude")})`;
  const map = at("map");
  map.replaceChildren();
  const draw = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    if (text) made.textContent = text;
    map.append(made);
  };
  for (let x = -150; x <= 150; x += 30) draw("line", { x1: x, x2: x, y1: -90, y2: 90, class: x ? "" : "zero" });
  for (let y = -60; y <= 60; y += 30) draw("line", { x1: -180, x2: 180, y1: y, y2: y, class: y ? "" : "zero" });
  for (const [x, y, text] of [[2, -82, "N"], [2, 87, "S"], [-178, -3, "W"], [172, -3, "E"]]) draw("text", { x, y }, text);
  draw("circle", { cx: longitude, cy: -latitude, r: 4 });
}

async function clean() {
  const file = current;
  at("clean").disabled = true;
  say(`Cleaning ${file.name} …`);
  try {
    const answer = await ask("/api/v1/remove", file);
    // The public address may be another host: the path is enough here.
    const response = await fetch(new URL(answer.downloadUrl, location.href).pathname);
    if (!response.ok) throw new Error("The cleaned file cannot be taken.");
    const link = document.createElement("a");
    const dot = file.name.lastIndexOf(".");
    link.href = URL.createObjectURL(await response.blob());
    link.download = dot > 0 ? `${file.name.slice(0, dot)}_cleaned${file.name.slice(dot)}` : `${file.name}_cleaned`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(answer.removed.length ? `Removed: ${answer.removed.join(", ")}.` : "There was nothing to remove.");
  } catch (error) {
    say(error.message, true);
  }
  at("clean").disabled = false;
}

const drop = at("drop");
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  show(event.dataTransfer.files[0]);
});
at("file").addEventListener("change", (event) => show(event.target.files[0]));
at("form").addEventListener("submit", (event) => event.preventDefault());
at("filter").addEventListener("input", filter);
at("clean").addEventListener("click", clean);
at("key").addEventListener("change", () => {
  if (at("result").hidden && current) show(current);
});

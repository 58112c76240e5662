// The phone at a gate: what was typed, photographed and drawn is kept in this browser until the platform has
// taken it, and is sent once: every try carries the same idempotency key, which the form was given. It is kept for
// whoever typed it: another person on the same telephone neither sees nor sends it.

import { smaller } from "./pictures.js";

const RETRY_MS = 8000, TIMEOUT_MS = 60000, KEPT_MS = 7 * 24 * 3600 * 1000;
const form = document.querySelector("form[data-gate]");
const line = document.querySelector("[data-line]");
const button = form.querySelector("button.btn");
const photoField = form.querySelector("input[type=file]");
const place = location.pathname;
const words = form.dataset;
const mine = `${words.person} ${place}`;
let photos = [];
let drawn = null;
let timer = 0;
let isSending = false;
let isKept = false; // what was signed, by the browser: a full store, or none, keeps nothing

// ---------------------------------------------------------------- the store

const store = await open();

function open() {
  return new Promise((resolve) => {
    let request;
    try {
      request = indexedDB.open("huanliu", 1);
    } catch {
      return resolve(null);
    }
    request.onupgradeneeded = () => request.result.createObjectStore("gate");
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => resolve(null);
  });
}

function keep(kind, value) {
  const key = `${kind} ${mine}`;
  return access("readwrite", (rows) => (value === null ? rows.delete(key) : rows.put({ ...value, at: Date.now() }, key)));
}

function kept(kind) {
  return access("readonly", (rows) => rows.get(`${kind} ${mine}`));
}

function forgetOld() {
  // What was sent while its answer was lost is seen on the page of the load, and asked for here no more.
  return access("readwrite", (rows) => {
    const walk = rows.openCursor();
    walk.onsuccess = () => {
      const row = walk.result;
      if (!row) return;
      if (!(row.value.at > Date.now() - KEPT_MS)) row.delete();
      row.continue();
    };
    return walk;
  });
}

function access(mode, ask) {
  return new Promise((resolve) => {
    if (!store) return resolve(undefined);
    let request;
    try {
      const work = store.transaction("gate", mode);
      request = ask(work.objectStore("gate"));
      work.oncomplete = () => resolve(request.result);
      work.onerror = work.onabort = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}

// ---------------------------------------------------------------- what is said

function say(sentence, tone = "", more = null) {
  line.className = `note ${tone}`.trim();
  line.textContent = sentence;
  if (more) line.append(" ", more);
  line.hidden = false;
}

function action(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn quiet";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

function link(label, address) {
  const made = document.createElement("a");
  made.href = address;
  made.textContent = label;
  return made;
}

// ---------------------------------------------------------------- what was typed

function typedFields() {
  return [...form.elements].filter((field) => field.name && !["hidden", "file", "submit"].includes(field.type));
}

function typed() {
  return Object.fromEntries(typedFields().map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]));
}

let waiting = 0;
function keepDraft() {
  clearTimeout(waiting);
  waiting = setTimeout(() => keep("draft", { typed: typed(), photos, drawn }), 300);
}

function fill(draft) {
  for (const field of typedFields()) {
    const value = draft.typed[field.name];
    if (value === undefined || field.value !== field.defaultValue) continue; // typed before this script ran
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
  photos = draft.photos ?? [];
  drawn = draft.drawn ?? null;
  listPhotos();
  showDrawn();
}

// ---------------------------------------------------------------- photos

function listPhotos() {
  const list = form.querySelector("[data-photos]");
  list.replaceChildren(
    ...photos.map((photo, place) => {
      const row = document.createElement("li");
      row.append(`${words.photo} ${photo.name} `);
      row.append(action("×", () => { photos.splice(place, 1); listPhotos(); keepDraft(); }));
      row.lastChild.setAttribute("aria-label", `${words.remove} ${photo.name}`);
      return row;
    }),
  );
}

async function takePhotos() {
  for (const file of photoField.files) {
    try {
      const blob = await smaller(file);
      photos.push({ blob, name: file.name.replace(/\.\w+$/, "") + (blob.type === "image/png" ? ".png" : ".jpg") });
    } catch {
      say(words.unreadable, "bad");
    }
  }
  photoField.value = "";
  listPhotos();
  keepDraft();
}

// ---------------------------------------------------------------- the signature

const pad = document.createElement("canvas");
const pen = pad.getContext("2d");

function buildPad() {
  const frame = form.querySelector("[data-signature]");
  const title = document.createElement("p");
  title.className = "hint";
  title.textContent = words.draw;
  pad.className = "pad";
  pad.width = 640;
  pad.height = 240;
  pad.setAttribute("role", "img");
  pad.setAttribute("aria-label", words.draw);
  frame.append(title, pad, action(words.clear, () => { wipe(); drawn = null; keepDraft(); }));
  wipe();
  let isDown = false;
  const at = (event) => {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
  };
  pad.addEventListener("pointerdown", (event) => {
    isDown = true;
    pad.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (!isDown) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  pad.addEventListener("pointerup", () => {
    if (!isDown) return;
    isDown = false;
    pad.toBlob((blob) => { drawn = blob; keepDraft(); }, "image/png");
  });
}

function wipe() {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, pad.width, pad.height);
  pen.strokeStyle = "#000";
  pen.lineWidth = 4;
  pen.lineCap = pen.lineJoin = "round";
}

async function showDrawn() {
  wipe();
  if (drawn) pen.drawImage(await createImageBitmap(drawn), 0, 0);
}

// ---------------------------------------------------------------- sending

async function submit() {
  if (isSending || button.disabled) return;
  button.disabled = true;
  await send((await known()) ?? (await sign()));
}

async function sign() {
  const fields = [...new FormData(form).entries()].filter(([, value]) => typeof value === "string");
  const pictures = photos.map((photo) => ["photo", photo.blob, photo.name]);
  if (drawn) pictures.push(["signature", drawn, `${form.elements.signed_name.value.trim() || "signature"}.png`]);
  const signed = { fields, pictures };
  isKept = (await keep("signed", signed)) !== undefined;
  return signed;
}

async function known() {
  const signed = await kept("signed");
  isKept ||= Boolean(signed);
  return signed;
}

async function send(signed) {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  button.disabled = true;
  say(words.sending, "calm");
  try {
    await alone(async () => {
      const now = isKept ? await kept("signed") : signed;
      if (now) await post(now);
      else location.assign(place.replace(/\/[^/]*$/, "")); // another tab has sent it
    });
  } catch {
    wait(words.waiting, signed);
  } finally {
    isSending = false;
  }
}

function alone(act) {
  // One tab at a time; without HTTPS there are no locks, and the platform takes it once all the same.
  return navigator.locks ? navigator.locks.request(`gate ${mine}`, act) : act();
}

async function post(signed) {
  const body = new FormData();
  for (const [name, value] of signed.fields) body.append(name, value);
  for (const [name, blob, file] of signed.pictures) body.append(name, blob, file);
  const answer = await fetch(place, {
    method: "POST", body, headers: { Accept: "text/html" }, signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await judge(answer, signed);
}

async function judge(answer, signed) {
  if (answer.redirected && answer.ok) {
    await Promise.all([keep("signed", null), keep("draft", null)]);
    say(words.sent, "calm");
    location.assign(answer.url);
  } else if (answer.status === 401) {
    say(words.login, "", link(words.loginLink, `/login?next=${encodeURIComponent(place)}`));
  } else if (answer.status === 429 || answer.status >= 500) {
    wait(words.busy, signed);
  } else {
    await refuse(await answer.text());
  }
}

function wait(sentence, signed) {
  say(isKept ? sentence : `${sentence} ${words.unkept}`, "", action(words.again, () => send(signed)));
  timer = setTimeout(() => send(signed), RETRY_MS);
}

async function refuse(html) {
  // What was typed, photographed and drawn stays; the form gets a new key, as this one was not taken.
  const page = new DOMParser().parseFromString(html, "text/html");
  const said = [...page.querySelectorAll("main .wrong, main [role=alert]")].map((part) => part.textContent.trim());
  const main = page.querySelector("main p:not(.dim)");
  for (const name of ["idempotency_key", "version"]) {
    const given = page.querySelector(`form[data-gate] input[name=${name}]`);
    if (given) form.elements[name].value = given.value;
  }
  await Promise.all([keep("signed", null), keep("draft", { typed: typed(), photos, drawn })]);
  say(`${words.refused} ${said.join(" ") || main?.textContent || ""}`, "bad");
  button.disabled = false;
  line.scrollIntoView({ block: "center" });
}

// ---------------------------------------------------------------- the beginning

// What is kept is read before anything can be typed, photographed or drawn over it.
const [signed, draft] = [await known(), await kept("draft")];
buildPad();
photoField.addEventListener("change", takePhotos);
form.addEventListener("input", keepDraft);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
addEventListener("online", async () => {
  const waiting = await known();
  if (waiting) send(waiting);
});
if (draft) {
  fill(draft);
  if (!form.querySelector(".wrong") && !signed) say(words.kept, "calm");
}
if (signed) send(signed);
forgetOld();

// Posting: a photo is made smaller before it is sent; a sheet or a photo dropped anywhere on the page goes into its field.

import { smaller } from "./pictures.js";

const photoField = document.querySelector("[data-photo]");
const sheet = document.querySelector("form[data-sheet]");
const SHEETS = /\.(xlsx|csv)$/i;

// ---------------------------------------------------------------- a photo

function put(field, file) {
  const chosen = new DataTransfer();
  chosen.items.add(file);
  field.files = chosen.files;
}

function sayOfPhoto(sentence) {
  const line = document.getElementById("file-error");
  line.textContent = sentence;
  line.hidden = !sentence;
}

async function takePhoto(file) {
  sayOfPhoto("");
  const button = photoField.form.querySelector("button");
  button.disabled = true;
  try {
    const blob = await smaller(file);
    const name = file.name.replace(/\.\w+$/, "") + (blob.type === "image/png" ? ".png" : ".jpg");
    put(photoField, new File([blob], name, { type: blob.type }));
  } catch {
    photoField.value = "";
    sayOfPhoto(photoField.dataset.unreadable);
  } finally {
    button.disabled = false;
  }
}

photoField?.addEventListener("change", () => photoField.files[0] && takePhoto(photoField.files[0]));

// ---------------------------------------------------------------- what is dropped

function takeSheet(file) {
  const field = sheet.querySelector("input[type=file]");
  put(field, file);
  sheet.requestSubmit(sheet.querySelector("button[value=check]"));
}

function sayOfDrop(sentence) {
  const line = sheet.querySelector("[data-line]");
  line.textContent = sentence;
  line.hidden = !sentence;
}

function take(files) {
  const [file] = files;
  sayOfDrop("");
  if (files.length > 1) sayOfDrop(sheet.dataset.many);
  else if (SHEETS.test(file.name)) takeSheet(file);
  else if (photoField && file.type.startsWith("image/")) takePhoto(file);
  else sayOfDrop(sheet.dataset.unknown);
}

if (sheet) {
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    sheet.classList.add("over");
  });
  addEventListener("dragleave", (event) => event.relatedTarget || sheet.classList.remove("over"));
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    sheet.classList.remove("over");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files);
  });
}

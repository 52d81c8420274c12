// Files for the reader to keep, and texts for the clipboard.

import { fetchFile } from "./api.js";
import { currentKey } from "./key.js";
import { el } from "./dom.js";

/** A file's name for an address: `orion/7` as PNG is `orion_7.png`. */
export function fileName(address, extension) {
  return `${address.replace(/[^\p{L}\p{N}.-]/gu, "_")}.${extension}`;
}

/** Saves a Blob as a file. */
export function save(blob, name) {
  const href = URL.createObjectURL(blob);
  el("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser reads it after the click
}

/** A link that downloads: set its `href` and `download`. A link cannot carry an API key, so with one it is fetched. */
export function downloadLink(label, onError) {
  const link = el("a", { class: "quiet" }, label);
  link.addEventListener("click", async (event) => {
    if (currentKey() === null) return;
    event.preventDefault();
    await fetchFile(link.href).then((file) => save(file, link.download), (error) => onError?.(error.message));
  });
  return link;
}

/** A button that copies what `textOf()` gives, and says so for a moment. */
export function copyButton(label, textOf, className = "quiet") {
  const button = el("button", { class: className, type: "button" }, label);
  button.addEventListener("click", async () => {
    const text = textOf();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      window.prompt("Copy this:", text); // there is no clipboard outside HTTPS and localhost
      return;
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 1600);
  });
  return button;
}

// A place to drop a picture on; it can also be picked or pasted.

import { el, icon } from "./dom.js";

/** A drop zone: `{element, input}`; `onPicture(file)` gets the picture. Pastes count while `element` is in view. */
export function dropZone(label, onPicture) {
  const input = el("input", { type: "file", accept: "image/*", class: "file", "aria-label": label });
  const element = el("label", { class: "drop" }, input, icon("picture", 34), el("strong", {}, label),
    el("span", {}, "Drop it here, paste it, or choose a file"));
  const take = (files) => {
    const picture = [...(files ?? [])].find((file) => file.type.startsWith("image/"));
    if (picture) onPicture(picture);
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = ""; // so that the same file can be chosen again
  });
  const hover = (event) => {
    event.preventDefault();
    element.classList.toggle("over", event.type === "dragover");
  };
  ["dragover", "dragleave", "drop"].forEach((type) => element.addEventListener(type, hover));
  element.addEventListener("drop", ({ dataTransfer }) => take(dataTransfer.files));
  addEventListener("paste", ({ clipboardData }) => element.offsetParent && take(clipboardData?.files));
  return { element, input };
}

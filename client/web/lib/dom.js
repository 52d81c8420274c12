// Making elements without markup in strings: whatever the data, it is text.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  close: "M6 6l12 12M18 6L6 18",
  play: "M8 5.500l10.500 6.500L8 18.500z",
  pause: "M8.500 5.500v13M15.500 5.500v13",
  swap: "M4 9h15l-4-4M20 15H5l4 4",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  home: "M4 11.500L12 5l8 6.500M6.500 10v9h11v-9",
  jump: "M5 19L19 5M19 5h-8M19 5v8",
  picture: "M4 6h16v12H4zM4 16l5-5 4 4 3-2.500 4 3.500",
  back: "M15 5l-7 7 7 7",
  down: "M6 9l6 6 6-6",
  next: "M9 5l7 7-7 7",
};

/**
 * An element with attributes, listeners and children.
 *
 * `attributes` that are null, undefined or false are left out; true gives an empty one; a function, named `onclick` and
 * the like, listens. Children are elements, texts or null.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A line drawing of 24 units, hidden from screen readers: the button around it has a label. */
export function icon(name, size = 20) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  const given = { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", class: "icon" };
  Object.entries(given).forEach(([key, value]) => svg.setAttribute(key, value));
  line.setAttribute("d", ICONS[name]);
  svg.append(line);
  return svg;
}

/** The face of a die. */
export function dieIcon() {
  const svg = icon("plus", 22);
  svg.firstChild.setAttribute("d", "M7.500 3.500h9a4 4 0 0 1 4 4v9a4 4 0 0 1-4 4h-9a4 4 0 0 1-4-4v-9a4 4 0 0 1 4-4z");
  for (const [x, y] of [[8.4, 8.4], [15.6, 8.4], [12, 12], [8.4, 15.6], [15.6, 15.6]]) {
    const eye = document.createElementNS(SVG, "circle");
    Object.entries({ cx: x, cy: y, r: 1.4, class: "eye" }).forEach(([key, value]) => eye.setAttribute(key, value));
    svg.append(eye);
  }
  return svg;
}

/** A line that is read out when it changes: `say(sentence)`, or `say(sentence, "error")`. */
export function statusLine() {
  const element = el("p", { class: "status", role: "status", "aria-live": "polite" });
  const say = (sentence, state = "") => {
    element.textContent = sentence;
    element.dataset.state = state;
  };
  return { element, say };
}

/** Loads a style sheet, once; resolves when it holds. */
export function useStyle(url) {
  const href = String(url);
  const known = [...document.styleSheets].some((sheet) => sheet.href === href);
  if (known) return Promise.resolve();
  return new Promise((resolve) => {
    document.head.append(el("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve }));
  });
}

/** A name from a card as people read it: `gas_giant` is “Gas giant”. */
export function pretty(name) {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// The page: tabs, and what they share.

import { listModels } from "./lib/api.js";
import { el, useStyle } from "./lib/dom.js";
import { hashOf, readPlace, writePlace } from "./lib/place.js";
import { Viewer } from "./lib/viewer.js";
import { TABS } from "./tabs/index.js";

const list = document.getElementById("tabs");
const main = document.getElementById("main");
const opened = new Map(); // what each tab's module made, by the tab's id
let current = null;
let models = null;

const viewer = new Viewer((query) => page.open("generate", query));
document.body.append(viewer.element);

/** What the page gives its tabs. */
const page = {
  viewer,
  /** Everything served: `{default, models}`; asked for once, and again after a failure. */
  models: () => (models ??= listModels().catch((error) => ((models = null), Promise.reject(error)))),
  /** The models available for a task, the default first, each `{name, version, card}`. */
  async modelsFor(task) {
    const { default: preferred, models: all } = await page.models();
    const fitting = all.filter(({ state, card }) => state === "AVAILABLE" && card.task === task);
    return fitting.sort((a, b) => (b.name === preferred) - (a.name === preferred));
  },
  /** Goes to another tab, as a link would. */
  open(tab, query) {
    writePlace(tab, query, { step: true });
    restore();
  },
};

const links = TABS.map(({ id, label }) =>
  el("a", { role: "tab", id: `tab-${id}`, href: hashOf(id), "aria-controls": `panel-${id}`, "aria-selected": "false" }, label));
const panels = TABS.map(({ id }) =>
  el("section", { role: "tabpanel", id: `panel-${id}`, class: `tab-${id}`, "aria-labelledby": `tab-${id}`, hidden: true }));
list.append(...links);
main.append(...panels);

list.addEventListener("keydown", (event) => {
  const at = links.indexOf(event.target);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  const link = links.at(to % links.length);
  link.focus();
  link.click();
});
addEventListener("popstate", restore);
restore();

/** Shows what the URL says. */
async function restore() {
  const place = readPlace();
  const index = Math.max(0, TABS.findIndex(({ id }) => id === place.tab));
  const { id, label, load } = TABS[index];
  if (current !== null && current !== id) opened.get(current)?.hide?.();
  if (viewer.element.open) viewer.element.close();
  current = id;
  links.forEach((link, i) => {
    link.setAttribute("aria-selected", String(i === index));
    link.tabIndex = i === index ? 0 : -1;
    panels[i].hidden = i !== index;
  });
  links[index].scrollIntoView({ block: "nearest", inline: "nearest" });
  document.body.dataset.tab = id;
  document.title = index ? `${label} · Planet Generator` : "Planet Generator";
  const tab = opened.get(id) ?? (await build(index, load));
  if (current === id) await tab.show(place.query);
}

async function build(index, load) {
  const { id } = TABS[index];
  const { create, style } = await load();
  if (style) await useStyle(style);
  if (!opened.has(id)) {
    // A tab tells where it is; its link in the list leads back there.
    const place = (query, { step = false } = {}) => {
      links[index].setAttribute("href", hashOf(id, query));
      if (current === id) writePlace(id, query, { step });
    };
    opened.set(id, create(panels[index], { ...page, place }));
  }
  return opened.get(id);
}

// The page: tabs, and what they share.

import { listModels, loadOptions } from "./lib/api.js";
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
  /** Everything served, `{default, models}`, asked for with the options of planets, once, and again after a failure. */
  models: () => (models ??= Promise.all([listModels(), loadOptions()]).then(
    ([served]) => served, (error) => ((models = null), Promise.reject(error)))),
  /** The models available for a task, or for worlds, the default first, each `{name, version, card}`. */
  async modelsFor(task) {
    const { default: preferred, models: all } = await page.models();
    const fits = (card) => (task === "world" ? "world" in card : card.task === task);
    const fitting = all.filter(({ state, card }) => state === "AVAILABLE" && fits(card));
    if (task === "world") return fitting.sort((a, b) => String(b.card.created).localeCompare(String(a.card.created)));
    return fitting.sort((a, b) => (b.name === preferred) - (a.name === preferred));
  },
  /** Goes to another tab, as a link would. */
  open(tab, query) {
    writePlace(tab, query, { step: true });
    restore();
  },
};

const links = TABS.map(({ id, label, needs }) =>
  el("a", { role: "tab", id: `tab-${id}`, href: hashOf(id), "aria-controls": `panel-${id}`, "aria-selected": "false", hidden: Boolean(needs) }, label));
const panels = TABS.map(({ id }) =>
  el("section", { role: "tabpanel", id: `panel-${id}`, class: `tab-${id}`, "aria-labelledby": `tab-${id}`, hidden: true }));
list.append(...links);
main.append(...panels);

TABS.forEach(async ({ needs }, index) => {
  if (needs) links[index].hidden = await page.modelsFor(needs).then(({ length }) => length === 0, () => true);
});

list.addEventListener("keydown", (event) => {
  const shown = links.filter((link) => !link.hidden);
  const at = shown.indexOf(event.target);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  const link = shown.at(to % shown.length);
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

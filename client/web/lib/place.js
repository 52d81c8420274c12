// Where the reader is: a tab and what it shows, in the URL's hash, such as `#galaxy?x=12&y=-7`.

/** The place that the URL names: `{tab, query}`; a query before any hash, as in `/?seed=42`, is Generate's. */
export function readPlace() {
  const [, tab = "", query = ""] = /^#([^?]*)\??(.*)$/s.exec(location.hash) ?? [];
  if (!tab && location.search) return { tab: "generate", query: new URLSearchParams(location.search) };
  return { tab, query: new URLSearchParams(query) };
}

/** The hash of a place; what is empty in `query` is left out. */
export function hashOf(tab, query = {}) {
  const told = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(told).toString();
  return `#${tab}${text && `?${text}`}`;
}

/** The whole URL of a place, to hand on. */
export function linkTo(tab, query) {
  return new URL(location.pathname + hashOf(tab, query), location.href).href;
}

/** Goes on as being at a place: as a step that Back undoes, or not. */
export function writePlace(tab, query, { step }) {
  const url = location.pathname + hashOf(tab, query);
  if (url === location.pathname + location.hash) return;
  if (step) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}

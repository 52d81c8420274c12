// The tabs, in order. A tab's module is loaded when it is first opened and exports
//   create(panel, page) → {show(query), hide?()}: fills the panel; show is told what the URL says;
//   style, a style sheet's URL, if it has one.
// A tab that `needs` models for a task is shown where there are any.

export const TABS = [
  { id: "generate", label: "Generate", load: () => import("./generate.js") },
  { id: "galaxy", label: "Galaxy", load: () => import("./galaxy.js") },
  { id: "world", label: "World", needs: "world", load: () => import("./world.js") },
  { id: "morph", label: "Morph", load: () => import("./morph.js") },
  { id: "classify", label: "Classify", load: () => import("./classify.js") },
  { id: "translate", label: "Translate", load: () => import("./translate.js") },
  { id: "models", label: "Models", load: () => import("./models.js") },
];

// A world's files for a game's engine, as links that download.

import { worldUrl } from "./api.js";
import { el } from "./dom.js";
import { downloadLink, fileName } from "./saving.js";

const ENGINES = [["three", "three.js"], ["godot", "Godot"], ["unity", "Unity"], ["unreal", "Unreal"]];
const PARTS = [ // what to ask for, how, what it is, and how its file's name ends
  ["glb", {}, "Planet, GLB", "glb"],
  ["glb", { mesh: "cube" }, "Planet of six faces, GLB", "faces.glb"],
  ["glb", { textures: "webp" }, "Planet, GLB with WebP", "webp.glb"],
  ["normal.png", { green: "down" }, "Normal map, green down", "normal_down.png"],
  ["height.png", {}, "Heights, 16 bits", "height.png"],
  ["height.exr", {}, "Heights, meters", "height.exr"],
  ["roughness.png", {}, "Roughness", "roughness.png"],
  ["emissive.png", {}, "Own light", "emissive.png"],
  ["clouds.png", {}, "Clouds", "clouds.png"],
];

/** A row of links, all for one engine each, and the single files, unfolded: `element`; `show(address, options)` has them lead to a world. */
export class EngineFiles {
  #packs;
  #parts;

  /** `onError(sentence)` is told what kept a file from coming. */
  constructor(onError) {
    this.#packs = ENGINES.map(([, label]) => downloadLink(label, onError));
    this.#parts = PARTS.map(([, , label]) => downloadLink(label, onError));
    this.element = el("div", { class: "engines" },
      el("div", { class: "actions" }, el("span", { class: "facts" }, "For your engine:"), this.#packs),
      el("details", { class: "code" }, el("summary", {}, "Single files"), el("div", { class: "actions" }, this.#parts)));
  }

  show(address, options) {
    ENGINES.forEach(([engine], i) => {
      this.#packs[i].href = worldUrl(address, "engine.zip", { ...options, engine });
      this.#packs[i].download = fileName(`${address}-${engine}`, "zip");
    });
    PARTS.forEach(([part, asked, , ending], i) => {
      this.#parts[i].href = worldUrl(address, part, { ...options, ...asked });
      this.#parts[i].download = fileName(address, ending);
    });
  }
}

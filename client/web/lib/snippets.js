// The same planet or world from a shell and from Python.

import { isNumber, pictureUrl, planetOptions, worldUrl } from "./api.js";
import { el } from "./dom.js";
import { copyButton, fileName } from "./saving.js";

const CLIENT_OPTIONS = new Set(["model", "version", "label", "kind", "size", "background", "temperature"]); // by name

/** Elements that show the two snippets, each with a button that copies it. */
export function snippets(address, options) {
  return figures([["curl", curl(address, options)], ["Python", python(address, options)]]);
}

/** The same for a world, seen as `options` tell. */
export function worldSnippets(address, options) {
  return figures([["curl", worldCurl(address, options)], ["Python", worldPython(address, options)]]);
}

function figures(codes) {
  return codes.map(([name, code]) =>
    el("figure", { class: "snippet" },
      el("figcaption", {}, name, copyButton("Copy", () => code)),
      el("pre", { tabindex: 0, "aria-label": `${name} code` }, code)));
}

function curl(address, options) {
  const url = new URL(pictureUrl(address, options), location.href).href.replaceAll("'", "%27");
  return `curl -o '${fileName(address, options.format)}' '${url}'`;
}

function worldCurl(address, options) {
  const ofMaps = { ...options, lon: "", lat: "", sun: "", background: "" };
  return [["png", options], ["map.png", ofMaps], ["normal.png", ofMaps]].map(([part, asked]) => {
    const url = new URL(worldUrl(address, part, asked), location.href).href.replaceAll("'", "%27");
    return `curl -o '${fileName(address, part)}' '${url}'`;
  }).join("\n");
}

function worldPython(address, { model, version, kind, lon, lat, sun }) {
  const world = [`model=${quoted(model)}`, `version=${version}`, ...(kind ? [`kind=${quoted(kind)}`] : [])].join(", ");
  return [
    "from client import PlanetClient",
    "",
    `with PlanetClient(${quoted(location.origin)}) as planets:`,
    `    world = dict(${world})`,
    `    planets.world(${quoted(address)}, lon=${lon}, lat=${lat}, sun=(${sun}), **world).save(".")`,
    `    planets.world_map(${quoted(address)}, **world).save(".")`,
    `    planets.world_normal(${quoted(address)}, **world).save(".")`,
  ].join("\n");
}

function python(address, { format, ...options }) {
  const asked = planetOptions.filter(({ name }) => options[name]);
  const text = (one) => isNumber(one) ? options[one.name] : quoted(options[one.name]);
  const extra = asked.filter(({ name }) => !CLIENT_OPTIONS.has(name)).map((one) => `${quoted(one.name)}: ${text(one)}`);
  const given = [
    ...asked.filter(({ name }) => CLIENT_OPTIONS.has(name)).map((one) => `${one.name}=${text(one)}`),
    ...(format === "png" ? [] : [`format=${quoted(format)}`]),
    ...(extra.length ? [`extra_query={${extra.join(", ")}}`] : []),
  ].join(", ");
  return [
    "from client import PlanetClient",
    "",
    `with PlanetClient(${quoted(location.origin)}) as planets:`,
    `    planet = planets.planet(${[quoted(address), given].filter(Boolean).join(", ")})`,
    `    planet.save(${quoted(fileName(address, format))})`,
  ].join("\n");
}

/** A text as Python writes it; JSON's escapes mean the same there. */
function quoted(text) {
  return JSON.stringify(text);
}

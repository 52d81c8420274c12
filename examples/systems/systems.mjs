// Prints star systems, made without a server: node examples/systems/systems.mjs orion/7

import { readFile } from "node:fs/promises";

import { systemOf } from "../../client/web/systems/systems.mjs";

const rules = JSON.parse(await readFile(new URL("../../serving/systems/rules_1.json", import.meta.url), "utf8"));
for (const text of process.argv.slice(2)) console.log(JSON.stringify(systemOf(text, rules)));

// Khronos' glTF validator over files: prints, as JSON by file, what is worth an error (0) or a warning (1).
const { readFileSync } = require("node:fs");
const { validateBytes } = require("gltf-validator");

(async () => {
  const found = {};
  for (const file of process.argv.slice(2)) {
    const { issues } = await validateBytes(new Uint8Array(readFileSync(file)), { maxIssues: 20 });
    found[file] = issues.messages.filter(({ severity }) => severity < 2);
  }
  console.log(JSON.stringify(found));
})();

// A planet of pictures that turns among stars, with others far away: ?planet=orion/7/3&kind=earth

import * as Phaser from "phaser";

const asked = new URLSearchParams(location.search);
const address = asked.get("planet") ?? "orion/7/3";
const kind = asked.get("kind") ?? "earth";
const look = { model: "world_v2", version: 13, background: "transparent" };
const url = (path, more) => `/v1/${path}?${new URLSearchParams({ ...look, ...more })}`;

const SIDE = 512; // px of the scene, which is made larger to fit
const STEPS = 60; // pictures of a turn
const sheet = { seed: address, count: 5, size: 32 };
const title = document.title;

class Space extends Phaser.Scene {
  preload() {
    this.load.on("progress", (part) => {
      document.title = part < 1 ? `${Math.round(100 * part)} % of a planet` : title;
    });
    this.load.on("loaderror", async ({ xhrLoader }) => {
      const told = await xhrLoader.response?.text?.().then(JSON.parse).catch(() => null); // as problem+json
      document.body.textContent = `No planet: ${told?.detail ?? "Is the gateway there (make run)? Then reload."}`;
    });
    for (let step = 0; step < STEPS; step++) {
      const lon = (-360 / STEPS) * step; // in the middle, as places come from the west
      const part = { kind, lon, sun: "-50,25", size: 256 };
      this.load.image(`planet ${step}`, url(`worlds/${encodeURIComponent(address)}.webp`, part));
    }
    this.load.atlas("far", url("sheet.png", sheet), url("sheet.json", sheet)); // TexturePacker's format
  }

  create() {
    const chance = new Phaser.Math.RandomDataGenerator([address]);
    const place = () => [chance.between(0, SIDE), chance.between(0, SIDE)];
    const stars = Array.from({ length: 200 }, () => {
      const near = chance.realInRange(0.1, 1);
      const star = this.add.rectangle(...place(), 2 * near, 2 * near, 0xffffff, near);
      return { body: star, x: star.x, speed: near / 500 };
    });
    const planets = this.textures.get("far").getFrameNames().map((seed) => {
      const body = this.add.image(...place(), "far", seed);
      return { body, x: body.x, speed: 1 / 250 }; // px in a ms: in front of all stars
    });
    this.sky = [...stars, ...planets];
    this.planet = this.add.image(SIDE / 2, SIDE / 2, "planet 0");
  }

  update(time) {
    this.planet.setTexture(`planet ${Math.floor(time / 100) % STEPS}`); // a turn in six seconds
    for (const { body, x, speed } of this.sky) body.x = Phaser.Math.Wrap(x - speed * time, -16, SIDE + 16);
  }
}

new Phaser.Game({
  width: SIDE,
  height: SIDE,
  backgroundColor: "black",
  scale: { mode: Phaser.Scale.FIT, autoCenter: Phaser.Scale.CENTER_BOTH },
  loader: { maxParallelDownloads: 6 },
  audio: { noAudio: true },
  banner: false,
  scene: Space,
});

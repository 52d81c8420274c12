// A planet that turns in the light of its star, under clouds that drift: ?planet=orion/7/3&kind=earth

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera.js";
import { Engine } from "@babylonjs/core/Engines/engine.js";
import { DirectionalLight } from "@babylonjs/core/Lights/directionalLight.js";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight.js";
import { ImportMeshAsync } from "@babylonjs/core/Loading/sceneLoader.js";
import { Color3, Color4 } from "@babylonjs/core/Maths/math.color.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import { Scene } from "@babylonjs/core/scene.js";
import "@babylonjs/loaders/glTF/2.0/index.js";

const asked = new URLSearchParams(location.search);
const look = new URLSearchParams({ model: "world_v2", version: 13, kind: asked.get("kind") ?? "earth" });

const engine = new Engine(document.querySelector("canvas"), true, {}, true);
const scene = new Scene(engine);
scene.useRightHandedSystem = true; // as glTF
scene.clearColor = new Color4(0, 0, 0, 1);

const url = `/v1/worlds/${asked.get("planet") ?? "orion/7/3"}.glb?${look}`;
const { meshes } = await ImportMeshAsync(url, scene, { pluginExtension: ".glb" }).catch((error) => {
  document.body.textContent = `No planet: ${error.message}. Is the gateway there (make run)? Then reload.`;
  throw error;
});
const planet = meshes[0]; // the loader's root
const clouds = scene.getNodeByName("clouds"); // of kinds that have any

const sun = new DirectionalLight("sun", new Vector3(4, -2, -2).normalize(), scene); // from the left, above and in front
sun.intensity = Math.PI; // white is white where it is overhead
const ambient = new HemisphericLight("ambient", Vector3.Up(), scene);
ambient.groundColor = Color3.White();
ambient.intensity = 0.015;

const camera = new FreeCamera("camera", new Vector3(0, 0, 4.5), scene); // radii of the planet
camera.setTarget(Vector3.Zero());
camera.fov = Math.PI / 6;
camera.minZ = 0.1;

engine.runRenderLoop(() => {
  const turn = engine.getDeltaTime() / 10_000; // radians, to the east: a turn a minute
  planet.rotate(Vector3.Up(), turn);
  clouds?.rotate(Vector3.Up(), turn / 5); // by which they get ahead of the ground
  scene.render();
});
addEventListener("resize", () => engine.resize());

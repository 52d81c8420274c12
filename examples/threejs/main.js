// A planet that turns in the light of its star, under clouds that drift: ?planet=orion/7/3&kind=earth

import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

const asked = new URLSearchParams(location.search);
const look = new URLSearchParams({ model: "world_v2", version: 13, kind: asked.get("kind") ?? "earth" });
const url = `/v1/worlds/${asked.get("planet") ?? "orion/7/3"}.glb?${look}`;
const { scene: planet } = await new GLTFLoader().loadAsync(url).catch((error) => {
  document.body.textContent = `No planet: ${error.message}. Is the gateway there (make run)? Then reload.`;
  throw error;
});
const clouds = planet.getObjectByName("clouds"); // of kinds that have any

const scene = new THREE.Scene().add(planet);
const sun = new THREE.DirectionalLight("white", Math.PI);
sun.position.set(-4, 2, 2); // from the left, above and in front
scene.add(sun, new THREE.AmbientLight("white", 0.05));

const camera = new THREE.PerspectiveCamera(30);
camera.position.z = 4.5; // radii of the planet
const renderer = new THREE.WebGLRenderer({ antialias: true });
document.body.append(renderer.domElement);

function fit() {
  camera.aspect = innerWidth / innerHeight;
  camera.updateProjectionMatrix();
  renderer.setPixelRatio(devicePixelRatio);
  renderer.setSize(innerWidth, innerHeight);
}
addEventListener("resize", fit);
fit();

renderer.setAnimationLoop((time) => {
  planet.rotation.y = time / 10_000; // radians, to the east: a turn a minute
  if (clouds) clouds.rotation.y = time / 50_000; // by which they are ahead of the ground
  renderer.render(scene, camera);
});

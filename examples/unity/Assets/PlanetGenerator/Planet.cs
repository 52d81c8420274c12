// A planet of a running gateway: it turns in the light of the scene, under clouds that drift.
//
// 1. Copy Assets/PlanetGenerator into your project's Assets (Unity 2021.3 or newer), and the dependencies of
//    Packages/manifest.json that yours lacks: glTFast reads the planet's file.
// 2. For plain http, choose Project Settings > Player > Other Settings > Allow downloads over HTTP.
// 3. Add this component to an empty game object, say which planet, and press Play.
//
// A build needs glTFast's shaders: its manual tells under "Project Setup" how to include them.
//
// Not run in Unity: a test compiles it against the signatures that it uses.

using System;
using System.Collections;
using System.Threading.Tasks;
using GLTFast;
using UnityEngine;

namespace PlanetGenerator
{
    public class Planet : MonoBehaviour
    {
        public string server = "http://127.0.0.1:8000";
        public string address = "orion/7/3";
        public string kind = "earth"; // or a mix, such as mars:0.7,earth:0.3
        public string model = "world_v2"; // with its version: the same planet for ever
        public int version = 13;
        public int textureSize = 512; // rows, 128 to 1024
        public float turnSeconds = 60;

        GltfImport planet;
        Transform clouds; // of kinds that have any

        IEnumerator Start()
        {
            string look = $"model={Uri.EscapeDataString(model)}&version={version}&kind={Uri.EscapeDataString(kind)}";
            string place = Uri.EscapeDataString(address);
            string url = $"{server}/v1/worlds/{place}.glb?{look}&texture_size={textureSize}";
            byte[] glb = null;
            yield return Gateway.Fetch(url, bytes => glb = bytes, Complain);
            if (glb == null) yield break;

            planet = new GltfImport();
            Task<bool> read = planet.Load(glb);
            yield return new WaitUntil(() => read.IsCompleted);
            Task<bool> placed = Succeeded(read) ? planet.InstantiateMainSceneAsync(transform) : read;
            yield return new WaitUntil(() => placed.IsCompleted);
            if (!Succeeded(placed)) Complain("glTFast can't show its file; the lines above say why.");
            foreach (Transform part in GetComponentsInChildren<Transform>())
                if (part.name == "clouds") clouds = part;
        }

        void Update()
        {
            float degrees = 360 * Time.deltaTime / turnSeconds;
            transform.Rotate(0, -degrees, 0); // to the east; Unity's angles grow clockwise
            if (clouds != null) clouds.Rotate(0, -degrees / 5, 0); // by which they get ahead of the ground
        }

        void OnDestroy()
        {
            if (planet != null) planet.Dispose();
        }

        void Complain(string sentence)
        {
            Debug.LogError($"No planet {address}: {sentence}", this);
        }

        static bool Succeeded(Task<bool> task)
        {
            return task.Status == TaskStatus.RanToCompletion && task.Result;
        }
    }
}

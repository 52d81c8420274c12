// The picture of a planet of a running gateway, as a sprite for a game in 2D. Steps 2 and 3 are as in Planet.cs.
//
// Not run in Unity: a test compiles it against the signatures that it uses.

using System;
using System.Collections;
using UnityEngine;

namespace PlanetGenerator
{
    [RequireComponent(typeof(SpriteRenderer))]
    public class PlanetSprite : MonoBehaviour
    {
        public string server = "http://127.0.0.1:8000";
        public string address = "orion/7/3";
        public string model = "world_v2"; // with its version: the same planet for ever
        public int version = 13;
        public int size = 256; // px, 16 to 1024

        IEnumerator Start()
        {
            string look = $"model={Uri.EscapeDataString(model)}&version={version}&size={size}&background=transparent";
            string url = $"{server}/v1/planets/{Uri.EscapeDataString(address)}.png?{look}"; // Unity reads no WebP
            yield return Gateway.Fetch(url, Show, sentence => Debug.LogError($"No planet {address}: {sentence}", this));
        }

        void Show(byte[] png)
        {
            var texture = new Texture2D(2, 2, TextureFormat.RGBA32, true) { wrapMode = TextureWrapMode.Clamp };
            texture.LoadImage(png);
            var whole = new Rect(0, 0, texture.width, texture.height);
            GetComponent<SpriteRenderer>().sprite = Sprite.Create(texture, whole, new Vector2(0.5f, 0.5f), texture.width);
        }
    }
}

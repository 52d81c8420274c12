// What examples/unity uses of Unity and glTFast, as their references tell it: for a compiler to check types by, no more.
// Nothing here does anything.

using System;
using System.Threading;
using System.Threading.Tasks;

namespace UnityEngine
{
    public class Object { public string name { get; set; } }
    public class Component : Object
    {
        public Transform transform { get { throw new NotSupportedException(); } }
        public T GetComponent<T>() { throw new NotSupportedException(); }
        public T[] GetComponentsInChildren<T>() { throw new NotSupportedException(); }
    }
    public class Behaviour : Component { }
    public class MonoBehaviour : Behaviour { }
    public class Renderer : Component { }
    public class Transform : Component
    {
        public void Rotate(float xAngle, float yAngle, float zAngle) { throw new NotSupportedException(); }
    }
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public sealed class RequireComponent : Attribute { public RequireComponent(Type requiredComponent) { } }

    public class YieldInstruction { }
    public class AsyncOperation : YieldInstruction { }
    public abstract class CustomYieldInstruction { }
    public sealed class WaitUntil : CustomYieldInstruction { public WaitUntil(Func<bool> predicate) { } }
    public class WaitForSecondsRealtime : CustomYieldInstruction { public WaitForSecondsRealtime(float time) { } }

    public static class Application { public static string persistentDataPath { get { throw new NotSupportedException(); } } }
    public static class Time { public static float deltaTime { get { throw new NotSupportedException(); } } }
    public static class Debug { public static void LogError(object message, Object context) { throw new NotSupportedException(); } }
    public struct Hash128 { public static Hash128 Compute(string data) { throw new NotSupportedException(); } }
    public static class JsonUtility { public static T FromJson<T>(string json) { throw new NotSupportedException(); } }

    public struct Vector2 { public Vector2(float x, float y) { } }
    public struct Rect { public Rect(float x, float y, float width, float height) { } }
    public enum TextureFormat { RGBA32 = 4 }
    public enum TextureWrapMode { Repeat, Clamp }
    public class Texture : Object
    {
        public virtual int width { get; set; }
        public virtual int height { get; set; }
        public TextureWrapMode wrapMode { get; set; }
    }
    public sealed class Texture2D : Texture
    {
        public Texture2D(int width, int height, TextureFormat textureFormat, bool mipChain) { }
    }
    public static class ImageConversion
    {
        public static bool LoadImage(this Texture2D tex, byte[] data) { throw new NotSupportedException(); }
    }
    public sealed class Sprite : Object
    {
        public static Sprite Create(Texture2D texture, Rect rect, Vector2 pivot, float pixelsPerUnit)
        {
            throw new NotSupportedException();
        }
    }
    public sealed class SpriteRenderer : Renderer { public Sprite sprite { get; set; } }
}

namespace UnityEngine.Networking
{
    public class DownloadHandler : IDisposable
    {
        public byte[] data { get { throw new NotSupportedException(); } }
        public string text { get { throw new NotSupportedException(); } }
        public void Dispose() { }
    }
    public class UnityWebRequestAsyncOperation : AsyncOperation { }
    public class UnityWebRequest : IDisposable
    {
        public enum Result { InProgress, Success, ConnectionError, ProtocolError, DataProcessingError }
        public Result result { get { throw new NotSupportedException(); } }
        public string error { get { throw new NotSupportedException(); } }
        public DownloadHandler downloadHandler { get; set; }
        public static UnityWebRequest Get(string uri) { throw new NotSupportedException(); }
        public UnityWebRequestAsyncOperation SendWebRequest() { throw new NotSupportedException(); }
        public string GetResponseHeader(string name) { throw new NotSupportedException(); }
        public void Dispose() { }
    }
}

namespace GLTFast
{
    public class ImportSettings { }
    public class GltfImport : IDisposable
    {
        public Task<bool> Load(
            byte[] data,
            Uri uri = null,
            ImportSettings importSettings = null,
            CancellationToken cancellationToken = new CancellationToken()
        )
        {
            throw new NotSupportedException();
        }
        public Task<bool> InstantiateMainSceneAsync(
            UnityEngine.Transform parent,
            CancellationToken cancellationToken = new CancellationToken()
        )
        {
            throw new NotSupportedException();
        }
        public void Dispose() { }
    }
}

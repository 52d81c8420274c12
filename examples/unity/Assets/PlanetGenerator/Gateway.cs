using System;
using System.Collections;
using System.Globalization;
using System.IO;
using UnityEngine;
using UnityEngine.Networking;

namespace PlanetGenerator
{
    /// <summary>Files of a gateway, each fetched once and then kept in Application.persistentDataPath.</summary>
    static class Gateway
    {
        const int Tries = 5; // while it is busy

        /// <summary>A coroutine that ends in a file's bytes, or in a sentence on what went wrong.</summary>
        public static IEnumerator Fetch(string url, Action<byte[]> done, Action<string> failed)
        {
            string folder = Path.Combine(Application.persistentDataPath, "planets");
            string file = Path.Combine(folder, Hash128.Compute(url).ToString()); // addresses tell a from A, file systems may not
            if (File.Exists(file))
            {
                done(File.ReadAllBytes(file));
                yield break;
            }
            for (int tries = 1; ; tries++)
            {
                float seconds;
                using (UnityWebRequest request = UnityWebRequest.Get(url))
                {
                    yield return request.SendWebRequest();
                    if (request.result == UnityWebRequest.Result.Success)
                    {
                        byte[] bytes = request.downloadHandler.data;
                        Directory.CreateDirectory(folder);
                        File.WriteAllBytes(file + ".partial", bytes);
                        File.Delete(file);
                        File.Move(file + ".partial", file); // whole, or not there
                        done(bytes);
                        yield break;
                    }
                    string wait = request.GetResponseHeader("Retry-After");
                    bool busy = float.TryParse(wait, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds);
                    if (!busy || tries == Tries)
                    {
                        failed(Reason(request));
                        yield break;
                    }
                }
                yield return new WaitForSecondsRealtime(seconds);
            }
        }

        static string Reason(UnityWebRequest request)
        {
            string type = request.GetResponseHeader("Content-Type") ?? "";
            return type.StartsWith("application/problem+json")
                ? JsonUtility.FromJson<Problem>(request.downloadHandler.text).detail
                : $"{request.error}. Is the gateway there (make run)?";
        }

        [Serializable]
        class Problem
        {
            public string detail = "";
        }
    }
}

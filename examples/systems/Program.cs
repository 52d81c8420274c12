// Prints star systems, made without a server. In this folder, with Mono (or in a project of .NET's):
// mcs -r:System.Runtime.Serialization,System.Xml,System.Xml.Linq -out:systems.exe *.cs
// mono systems.exe ../../serving/systems/rules_1.json orion/7

using System;
using System.IO;
using System.Runtime.Serialization.Json;
using System.Text;
using PlanetGenerator;

static class Program
{
    static void Main(string[] arguments)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        var rules = new Rules(File.ReadAllText(arguments[0]));
        var json = new DataContractJsonSerializer(typeof(StarSystem));
        for (int i = 1; i < arguments.Length; i++)
        {
            var text = new MemoryStream();
            json.WriteObject(text, StarSystem.Of(arguments[i], rules));
            Console.WriteLine(Encoding.UTF8.GetString(text.ToArray()));
        }
    }
}

// The rules of star systems, serving/systems/rules_1.json, as C# reads them; and the draws of an address.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.Serialization.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace PlanetGenerator
{
    /// <summary>Tables ([[x, y], …]), lists of words and pairs of numbers, by their place, such as "star/mass".</summary>
    public sealed class Rules
    {
        public readonly int Number;
        readonly Dictionary<string, double[][]> tables = new Dictionary<string, double[][]>();
        readonly Dictionary<string, double[]> numbers = new Dictionary<string, double[]>();
        readonly Dictionary<string, string[]> words = new Dictionary<string, string[]>();

        public Rules(string json)
        {
            var reader = JsonReaderWriterFactory.CreateJsonReader(Encoding.UTF8.GetBytes(json), XmlDictionaryReaderQuotas.Max);
            foreach (XElement one in XElement.Load(reader).Elements()) Read(one, "");
            Number = (int)Numbers("rules")[0];
        }

        public double[][] Table(string place) => tables[place];
        public double[] Numbers(string place) => numbers[place];
        public string[] Words(string place) => words[place];

        void Read(XElement told, string above)
        {
            string place = above + ((string)told.Attribute("item") ?? told.Name.LocalName); // "item" holds names that XML can't
            var parts = told.Elements().ToList();
            string inner = parts.Count == 0 ? "" : (string)parts[0].Attribute("type");
            if ((string)told.Attribute("type") == "object") foreach (XElement one in parts) Read(one, place + "/");
            else if (inner == "array") tables[place] = parts.Select(row => row.Elements().Select(Value).ToArray()).ToArray();
            else if (inner == "string") words[place] = parts.Select(one => one.Value).ToArray();
            else numbers[place] = parts.Count == 0 ? new[] { Value(told) } : parts.Select(Value).ToArray();
        }

        static double Value(XElement one) => double.Parse(one.Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Text → seed → draws, the same in any language: docs/systems.md.</summary>
    public sealed class Draws
    {
        const ulong Stream = 2;
        readonly ulong seed;
        readonly ulong[] block = new ulong[4];
        ulong counter;
        int used = 4;

        public Draws(ulong seed) { this.seed = seed; }

        public static bool IsSeed(string text) => Regex.IsMatch(text, @"\A\+?[0-9]+\z");

        /// <summary>Of digits their number, of any other text the start of a hash.</summary>
        public static ulong SeedOf(string text)
        {
            if (IsSeed(text)) return ulong.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            using (var sha = SHA256.Create())
                return sha.ComputeHash(Encoding.UTF8.GetBytes("planet-generator/1\0" + text)).Take(8).Aggregate(0UL, (sum, one) => sum << 8 | one);
        }

        public double Uniform() => (Next() >> 11) / 9007199254740992.0;
        public double Of(double[][] table) => Lookup(table, Uniform());
        public double Between(double low, double high) => low + (high - low) * Uniform();
        public double Between(double[] ends) => Between(ends[0], ends[1]);
        public string Choice(string[] items) => items[(int)Math.Floor(Uniform() * items.Length)];

        /// <summary>The value of a table at x: straight between its places.</summary>
        public static double Lookup(double[][] table, double x, int column = 1)
        {
            if (x <= table[0][0]) return table[0][column];
            for (int i = 1; i < table.Length; i++)
            {
                double[] from = table[i - 1], to = table[i];
                if (x <= to[0]) return from[column] + (to[column] - from[column]) * ((x - from[0]) / (to[0] - from[0]));
            }
            return table[table.Length - 1][column];
        }

        /// <summary>Philox4x64-10, as NumPy has it: Salmon 2011, "Parallel Random Numbers: As Easy as 1, 2, 3".</summary>
        ulong Next()
        {
            if (used == 4)
            {
                block[0] = ++counter;
                block[1] = block[2] = block[3] = 0;
                ulong key = seed, other = Stream;
                for (int round = 0; round < 10; round++)
                {
                    ulong first = High(0xd2e7470ee14c6c93, block[0]), second = High(0xca5a826395121157, block[2]);
                    ulong low = 0xd2e7470ee14c6c93 * block[0];
                    block[0] = second ^ block[1] ^ key;
                    block[1] = 0xca5a826395121157 * block[2];
                    block[2] = first ^ block[3] ^ other;
                    block[3] = low;
                    key += 0x9e3779b97f4a7c15;
                    other += 0xbb67ae8584caa73b;
                }
                used = 0;
            }
            return block[used++];
        }

        /// <summary>The upper half of a product.</summary>
        static ulong High(ulong a, ulong b)
        {
            ulong low = (uint)a * (ulong)(uint)b;
            ulong middle = (a >> 32) * (uint)b + (low >> 32);
            ulong other = (uint)a * (b >> 32) + (uint)middle;
            return (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
        }
    }
}

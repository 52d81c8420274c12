// Star systems in C#, without a server: the same as `GET /v1/systems/{seed or address}.json`, but for links.
//
// Take this file and Rules.cs into a game: `StarSystem.Of("orion/7", new Rules(json))`, json being the text of
// serving/systems/rules_1.json. Fields have the names of the JSON. It follows serving/systems line by line; docs/systems.md
// tells the rules, tests/serving/systems holds golden vectors.

using System;
using System.Collections.Generic;
using System.Linq;

namespace PlanetGenerator
{
    public class Star { public string @class, color; public double temperature_k, mass, radius, luminosity, age_gyr; }
    public class Zones { public double[] habitable_au; public double frost_au; }
    public class Belt { public double inner_au, outer_au; }
    public class Rings { public double inner_km, outer_km, opacity; }
    public class Orbit { public double e, i_deg, node_deg, peri_deg, m0_deg, period_d; }
    public class PlanetOrbit : Orbit { public double a_au; }
    public class MoonOrbit : Orbit { public double a_km; }

    public class Body
    {
        public string address, name, kind, @class, atmosphere;
        public double radius_km, mass_earth, gravity_g, temperature_k, clouds, day_h, tilt_deg;
        public bool locked;
    }

    public class Moon : Body { public MoonOrbit orbit; }
    public class Planet : Body { public string zone; public PlanetOrbit orbit; public Rings rings; public List<Moon> moons; }

    public class StarSystem
    {
        public string address, seed, name;
        public int rules, epoch;
        public Star star;
        public Zones zones;
        public List<Belt> belts = new List<Belt>();
        public List<Planet> planets;

        /// <summary>The system of a text: of digits its seed, else an address.</summary>
        public static StarSystem Of(string text, Rules rules) => new Maker(text, rules).System;
    }

    sealed class Maker
    {
        public readonly StarSystem System = new StarSystem();
        readonly Rules rules;
        readonly Draws draws;

        sealed class Found { public double a_au, e, mass, gas; public bool cold; }

        public Maker(string text, Rules rules)
        {
            this.rules = rules;
            ulong seed = Draws.SeedOf(text);
            draws = new Draws(seed);
            System.seed = seed.ToString();
            System.address = Draws.IsSeed(text) ? System.seed : text;
            System.rules = rules.Number;
            System.name = Name();
            System.star = Star();
            double reach = Math.Sqrt(System.star.luminosity);
            System.zones = new Zones { habitable_au = new[] { Rounded(0.95 * reach, 4), Rounded(1.67 * reach, 4) }, frost_au = Rounded(2.7 * reach, 4) };
            System.planets = Accreted().Select((one, index) => Planet(index + 1, one)).ToList();
        }

        string Name()
        {
            int count = draws.Uniform() < 0.5 ? 2 : 3;
            string text = "";
            for (int i = 0; i < count; i++) text += draws.Choice(rules.Words("syllables"));
            if (count == 2) draws.Uniform();
            text += draws.Choice(rules.Words("endings"));
            return char.ToUpperInvariant(text[0]) + text.Substring(1);
        }

        Star Star()
        {
            int place = (int)Math.Floor(draws.Of(rules.Table("star/census")));
            double mass = Rounded(Draws.Lookup(rules.Table("star/mass"), place), 3);
            double luminosity = Rounded(Draws.Lookup(rules.Table("star/luminosity"), place), 5);
            double oldest = Math.Min(12, 0.9 * 10 * mass / luminosity);
            double temperature = Rounded(Draws.Lookup(rules.Table("star/temperature_k"), place), 0);
            var channels = new[] { 1, 2, 3 }.Select(i => (int)Rounded(Draws.Lookup(rules.Table("star/color"), temperature, i), 0));
            return new Star
            {
                @class = $"{rules.Words("star/letters")[place / 10]}{place % 10}V",
                temperature_k = temperature,
                color = "#" + string.Concat(channels.Select(one => one.ToString("x2"))),
                mass = mass,
                radius = Rounded(Draws.Lookup(rules.Table("star/radius"), place), 3),
                luminosity = luminosity,
                age_gyr = Math.Max(Rounded(oldest * draws.Uniform(), 2), 0.01),
            };
        }

        List<Found> Accreted()
        {
            double size = Math.Sqrt(System.star.mass), frost = System.zones.frost_au;
            double dust = draws.Of(rules.Table("disk/dust")) * System.star.mass;
            double inner = draws.Of(rules.Table("disk/inner_au")) * size;
            double outer = draws.Of(rules.Table("disk/outer_au")) * size;
            double drift = draws.Of(rules.Table("disk/drift"));
            var planets = new List<Found>();
            while (planets.Count < 14)
            {
                double e = Rounded(draws.Of(rules.Table("disk/eccentricity")), 3);
                double sweep = draws.Of(rules.Table("disk/sweep"));
                double kept = draws.Of(rules.Table("disk/kept")) * dust;
                double pull = 0.03, mass = 0, a = 0, reach = 0;
                for (int turn = 0; turn < 3; turn++)
                {
                    a = inner * (1 + sweep) / ((1 - e) * (1 - pull));
                    reach = a * (1 + e) * (1 + pull) / (1 - sweep);
                    mass = Swept(inner, reach, frost, drift) * kept;
                    pull = Pull(mass);
                }
                if (a > outer) break;
                double gas = 1;
                bool cold = a > frost;
                if (mass > draws.Of(rules.Table("disk/core")) * (cold ? 1 : 1.6))
                {
                    gas = Rounded(draws.Of(rules.Table("disk/gas")), 2);
                    pull = Pull(mass * gas);
                    reach = Math.Max(reach, a * (1 + e) * (1 + pull) / (1 - sweep));
                }
                planets.Add(new Found { a_au = Rounded(a, 4), e = e, mass = Significant(Math.Min(mass * gas, 4000)), gas = gas, cold = cold });
                if (draws.Uniform() < (a < frost && frost < 2.2 * reach ? 0.35 : 0.06))
                {
                    double wide = reach * draws.Of(rules.Table("disk/belt_gap"));
                    if (wide < outer) System.belts.Add(new Belt { inner_au = Rounded(reach * 1.05, 3), outer_au = Rounded(wide * 0.92, 3) });
                    inner = wide;
                }
                else inner = reach * draws.Of(rules.Table("disk/gap"));
            }
            return Wandered(planets);
        }

        List<Found> Wandered(List<Found> planets)
        {
            double chance = draws.Uniform(), place = draws.Between(0.035, 0.09);
            int giant = planets.FindIndex(one => one.mass >= 50 && one.gas > 1);
            if (giant < 0 || chance > 0.03) return planets;
            var near = new Found { a_au = Rounded(place, 4), e = 0.01, mass = planets[giant].mass, gas = planets[giant].gas };
            return new[] { near }.Concat(planets.Skip(giant + 1)).ToList();
        }

        double Pull(double mass)
        {
            double share = mass / 332946 / System.star.mass;
            return QuarticRoot(share / (1 + share));
        }

        static double Swept(double inner, double outer, double frost, double drift)
        {
            double edge = Math.Sqrt(frost);
            Func<double, double> within = distance =>
                distance <= frost ? drift * Math.Sqrt(distance) : drift * edge + 4.2 * (Math.Sqrt(distance) - edge);
            return 3.34 * (within(outer) - within(inner));
        }

        T Turned<T>(T orbit) where T : Orbit
        {
            orbit.i_deg = Rounded(draws.Of(rules.Table("disk/inclination_deg")), 2);
            orbit.node_deg = Rounded(359.9 * draws.Uniform(), 1);
            orbit.peri_deg = Rounded(359.9 * draws.Uniform(), 1);
            orbit.m0_deg = Rounded(359.9 * draws.Uniform(), 1);
            return orbit;
        }

        Planet Planet(int number, Found found)
        {
            double a = found.a_au, sun = System.star.mass;
            double insolation = System.star.luminosity / (a * a);
            var planet = new Planet { address = $"{System.address}/{number}", name = $"{System.name} {Roman(number)}" };
            planet.orbit = Turned(new PlanetOrbit { a_au = a, e = found.e, period_d = Rounded(365.25 * Math.Sqrt(a * a * a / sun), 3) });
            Fill(planet, found.mass, found.gas, insolation, found.cold);
            planet.locked = a < 0.35 * Draws.Lookup(rules.Table("planet/cube_root"), sun);
            double day = draws.Of(rules.Table(found.gas > 1 ? "planet/giant_day_h" : "planet/day_h"));
            double tilt = draws.Of(rules.Table("planet/tilt_deg"));
            double[] habitable = System.zones.habitable_au;
            planet.zone = a < habitable[0] ? "hot" : a <= habitable[1] ? "habitable" : a <= System.zones.frost_au ? "cold" : "ice";
            planet.day_h = planet.locked ? Rounded(24 * planet.orbit.period_d, 2) : Rounded(day, 2);
            planet.tilt_deg = planet.locked ? 0 : Rounded(tilt, 1);
            planet.rings = Rings(planet);
            double hill = a * 149597870.7 * (1 - found.e) * Draws.Lookup(rules.Table("planet/cube_root"), found.mass / (3 * 332946 * sun));
            planet.moons = Moons(planet, hill, insolation, found);
            return planet;
        }

        Rings Rings(Body body)
        {
            double chance = draws.Uniform(), near = draws.Uniform(), far = draws.Uniform(), opacity = draws.Uniform();
            if (chance > (body.mass_earth >= 10 ? 0.5 : 0.015)) return null;
            double inner = Rounded(1.15 + 0.35 * near, 3);
            return new Rings
            {
                inner_km = Rounded(inner * body.radius_km, 0),
                outer_km = Rounded((inner + 0.2 + (2.2 - inner - 0.2) * far) * body.radius_km, 0),
                opacity = Rounded(0.1 + 0.8 * opacity * opacity, 2),
            };
        }

        List<Moon> Moons(Planet planet, double hill, double insolation, Found found)
        {
            bool giant = found.gas > 1 && planet.mass_earth >= 10;
            double chance = draws.Uniform();
            int count = giant ? (int)Math.Floor(1 + 4.999 * chance) : chance < 0.3 ? 1 : chance < 0.36 ? 2 : 0;
            var moons = new List<Moon>();
            double a = 2.44 * planet.radius_km;
            for (int index = 0; index < count; index++)
            {
                a = Rounded(a * (giant ? draws.Between(1.5, 2.6) : draws.Between(3, 14)), 0);
                double share = draws.Uniform();
                double mass = Significant(planet.mass_earth * (giant ? 0.0001 : 0.012) * share * share * share);
                if (a > hill / 3 || mass < 1e-5) break;
                double e = Rounded(0.02 * draws.Uniform(), 3);
                double seconds = 6.283185307179586 * Math.Sqrt(a * a * a / (398600.4418 * planet.mass_earth));
                var moon = new Moon { address = $"{planet.address}/{index + 1}", name = $"{planet.name} {"abcdef"[index]}", locked = true };
                moon.orbit = Turned(new MoonOrbit { a_km = a, e = e, period_d = Rounded(seconds / 86400, 4) });
                Fill(moon, mass, 1, insolation, found.cold);
                if (new[] { "rock", "dwarf", "ice" }.Contains(moon.@class))
                    moon.kind = draws.Choice(rules.Words(found.cold ? "kinds/ice moon" : "kinds/rock moon"));
                moon.day_h = Rounded(24 * moon.orbit.period_d, 2);
                moons.Add(moon);
            }
            return moons;
        }

        void Fill(Body body, double mass, double gas, double insolation, bool cold)
        {
            double black = 278.5 * QuarticRoot(insolation);
            double size = gas > 1 ? Draws.Lookup(rules.Table("planet/gas_radius"), mass) : Draws.Lookup(rules.Table("planet/rock_radius"), mass) * (cold ? 1.22 : 1);
            double radius = Rounded(size * draws.Between(0.96, 1.04), 4);
            string air = gas > 1 ? "h2-he" : Air(mass, radius, black, cold);
            string type = Type(mass, gas, black, air, cold);
            double warmed = black * QuarticRoot(1 - rules.Numbers($"planet/albedo/{type}")[0]) + draws.Between(rules.Numbers($"planet/greenhouse_k/{air}"));
            body.temperature_k = Rounded(warmed, 0);
            if (type == "ocean")
            {
                if (body.temperature_k < 273) type = "tundra";
                else if (body.temperature_k > 330) type = "desert";
                else if (draws.Uniform() < 0.5) type = "terran";
            }
            body.kind = draws.Choice(rules.Words($"kinds/{type}"));
            body.@class = type;
            body.radius_km = Rounded(6371 * radius, 0);
            body.mass_earth = mass;
            body.gravity_g = Rounded(mass / (radius * radius), 3);
            body.atmosphere = air;
            body.clouds = Rounded(draws.Between(rules.Numbers($"planet/clouds/{air}")), 2);
        }

        string Air(double mass, double radius, double black, bool cold)
        {
            double escape = 11.186 * Math.Sqrt(mass / radius);
            Func<double, bool> keeps = molecule => escape > 6 * 0.158 * Math.Sqrt(5 * black / molecule);
            const double n2 = 28, co2 = 44;
            if (black > 1100) return keeps(co2) ? "rock vapor" : "none";
            if (keeps(n2))
            {
                if (black > 320) return "co2";
                if (cold || black < 150) return "thin n2";
                return draws.Uniform() < 0.5 ? "n2-o2" : "n2-co2";
            }
            return keeps(co2) && !cold ? "thin co2" : "none";
        }

        static string Type(double mass, double gas, double black, string air, bool cold)
        {
            if (gas > 1) return mass >= 50 ? "gas giant" : mass >= 10 ? "ice giant" : "gas dwarf";
            if (black > 1100) return "lava";
            if (mass < 0.003) return "dwarf";
            if (air == "co2") return "venusian";
            if (air == "n2-o2" || air == "n2-co2") return "ocean";
            if (cold) return "ice";
            return air == "none" ? "rock" : "desert";
        }

        static double Significant(double mass)
        {
            for (int digits = 3; digits < 10; digits++) if (mass * Powers[digits - 3] >= 1) return Rounded(mass, digits);
            return Rounded(mass, 10);
        }

        static string Roman(int number) =>
            new[] { "", "X", "XX" }[number / 10] + new[] { "", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX" }[number % 10];

        static readonly double[] Powers = { 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10 };
        static double Rounded(double value, int digits) => Math.Floor(value * Powers[digits] + 0.5) / Powers[digits];
        static double QuarticRoot(double value) => Math.Sqrt(Math.Sqrt(value));
    }
}

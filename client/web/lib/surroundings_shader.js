// GLSL of what is around the globe: air, rings and their shadows.

/** What the star's light meets on its way to the ground; `see` of globe_shaders.js goes before. */
export const SURROUNDINGS = `
uniform bool isThere; // anything of this; else the globe is the served picture
uniform bool hasAir;
uniform vec3 starlight; // its color
uniform vec3 rayleigh; // scattered by the air within a radius at the ground
uniform vec3 mie; // by aerosols
uniform float absorbed; // by these
uniform vec2 heights; // of the air and the aerosols: where a factor of e less is left
uniform vec2 rings; // inner and outer edge
uniform sampler2D profile; // their opacity, from edge to edge

vec3 linear(vec3 srgb) { return pow(srgb, vec3(2.2)); }
vec3 encoded(vec3 light) { return pow(light, vec3(1.0 / 2.2)); }

/** How much of a ray that comes steeply enough is kept by rings, at a distance from their middle. */
float kept(float distance, float steepness, float blur) {
  if (rings.y == 0.0) return 0.0;
  float place = (distance - rings.x) / (rings.y - rings.x);
  float soft = max(blur / (rings.y - rings.x), 1e-4);
  float within = clamp(place / soft + 0.5, 0.0, 1.0) * clamp((1.0 - place) / soft + 0.5, 0.0, 1.0);
  float level = max(log2(soft * float(textureSize(profile, 0).x)), 0.0);
  float through = 1.0 - min(textureLod(profile, vec2(place, 0.5), level).r, 0.98);
  return within * (1.0 - pow(through, inversesqrt(max(abs(steepness), 0.1))));
}

/** The share of the star's light that rings let through to a place of the ground, in the globe's axes. */
float shade(vec3 place) {
  vec3 toStar = turn * sun;
  float far = -place.y / (abs(toStar.y) < 1e-4 ? 1e-4 : toStar.y);
  return far <= 0.0 ? 1.0 : 1.0 - 0.85 * kept(length((place + far * toStar).xz), toStar.y, 2.0 * side);
}

/**
 * Air on a ray that leaves at a cosine, from a height in scale heights, by that of one straight up from the ground: Schueler,
 * "An Approximation to the Chapman Grazing-Incidence Function for Atmospheric Scattering" (GPU Pro 3, 2012).
 */
vec3 mass(float radius, vec3 height, float cosine) {
  vec3 c = sqrt(radius + height);
  vec3 rising = exp(-height) * c / (c * abs(cosine) + 1.0);
  if (cosine >= 0.0) return rising;
  vec3 lowest = sqrt(1.0 - cosine * cosine) * (radius + height);
  return 2.0 * sqrt(lowest) * exp(min(radius - lowest, 60.0)) - rising;
}

/** Air on a ray to the viewer: how much light it adds, and how much of what is behind it comes through. */
struct Air { vec3 light; float through; }; // of all colors alike, as a dim limb would be brown

/** \`seen\` are air and aerosols on the ray, by those straight up; the star stands at a cosine to the vertical. */
Air airOn(vec2 seen, float cosine) {
  vec3 upAir = rayleigh * heights.x;
  vec3 upDust = vec3(max(max(mie.r, mie.g), mie.b) + absorbed) * heights.y; // what it doesn't scatter it takes
  vec3 depth = upAir * seen.x + upDust * seen.y;
  // Of thick air it is the upper part that is seen, and what is above that keeps light away.
  vec3 height = log(max(depth, 1.0));
  vec3 kept = upAir * mass(1.0 / heights.x, height, cosine) + upDust * mass(1.0 / heights.y, height, cosine);
  float toViewer = -sun.z; // cosine of the angle by which light turns
  float ofAir = 0.75 * (1.0 + toViewer * toViewer);
  float ofDust = 0.6 + 0.4 * min(0.36 / pow(1.64 - 1.6 * toViewer, 1.5), 6.0); // Henyey-Greenstein's, and what scatters twice
  vec3 scattered = upAir * seen.x * ofAir + mie * heights.y * seen.y * ofDust;
  vec3 full = 1.0 - exp(-0.4 * depth);
  return Air(starlight * 0.45 * scattered / max(depth, 1e-6) * full * exp(-min(0.5 * kept, 60.0)), exp(-dot(depth, vec3(1.0 / 3.0))));
}

/** Air before the ground, beyond what is there where one looks straight down: maps have that. */
Air airAbove(vec3 normal) {
  vec2 seen = vec2(mass(1.0 / heights.x, vec3(0.0), normal.z).x, mass(1.0 / heights.y, vec3(0.0), normal.z).x);
  seen = max(seen - 1.0, 0.0);
  return airOn(seen, dot(normal, sun));
}

/** Air beside the globe, at a height in radii above its outline; in what is thinner than a pixel it is as high as one. */
Air airBeside(vec2 outwards, float height) {
  vec2 high = max(heights, 0.6 * side);
  vec2 seen = 2.0 * inversesqrt(heights) * exp(-height / high);
  return airOn(seen, dot(vec3(outwards, 0.0), sun));
}

/** Rings on the ray of a pixel, multiplied in, and how much nearer than the middle they are. */
vec4 ringsOn(vec2 p, out float nearer) {
  vec3 toViewer = turn[2];
  nearer = 0.0;
  if (rings.y == 0.0 || abs(toViewer.y) < 1e-3) return vec4(0.0);
  vec3 start = turn * vec3(p, 0.0);
  nearer = -start.y / toViewer.y;
  vec3 place = start + nearer * toViewer;
  float opacity = kept(length(place.xz), toViewer.y, side / max(abs(toViewer.y), 0.1));
  vec3 toStar = turn * sun;
  float lit = toStar.y * toViewer.y > 0.0 ? 0.3 + 0.55 * opacity : 0.6 * (1.0 - 0.75 * opacity); // or through them
  vec3 q = place / axes;
  vec3 s = toStar / axes;
  float before = dot(q, s);
  float miss = dot(q, q) - before * before / dot(s, s); // 1 on the edge of the planet's shadow
  lit *= before > 0.0 ? 1.0 : mix(0.03, 1.0, smoothstep(0.985, 1.015, miss));
  return vec4(vec3(1.0, 0.94, 0.85) * starlight * lit, 1.0) * opacity;
}

/** The ground, multiplied in, with what is before, beside and behind it. */
vec4 surrounded(vec4 ground, Hit hit) {
  if (!isThere) return ground;
  vec2 p = (gl_FragCoord.xy - middle) * side;
  float coverage = ground.a;
  float nearer;
  vec4 ring = ringsOn(p, nearer);
  float groundNearer = coverage > 0.0 ? dot(turn[2], hit.point * axes) : 0.0;
  bool isBehind = nearer < groundNearer;
  vec4 all = isBehind ? ground + (1.0 - coverage) * ring : ground;
  if (hasAir) {
    Air above = airAbove(hit.normal);
    Air beside = airBeside(normalize(hit.normal.xy + 1e-6), max(-hit.inwards * side, 0.0));
    vec3 light = mix(beside.light, above.light, coverage);
    float through = mix(beside.through, above.through, coverage);
    vec3 seen = encoded(linear(all.rgb) * through + light);
    float haze = max(max(seen.r, seen.g), seen.b);
    all = vec4(seen, max(all.a, min(haze, 1.0)));
  }
  return isBehind ? all : ring + (1.0 - ring.a) * all;
}
`;

// GLSL of the globe: the same geometry and light as the server's pictures have (docs/worlds.md tells both).

import { SURROUNDINGS } from "./surroundings_shader.js";

export const HEADER = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
`;

/** A triangle over the whole canvas. */
export const EVERYWHERE = `${HEADER}
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

/** Where the ray of a pixel, of an orthographic camera, hits the ellipsoid. */
const SEE = `
uniform mat3 turn; // from the viewer's axes, right, up and nearer, to the globe's: east, north, longitude 0
uniform vec3 axes; // half axes of the globe
uniform vec2 middle; // px
uniform float side; // of a pixel, in radii

struct Hit {
  vec3 point; // of the unit sphere around the globe
  vec3 normal; // in the viewer's axes
  float inwards; // distance from the outline, in px
};

vec3 unitOf(vec3 v) { return v * inversesqrt(dot(v, v) + 1e-6); }

Hit intersect(vec2 pixel) {
  vec2 p = (pixel - middle) * side;
  mat3 inner = mat3(turn[0] / axes, turn[1] / axes, turn[2] / axes);
  mat3 form = transpose(inner) * inner; // the surface is where v · form v = 1
  vec2 lean = form[2].xy / form[2].z;
  vec2 slope = mat2(form[0].xy - lean.x * form[2].xy, form[1].xy - lean.y * form[2].xy) * p;
  float reach = sqrt(max(dot(p, slope), 1e-6)); // 1 on the outline
  float steepness = sqrt(max(dot(slope, slope), 1e-6));
  float z = sqrt(max(1.0 - reach * reach, 1e-6) / form[2].z) - dot(lean, p);
  vec3 point = unitOf(inner * vec3(p, z));
  return Hit(point, unitOf((point / axes) * turn), (1.0 - reach) * reach / steepness / side);
}
`;

const LIGHT = `
uniform vec3 sun; // towards it, in the viewer's axes
${SURROUNDINGS}
uniform float ambient;
uniform float limb;
uniform float shine;
uniform vec3 rim;
uniform float haze;
uniform float relief;
uniform float steepest; // slope that is seen, as a tangent
out vec4 color;

vec3 raised(vec3 normal, vec3 slope) {
  vec3 along = slope - normal * dot(slope, normal);
  along *= inversesqrt(1.0 + dot(along, along) / (steepest * steepest));
  return unitOf(normal - along * clamp(normal.z * 4.0 - 0.4, 0.0, 1.0));
}

/** With alpha, as a canvas wants it: multiplied in. */
vec4 lit(vec3 albedo, vec3 normal, Hit hit) {
  float facing = dot(normal, sun);
  float day = ambient + (1.0 - ambient) * pow(max(facing, 1e-3), limb);
  day *= max(1.0 + relief * (facing - dot(hit.normal, sun)), 0.0);
  float coverage = clamp(hit.inwards + 0.5, 0.0, 1.0);
  if (isThere) {
    vec3 light = shine + (1.0 - shine) * day * starlight * shade(hit.point * axes);
    return vec4(clamp(albedo * light, 0.0, 1.0) * coverage, coverage);
  }
  vec3 air = rim * haze * day * pow(1.0 - clamp(hit.normal.z, 0.0, 1.0), 3.0);
  return vec4(clamp(albedo * (shine + (1.0 - shine) * day) + air, 0.0, 1.0) * coverage, coverage);
}
`;

/** The globe by its map and normal map. */
export const FROM_MAPS = `${HEADER}${SEE}${LIGHT}
uniform sampler2D albedoMap;
uniform sampler2D normalMap;

void main() {
  Hit hit = intersect(gl_FragCoord.xy);
  if (hit.inwards < -0.5) {
    color = surrounded(vec4(0.0), hit);
    return;
  }
  vec3 p = hit.point;
  float ring = length(p.xz);
  float rows = float(textureSize(albedoMap, 0).y); // the first and the last one's middles are the poles
  float fromNorth = 0.5 - atan(p.y, ring) / 3.14159265;
  // Of one level, as a seam in the longitude would show in the choice between several.
  vec2 place = vec2(atan(p.x, p.z) / 6.28318531 + 0.5, (fromNorth * (rows - 1.0) + 0.5) / rows);
  vec3 tangent = (textureLod(normalMap, place, 0.0).rgb * 255.0 - 128.0) / 127.0;
  vec3 east = vec3(p.z, 0.0, -p.x) / max(ring, 1e-4);
  vec3 north = cross(p, east);
  vec3 slope = -(tangent.x * east + tangent.y * north) / max(tangent.z, 0.1);
  color = surrounded(lit(textureLod(albedoMap, place, 0.0).rgb, raised(hit.normal, (slope / axes) * turn), hit), hit);
}`;

/** Color and height of the surface by the model's own function, `glsl`. */
export const surfaceOf = (glsl) => `${HEADER}${SEE}${glsl}
out vec4 found;

void main() {
  Hit hit = intersect(gl_FragCoord.xy);
  if (hit.inwards < -3.0) {
    found = vec4(0.0);
    return;
  }
  vec3 albedo;
  float height;
  surface(hit.point, side / max(hit.normal.z, 0.15), albedo, height);
  found = vec4(albedo, height);
}`;

/** The globe by what `surfaceOf` found. */
export const FROM_SURFACE = `${HEADER}${SEE}${LIGHT}
uniform sampler2D surfaceMap;

float heightAt(ivec2 pixel) {
  return texelFetch(surfaceMap, clamp(pixel, ivec2(0), textureSize(surfaceMap, 0) - 1), 0).a;
}

void main() {
  Hit hit = intersect(gl_FragCoord.xy);
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec2 rise = vec2(heightAt(at + ivec2(1, 0)) - heightAt(at - ivec2(1, 0)), heightAt(at + ivec2(0, 1)) - heightAt(at - ivec2(0, 1)));
  vec3 slope = vec3(rise / (2.0 * side), 0.0);
  color = surrounded(lit(texelFetch(surfaceMap, at, 0).rgb, raised(hit.normal, slope), hit), hit);
}`;

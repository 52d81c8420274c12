// What is around a globe, as numbers for its shader: air, rings and the light of its star, from `….json` of a world.

const NOTHING = { isThere: false, hasAir: false, starlight: [1, 1, 1], rayleigh: [0, 0, 0], mie: [0, 0, 0], absorbed: 0, heights: [1, 1], rings: [0, 0], profile: [0] };

/** Uniforms by name, and `profile`, opacities from the rings' inner edge to the outer one; lengths are in radii. `facts` is null for nothing. */
export function surroundingsOf(facts) {
  if (facts === null) return NOTHING;
  const { atmosphere, light, rings, radius_km } = facts;
  return {
    ...NOTHING,
    isThere: true,
    ...(light && { starlight: brightest(light.color) }),
    ...(atmosphere && { hasAir: true, ...airOf(atmosphere.unreal) }),
    ...(rings && { rings: [rings.inner_km / radius_km, rings.outer_km / radius_km], profile: rings.profile }),
  };
}

/** What of an engine's atmosphere is told by the kilometer, by the radius. */
function airOf(sky) {
  const radius = sky.BottomRadius;
  const scaled = (name) => sky[name].map((one) => one * sky[`${name}Scale`] * radius);
  return {
    rayleigh: scaled("RayleighScattering"),
    mie: scaled("MieScattering"),
    absorbed: sky.MieAbsorptionScale * radius,
    heights: [sky.RayleighExponentialDistribution / radius, sky.MieExponentialDistribution / radius],
  };
}

/** A color such as `#ffd9b0`, as bright as it can be. */
function brightest(color) {
  const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return channels.map((one) => one / Math.max(...channels));
}

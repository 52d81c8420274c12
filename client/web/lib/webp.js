// The frames of an animated WebP. Browsers only play it; a slider needs each frame.
// The container's format: https://developers.google.com/speed/webp/docs/riff_container

const HAS_ALPHA = 0x10;
const DISPOSES = 0x01; // to transparent, once shown
const REPLACES = 0x02; // what lies below, instead of blending with it

/** All frames of an animation's bytes, an ArrayBuffer, as canvases of its full size. */
export async function framesOf(buffer) {
  const frames = [];
  let width = 0;
  let height = 0;
  for (const { type, data } of chunksOf(new Uint8Array(buffer).subarray(12))) {
    if (type === "VP8X") [width, height] = [1 + number(data, 4), 1 + number(data, 7)];
    if (type === "ANMF") frames.push(data);
  }
  const parts = await Promise.all(frames.map((data) => createImageBitmap(alone(data))));
  const stage = new OffscreenCanvas(width, height).getContext("2d");
  return parts.map((part, i) => {
    const [x, y, flags] = [2 * number(frames[i], 0), 2 * number(frames[i], 3), frames[i][15]];
    if (flags & REPLACES) stage.clearRect(x, y, part.width, part.height);
    stage.drawImage(part, x, y);
    const whole = new OffscreenCanvas(width, height);
    whole.getContext("2d").drawImage(stage.canvas, 0, 0);
    if (flags & DISPOSES) stage.clearRect(x, y, part.width, part.height);
    return whole;
  });
}

/** One frame as a file of its own: a header, and the frame's chunks. */
function alone(frame) {
  const payload = frame.subarray(16);
  const header = new Uint8Array(10);
  header[0] = HAS_ALPHA;
  header.set(frame.subarray(6, 12), 4);
  const head = chunk("VP8X", header);
  const body = new Uint8Array(4 + head.length + payload.length);
  body.set(ascii("WEBP"));
  body.set(head, 4);
  body.set(payload, 4 + head.length);
  return new Blob([chunk("RIFF", body)], { type: "image/webp" });
}

function* chunksOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    yield { type, data: bytes.subarray(at + 8, at + 8 + length) };
    at += 8 + length + (length % 2);
  }
}

function chunk(type, data) {
  const bytes = new Uint8Array(8 + data.length);
  bytes.set(ascii(type));
  new DataView(bytes.buffer).setUint32(4, data.length, true);
  bytes.set(data, 8);
  return bytes;
}

function ascii(text) {
  return [...text].map((letter) => letter.charCodeAt(0));
}

/** Three bytes as a number, the lowest first. */
function number(bytes, at) {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}

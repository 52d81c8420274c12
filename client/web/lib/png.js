// The texts that a PNG carries: its tEXt chunks and its iTXt chunks that are not compressed.

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Texts by keyword of a file's bytes, an ArrayBuffer; empty if it is no PNG, and up to where it is broken. */
export function textsOf(buffer) {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const texts = {};
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) return texts;
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (data.length < length || type === "IEND") break;
    const [keyword, text] = { tEXt: latin, iTXt: international }[type]?.(data) ?? [];
    if (keyword && text !== undefined) texts[keyword] = text;
    at += 12 + length;
  }
  return texts;
}

function latin(data) {
  const [keyword, rest] = cut(data);
  return [decode(keyword, "latin1"), decode(rest, "latin1")];
}

function international(data) {
  const [keyword, rest] = cut(data);
  const [isCompressed] = rest;
  const [, afterLanguage] = cut(rest.subarray(2));
  const [, text] = cut(afterLanguage);
  return isCompressed ? [] : [decode(keyword, "latin1"), decode(text, "utf-8")];
}

/** The bytes before and after the first zero byte. */
function cut(data) {
  const end = data.indexOf(0);
  return end < 0 ? [data, new Uint8Array()] : [data.subarray(0, end), data.subarray(end + 1)];
}

function decode(data, encoding) {
  return new TextDecoder(encoding).decode(data);
}

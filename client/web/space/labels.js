// Names on a canvas that never lie on each other: the first to come has its place.

const MOST = 160;
const HEIGHT = 16; // px of a line

export class Labels {
  #boxes = new Float32Array(4 * MOST);
  #count = 0;
  #widths = new Map(); // font and text → px

  /** Forgets the labels of the last frame. */
  clear() {
    this.#count = 0;
  }

  /** Keeps a place free, such as a body's own; tells whether it was. */
  keep(left, top, width, height) {
    const boxes = this.#boxes;
    for (let i = 0; i < 4 * this.#count; i += 4) {
      if (left < boxes[i + 2] && left + width > boxes[i] && top < boxes[i + 3] && top + height > boxes[i + 1]) return false;
    }
    if (this.#count < MOST) {
      boxes[4 * this.#count] = left;
      boxes[4 * this.#count + 1] = top;
      boxes[4 * this.#count + 2] = left + width;
      boxes[4 * this.#count + 3] = top + height;
      this.#count += 1;
    }
    return true;
  }

  /** Writes a text with its middle at x and its top at y, if there is room or it `must` be; the context has font and color. */
  write(context, text, x, y, must = false) {
    const width = this.#widthOf(context, text) + 8;
    if (!this.keep(x - width / 2, y, width, HEIGHT) && !must) return;
    context.fillText(text, x, y + HEIGHT / 2);
  }

  #widthOf(context, text) {
    let widths = this.#widths.get(context.font);
    if (widths === undefined) this.#widths.set(context.font, (widths = new Map()));
    let width = widths.get(text);
    if (width === undefined) widths.set(text, (width = context.measureText(text).width));
    return width;
  }
}

/** Fonts of a canvas, as the page has them. */
export const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
export const STRONG = `600 13px ${FONT.slice(5)}`;
export const SMALL = `11px ${FONT.slice(5)}`;

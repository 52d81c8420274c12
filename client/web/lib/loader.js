// Pictures of what is in view: a few requests at once, the nearest first; those nobody wants any more are aborted.

const AT_ONCE = 6; // as many as a browser opens connections to a host
const KEPT = 400; // pictures

/** `load(key, signal)` gets a value; `onLoaded(key, value)` and `onFailed(error)` are told; `drop(value)` frees one that is no longer kept. */
export class Loader {
  #load;
  #onLoaded;
  #drop;
  #onFailed;
  #wanted = [];
  #running = new Map(); // key → AbortController
  #kept = new Map(); // key → value, the least recently wanted first
  #failed = new Set();

  constructor(load, onLoaded, drop, onFailed) {
    this.#load = load;
    this.#onLoaded = onLoaded;
    this.#drop = drop;
    this.#onFailed = onFailed;
  }

  /** What was loaded for a key and is still kept. */
  get(key) {
    return this.#kept.get(key);
  }

  /** Wants these keys, in this order, and no others. */
  want(keys) {
    const wanted = new Set(keys);
    for (const [key, controller] of this.#running) if (!wanted.has(key)) controller.abort(); // its place is free once it ends
    for (const key of keys) {
      const value = this.#kept.get(key);
      if (value === undefined) continue;
      this.#kept.delete(key);
      this.#kept.set(key, value);
    }
    for (const [key, value] of this.#kept) {
      if (this.#kept.size <= KEPT || wanted.has(key)) break;
      this.#kept.delete(key);
      this.#drop(value);
    }
    this.#failed.forEach((key) => wanted.has(key) || this.#failed.delete(key)); // tried again when it comes back
    this.#wanted = keys;
    this.#next();
  }

  #next() {
    for (const key of this.#wanted) {
      if (this.#running.size >= AT_ONCE) return;
      if (!this.#running.has(key) && !this.#kept.has(key) && !this.#failed.has(key)) this.#start(key);
    }
  }

  async #start(key) {
    const controller = new AbortController();
    this.#running.set(key, controller);
    try {
      const value = await this.#load(key, controller.signal);
      this.#kept.set(key, value); // even if nobody wants it any more: it is here
      this.#onLoaded(key, value);
    } catch (error) {
      if (controller.signal.aborted) return;
      this.#failed.add(key);
      this.#onFailed(error);
    } finally {
      this.#running.delete(key);
      this.#next();
    }
  }
}

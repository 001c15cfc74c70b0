/** Pictures: they can be enlarged and scrolled, and say which of their points a pointer is at. */

import { button, make } from "./elements.js";

const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8, 12, 16];
const SMALL = 192;

/** A picture that can be enlarged; what is too large for its frame is scrolled. */
export class PictureView {
  constructor(task, picture) {
    this.task = task;
    this.modality = "picture";
    this.width = task.width || picture.naturalWidth;
    this.height = task.height || picture.naturalHeight;
    this.zoom = 1;
    this.picture = picture;
    picture.alt = "The picture the question is about";
    picture.draggable = false;
    this.layer = make("div", undefined, "layer");
    this.layer.append(picture);
    this.frame = make("div", undefined, "frame");
    this.frame.append(this.layer);
    this.element = make("div", undefined, "picture");
    this.tools = make("div", undefined, "tools");
    this.tools.dataset.steps = ""; // may be clicked fast
    this.tools.append(
      button("closer", "+", () => this.scale(1)),
      button("wider", "−", () => this.scale(-1)),
    );
    this.element.append(this.frame, this.tools);
    this.frame.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.resized = new ResizeObserver(() => this.fit());
    this.listeners = new Set();
  }

  shown() {
    this.fit();
    this.resized.observe(this.element);
  }

  hidden() {
    this.resized.disconnect();
  }

  /** Screen pixels for one of the picture's. */
  get ratio() {
    return this.base * this.zoom;
  }

  fit() {
    const wide = this.element.clientWidth || 720;
    const high = Math.max(160, innerHeight * (innerWidth < 560 ? 0.38 : 0.52));
    const fitting = Math.min(wide / this.width, high / this.height);
    this.base = Math.min(fitting, Math.max(1, SMALL / Math.max(this.width, this.height)));
    this.#size();
  }

  #size() {
    this.picture.style.width = `${this.width * this.ratio}px`;
    this.picture.style.height = `${this.height * this.ratio}px`;
    this.frame.style.maxHeight = `${Math.ceil(this.height * this.base) + 2}px`;
    this.frame.classList.toggle("closer", this.zoom > 1);
    if (this.zoom > 1) this.frame.tabIndex = 0;
    else this.frame.removeAttribute("tabindex");
    for (const listener of this.listeners) listener();
  }

  /** Go closer (1) or wider (−1), the point at `x`, `y` of the picture staying where it is. */
  scale(step, x, y) {
    const place = Math.min(Math.max(ZOOMS.indexOf(this.zoom) + step, 0), ZOOMS.length - 1);
    const frame = this.frame;
    x ??= (frame.scrollLeft + frame.clientWidth / 2) / this.ratio;
    y ??= (frame.scrollTop + frame.clientHeight / 2) / this.ratio;
    const left = x * this.ratio - frame.scrollLeft;
    const top = y * this.ratio - frame.scrollTop;
    this.zoom = ZOOMS[place];
    this.#size();
    frame.scrollTo(x * this.ratio - left, y * this.ratio - top);
  }

  /** See to it that a point of the picture is in sight. */
  reveal(x, y) {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.frame;
    const at = [x * this.ratio, y * this.ratio];
    if (at[0] < scrollLeft || at[0] > scrollLeft + clientWidth || at[1] < scrollTop || at[1] > scrollTop + clientHeight) {
      this.frame.scrollTo(at[0] - clientWidth / 2, at[1] - clientHeight / 2);
    }
  }

  /** The point of the picture under a pointer. */
  point(event) {
    const box = this.picture.getBoundingClientRect();
    return [(event.clientX - box.left) / this.ratio, (event.clientY - box.top) / this.ratio];
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.scale(event.deltaY < 0 ? 1 : -1, ...this.point(event));
  }

  key(event) {
    if (event.key === "+" || event.key === "=") this.scale(1);
    else if (event.key === "-") this.scale(-1);
    else if (event.key === "Home") this.scale(-ZOOMS.length);
    else if (this.zoom > 1 && event.key.startsWith("Arrow")) {
      const step = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] }[event.key];
      this.frame.scrollBy(...step);
    } else return false;
    return true;
  }
}

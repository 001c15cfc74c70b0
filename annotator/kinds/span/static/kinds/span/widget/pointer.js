/** Mouse and finger: the page selects by itself; a click chooses a mark, and a long press takes a word. */

import { wordAt } from "./words.js";

const LONG = 600; // ms: a finger that stays so long takes a word
const STILL = 10; // screen pixels

export class SpanPointer {
  constructor({ state, selection, drawing, marks }) {
    Object.assign(this, { state, selection, drawing, marks });
    this.attached = null; // the element whose gestures are heard
    this.finger = null; // {x, y, before, timer, took}
    document.addEventListener("selectionchange", () => this.#selected());
    const lifted = () => this.#lifted();
    this.heard = {
      mousedown: (event) => this.#down(event),
      click: (event) => this.#clicked(event),
      pointerdown: (event) => this.#fingerDown(event),
      pointermove: (event) => this.#fingerMoved(event),
      pointerup: lifted,
      pointercancel: lifted,
    };
  }

  /** Hear no gestures. */
  detach() {
    for (const [kind, act] of Object.entries(this.heard)) this.attached?.removeEventListener(kind, act);
    this.attached?.classList.remove("markable");
    this.attached = null;
  }

  /** Hear the gestures on the text. */
  attach() {
    this.detach();
    this.attached = this.state.view.element;
    this.attached.classList.add("markable");
    for (const [kind, act] of Object.entries(this.heard)) this.attached.addEventListener(kind, act);
  }

  /** The place in the text under a pointer. */
  #under(event) {
    const { view } = this.state;
    const caret = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    if (caret) return view.place(caret.offsetNode, caret.offset);
    const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
    return range ? view.place(range.startContainer, range.startOffset) : null;
  }

  /** A press begins a new selection, also on words that are selected: they are not dragged away. */
  #down(event) {
    const { finger } = this;
    if (finger?.took) event.preventDefault(); // what the mouse would do with the end of a long press
    if (event.button || event.shiftKey || finger?.took) return;
    getSelection().removeAllRanges();
  }

  #clicked(event) {
    const { state, selection, drawing, marks } = this;
    const took = this.finger?.took;
    this.finger = null;
    if (took) return;
    if (selection.taken()) {
      const here = selection.taken();
      if (state.chosen) marks.choose(null);
      state.cursor = here;
      return;
    }
    const point = this.#under(event);
    if (point === null) return;
    const word = event.detail > 1 && wordAt(state.view, point); // browsers take no emoji by a double click
    if (word) {
      marks.extend(word.start, word.end);
      return;
    }
    state.cursor = { start: point, end: point };
    const hit = event.target.closest("mark");
    const near = hit ? state.spans.filter((span) => span.start <= point && point <= span.end && drawing.holds(span, hit)) : [];
    const inner = near.sort((a, b) => a.end - a.start - (b.end - b.start));
    if (inner.length) marks.choose(inner[(inner.indexOf(state.lately) + 1) % inner.length], false);
    else if (state.chosen) marks.choose(null);
    state.lately = state.chosen;
  }

  #fingerDown(event) {
    this.#lifted();
    if (event.pointerType !== "touch" || !event.isPrimary) return;
    this.finger = { x: event.clientX, y: event.clientY, before: this.selection.taken(), took: false, timer: setTimeout(() => this.#pressedLong(event), LONG) };
  }

  #fingerMoved(event) {
    const { finger } = this;
    if (finger && Math.hypot(event.clientX - finger.x, event.clientY - finger.y) > STILL) this.#lifted();
  }

  #lifted() {
    clearTimeout(this.finger?.timer);
  }

  /** A long press takes the word under the finger, where the browser does not do so itself. */
  #pressedLong(event) {
    const point = this.#under(event);
    const now = this.selection.taken();
    const selected = now && (now.start !== this.finger.before?.start || now.end !== this.finger.before?.end); // the browser took some itself
    if (selected || point === null) return;
    const found = wordAt(this.state.view, point);
    if (!found) return;
    this.finger.took = true;
    this.marks.extend(found.start, found.end);
  }

  /** Other words were selected: the mark that was chosen is not meant any more. */
  #selected() {
    const { state, selection, marks } = this;
    if (!state.live || !state.view) return;
    const here = selection.taken();
    if (!here) return;
    state.cursor = selection.covered();
    if (!state.chosen) return;
    const own = state.view.trimmed(state.chosen);
    if (own?.start !== here.start || own?.end !== here.end) marks.choose(null);
  }
}

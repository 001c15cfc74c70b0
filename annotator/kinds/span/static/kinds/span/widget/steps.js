/** The keyboard in the text: from word to word, and a character more or less. */

import { characters, wordFrom } from "./words.js";

export class Steps {
  constructor({ state, selection, marks }) {
    Object.assign(this, { state, selection, marks });
  }

  /** Go to the next word, or with `more` take it, too; back with `step` −1. */
  move(step, more) {
    const { selection, marks } = this;
    const { view, cursor } = this.state;
    const selected = selection.taken();
    const here = selected ?? cursor;
    more = more && Boolean(selected);
    const next = !here ? wordFrom(view, 1, 0) : step > 0 ? wordFrom(view, 1, here.end) : wordFrom(view, -1, more ? here.end : here.start);
    if (more && step < 0) {
      const last = wordFrom(view, -1, here.end);
      const before = last && wordFrom(view, -1, last.start);
      if (before && before.end > here.start) marks.extend(here.start, before.end);
      return;
    }
    if (!next) return;
    marks.extend(more ? here.start : next.start, next.end);
    view.parts[view.at(next.start)].element.scrollIntoView({ block: "nearest" });
  }

  /** 1 where an arrow leads on in the text, −1 where it leads back: in a line that reads from right to left, ← leads on. */
  onward(arrow) {
    const { view, cursor } = this.state;
    const part = view.parts[view.at(Math.max(0, Math.min((this.selection.taken() ?? cursor)?.start ?? 0, view.size - 1)))];
    const leftward = getComputedStyle(part.element).direction === "rtl";
    return (arrow === "ArrowRight") !== leftward ? 1 : -1;
  }

  /** Take a character more, or one less. */
  character(step) {
    const { view } = this.state;
    const here = this.selection.covered(); // a space that is passed on the way to the next letter counts
    if (!here) return;
    const part = view.parts[view.at(step > 0 ? here.end : here.end - 1)];
    const unit = view.unit(part, here.end);
    const side = step > 0 ? part.text.slice(unit, unit + 40) : part.text.slice(Math.max(0, unit - 40), unit);
    const pieces = characters(side);
    const piece = step > 0 ? pieces[0] : pieces[pieces.length - 1];
    if (!piece) return;
    const end = here.end + step * [...piece].length;
    if (end > here.start) this.marks.extend(here.start, end);
  }
}

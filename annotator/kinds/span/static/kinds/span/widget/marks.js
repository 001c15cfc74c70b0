/** What can be done to marks: words are marked, and marks are chosen, related and taken away. */

export class Marks {
  /** `changed()` is called when the answer has changed. */
  constructor({ state, selection, drawing, panel, changed }) {
    Object.assign(this, { state, selection, drawing, panel, changed });
  }

  /** Say what has changed. */
  #after() {
    this.panel.tell();
    this.changed();
  }

  /** Mark what is selected. */
  mark(label) {
    const { state, selection, drawing } = this;
    const here = selection.taken();
    if (!here) return this.panel.tell("Select some words first: with → and ⇧→, with the mouse or a finger.");
    const same = state.spans.find((span) => span.start === here.start && span.end === here.end && span.label === label);
    if (same) {
      this.choose(same, false);
      return;
    }
    const span = { ...here, label };
    state.spans.push(span);
    drawing.index(span);
    drawing.light(state.chosen, false);
    state.chosen = span;
    selection.select(here.start, here.end, selection.backwards());
    drawing.drawAround(span);
    this.#after();
  }

  /** Take away the mark that is chosen, or else the last one. */
  removeLast() {
    const { state, drawing } = this;
    const span = state.chosen ?? state.spans[state.spans.length - 1];
    if (!span) return;
    state.spans = state.spans.filter((one) => one !== span);
    state.relations = state.relations.filter((one) => one.from !== span && one.to !== span);
    drawing.forget(span);
    if (state.chosen === span) state.chosen = null;
    state.leading = null;
    drawing.drawAround(span);
    this.#after();
  }

  /** Choose a mark, which selects its words, or none, which leaves what is selected. */
  choose(span, reveal = true) {
    const { state, selection, drawing } = this;
    const { view } = state;
    drawing.light(state.chosen, false);
    state.chosen = span;
    drawing.light(span, true);
    if (span) selection.select(span.start, span.end);
    if (span && reveal) view.parts[view.at(span.start)].element.scrollIntoView({ block: "nearest" });
    this.panel.tell();
  }

  go(step) {
    const { spans, chosen } = this.state;
    if (!spans.length) return;
    const inOrder = [...spans].sort((a, b) => a.start - b.start || a.end - b.end);
    const place = chosen ? inOrder.indexOf(chosen) + step : step > 0 ? 0 : inOrder.length - 1;
    this.choose(inOrder[(place + inOrder.length) % inOrder.length]);
  }

  /** Begin a relation at the chosen mark, or end at it the one that was begun. */
  relate(label) {
    const { state } = this;
    const { chosen, leading, relations } = state;
    if (!chosen) return this.panel.tell("Go to a mark first, with [ and ].");
    if (leading && leading.label === label && leading.from !== chosen) {
      if (!relations.some((one) => one.from === leading.from && one.to === chosen && one.label === label)) {
        relations.push({ from: leading.from, to: chosen, label });
      }
      state.leading = null;
      this.#after();
    } else {
      state.leading = { from: chosen, label };
      this.panel.tell();
    }
  }

  removeRelation(relation) {
    this.state.relations = this.state.relations.filter((one) => one !== relation);
    this.#after();
  }

  /** Select other words: no mark is chosen by that. */
  extend(start, end) {
    const { state } = this;
    const before = state.chosen;
    if (before) this.drawing.light(before, false);
    state.chosen = null;
    this.selection.select(start, end);
    if (before) this.panel.tell();
  }
}

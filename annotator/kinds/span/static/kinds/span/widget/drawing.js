/** The marks as they are drawn in the text: only the parts of the text that a mark touches are drawn again. */

import { make } from "../../../desk/items.js";

const LEFTWARD = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
const LETTER = /\p{L}/u;

export class SpanDrawing {
  /** `named`: whether each mark shows the name of its label. */
  constructor({ state, selection, named }) {
    Object.assign(this, { state, selection, named });
    this.drawn = new Map(); // by part: the spans that touch it
    this.wraps = new Map(); // by part: [[span, its element], ...]
  }

  /** Begin with the text and the marks that are shown now; nothing is drawn yet. */
  clear() {
    this.drawn = new Map();
    this.wraps = new Map();
    for (const span of this.state.spans) this.index(span);
  }

  #touching(number) {
    const part = this.state.view.parts[number];
    return (this.drawn.get(number) ?? []).filter((span) => span.start < part.start + part.size && span.end > part.start);
  }

  #draw(number) {
    const { view, chosen } = this.state;
    const part = view.parts[number];
    const within = this.#touching(number);
    const made = [];
    this.wraps.set(number, made);
    if (!within.length) {
      part.element.replaceChildren(part.text || document.createElement("br"));
      return;
    }
    const cuts = [...new Set([0, part.text.length, ...within.flatMap((span) => [view.unit(part, span.start), view.unit(part, span.end)])])].sort((a, b) => a - b);
    const pieces = [];
    for (let place = 0; place + 1 < cuts.length; place += 1) {
      const [from, to] = [cuts[place], cuts[place + 1]];
      let piece = document.createTextNode(part.text.slice(from, to));
      for (const span of within) {
        const [start, end] = [view.unit(part, span.start), view.unit(part, span.end)];
        if (start > from || end < to) continue;
        const wrap = make("mark", undefined, `hue-${this.state.hue.get(span.label)}${span === chosen ? " chosen" : ""}`);
        if (this.named && end === to && span.end <= part.start + part.size) {
          wrap.dataset.label = this.state.named.get(span.label);
          wrap.dataset.reads = reads(part, part.text.slice(from, to));
        }
        wrap.append(piece);
        made.push([span, wrap]);
        piece = wrap;
      }
      pieces.push(piece);
    }
    part.element.replaceChildren(...pieces);
  }

  /** The numbers of the parts that a span touches. */
  #parts(span) {
    const { view } = this.state;
    const last = view.at(Math.max(span.start, span.end - 1));
    return Array.from({ length: last - view.at(span.start) + 1 }, (_, place) => view.at(span.start) + place);
  }

  /** Take a span in among those that are drawn. */
  index(span) {
    for (const number of this.#parts(span)) this.drawn.set(number, [...(this.drawn.get(number) ?? []), span]);
  }

  /** Take a span out. */
  forget(span) {
    for (const number of this.#parts(span)) this.drawn.set(number, this.drawn.get(number).filter((one) => one !== span));
  }

  /** Draw the parts that a span touches; what is selected stays selected. */
  drawAround(span) {
    const { selection } = this;
    const selected = selection.taken();
    const back = selected && selection.backwards();
    for (const number of this.#parts(span)) this.#draw(number);
    if (selected) selection.select(selected.start, selected.end, back);
  }

  /** Draw all parts that have marks, or had some of another widget. */
  drawAll() {
    const { parts } = this.state.view;
    for (let number = 0; number < parts.length; number += 1) if (this.drawn.get(number) || parts[number].element.querySelector("mark")) this.#draw(number);
  }

  /** Leave the text as it is without marks. */
  erase() {
    const { parts } = this.state.view;
    for (const number of this.drawn.keys()) parts[number].element.replaceChildren(parts[number].text || document.createElement("br"));
  }

  /** Show a mark as the chosen one, or as one like the others. */
  light(span, on) {
    for (const number of span ? this.#parts(span) : []) {
      for (const [one, wrap] of this.wraps.get(number) ?? []) if (one === span) wrap.classList.toggle("chosen", on);
    }
  }

  /** Whether a mark's element is drawn for a span, or within it. */
  holds(span, element) {
    return this.#parts(span).some((number) =>
      (this.wraps.get(number) ?? []).some(([one, wrap]) => one === span && (wrap === element || wrap.contains(element) || element.contains(wrap))),
    );
  }
}

/** Which way the end of a mark reads, so that its label stands right after it. */
function reads(part, text) {
  const last = [...text].findLast((one) => LETTER.test(one));
  if (last) return LEFTWARD.test(last) ? "rtl" : "ltr";
  return getComputedStyle(part.element).direction;
}

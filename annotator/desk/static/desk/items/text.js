/** A text in parts, and the places in it. */

import { make } from "./elements.js";

const PART = 1500; // code units: longer paragraphs are shown in parts, so that each can be drawn alone
const BLANK = /^\s$/u;

/**
 * A text in parts, each a paragraph or a piece of one. Places count Unicode code points from the beginning of the text.
 * `parts`: `{start, size, text, element}`; `size` counts the line end that follows.
 */
export class TextView {
  constructor(task, text) {
    this.task = task;
    this.modality = "text";
    this.text = text;
    this.element = make("div", undefined, "text");
    this.element.dir = "auto";
    this.parts = [];
    let start = 0;
    const lines = text.split("\n");
    lines.forEach((line, number) => {
      const pieces = [...split(line)];
      pieces.forEach((piece, place) => {
        const ends = place === pieces.length - 1 && number < lines.length - 1;
        const size = count(piece) + (ends ? 1 : 0);
        const element = make("p", piece);
        element.dir = "auto";
        if (!piece) element.append(document.createElement("br"));
        this.parts.push({ start, size, text: piece, element, simple: size === piece.length + (ends ? 1 : 0) });
        start += size;
      });
    });
    this.size = start;
    this.element.append(...this.parts.map((part) => part.element));
    this.byElement = new Map(this.parts.map((part) => [part.element, part]));
    if (text.length > 20000) this.element.classList.add("long");
  }

  shown() {}
  hidden() {}
  key() {
    return false;
  }

  /** The number of the part that holds a place. */
  at(place) {
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.parts[middle].start <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The code unit of a part at a place. */
  unit(part, place) {
    const wanted = Math.max(0, Math.min(place - part.start, part.size));
    if (part.simple) return Math.min(wanted, part.text.length);
    let unit = 0;
    for (let passed = 0; passed < wanted && unit < part.text.length; passed += 1) {
      unit += part.text.codePointAt(unit) > 0xffff ? 2 : 1;
    }
    return unit;
  }

  /** The place of a point in the page: a node within this text, and an offset in it. */
  place(node, offset) {
    let element = node;
    while (element && !this.byElement.has(element)) {
      if (element === this.element) return offset && this.parts[offset] ? this.parts[offset].start : offset ? this.size : 0;
      element = element.parentNode;
    }
    if (!element) return null;
    const part = this.byElement.get(element);
    const before = document.createRange();
    before.setStart(element, 0);
    before.setEnd(node, offset);
    return part.start + count(before.toString());
  }

  /** The places between which a range of the page covers this text: what lies outside ends at the nearer end. Null if it covers none. */
  covered(range) {
    const all = document.createRange();
    all.selectNodeContents(this.element);
    const side = (node, offset) => all.comparePoint(node, offset);
    const [before, after] = [side(range.startContainer, range.startOffset), side(range.endContainer, range.endOffset)];
    if (before > 0 || after < 0) return null;
    const start = before < 0 ? 0 : this.place(range.startContainer, range.startOffset);
    const end = after > 0 ? this.size : this.place(range.endContainer, range.endOffset);
    return start < end ? { start, end } : null;
  }

  /** The same stretch without white space at its ends; null if nothing is left. */
  trimmed({ start, end }) {
    while (start < end && BLANK.test(this.character(start))) start += 1;
    while (start < end && BLANK.test(this.character(end - 1))) end -= 1;
    return start < end ? { start, end } : null;
  }

  /** The character at a place. */
  character(place) {
    const part = this.parts[this.at(place)];
    const unit = this.unit(part, place);
    return unit < part.text.length ? String.fromCodePoint(part.text.codePointAt(unit)) : "\n";
  }

  /** The range of the page between two places. */
  range(start, end) {
    const range = document.createRange();
    range.setStart(...this.#point(start, false));
    range.setEnd(...this.#point(end, true));
    return range;
  }

  #point(place, ending) {
    let number = this.at(place);
    if (ending && number > 0 && this.parts[number].start === place) number -= 1;
    const part = this.parts[number];
    let left = this.unit(part, place);
    const walker = document.createTreeWalker(part.element, NodeFilter.SHOW_TEXT);
    let last = null;
    for (let node; (node = walker.nextNode()); last = node) {
      if (left < node.length || (ending && left === node.length)) return [node, left];
      left -= node.length;
    }
    return last ? [last, last.length] : [part.element, 0];
  }
}

/** How many code points a text has. */
export function count(text) {
  let points = text.length;
  for (let unit = 0; unit < text.length - 1; unit += 1) {
    const code = text.charCodeAt(unit);
    if (code >= 0xd800 && code < 0xdc00) {
      points -= 1;
      unit += 1;
    }
  }
  return points;
}

/** The parts of a long line, none through a character. */
export function* split(line) {
  let rest = line;
  while (rest.length > PART * 1.5) {
    const blank = rest.lastIndexOf(" ", PART);
    let end = blank > PART / 2 ? blank + 1 : PART;
    const code = rest.charCodeAt(end - 1);
    if (code >= 0xd800 && code < 0xdc00) end += 1; // never through a character
    yield rest.slice(0, end);
    rest = rest.slice(end);
  }
  yield rest;
}

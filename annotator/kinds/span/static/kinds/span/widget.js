/**
 * Span: words are selected with the keyboard, the mouse or a finger; a label's key marks them. Marks may overlap.
 * What is marked is what the page shows as selected at that moment, and nothing that was selected before.
 * Places count Unicode code points. Only the parts of the text that a mark touches are drawn again.
 */

import { button, hints, isolated, make } from "../../desk/items.js";

const HUES = 8;
const PICTOGRAM = /\p{Extended_Pictographic}/u; // a word of its own
const LEFTWARD = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
const LONG = 600; // ms: a finger that stays so long takes a word
const STILL = 10; // screen pixels
const LETTER = /\p{L}/u;

export function mount({ element, config, changed }) {
  const hue = new Map(config.labels.map((label, place) => [label.value, place % HUES]));
  const named = new Map([...config.labels, ...(config.relations ?? [])].map((label) => [label.value, label.label]));
  let view = null;
  let spans = []; // {start, end, label}, in the order in which they were made
  let relations = []; // {from, to, label}: spans themselves
  let chosen = null;
  let leading = null; // the relation that is being drawn: {from, label}
  let cursor = null; // where the keyboard goes on from: {start, end}; never what is marked
  let drawn = new Map(); // by part: the spans that touch it
  let wraps = new Map(); // by part: [[span, its element], ...]
  let live = true; // whether the text is this widget's now
  let attached = null; // the element whose gestures are heard

  const labels = config.labels.map((label) => {
    const made = button(label.label, label.key.toUpperCase(), () => mark(label.value));
    made.setAttribute("aria-keyshortcuts", label.key);
    made.classList.add(`hue-${hue.get(label.value)}`);
    return made;
  });
  const links = (config.relations ?? []).map((relation) => {
    const made = button(relation.label, relation.key.toUpperCase(), () => relate(relation.value));
    made.setAttribute("aria-keyshortcuts", relation.key);
    return made;
  });
  const keys = make("div", undefined, "keys fine");
  keys.append(...labels, ...links);
  keys.dataset.steps = ""; // a label that is given twice is given once
  const said = make("p", undefined, "said");
  said.setAttribute("role", "status");
  const related = make("ul", undefined, "related");
  const help = hints([["← →", "go from word to word"], ["⇧", "take more"], [", .", "a character less or more"], ["[ ]", "go from mark to mark"], ["⌫", "take the mark away"]]);
  element.replaceChildren(keys, said, ...(config.relations ? [related] : []), help);

  /* Drawing */

  function touching(number) {
    const part = view.parts[number];
    return (drawn.get(number) ?? []).filter((span) => span.start < part.start + part.size && span.end > part.start);
  }

  function draw(number) {
    const part = view.parts[number];
    const within = touching(number);
    const made = [];
    wraps.set(number, made);
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
        const wrap = make("mark", undefined, `hue-${hue.get(span.label)}${span === chosen ? " chosen" : ""}`);
        if (config.labels.length > 1 && end === to && span.end <= part.start + part.size) {
          wrap.dataset.label = named.get(span.label);
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

  /** Which way the end of a mark reads, so that its label stands right after it. */
  function reads(part, text) {
    const last = [...text].findLast((one) => LETTER.test(one));
    if (last) return LEFTWARD.test(last) ? "rtl" : "ltr";
    return getComputedStyle(part.element).direction;
  }

  function parts(span) {
    const last = view.at(Math.max(span.start, span.end - 1));
    return Array.from({ length: last - view.at(span.start) + 1 }, (_, place) => view.at(span.start) + place);
  }

  function index(span) {
    for (const number of parts(span)) drawn.set(number, [...(drawn.get(number) ?? []), span]);
  }

  /** Draw the parts that spans touch; what is selected stays selected. */
  function drawAround(...touched) {
    const selected = taken();
    const back = selected && backwards();
    for (const number of new Set(touched.filter(Boolean).flatMap(parts))) draw(number);
    if (selected) select(selected.start, selected.end, back);
  }

  function light(span, on) {
    for (const number of span ? parts(span) : []) {
      for (const [one, wrap] of wraps.get(number) ?? []) if (one === span) wrap.classList.toggle("chosen", on);
    }
  }

  const words = (span) => {
    const text = view.range(span.start, span.end).toString();
    return isolated(text.length > 60 ? `${text.slice(0, 57)}…` : text);
  };
  const name = (value) => isolated(named.get(value));

  function tell(deed) {
    const counted = `${spans.length.toLocaleString("en")} mark${spans.length === 1 ? "" : "s"}`;
    if (leading) said.replaceChildren(name(leading.label), ": go to the other mark and press the key again. Esc leaves it.");
    else if (deed) said.textContent = deed;
    else if (chosen) {
      const where = `”, ${chosen.start.toLocaleString("en")} to ${chosen.end.toLocaleString("en")}.`;
      said.replaceChildren(`${counted}. This one: `, name(chosen.label), " “", words(chosen), where);
    } else said.textContent = `${counted}.${config.least ? "" : spans.length ? "" : " If there is nothing to mark, finish."}`;
    if (!config.relations) return;
    related.replaceChildren(...relations.map((relation) => {
      const line = make("li");
      line.append("“", words(relation.from), "” ", name(relation.label), " “", words(relation.to), "” ");
      const away = button("take away", "", () => {
        relations = relations.filter((one) => one !== relation);
        after();
      });
      away.className = "linklike";
      line.append(away);
      return line;
    }));
  }

  function after(deed) {
    tell(deed);
    changed();
  }

  /* Deeds */

  function mark(label) {
    const here = taken();
    if (!here) return tell("Select some words first: with → and ⇧→, with the mouse or a finger.");
    const same = spans.find((span) => span.start === here.start && span.end === here.end && span.label === label);
    if (same) {
      choose(same, false);
      return;
    }
    const span = { ...here, label };
    spans.push(span);
    index(span);
    light(chosen, false);
    chosen = span;
    select(here.start, here.end, backwards());
    drawAround(span);
    after();
  }

  function remove(span) {
    if (!span) return;
    spans = spans.filter((one) => one !== span);
    relations = relations.filter((one) => one.from !== span && one.to !== span);
    for (const number of parts(span)) drawn.set(number, drawn.get(number).filter((one) => one !== span));
    if (chosen === span) chosen = null;
    leading = null;
    drawAround(span);
    after();
  }

  /** Choose a mark, which selects its words, or none, which leaves what is selected. */
  function choose(span, reveal = true) {
    light(chosen, false);
    chosen = span;
    light(span, true);
    if (span) select(span.start, span.end);
    if (span && reveal) view.parts[view.at(span.start)].element.scrollIntoView({ block: "nearest" });
    tell();
  }

  function go(step) {
    if (!spans.length) return;
    const inOrder = [...spans].sort((a, b) => a.start - b.start || a.end - b.end);
    const place = chosen ? inOrder.indexOf(chosen) + step : step > 0 ? 0 : inOrder.length - 1;
    choose(inOrder[(place + inOrder.length) % inOrder.length]);
  }

  function relate(label) {
    if (!chosen) return tell("Go to a mark first, with [ and ].");
    if (leading && leading.label === label && leading.from !== chosen) {
      if (!relations.some((one) => one.from === leading.from && one.to === chosen && one.label === label)) {
        relations.push({ from: leading.from, to: chosen, label });
      }
      leading = null;
      after();
    } else {
      leading = { from: chosen, label };
      tell();
    }
  }

  /* The words that are taken */

  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

  function select(start, end, back = false) {
    cursor = { start, end };
    const range = view.range(start, end);
    const from = [range.startContainer, range.startOffset];
    const to = [range.endContainer, range.endOffset];
    if (back) getSelection().setBaseAndExtent(...to, ...from);
    else getSelection().setBaseAndExtent(...from, ...to);
  }

  function backwards() {
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
    if (!anchorNode || !focusNode) return false;
    const order = anchorNode.compareDocumentPosition(focusNode);
    return anchorNode === focusNode ? anchorOffset > focusOffset : Boolean(order & Node.DOCUMENT_POSITION_PRECEDING);
  }

  /** What the page shows as selected in the text, without white space at its ends. */
  function taken() {
    const found = covered();
    return found && view.trimmed(found);
  }

  function covered() {
    const selection = getSelection();
    return view && selection.rangeCount && !selection.isCollapsed ? view.covered(selection.getRangeAt(0)) : null;
  }

  function* wordsOf(number) {
    const part = view.parts[number];
    let place = part.start;
    for (const { segment, isWordLike } of segmenter.segment(part.text)) {
      const size = [...segment].length;
      if (isWordLike || PICTOGRAM.test(segment)) yield { start: place, end: place + size };
      place += size;
    }
  }

  function word(step, from) {
    for (let number = view.at(Math.min(from, view.size - 1)); number >= 0 && number < view.parts.length; number += step) {
      const found = [...wordsOf(number)].filter((one) => (step > 0 ? one.start >= from : one.end <= from));
      if (found.length) return step > 0 ? found[0] : found[found.length - 1];
    }
    return null;
  }

  function move(step, more) {
    const selected = taken();
    const here = selected ?? cursor;
    more = more && Boolean(selected);
    const next = !here ? word(1, 0) : step > 0 ? word(1, here.end) : word(-1, more ? here.end : here.start);
    if (more && step < 0) {
      const last = word(-1, here.end);
      const before = last && word(-1, last.start);
      if (before && before.end > here.start) extend(here.start, before.end);
      return;
    }
    if (!next) return;
    extend(more ? here.start : next.start, next.end);
    view.parts[view.at(next.start)].element.scrollIntoView({ block: "nearest" });
  }

  /** Select other words: no mark is chosen by that. */
  function extend(start, end) {
    const before = chosen;
    if (chosen) light(chosen, false);
    chosen = null;
    select(start, end);
    if (before) tell();
  }

  /** 1 where an arrow leads on in the text, −1 where it leads back: in a line that reads from right to left, ← leads on. */
  function onward(arrow) {
    const part = view.parts[view.at(Math.max(0, Math.min((taken() ?? cursor)?.start ?? 0, view.size - 1)))];
    const leftward = getComputedStyle(part.element).direction === "rtl";
    return (arrow === "ArrowRight") !== leftward ? 1 : -1;
  }

  function character(step) {
    const here = covered(); // a space that is passed on the way to the next letter counts
    if (!here) return;
    const part = view.parts[view.at(step > 0 ? here.end : here.end - 1)];
    const unit = view.unit(part, here.end);
    const side = step > 0 ? part.text.slice(unit, unit + 40) : part.text.slice(Math.max(0, unit - 40), unit);
    const pieces = [...graphemes.segment(side)].map((one) => one.segment);
    const piece = step > 0 ? pieces[0] : pieces[pieces.length - 1];
    if (!piece) return;
    const end = here.end + step * [...piece].length;
    if (end > here.start) extend(here.start, end);
  }

  /* Mouse and finger: the page selects by itself */

  /** The place in the text under a pointer. */
  function under(event) {
    const caret = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    if (caret) return view.place(caret.offsetNode, caret.offset);
    const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
    return range ? view.place(range.startContainer, range.startOffset) : null;
  }

  const wordAt = (point) => [...wordsOf(view.at(Math.min(point, view.size - 1)))].find((one) => one.start <= point && point <= one.end);

  /** A press begins a new selection, also on words that are selected: they are not dragged away. */
  function down(event) {
    if (finger?.took) event.preventDefault(); // what the mouse would do with the end of a long press
    if (event.button || event.shiftKey || finger?.took) return;
    getSelection().removeAllRanges();
  }

  function clicked(event) {
    const took = finger?.took;
    finger = null;
    if (took) return;
    if (taken()) {
      const here = taken();
      if (chosen) choose(null);
      cursor = here;
      return;
    }
    const point = under(event);
    if (point === null) return;
    const word = event.detail > 1 && wordAt(point); // browsers take no emoji by a double click
    if (word) {
      extend(word.start, word.end);
      return;
    }
    cursor = { start: point, end: point };
    const hit = event.target.closest("mark");
    const near = hit ? spans.filter((span) => span.start <= point && point <= span.end && holds(span, hit)) : [];
    const inner = near.sort((a, b) => a.end - a.start - (b.end - b.start));
    if (inner.length) choose(inner[(inner.indexOf(lately) + 1) % inner.length], false);
    else if (chosen) choose(null);
    lately = chosen;
  }

  /** Whether a mark's element is drawn for a span, or within it. */
  const holds = (span, element) => parts(span).some((number) => (wraps.get(number) ?? []).some(([one, wrap]) => one === span && (wrap === element || wrap.contains(element) || element.contains(wrap))));
  let lately = null; // the mark that was clicked last: another click goes on to the one around it

  /** A long press takes the word under the finger, where the browser does not do so itself. */
  let finger = null; // {x, y, timer, took}

  function fingerDown(event) {
    lifted();
    if (event.pointerType !== "touch" || !event.isPrimary) return;
    finger = { x: event.clientX, y: event.clientY, before: taken(), took: false, timer: setTimeout(() => pressedLong(event), LONG) };
  }

  function fingerMoved(event) {
    if (finger && Math.hypot(event.clientX - finger.x, event.clientY - finger.y) > STILL) lifted();
  }

  function lifted() {
    clearTimeout(finger?.timer);
  }

  function pressedLong(event) {
    const point = under(event);
    const now = taken();
    const selected = now && (now.start !== finger.before?.start || now.end !== finger.before?.end); // the browser took some itself
    if (selected || point === null) return;
    const found = wordAt(point);
    if (!found) return;
    finger.took = true;
    extend(found.start, found.end);
  }

  /** Other words were selected: the mark that was chosen is not meant any more. */
  function selected() {
    if (!live || !view) return;
    const here = taken();
    if (!here) return;
    cursor = covered();
    if (!chosen) return;
    const own = view.trimmed(chosen);
    if (own?.start !== here.start || own?.end !== here.end) choose(null);
  }
  document.addEventListener("selectionchange", selected);

  const HEARD = { mousedown: down, click: clicked, pointerdown: fingerDown, pointermove: fingerMoved, pointerup: lifted, pointercancel: lifted };

  function detach() {
    for (const [kind, act] of Object.entries(HEARD)) attached?.removeEventListener(kind, act);
    attached?.classList.remove("markable");
    attached = null;
  }

  function attach() {
    detach();
    attached = view.element;
    attached.classList.add("markable");
    for (const [kind, act] of Object.entries(HEARD)) attached.addEventListener(kind, act);
    for (let number = 0; number < view.parts.length; number += 1) if (drawn.get(number) || view.parts[number].element.querySelector("mark")) draw(number);
  }

  return {
    finish: true,
    show(item, value) {
      detach();
      view = item;
      getSelection().removeAllRanges();
      spans = (value?.spans ?? []).map((span) => ({ ...span }));
      relations = (value?.relations ?? []).map((relation) => ({ ...relation, from: spans[relation.from], to: spans[relation.to] }));
      chosen = leading = cursor = lately = null;
      drawn = new Map();
      wraps = new Map();
      spans.forEach(index);
      if (live) attach();
      tell();
    },
    /** In a set, the text is one part's at a time: its marks are shown, and only it hears what is done to them. */
    live(on) {
      if (on === live) return;
      live = on;
      if (!view) return;
      getSelection().removeAllRanges();
      if (on) {
        attach();
        tell();
        return;
      }
      chosen = leading = lately = null;
      detach();
      for (const number of drawn.keys()) view.parts[number].element.replaceChildren(view.parts[number].text || document.createElement("br"));
      tell();
    },
    value: () => (spans.length >= config.least ? stored() : undefined),
    draft: () => stored(),
    missing: () => `Mark at least ${config.least}.`,
    key(event) {
      if (event.key === "ArrowRight" || event.key === "ArrowLeft") move(onward(event.key), event.shiftKey);
      else if (event.key === "." || event.key === ",") character(event.key === "." ? 1 : -1);
      else if (event.key === "]" || event.key === "[") go(event.key === "]" ? 1 : -1);
      else if (event.key === "Backspace" || event.key === "Delete") remove(chosen ?? spans[spans.length - 1]);
      else if (event.key === "Escape" && leading) {
        leading = null;
        tell();
      } else {
        const made = [...labels, ...links].find((one) => one.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
        made?.click();
        return Boolean(made);
      }
      return true;
    },
  };

  function stored() {
    const value = { spans: spans.map(({ start, end, label }) => ({ start, end, label })) };
    if (config.relations) {
      const place = new Map(spans.map((span, number) => [span, number]));
      value.relations = relations.map(({ from, to, label }) => ({ from: place.get(from), to: place.get(to), label }));
    }
    return value;
  }
}

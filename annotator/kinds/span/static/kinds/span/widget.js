/**
 * Span: words are taken with the keyboard, the mouse or a finger; a label's key marks them. Marks may overlap.
 * Places count Unicode code points. Only the parts of the text that a mark touches are drawn again.
 */

import { button, make } from "../../desk/items.js";

const HUES = 8;
const PICTOGRAM = /\p{Extended_Pictographic}/u; // a word of its own

export function mount({ element, config, changed }) {
  const hue = new Map(config.labels.map((label, place) => [label.value, place % HUES]));
  const named = new Map([...config.labels, ...(config.relations ?? [])].map((label) => [label.value, label.label]));
  let view = null;
  let spans = []; // {start, end, label}, in the order in which they were made
  let relations = []; // {from, to, label}: spans themselves
  let chosen = null;
  let leading = null; // the relation that is being drawn: {from, label}
  let at = null; // the words under the cursor: {start, end}
  let drawn = new Map(); // by part: the spans that touch it

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
  const said = make("p", undefined, "said");
  said.setAttribute("role", "status");
  const related = make("ul", undefined, "related");
  const help = make("p", undefined, "under");
  for (const [key, deed] of [["← →", "go from word to word"], ["⇧", "take more"], [", .", "a character less or more"], ["[ ]", "go from mark to mark"], ["⌫", "take the mark away"]]) {
    help.append(make("kbd", key), `${deed}  `);
  }
  element.replaceChildren(keys, said, ...(config.relations ? [related] : []), help);

  /* Drawing */

  function touching(number) {
    const part = view.parts[number];
    return (drawn.get(number) ?? []).filter((span) => span.start < part.start + part.size && span.end > part.start);
  }

  function draw(number) {
    const part = view.parts[number];
    const within = touching(number);
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
        if (config.labels.length > 1 && end === to && span.end <= part.start + part.size) wrap.dataset.label = named.get(span.label);
        wrap.append(piece);
        piece = wrap;
      }
      pieces.push(piece);
    }
    part.element.replaceChildren(...pieces);
  }

  function parts(span) {
    const last = view.at(Math.max(span.start, span.end - 1));
    return Array.from({ length: last - view.at(span.start) + 1 }, (_, place) => view.at(span.start) + place);
  }

  function index(span) {
    for (const number of parts(span)) drawn.set(number, [...(drawn.get(number) ?? []), span]);
  }

  function drawAround(...touched) {
    for (const number of new Set(touched.filter(Boolean).flatMap(parts))) draw(number);
    if (at) select(at.start, at.end);
  }

  const words = (span) => {
    const text = view.range(span.start, span.end).toString();
    return text.length > 60 ? `${text.slice(0, 57)}…` : text;
  };

  function tell(deed) {
    const counted = `${spans.length.toLocaleString("en")} mark${spans.length === 1 ? "" : "s"}`;
    if (leading) said.textContent = `${named.get(leading.label)}: go to the other mark and press the key again. Esc leaves it.`;
    else if (chosen) said.textContent = `${counted}. This one: ${named.get(chosen.label)} “${words(chosen)}”, ${chosen.start.toLocaleString("en")} to ${chosen.end.toLocaleString("en")}.`;
    else said.textContent = deed ?? `${counted}.${config.least ? "" : spans.length ? "" : " If there is nothing to mark, finish."}`;
    if (!config.relations) return;
    related.replaceChildren(...relations.map((relation) => {
      const line = make("li", `“${words(relation.from)}” ${named.get(relation.label)} “${words(relation.to)}” `);
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
    if (!here) return tell("Take some words first: with → and ⇧→, with the mouse or a finger.");
    const same = spans.find((span) => span.start === here.start && span.end === here.end && span.label === label);
    if (same) {
      choose(same);
      return;
    }
    const span = { ...here, label };
    spans.push(span);
    index(span);
    const before = chosen;
    chosen = span;
    at = here;
    drawAround(before, span);
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

  function choose(span, reveal = true) {
    const before = chosen;
    chosen = span;
    if (span) at = { start: span.start, end: span.end };
    drawAround(before, span);
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

  function select(start, end) {
    at = { start, end };
    const range = view.range(start, end);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  function taken() {
    const selection = getSelection();
    if (selection.rangeCount && !selection.isCollapsed && view.element.contains(selection.anchorNode) && view.element.contains(selection.focusNode)) {
      const range = selection.getRangeAt(0);
      const start = view.place(range.startContainer, range.startOffset);
      const end = view.place(range.endContainer, range.endOffset);
      if (start !== null && end !== null && start < end) return { start, end };
    }
    return at && at.start < at.end ? at : null;
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
    const here = taken();
    const next = !here ? word(1, 0) : step > 0 ? word(1, here.end) : word(-1, more ? here.end : here.start);
    if (more && here && step < 0) {
      const last = word(-1, here.end);
      const before = last && word(-1, last.start);
      if (before && before.end > here.start) select(here.start, before.end);
      return;
    }
    if (!next) return;
    const before = chosen;
    chosen = null;
    if (before) drawAround(before);
    select(more && here ? here.start : next.start, next.end);
    view.parts[view.at(next.start)].element.scrollIntoView({ block: "nearest" });
    if (before) tell();
  }

  function character(step) {
    const here = taken();
    if (!here) return;
    const part = view.parts[view.at(step > 0 ? here.end : here.end - 1)];
    const unit = view.unit(part, here.end);
    const side = step > 0 ? part.text.slice(unit, unit + 40) : part.text.slice(Math.max(0, unit - 40), unit);
    const pieces = [...graphemes.segment(side)].map((one) => one.segment);
    const piece = step > 0 ? pieces[0] : pieces[pieces.length - 1];
    if (!piece) return;
    const end = here.end + step * [...piece].length;
    if (end > here.start) select(here.start, end);
  }

  function clicked(event) {
    const selection = getSelection();
    if (!selection.isCollapsed) {
      at = taken();
      return;
    }
    const place = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    const point = place && view.place(place.offsetNode, place.offset);
    if (point === null || point === undefined) return;
    const under = spans.filter((span) => span.start <= point && point < span.end).sort((a, b) => a.end - a.start - (b.end - b.start));
    if (under.length) choose(under[(under.indexOf(chosen) + 1) % under.length], false);
    else if (chosen) choose(null);
  }

  return {
    finish: true,
    show(item, value) {
      view = item;
      view.element.classList.add("markable");
      view.element.onclick = clicked;
      spans = (value?.spans ?? []).map((span) => ({ ...span }));
      relations = (value?.relations ?? []).map((relation) => ({ ...relation, from: spans[relation.from], to: spans[relation.to] }));
      chosen = leading = at = null;
      drawn = new Map();
      spans.forEach(index);
      for (let number = 0; number < view.parts.length; number += 1) if (drawn.get(number) || view.parts[number].element.querySelector("mark")) draw(number);
      tell();
    },
    value: () => (spans.length >= config.least ? stored() : undefined),
    draft: () => stored(),
    missing: () => `Mark at least ${config.least}.`,
    key(event) {
      if (event.key === "ArrowRight" || event.key === "ArrowLeft") move(event.key === "ArrowRight" ? 1 : -1, event.shiftKey);
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

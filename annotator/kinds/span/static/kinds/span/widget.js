/**
 * Span: words are selected with the keyboard, the mouse or a finger; a label's key marks them. Marks may overlap.
 * What is marked is what the page shows as selected at that moment, and nothing that was selected before.
 * Places count Unicode code points. Only the parts of the text that a mark touches are drawn again.
 */

import { SpanDrawing } from "./widget/drawing.js";
import { Marks } from "./widget/marks.js";
import { SpanPanel } from "./widget/panel.js";
import { SpanPointer } from "./widget/pointer.js";
import { SpanSelection } from "./widget/selection.js";
import { SpanState } from "./widget/state.js";
import { Steps } from "./widget/steps.js";

export function mount({ element, config, changed }) {
  const state = new SpanState(config);
  const selection = new SpanSelection(state);
  const drawing = new SpanDrawing({ state, selection, named: config.labels.length > 1 });
  const acts = {
    mark: (label) => marks.mark(label),
    relate: (label) => marks.relate(label),
    removeRelation: (relation) => marks.removeRelation(relation),
  };
  const panel = new SpanPanel({ element, config, state, acts });
  const marks = new Marks({ state, selection, drawing, panel, changed });
  const steps = new Steps({ state, selection, marks });
  const pointer = new SpanPointer({ state, selection, drawing, marks });

  /** Show the marks, and hear what is done to them. */
  function attach() {
    pointer.attach();
    drawing.drawAll();
  }

  function stored() {
    const value = { spans: state.spans.map(({ start, end, label }) => ({ start, end, label })) };
    if (config.relations) {
      const place = new Map(state.spans.map((span, number) => [span, number]));
      value.relations = state.relations.map(({ from, to, label }) => ({ from: place.get(from), to: place.get(to), label }));
    }
    return value;
  }

  return {
    finish: true,
    show(item, value) {
      pointer.detach();
      state.view = item;
      getSelection().removeAllRanges();
      const spans = (state.spans = (value?.spans ?? []).map((span) => ({ ...span })));
      state.relations = (value?.relations ?? []).map((relation) => ({ ...relation, from: spans[relation.from], to: spans[relation.to] }));
      state.chosen = state.leading = state.cursor = state.lately = null;
      drawing.clear();
      if (state.live) attach();
      panel.tell();
    },
    /** In a set, the text is one part's at a time: its marks are shown, and only it hears what is done to them. */
    live(on) {
      if (on === state.live) return;
      state.live = on;
      if (!state.view) return;
      getSelection().removeAllRanges();
      if (on) {
        attach();
        panel.tell();
        return;
      }
      state.chosen = state.leading = state.lately = null;
      pointer.detach();
      drawing.erase();
      panel.tell();
    },
    value: () => (state.spans.length >= config.least ? stored() : undefined),
    draft: () => stored(),
    missing: () => `Mark at least ${config.least}.`,
    key(event) {
      if (event.key === "ArrowRight" || event.key === "ArrowLeft") steps.move(steps.onward(event.key), event.shiftKey);
      else if (event.key === "." || event.key === ",") steps.character(event.key === "." ? 1 : -1);
      else if (event.key === "]" || event.key === "[") marks.go(event.key === "]" ? 1 : -1);
      else if (event.key === "Backspace" || event.key === "Delete") marks.removeLast();
      else if (event.key === "Escape" && state.leading) {
        state.leading = null;
        panel.tell();
      } else {
        const made = panel.buttons.find((one) => one.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
        made?.click();
        return Boolean(made);
      }
      return true;
    },
  };
}

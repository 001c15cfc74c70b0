/** An item and its widget outside the desk: in review, for known answers, and where a question is built. */

import { Guard, isField } from "../desk/guard.js";
import { load } from "../desk/items.js";

/**
 * Show `data.task` in `#item` and the question's widget in `#widget`. `taken(value)` is called with every answer that is whole.
 * Keys and clicks go through the same guard as at the desk; `surface` is where it looks.
 * Returns `item`, `set(value)`, `value()`, `missing()`, which goes to what is missing and names it, and `lacks()`, which only names it.
 */
export async function stage(data, taken, surface = document.querySelector("main")) {
  const guard = new Guard({ surface, busy: document.getElementById("widget") });
  const { mount } = await import(data.widgets[data.kind]);
  const item = await load(data.task);
  let ready = false;
  const widget = await mount({
    element: document.getElementById("widget"),
    config: data.config,
    person: data.person,
    widgets: data.widgets,
    answer: (value) => taken(value),
    changed: () => ready && taken(widget.value()),
    turned: () => guard.turn(),
  });
  document.getElementById("item").replaceChildren(item.element);
  document.getElementById("item").dataset.modality = item.modality;
  item.shown();
  widget.show(item, data.value);
  ready = true;
  guard.show(document.getElementById("item"), { first: true });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || guard.dialog) return;
    if (isField(event.target) || event.target.closest("dialog")) return;
    if (event.target.closest("button, a, summary") && [" ", "Enter"].includes(event.key)) return;
    if (widget.key(event) || item.key(event)) event.preventDefault();
  });
  return {
    item,
    set(value) {
      widget.show(item, value);
      taken(widget.value());
    },
    value: () => widget.value(),
    missing: () => widget.missing(),
    lacks: () => (widget.lacks ?? widget.missing)(),
  };
}

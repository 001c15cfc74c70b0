/** The desk's keys: those of the line below the item first, then the widget's, then the item's. */

import { isField } from "../guard.js";
import { find } from "./page.js";

/** Hear the page's keys. `skipping` and `flagging` are the dialogs that keys open. */
export function hearKeys(desk, skipping, flagging) {
  const { state, guard, widget, answers, status } = desk;

  addEventListener("keydown", (event) => {
    // A dialog that was open when the key went down owns the key, even if the key has closed it since.
    if (event.isComposing || event.altKey || guard.dialog || event.target.closest?.("dialog")) return;
    if (isField(event.target)) {
      typed(event);
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const pressed = event.target.closest?.("button, a, summary, audio") && [" ", "Enter"].includes(event.key);
    if (pressed) return; // the button is meant
    const key = event.key.toLowerCase();
    if (key === "?") find("instructions").showModal();
    else if (key === "s") skipping.open();
    else if (key === "f") flagging.open();
    else if (key === "z") answers.undo();
    else if (!(state.current && state.shown)) {
      if (!state.finished && (key.length === 1 || key === "enter")) status.ignored(event, "early");
      return;
    } else if (widget.key(event) || state.item?.key(event)) {
      // taken
    } else if (event.key === "Enter") answers.finish();
    else return;
    event.preventDefault();
  });

  /** Keys within a field: only those that no text is written with. */
  function typed(event) {
    if (event.key === "Escape") event.target.blur();
    else if (event.key === "z" && (event.ctrlKey || event.metaKey) && !state.touched) answers.undo(); // nothing is written yet that it could take back
    else if (event.key === "Enter" && !event.shiftKey && (event.target.tagName !== "TEXTAREA" || event.ctrlKey || event.metaKey)) {
      if (!widget.key(event)) answers.finish();
    } else if (!(event.ctrlKey && state.item?.modality === "audio" && state.item.key(event))) return;
    event.preventDefault();
  }
}

/** Parts of a page that renew themselves take nothing away from a hand: no click, no typed value, no selection, no focus. */

let pressed = null; // what a finger or a mouse button is on
document.addEventListener("pointerdown", (event) => { pressed = event.target; }, true);
for (const end of ["pointerup", "pointercancel", "dragend"]) {
  // The click comes right after the button is let go.
  document.addEventListener(end, () => setTimeout(() => { pressed = null; }), true);
}

let left = -Infinity; // when a link or a form began to lead elsewhere
const LEAVES_WITHIN = 10000; // ms; after that it was a download
addEventListener("beforeunload", () => { left = performance.now(); });

const renewsItself = (element) => Boolean(element?.getAttribute?.("hx-trigger")?.startsWith("every"));

function changed(field) {
  if (field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  const options = [...field.options];
  const none = !field.multiple && !options.some((option) => option.defaultSelected);
  return options.some((option, place) => option.selected !== (none ? place === 0 : option.defaultSelected));
}

/** Whether somebody is at work within an element. */
function inUse(within) {
  const selection = getSelection();
  return (
    (pressed && within.contains(pressed)) ||
    (selection && !selection.isCollapsed && within.contains(selection.anchorNode)) ||
    [...within.querySelectorAll("input, select, textarea")].some(changed)
  );
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, target, xhr } = event.detail;
  if (!renewsItself(elt)) return;
  // To load the page again now would call off the way to the next one.
  if (performance.now() - left < LEAVES_WITHIN) return event.preventDefault();
  const whole = xhr.getResponseHeader("HX-Refresh") === "true"; // the page is loaded again
  if (inUse(whole ? document.body : target ?? elt)) event.preventDefault(); // the next request brings it
});

/** How to find the same link or button again; "" for anything else. */
function sameAgain(element) {
  if (element.matches("a[href]")) return `a[href="${CSS.escape(element.getAttribute("href"))}"]`;
  const form = element.matches("button") && element.closest("form[action]");
  return form ? `form[action="${CSS.escape(form.getAttribute("action"))}"] button` : "";
}

let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  kept = null;
  if (!renewsItself(event.detail.requestConfig?.elt ?? event.detail.elt) || !target?.id) return;
  const focused = target.contains(document.activeElement) ? sameAgain(document.activeElement) : "";
  const open = [...target.querySelectorAll("details")].map((one) => one.open);
  kept = { id: target.id, focused, open };
});
document.addEventListener("htmx:afterSettle", () => {
  const renewed = kept && document.getElementById(kept.id);
  if (!renewed) return;
  renewed.querySelectorAll("details").forEach((one, place) => { one.open = kept.open[place] ?? one.open; });
  if (kept.focused && document.activeElement === document.body) renewed.querySelector(kept.focused)?.focus({ preventScroll: true });
  kept = null;
});

/** Text: a field, and what is asked of it. */

import { count, make } from "../../desk/items.js";

const WORDS = { number: "A number.", date: "A date, as 2026-11-24.", any: "" };

export function mount({ element, config, changed }) {
  const field = make(config.lines > 1 ? "textarea" : "input");
  if (config.lines > 1) field.rows = config.lines;
  else field.type = "text";
  field.autocomplete = "off";
  field.spellcheck = config.form === "any";
  field.dir = "auto";
  field.id = `field-${Math.random().toString(36).slice(2)}`;
  field.setAttribute("aria-describedby", `${field.id}-help`);
  const label = make("label", "Your answer", "hidden");
  label.htmlFor = field.id;
  const help = make("p", undefined, "under");
  help.id = `${field.id}-help`;
  element.replaceChildren(label, field, help);
  field.addEventListener("input", () => {
    tell();
    changed();
  });

  function tell() {
    const length = count(field.value);
    const form = config.form === "mask" ? `Like ${config.mask}: 9 a digit, A a letter, * either.` : WORDS[config.form];
    const left = config.longest - length < 100 ? ` ${config.longest - length} characters left.` : "";
    help.textContent = `${form}${left} ${config.lines > 1 ? "Ctrl and Enter finishes." : "Enter finishes."} Esc leaves the field.`.trim();
  }

  return {
    finish: true,
    show(item, value) {
      field.value = value ?? "";
      tell();
    },
    focus: () => field.focus({ preventScroll: true }),
    value() {
      const length = count(field.value);
      return length >= config.shortest && length <= config.longest && (!config.shortest || field.value.trim()) ? field.value : undefined;
    },
    draft: () => field.value,
    missing: () => `Write ${config.shortest.toLocaleString("en")} to ${config.longest.toLocaleString("en")} characters.`,
    key(event) {
      if (event.target === field || event.key !== "Tab") return false;
      field.focus();
      return true;
    },
  };
}

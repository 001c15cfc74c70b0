/** Set: several questions about one item, one active at a time; those that depend on another's answer come and go with it. */

import { make } from "../../desk/items.js";

export async function mount({ element, config, changed, widgets, person }) {
  let said = {};
  let active = 0;
  let item = null;
  const parts = await Promise.all(
    config.parts.map(async (part, place) => {
      const { mount: mountPart } = await import(widgets[part.kind]);
      const section = make("section", undefined, "part");
      const title = make("h2", part.text);
      title.id = `part-${part.name}`;
      const field = make("div");
      field.setAttribute("role", "group");
      field.setAttribute("aria-labelledby", title.id);
      section.append(title, field);
      section.addEventListener("pointerdown", () => activate(place));
      section.addEventListener("focusin", () => activate(place));
      const widget = await mountPart({
        element: field,
        config: part.config,
        person,
        widgets,
        answer: (value) => {
          said[part.name] = value;
          update();
          next(place);
        },
        changed: () => {
          said[part.name] = widget.draft();
          update();
        },
      });
      return { ...part, section, widget, done: () => (isDone(part, widget) ? true : false) };
    }),
  );
  element.replaceChildren(...parts.map((part) => part.section));

  function isDone(part, widget) {
    return widget.value() !== undefined;
  }

  function asked(part) {
    if (!part.when) return true;
    const value = said[part.when.part];
    return Array.isArray(value) ? value.some((one) => part.when.is.includes(one)) : part.when.is.includes(value);
  }

  function update() {
    for (const part of parts) {
      part.section.hidden = !asked(part);
      if (part.section.hidden && part.name in said) {
        delete said[part.name];
        part.widget.show(item, undefined);
      }
    }
    changed();
  }

  function activate(place) {
    active = place;
    parts.forEach((part, number) => part.section.classList.toggle("active", number === active));
  }

  function next(place) {
    const following = parts.findIndex((part, number) => number > place && !part.section.hidden);
    if (following < 0) return;
    activate(following);
    parts[following].widget.focus?.();
    parts[following].section.scrollIntoView({ block: "nearest" });
  }

  function current() {
    const value = {};
    for (const part of parts) {
      if (!asked(part)) continue;
      const own = part.widget.value();
      if (own === undefined) return undefined;
      value[part.name] = own;
    }
    return value;
  }

  return {
    finish: true,
    show(shown, value) {
      item = shown;
      said = { ...(value ?? {}) };
      for (const part of parts) part.widget.show(item, said[part.name]);
      for (const part of parts) part.section.hidden = !asked(part);
      const open = parts.findIndex((part) => asked(part) && part.widget.value() === undefined);
      activate(open >= 0 ? open : parts.findLastIndex(asked));
    },
    focus: () => parts[active].widget.focus?.(),
    value: current,
    draft: () => Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    missing: () => {
      const open = parts.findIndex((part) => asked(part) && part.widget.value() === undefined);
      if (open < 0) return "Not complete yet.";
      activate(open);
      return `“${parts[open].text}”: ${parts[open].widget.missing()}`;
    },
    key(event) {
      if (parts[active].widget.key(event)) return true;
      if (event.key !== "Enter" && event.key !== "ArrowDown" && event.key !== "ArrowUp") return false;
      const open = (place) => parts[place] && asked(parts[place]);
      if (event.key === "ArrowUp") {
        for (let place = active - 1; place >= 0; place -= 1) if (open(place)) return activate(place), true;
        return false;
      }
      // Enter goes on to the next part; at the last one the desk takes it for the end.
      const here = parts[active].widget.value() !== undefined;
      const following = parts.findIndex((part, number) => number > active && asked(part));
      if (!here || following < 0) return false;
      said[parts[active].name] = parts[active].widget.value();
      next(active);
      return true;
    },
  };
}

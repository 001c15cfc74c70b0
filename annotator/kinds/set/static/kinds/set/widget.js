/** Set: several questions about one item, one active at a time; those that depend on another's answer come and go with it. */

import { make } from "../../desk/items.js";

export async function mount({ element, config, changed, widgets, person, turned = () => {} }) {
  let said = {}; // the answers given so far; a part that was passed with nothing in it has one too
  let active = 0;
  let item = null;
  let seen = new Set(); // the names of the parts that have been active: no other part is finished
  let heard = null; // ends what is heard from the item
  const parts = await Promise.all(
    config.parts.map(async (part, place) => {
      const { mount: mountPart } = await import(widgets[part.kind]);
      const section = make("section", undefined, "part");
      const title = make("h2", part.text);
      title.dir = "auto";
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
        turned,
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
      widget.live?.(false);
      return { ...part, section, widget };
    }),
  );
  element.replaceChildren(...parts.map((part) => part.section));

  const answered = (part) => said[part.name] !== undefined && part.widget.value() !== undefined;

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
        seen.delete(part.name);
        part.widget.show(item, undefined);
      }
    }
    share();
    changed();
  }

  function activate(place) {
    active = place;
    seen.add(parts[place].name);
    parts.forEach((part, number) => {
      part.section.classList.toggle("active", number === active);
      if (number !== active && part.section.contains(document.activeElement)) document.activeElement.blur();
    });
    share();
  }

  /** The part that the item itself belongs to: the active one, or the only one that marks or draws on it; −1 for none. */
  function owner() {
    if (parts[active].widget.live) return active;
    const marking = parts.filter((part) => part.widget.live && asked(part));
    return marking.length === 1 ? parts.indexOf(marking[0]) : -1;
  }

  function share() {
    const own = owner();
    // One lets go of the item before another takes it.
    parts.forEach((part, number) => number !== own && part.widget.live?.(false));
    parts[own]?.widget.live(true);
  }

  /** Go to another part, which is seen before a second press of the same key can answer it. */
  function turn(place) {
    activate(place);
    parts[place].widget.focus?.();
    parts[place].section.scrollIntoView({ block: "nearest" });
    turned();
  }

  function next(place) {
    const following = parts.findIndex((part, number) => number > place && asked(part));
    if (following >= 0) turn(following);
  }

  function current() {
    const value = {};
    for (const part of parts) {
      if (!asked(part)) continue;
      const own = part.widget.value();
      if (own === undefined || !seen.has(part.name)) return undefined;
      value[part.name] = own;
    }
    return value;
  }

  return {
    finish: true,
    show(shown, value) {
      item = shown;
      said = { ...value };
      seen = new Set(Object.keys(said));
      for (const part of parts) part.widget.live?.(false);
      for (const part of parts) part.widget.show(item, said[part.name]);
      for (const part of parts) part.section.hidden = !asked(part);
      const open = parts.findIndex((part) => asked(part) && !answered(part));
      activate(open >= 0 ? open : parts.findLastIndex(asked));
      heard?.abort();
      heard = new AbortController();
      // What is done to the item is done for the part that owns it.
      const reach = () => owner() >= 0 && owner() !== active && activate(owner());
      item.element.addEventListener("pointerdown", reach, { capture: true, signal: heard.signal });
    },
    focus: () => parts[active].widget.focus?.(),
    value: current,
    draft: () => Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    lacks: () => {
      const open = parts.find((part) => asked(part) && part.widget.value() === undefined);
      return open && `“${open.text}”: ${open.widget.missing()}`;
    },
    missing: () => {
      const open = parts.findIndex((part) => asked(part) && part.widget.value() === undefined);
      if (open >= 0) {
        if (open !== active) turn(open);
        return `“${parts[open].text}”: ${parts[open].widget.missing()}`;
      }
      const unseen = parts.findIndex((part) => asked(part) && !seen.has(part.name));
      if (unseen < 0) return "Not complete yet.";
      turn(unseen);
      return `“${parts[unseen].text}” comes first.`;
    },
    key(event) {
      if (parts[active].widget.key(event)) return true;
      if (event.key !== "Enter" && event.key !== "ArrowDown" && event.key !== "ArrowUp") return false;
      const open = (place) => parts[place] && asked(parts[place]);
      if (event.key === "ArrowUp") {
        for (let place = active - 1; place >= 0; place -= 1) if (open(place)) return turn(place), true;
        return false;
      }
      // Enter goes on to the next part; at the last one the desk takes it for the end.
      const here = parts[active].widget.value() !== undefined;
      const following = parts.findIndex((part, number) => number > active && asked(part));
      if (!here || following < 0) return false;
      said[parts[active].name] = parts[active].widget.value();
      update();
      next(active);
      return true;
    },
  };
}

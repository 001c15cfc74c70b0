/** Choice: a button and a key for each choice; thousands are searched, a hierarchy is gone down. */

import { button, isolated, make } from "../../desk/items.js";

const KEYS = "1234567890abcdeghijklmnopqrtuvwxy";
const SHOWN = 12;
const SELF = "."; // takes the choice one has gone down to, and none of those under it

/** What a widget offers is told in the kinds' page of the documentation: show, value, key, finish. */
export function mount({ element, config, answer, changed, turned = () => {} }) {
  const tree = config.choices.some((choice) => choice.under);
  const many = !tree && config.choices.some((choice) => !choice.key);
  const labels = new Map(config.choices.map((choice) => [choice.value, choice.label]));
  const above = new Map(config.choices.map((choice) => [choice.value, choice.under ?? ""]));
  const branches = new Set(config.choices.map((choice) => choice.under).filter(Boolean));
  let taken = [];
  let level = "";

  const list = make("div", undefined, "keys");
  const chosen = make("p", undefined, "chosen");
  const search = tree || many ? searching() : null;
  const path = make("p", undefined, "path");
  element.replaceChildren(...(search ? [search.element] : []), ...(tree ? [path] : []), list, ...(config.several || search ? [chosen] : []));
  let buttons = [];

  function take(value) {
    if (config.several) {
      taken = taken.includes(value) ? taken.filter((one) => one !== value) : [...taken, value];
      changed();
      mark();
    } else {
      taken = [value];
      mark();
      answer(value);
    }
  }

  /** Take a choice that was found by its name; the words have done their work. */
  function takeFound(value) {
    search.field.value = "";
    search.find();
    take(value);
  }

  function one(choice, key, act) {
    const made = button(choice.label, "", act ?? (() => take(choice.value)));
    // A choice that is named like its key is shown once.
    if (key && choice.label.toLowerCase() !== key) made.prepend(make("kbd", key.toUpperCase()));
    if (key) made.setAttribute("aria-keyshortcuts", key);
    made.dataset.value = choice.value;
    return made;
  }

  function draw(choices, keys) {
    buttons = choices.map((choice, place) => {
      const branch = branches.has(choice.value);
      const made = one(choice, keys[place], branch ? () => enter(choice.value) : undefined);
      if (branch) made.append(make("span", "›", "branch"));
      made.setAttribute("aria-pressed", "false");
      return made;
    });
    if (level) {
      const itself = one({ value: level, label: labels.get(level) }, SELF);
      itself.append(" itself");
      itself.setAttribute("aria-pressed", "false");
      buttons.push(itself);
    }
    list.replaceChildren(...buttons);
    mark();
  }

  /** Whether a choice is taken, or one somewhere under it. */
  function holds(value) {
    return taken.some((entry) => {
      for (let at = entry; at; at = above.get(at)) if (at === value) return true;
      return false;
    });
  }

  /** The name of a choice, after the names of those above it. */
  function trail(value) {
    const names = [];
    for (let at = value; at; at = above.get(at)) names.unshift(labels.get(at) ?? at);
    return names.join(" › ");
  }

  function mark() {
    for (const made of buttons) {
      const { value } = made.dataset;
      const branch = branches.has(value) && value !== level && !search?.field.value;
      made.setAttribute("aria-pressed", String(branch ? holds(value) : taken.includes(value)));
    }
    if (!config.several && !search) return;
    const names = taken.flatMap((value, place) => [place ? ", " : "Taken: ", isolated(trail(value))]);
    chosen.replaceChildren(...(names.length ? names : [config.several && !config.least ? "None taken: Enter says that none fits." : ""]));
  }

  /** Go down or up: the choices that come are seen before a second press of the same key takes one of them. */
  function enter(value) {
    down(value);
    turned();
  }

  function down(value) {
    level = value;
    path.replaceChildren(...(value ? [button("back", "⌫", () => up()), "  ", isolated(trail(value))] : [""]));
    draw(config.choices.filter((choice) => (choice.under ?? "") === level), KEYS);
  }

  function up() {
    enter(above.get(level) ?? "");
  }

  function searching() {
    const box = make("div", undefined, "search");
    const label = make("label", `Search ${config.choices.length.toLocaleString("en")} choices`);
    const field = make("input");
    field.type = "search";
    field.id = `search-${Math.random().toString(36).slice(2)}`;
    field.autocomplete = "off";
    label.htmlFor = field.id;
    label.prepend(make("kbd", "/"));
    box.append(label, field);
    const texts = config.choices.map((choice) => choice.label.toLowerCase());
    const find = () => {
      const wanted = field.value.trim().toLowerCase();
      if (!wanted) return tree ? down(level) : draw(config.choices.slice(0, SHOWN), KEYS);
      const begins = [];
      const holds = [];
      texts.forEach((text, place) => {
        const at = text.indexOf(wanted);
        if (at === 0) begins.push(place);
        else if (at > 0) holds.push(place);
      });
      const found = [...begins, ...holds].slice(0, SHOWN);
      buttons = found.map((place) => {
        const made = one({ ...config.choices[place], label: trail(config.choices[place].value) }, "", () => takeFound(config.choices[place].value));
        made.setAttribute("aria-pressed", "false");
        return made;
      });
      list.replaceChildren(...(buttons.length ? buttons : [make("p", "Nothing is named like that.")]));
      mark();
    };
    field.addEventListener("input", find);
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") {
        buttons[0]?.focus();
        event.preventDefault();
      } else if (event.key === "Enter" && field.value && buttons.length && !event.isComposing) {
        event.stopPropagation();
        event.preventDefault();
        buttons[0].click();
        turned(); // a second Enter is not to finish the item
      }
    });
    return { element: box, field, find };
  }

  return {
    get finish() {
      return Boolean(config.several) || taken.length > 0;
    },
    show(item, value) {
      taken = value === undefined ? [] : [value].flat().filter((entry) => labels.has(entry));
      if (search) search.field.value = "";
      if (tree) down("");
      else if (many) search.find();
      else draw(config.choices, config.choices.map((choice) => choice.key));
    },
    value() {
      if (!config.several) return taken[0];
      return taken.length >= config.least && taken.length <= config.most ? taken : undefined;
    },
    draft: () => (config.several ? taken : taken[0]),
    missing: () => (config.several ? `Take ${config.least} to ${config.most}.` : "Take one."),
    key(event) {
      if (search && event.key === "/") {
        search.field.focus();
        return true;
      }
      if (tree && event.key === "Backspace" && level && !event.repeat) {
        up();
        return true;
      }
      const made = buttons.find((one) => one.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
      if (!event.repeat) made?.click();
      return Boolean(made);
    },
  };
}

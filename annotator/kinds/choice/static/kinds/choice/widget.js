/** Choice: a button and a key for each choice; thousands are searched, a hierarchy is gone down. */

import { button, make } from "../../desk/items.js";

const KEYS = "1234567890abcdeghijklmnopqrtuvwxy";
const SHOWN = 12;

/** What a widget offers is told in the kinds' page of the documentation: show, value, key, finish. */
export function mount({ element, config, answer, changed }) {
  const tree = config.choices.some((choice) => choice.under);
  const many = !tree && config.choices.some((choice) => !choice.key);
  const labels = new Map(config.choices.map((choice) => [choice.value, choice.label]));
  let taken = [];
  let level = "";

  const list = make("div", undefined, "keys");
  const chosen = make("p", undefined, "chosen");
  const search = tree || many ? searching() : null;
  const path = make("p", undefined, "path");
  element.replaceChildren(...(search ? [search.element] : []), ...(tree ? [path] : []), list, ...(config.several ? [chosen] : []));
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
      const branch = tree && config.choices.some((other) => other.under === choice.value);
      const made = one(choice, keys[place], branch ? () => down(choice.value) : undefined);
      if (branch) made.append(make("span", "›", "branch"));
      else made.setAttribute("aria-pressed", "false");
      return made;
    });
    list.replaceChildren(...buttons);
    mark();
  }

  function mark() {
    for (const made of buttons) {
      if (made.hasAttribute("aria-pressed")) made.setAttribute("aria-pressed", String(taken.includes(made.dataset.value)));
    }
    if (config.several || search) {
      const names = taken.map((value) => labels.get(value) ?? value);
      chosen.textContent = names.length ? `Taken: ${names.join(", ")}` : config.least ? "" : "None taken: Enter says that none fits.";
    }
  }

  function down(value) {
    level = value;
    const above = [];
    for (let at = value; at; at = config.choices.find((choice) => choice.value === at)?.under) above.unshift(labels.get(at));
    path.replaceChildren(...(value ? [button("back", "⌫", () => up()), `  ${above.join(" › ")}`] : [""]));
    draw(config.choices.filter((choice) => (choice.under ?? "") === level), KEYS);
  }

  function up() {
    down(config.choices.find((choice) => choice.value === level)?.under ?? "");
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
        const made = one(config.choices[place], "");
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
      } else if (event.key === "Enter" && field.value && buttons.length) {
        buttons[0].click();
        field.value = "";
        find();
        event.stopPropagation();
        event.preventDefault();
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
      if (tree && event.key === "Backspace" && level) {
        up();
        return true;
      }
      const made = buttons.find((one) => one.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
      made?.click();
      return Boolean(made);
    },
  };
}

/** Choice: a button for each choice, and its key. */

/**
 * Show the choices in `element`; `answer(value)` is called with the one taken.
 * Returns what the desk asks of a widget: `key(event)` says whether a key was taken, `reset()` readies it for the next item.
 */
export function mount(element, config, answer) {
  element.className = "keys";
  const buttons = config.choices.map((choice) => {
    const button = document.createElement("button");
    const key = document.createElement("kbd");
    button.type = "button";
    key.textContent = choice.key.toUpperCase();
    // A choice that is named like its key is shown once.
    if (choice.label.toLowerCase() !== choice.key) button.append(key);
    button.append(choice.label);
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-keyshortcuts", choice.key);
    button.addEventListener("click", () => take(choice));
    return button;
  });
  element.replaceChildren(...buttons);

  function take(choice) {
    buttons[config.choices.indexOf(choice)].setAttribute("aria-pressed", "true");
    answer(choice.value);
  }

  return {
    key(event) {
      const choice = config.choices.find((one) => one.key === event.key.toLowerCase());
      if (choice) take(choice);
      return Boolean(choice);
    },
    reset() {
      for (const button of buttons) button.setAttribute("aria-pressed", "false");
    },
  };
}

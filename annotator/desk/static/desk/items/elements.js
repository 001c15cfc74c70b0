/** Elements that items and widgets are built of: buttons with their keys, hints, and names set apart. */

export function make(tag, text, name) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
}

/** A text that somebody wrote, set apart: whichever way it is read, the sentence around it keeps its order. */
export const isolated = (text) => make("bdi", text);

/** A button with its key beside it. */
export function button(label, key, act) {
  const element = make("button");
  element.type = "button";
  if (key) element.append(make("kbd", key));
  element.append(isolated(label));
  element.addEventListener("pointerdown", (event) => event.preventDefault()); // a selection and the focus stay where they are
  element.addEventListener("click", act);
  return element;
}

/** What keys do, one after the other; a key and what it does stay on one line. */
export function hints(pairs) {
  const line = make("p", undefined, "under hints");
  for (const [key, deed] of pairs) {
    const hint = make("span", deed, "hint");
    hint.prepend(make("kbd", key));
    line.append(hint, " ");
  }
  return line;
}

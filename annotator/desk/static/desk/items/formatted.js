/** A formatted text: HTML. */

import { words } from "./content.js";
import { make } from "./elements.js";
import { plain } from "./plain.js";

export async function formatted(task) {
  // Cleaned when it came in, and nothing in it may run under the page's policy; parsed apart, so that nothing is loaded either.
  const parsed = new DOMParser().parseFromString(await words(task), "text/html");
  const element = make("div", undefined, "text formatted");
  element.dir = "auto";
  element.append(...document.adoptNode(parsed.body).childNodes);
  return plain(task, "html", element);
}

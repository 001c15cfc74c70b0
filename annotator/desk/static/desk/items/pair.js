/** Two texts or pictures side by side. */

import { image, words } from "./content.js";
import { make } from "./elements.js";
import { plain } from "./plain.js";

async function part(said, task) {
  if (said.text !== undefined) {
    const text = make("p", said.text);
    text.dir = "auto";
    return text;
  }
  const picture = await image(task.content.replace(/[0-9a-f]{64}/, said.sha256));
  picture.alt = "A picture";
  return picture;
}

export async function pair(task) {
  const said = JSON.parse(await words(task));
  const element = make("div", undefined, "pair");
  const view = plain(task, "pair", element);
  if (said.about) {
    const about = make("p", said.about, "about");
    about.dir = "auto";
    element.append(about);
  }
  view.sides = {};
  for (const side of ["left", "right"]) {
    const figure = make("figure");
    figure.append(await part(said[side], task));
    view.sides[side] = figure;
    element.append(figure);
  }
  return view;
}

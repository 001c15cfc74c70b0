/**
 * Items as they are shown. `load(task)` resolves once one can be shown without waiting, to what widgets may ask of it:
 * `element`, `task`, `modality`, `key(event)` (did it take a key?), `shown()` (it stands in the page now), and what its modality adds.
 */

import { image, words } from "./items/content.js";
import { button, hints, isolated, make } from "./items/elements.js";
import { formatted } from "./items/formatted.js";
import { pair } from "./items/pair.js";
import { PictureView } from "./items/picture.js";
import { row } from "./items/row.js";
import { audio } from "./items/sound.js";
import { count, split, TextView } from "./items/text.js";

const LOAD = {
  picture: async (task) => new PictureView(task, await image(task.content)),
  text: async (task) => new TextView(task, await words(task)),
  html: formatted,
  row,
  pair,
  audio,
};

export const load = (task) => LOAD[task.modality](task);

export { button, count, hints, isolated, make, split };

/** Scale: a button and a key for each point, the ends named. */

import { button, make } from "../../desk/items.js";

export function mount({ element, config, answer }) {
  let taken;
  const points = Array.from({ length: config.points }, (_, place) => place + 1);
  const buttons = points.map((point) => {
    const made = button(String(point), "", () => take(point));
    made.setAttribute("aria-keyshortcuts", String(point % 10));
    const named = point === 1 ? config.low : point === config.points ? config.high : "";
    if (named) made.setAttribute("aria-label", `${point}, ${named}`);
    return made;
  });
  const scale = make("div", undefined, "scale");
  scale.append(...buttons);
  const ends = make("div", undefined, "ends");
  ends.append(make("span", config.low), make("span", config.middle ?? ""), make("span", config.high));
  element.replaceChildren(scale, ends);

  function mark() {
    buttons.forEach((made, place) => made.setAttribute("aria-pressed", String(place + 1 === taken)));
  }

  function take(point) {
    taken = point;
    mark();
    answer(point);
  }

  return {
    get finish() {
      return taken !== undefined;
    },
    show(item, value) {
      taken = value;
      mark();
    },
    value: () => taken,
    draft: () => taken,
    missing: () => "Take a point.",
    key(event) {
      const point = event.key === "0" ? 10 : Number(event.key);
      if (!/^[0-9]$/.test(event.key) || point > config.points) return false;
      take(point);
      return true;
    },
  };
}

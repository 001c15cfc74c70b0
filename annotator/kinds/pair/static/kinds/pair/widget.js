/** Pair: which of the two shown is better. Their order is drawn for each person and task. */

import { button, make } from "../../desk/items.js";

/** Whether a person sees the sides of a task the other way round: as good as a coin, and the same after a reload. */
function turned(task, person) {
  let state = person * 40503;
  for (const character of String(task)) state = (Math.imul(state, 31) + character.codePointAt(0)) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 2246822519) >>> 0;
  return ((state ^ (state >>> 13)) & 1) === 1;
}

export function mount({ element, config, answer, person }) {
  let order = ["left", "right"];
  let taken;
  const first = button(`the first is ${config.better}`, "1", () => take(order[0]));
  const second = button(`the second is ${config.better}`, config.tie ? "3" : "2", () => take(order[1]));
  const tie = button("both alike", "2", () => take("tie"));
  const all = config.tie ? [first, tie, second] : [first, second];
  const keys = make("div", undefined, "keys");
  keys.append(...all);
  element.replaceChildren(keys);

  function mark() {
    for (const [made, side] of [[first, order[0]], [second, order[1]], [tie, "tie"]]) made.setAttribute("aria-pressed", String(side === taken));
  }

  function take(side) {
    taken = side;
    mark();
    answer(side);
  }

  return {
    get finish() {
      return taken !== undefined;
    },
    show(item, value) {
      order = turned(item.task.task, person) ? ["right", "left"] : ["left", "right"];
      if (item.sides) {
        item.element.append(...order.map((side) => item.sides[side]));
        order.forEach((side, place) => (item.sides[side].dataset.place = place ? "second" : "first"));
      }
      taken = value;
      mark();
    },
    value: () => taken,
    draft: () => taken,
    missing: () => "Take one.",
    key(event) {
      const made = { 1: first, 2: config.tie ? tie : second, 3: config.tie && second, ArrowLeft: first, ArrowRight: second }[event.key];
      if (!event.repeat) made?.click?.();
      return Boolean(made);
    },
  };
}

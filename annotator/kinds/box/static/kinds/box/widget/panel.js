/** The panel below the picture: buttons for labels, tools and shapes, and the sentence that says what is drawn. */

import { button, hints, isolated, make } from "../../../desk/items.js";
import { frame } from "./geometry.js";

const TOOLS = { box: "box", polygon: "outline", point: "point" };

export class BoxPanel {
  /** `acts` says what the buttons do: `label(value)`, `tool(value)`, `remove()` and `close()`. */
  constructor({ element, config, state, acts }) {
    this.config = config;
    this.state = state;
    this.labels = config.labels.map((one) => {
      const made = button(one.label, one.key.toUpperCase(), () => acts.label(one.value));
      made.setAttribute("aria-keyshortcuts", one.key);
      made.classList.add(`hue-${state.hue.get(one.value)}`);
      made.dataset.value = one.value;
      return made;
    });
    this.tools = config.shapes.map((one) => {
      const made = button(TOOLS[one], "", () => acts.tool(one));
      made.dataset.tool = one;
      return made;
    });
    const keys = make("div", undefined, "keys fine");
    keys.append(...this.labels);
    keys.dataset.steps = ""; // a label that is given twice is given once
    const kinds = make("div", undefined, "tools");
    if (this.tools.length > 1) {
      kinds.append(...this.tools);
      this.tools[0].prepend(make("kbd", "\\"));
    }
    this.away = button("remove", "⌫", () => acts.remove());
    this.close = button("close the outline", "Enter", () => acts.close());
    kinds.append(this.away, this.close);
    this.said = make("p", undefined, "said");
    this.said.setAttribute("role", "status");
    const help = hints([["← ↑ → ↓", "move the cross, or the selected shape"], ["Space", "set a corner"], ["⇧", "with an arrow: larger or smaller"], ["[ ]", "select a shape"], ["+ −", "closer, wider"], ["Esc", "select none, or cancel a shape"]]);
    element.replaceChildren(keys, kinds, this.said, help);
  }

  /** Say what is drawn; or `text`, where something else must be said. */
  tell(text) {
    const { shapes, chosen, begun, tool, label, lastDrawn } = this.state;
    const { said } = this;
    for (const made of this.labels) made.setAttribute("aria-pressed", String(made.dataset.value === (chosen?.label ?? label)));
    for (const made of this.tools) made.setAttribute("aria-pressed", String(made.dataset.tool === tool));
    this.away.disabled = !shapes.length;
    const counted = `${shapes.length.toLocaleString("en")} shape${shapes.length === 1 ? "" : "s"}`;
    if (text) said.textContent = text;
    else if (begun) said.textContent = tool === "box" ? "Now the opposite corner." : `${begun.points.length} corners. Enter closes the outline, Backspace takes the last one back.`;
    else if (chosen) {
      said.replaceChildren(`${counted}. This one: `, ...this.#spoken(chosen));
    } else if (lastDrawn) {
      said.replaceChildren(`${counted}. The last: `, ...this.#spoken(lastDrawn));
    } else said.textContent = `${counted}.${shapes.length || this.config.least ? "" : " If there is nothing to draw, finish."}`;
  }

  /** Offer to close the outline that is being drawn, where it can be closed. */
  offerClose() {
    const { begun, tool } = this.state;
    this.close.hidden = !(begun && tool === "polygon" && begun.points.length > 2);
  }

  #spoken(shape) {
    const [left, top, right, bottom] = frame(shape).map((value) => Math.round(value));
    const where = shape.type === "point" ? `at ${left}, ${top}` : `from ${left}, ${top} to ${right}, ${bottom}`;
    return [isolated(this.state.named.get(shape.label)), `, ${where}.`];
  }
}

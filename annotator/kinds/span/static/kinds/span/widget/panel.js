/** The panel below the text: buttons for labels and relations, the sentence that says what is marked, and what is related. */

import { button, hints, isolated, make } from "../../../desk/items.js";

export class SpanPanel {
  /** `acts` says what the buttons do: `mark(label)`, `relate(label)` and `removeRelation(relation)`. */
  constructor({ element, config, state, acts }) {
    this.config = config;
    this.state = state;
    this.acts = acts;
    const marking = config.labels.map((label) => {
      const made = button(label.label, label.key.toUpperCase(), () => acts.mark(label.value));
      made.setAttribute("aria-keyshortcuts", label.key);
      made.classList.add(`hue-${state.hue.get(label.value)}`);
      return made;
    });
    const relating = (config.relations ?? []).map((relation) => {
      const made = button(relation.label, relation.key.toUpperCase(), () => acts.relate(relation.value));
      made.setAttribute("aria-keyshortcuts", relation.key);
      return made;
    });
    this.buttons = [...marking, ...relating];
    const keys = make("div", undefined, "keys fine");
    keys.append(...this.buttons);
    keys.dataset.steps = ""; // a label that is given twice is given once
    this.said = make("p", undefined, "said");
    this.said.setAttribute("role", "status");
    this.related = make("ul", undefined, "related");
    const help = hints([["← →", "go from word to word"], ["⇧", "take more"], [", .", "a character less or more"], ["[ ]", "go from mark to mark"], ["⌫", "take the mark away"]]);
    element.replaceChildren(keys, this.said, ...(config.relations ? [this.related] : []), help);
  }

  #words(span) {
    const text = this.state.view.range(span.start, span.end).toString();
    return isolated(text.length > 60 ? `${text.slice(0, 57)}…` : text);
  }

  #name(value) {
    return isolated(this.state.named.get(value));
  }

  /** Say what is marked; or `text`, where something else must be said. */
  tell(text) {
    const { said, config } = this;
    const { spans, relations, chosen, leading } = this.state;
    const counted = `${spans.length.toLocaleString("en")} mark${spans.length === 1 ? "" : "s"}`;
    if (leading) said.replaceChildren(this.#name(leading.label), ": go to the other mark and press the key again. Esc leaves it.");
    else if (text) said.textContent = text;
    else if (chosen) {
      const where = `”, ${chosen.start.toLocaleString("en")} to ${chosen.end.toLocaleString("en")}.`;
      said.replaceChildren(`${counted}. This one: `, this.#name(chosen.label), " “", this.#words(chosen), where);
    } else said.textContent = `${counted}.${config.least ? "" : spans.length ? "" : " If there is nothing to mark, finish."}`;
    if (!config.relations) return;
    this.related.replaceChildren(...relations.map((relation) => {
      const line = make("li");
      line.append("“", this.#words(relation.from), "” ", this.#name(relation.label), " “", this.#words(relation.to), "” ");
      const away = button("remove", "", () => this.acts.removeRelation(relation));
      away.className = "linklike";
      line.append(away);
      return line;
    }));
  }
}

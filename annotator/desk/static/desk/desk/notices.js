/** The notice below the item: what there is trouble with, what an answer lacks, and what was refused. */

import { find } from "./page.js";

export class Notices {
  /** `cap()` returns what must be known about the time that is paid in a day, or an empty text. */
  constructor(cap) {
    this.cap = cap;
    this.troubles = {}; // by what there is trouble with
    this.lack = ""; // what the answer lacks
    this.passing = ""; // a remark that the next answer takes away
    this.refusals = new Map(); // by the text: {task, at}
  }

  /** Make a remark that the next answer takes away; without a text, take it away. */
  remark(text) {
    this.passing = text ?? "";
    this.tell();
  }

  /** Say what there is trouble with, until it is over. */
  trouble(what, text) {
    this.troubles[what] = text;
    this.tell();
  }

  /** Say what the answer lacks; without a text, that it lacks nothing. */
  lacks(text) {
    this.lack = text ?? "";
    this.tell();
  }

  /** Say that the server refused an answer. It stands until it can have been read, or its answer was given again. */
  refuse(text, task) {
    this.refusals.set(text, { task, at: performance.now() });
    this.tell();
  }

  /** Take away the refusals of a task, and those that have stood for so many milliseconds. */
  forget(task, readFor) {
    for (const [text, refusal] of this.refusals) {
      if (refusal.task === task || performance.now() - refusal.at > readFor) this.refusals.delete(text);
    }
    this.tell();
  }

  /** Take away all troubles, and the remark. */
  calm() {
    this.troubles = {};
    this.remark();
  }

  tell() {
    const said = [this.cap(), ...this.refusals.keys(), ...Object.values(this.troubles), this.lack, this.passing];
    const text = [...new Set(said)].filter(Boolean).join(" ");
    if (find("notice").textContent !== text) find("notice").textContent = text;
  }
}

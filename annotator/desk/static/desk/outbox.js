/**
 * The outbox: answers on their way. Each has an id made here, so it can be sent again and again and is one answer.
 * It lies in the browser's storage until the server has said that it is stored; each under a key of its own, so that two
 * tabs never overwrite what the other has put in.
 */

import { post, Refusal } from "./api.js";

const PAUSES = [500, 1000, 2000, 5000, 10000];

export class Outbox {
  /** `tell({stored | refused | trouble})` is called whenever something changes. */
  constructor(name, tasks, tell) {
    this.prefix = `${name}/`;
    this.tasks = tasks;
    this.tell = tell;
    this.sending = false;
    this.failures = 0;
    addEventListener("storage", () => this.tell({}));
  }

  /** The answers not stored yet, in the order they were given. */
  get waiting() {
    const answers = [];
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(this.prefix)) continue;
      try {
        answers.push(JSON.parse(localStorage.getItem(key)));
      } catch {
        localStorage.removeItem(key);
      }
    }
    return answers.sort((one, other) => one.given - other.given);
  }

  put(answer) {
    localStorage.setItem(this.prefix + answer.id, JSON.stringify({ ...answer, given: Date.now() }));
    this.send();
  }

  #drop(answer) {
    localStorage.removeItem(this.prefix + answer.id);
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    for (let next; (next = this.waiting[0]); ) {
      const { task, given, ...answer } = next;
      try {
        const receipt = await post(`${this.tasks}${task}/answer/`, answer);
        this.failures = 0;
        this.#drop(next);
        // What was handed out with an answer that others wait behind is handed out again with the last one.
        const last = !this.waiting.length;
        this.tell({ stored: next, duplicate: receipt.duplicate, tasks: last ? receipt.tasks : undefined, no: receipt.refused });
      } catch (problem) {
        // What the queue refuses is refused for good; a lost sign-in or role may come back.
        if (problem instanceof Refusal && (problem.code === "paused" || ![401, 403, 429].includes(problem.status))) {
          this.#drop(next);
          this.tell({ refused: next, reason: problem.message, code: problem.code });
          continue;
        }
        this.failures += 1;
        this.tell({ trouble: problem instanceof Refusal ? problem.message : "No connection." });
        setTimeout(() => this.send(), PAUSES[Math.min(this.failures, PAUSES.length) - 1]);
        break;
      }
    }
    this.sending = false;
    if (!this.waiting.length) this.tell({});
  }
}

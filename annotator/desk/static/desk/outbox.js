/**
 * The outbox: answers on their way. Each has an id made here, so it can be sent again and again and is one answer.
 * It lies in the browser's storage until the server has said that it is stored.
 */

import { post, Refusal } from "./api.js";

const PAUSES = [500, 1000, 2000, 5000, 10000];

export class Outbox {
  /** `tell({waiting, refusal, stored})` is called whenever something changes. */
  constructor(name, tasks, tell) {
    this.name = name;
    this.tasks = tasks;
    this.tell = tell;
    this.sending = false;
    this.failures = 0;
  }

  get waiting() {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "[]");
    } catch {
      return [];
    }
  }

  #keep(answers) {
    localStorage.setItem(this.name, JSON.stringify(answers));
  }

  put(answer) {
    this.#keep([...this.waiting, answer]);
    this.send();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    for (let next; (next = this.waiting[0]); ) {
      const { task, ...answer } = next;
      try {
        const receipt = await post(`${this.tasks}${task}/answer/`, answer);
        this.failures = 0;
        this.#keep(this.waiting.filter((one) => one.id !== next.id));
        this.tell({ stored: next, duplicate: receipt.duplicate });
      } catch (problem) {
        if (problem instanceof Refusal && ![401, 403, 429].includes(problem.status)) {
          this.#keep(this.waiting.filter((one) => one.id !== next.id));
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
  }
}

/** What became of the answers that were sent: stored, or refused by the server. */

import { Refusal } from "./keeping.js";

export class Receipts {
  constructor(desk) {
    this.desk = desk;
  }

  /** Take in what became of an answer; an empty event says that the outbox changed in another way. */
  take(event) {
    const { state, notices, outbox, pay, status, stage, ahead } = this.desk;
    if (state.stranger) {
      // An answer that was stored says that its owner is signed in again.
      if (event.stored) location.reload();
      status.line();
      return;
    }
    if (event.trouble) notices.trouble("sending", `${event.trouble} Your answers are kept and sent again.`);
    else if (event.stored || event.refused || !outbox.waiting.length) notices.trouble("sending");
    if (event.refused) {
      this.#refused(event);
      if (event.code === "paused") return;
    }
    if (event.stored) {
      state.sent.delete(event.stored.task);
      notices.trouble("fetching");
      pay.ask();
    }
    status.line();
    if (event.no) {
      stage.stop(new Refusal(403, event.no));
      return;
    }
    if (event.tasks) {
      ahead.hold(event.tasks);
      return;
    }
    const settled = event.stored || event.refused || (!state.current && !outbox.waiting.length);
    if (settled) ahead.refill();
  }

  #refused({ refused: { task: id, value, replaces, active_ms }, reason, code }) {
    const { state, notices, drafts, times, stage } = this.desk;
    const task = state.sent.get(id);
    state.sent.delete(id);
    if (code !== "answered" && !replaces) times.add(id, active_ms); // it may come again, and the work on it was done
    state.done = state.done.filter((one) => one.task !== id);
    if (!replaces) state.answered -= 1;
    if (code === "paused") {
      stage.stop(new Refusal(403, { detail: reason, code }));
      return;
    }
    if (["invalid_answer", "too_large"].includes(code)) {
      // Nothing of it is lost: it is before the person again as they left it.
      drafts.put(id, value);
      notices.refuse(`${reason} Your answer is kept. Correct it and finish again.`, id);
      if (!task) return;
      task.replaces = replaces;
      task.value = undefined;
      stage.putBack();
      stage.show(task);
      return;
    }
    state.met.delete(id); // it may be offered again
    if (code === "lease_expired") drafts.put(id, value); // and then it has the answer that came too late before it
    notices.refuse(reason);
  }
}

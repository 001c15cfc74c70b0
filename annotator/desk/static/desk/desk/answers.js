/** The person's answers: changed, finished, given to the outbox, and undone. */

import { data, find } from "./page.js";

const UNDONE_AT_MOST = 10;
const READ_FOR = 5000; // ms: a refusal stands at least so long, whatever is answered meanwhile

/** A new id; `crypto.randomUUID` is there only over HTTPS and on localhost. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

export class Answers {
  constructor(desk) {
    this.desk = desk;
  }

  /** The answer is not given yet, but has changed. */
  changed() {
    const { state, notices, drafts, widget, stage } = this.desk;
    if (!state.current || !state.shown) return;
    state.touched = true;
    drafts.keep(state.current.task, () => widget.draft());
    if (notices.lack) notices.lacks(this.#lacking());
    find("suggested").hidden = true;
    stage.tellFinish();
  }

  /** What keeps the answer from being finished, while it is still the same as what was said; else nothing. */
  #lacking() {
    const { notices, widget } = this.desk;
    if (widget.value() !== undefined) return "";
    const text = (widget.lacks ?? widget.missing)();
    return text === notices.lack ? text : "";
  }

  give(value) {
    const { state, notices, clock, outbox, drafts, times, pace, status, stage } = this.desk;
    const task = state.current;
    if (!task || !state.shown) return;
    notices.lacks();
    notices.remark();
    const id = newId();
    const active_ms = clock.read();
    const again = task.replaces !== undefined;
    const same = again && JSON.stringify(value) === JSON.stringify(task.value);
    if (!same) {
      const body = { id, task: task.task, value, active_ms, revision: data.revision };
      try {
        outbox.put(again ? { ...body, replaces: task.replaces } : body);
      } catch {
        notices.remark("This answer is larger than the browser can keep. It is still here; make it smaller, then finish again.");
        return;
      }
      state.sent.set(task.task, task);
      task.value = value;
      task.id = id;
    }
    drafts.drop(task.task);
    clock.stop();
    times.drop(task.task);
    notices.forget(task.task, READ_FOR);
    if (!again) {
      state.answered += 1;
      pace.add(active_ms);
    }
    task.replaces = undefined;
    task.ready = Promise.resolve(state.item);
    state.done = [...state.done.filter((one) => one !== task), task].slice(-UNDONE_AT_MOST);
    status.line();
    if (task.leads) {
      stage.leave();
      location.assign(task.leads);
    } else stage.showNext();
  }

  /** Finish with what stands there. */
  finish() {
    const { state, notices, widget } = this.desk;
    if (!state.current || !state.shown) return;
    const value = widget.value();
    if (value === undefined) notices.lacks(widget.missing());
    else this.give(value);
  }

  /** Go back to the last answer; what was before the person waits, with its draft. */
  undo() {
    const { state, notices, stage } = this.desk;
    const task = state.done.pop();
    if (!task) return;
    notices.remark();
    stage.putBack();
    task.replaces = task.id;
    stage.show(task);
  }
}

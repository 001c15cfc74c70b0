/** The desk's dialogs: the one that asks why a task is skipped, and the one that asks what is unclear about it. */

import { post, Refusal } from "./keeping.js";
import { data, find } from "./page.js";

/** Keep what is pressed in a dialog from the item below; it is heard again once it has been painted without the dialog. */
export function separate({ state, widget, guard }) {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    dialog.addEventListener("close", () => {
      document.activeElement?.blur?.();
      if (state.shown) widget.focus?.();
      if (state.current ? state.shown : state.finished) guard.turn();
    });
  }
}

export class Skipping {
  constructor(desk) {
    this.desk = desk;
    this.task = null; // the task that the open question is about
    find("skipping").addEventListener("keydown", (event) => this.#key(event));
    find("skipping").addEventListener("close", () => this.#closed());
  }

  /** Ask why the task that is shown is skipped. */
  open() {
    const { state } = this.desk;
    if (!state.current || !state.shown) return;
    this.task = state.current;
    find("skipping").returnValue = "";
    find("skipping").showModal();
  }

  /** The reasons for skipping have keys of their own. */
  #key(event) {
    const button = find("skipping").querySelectorAll(".reasons button")[Number(event.key) - 1];
    if (!button || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    button.click();
  }

  async #closed() {
    const { state, notices, drafts, times, clock, guard, stage, ahead } = this.desk;
    const reason = find("skipping").returnValue;
    const task = this.task;
    this.task = null;
    if (!reason || !task) return;
    if (task.replaces !== undefined) {
      notices.remark("You have answered this one; change the answer, or press Enter to leave it as it is.");
      return;
    }
    // It is on its way out: nothing answers it meanwhile.
    if (state.current === task) guard.close();
    try {
      await post(`${data.tasks}${task.task}/skip/`, { reason });
      drafts.drop(task.task);
      if (state.current === task) clock.stop();
      times.drop(task.task);
      notices.remark();
    } catch (problem) {
      if (state.stranger) return;
      if (!(problem instanceof Refusal)) {
        notices.remark("No connection. It was not skipped; try again.");
        if (state.current === task) guard.show(find("item"));
        return;
      }
      notices.remark(problem.message);
    }
    // Another may have come before the person meanwhile; then this one waits among those to come.
    state.ahead = state.ahead.filter((one) => one !== task);
    if (state.current === task) await stage.showNext();
    ahead.refill();
  }
}

export class Flagging {
  constructor(desk) {
    this.desk = desk;
    this.task = null; // the id of the task that the comment is about
    this.comments = new Map(); // what was written and not sent, by task
    find("flagging").addEventListener("keydown", (event) => this.#key(event));
    find("flagging").addEventListener("close", () => this.#closed());
  }

  /** Ask what is unclear about the task that is shown. What was written about another stays with that one. */
  open() {
    const { state } = this.desk;
    if (!state.current || !state.shown) return;
    this.task = state.current.task;
    find("comment").value = this.comments.get(this.task) ?? "";
    find("flagging").returnValue = "";
    find("flagging").showModal();
  }

  #key(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    find("flagging").close("send");
  }

  async #closed() {
    const { notices, status } = this.desk;
    const task = this.task;
    const comment = find("comment").value.trim();
    this.comments.set(task, find("comment").value);
    if (find("flagging").returnValue !== "send" || !comment) return;
    try {
      await post(data.flags, { comment, task });
      this.comments.delete(task);
      status.hint("your comment was sent");
    } catch (problem) {
      notices.remark(problem instanceof Refusal ? problem.message : "No connection. Your comment was not sent; press F at this item to send it again.");
    }
  }
}

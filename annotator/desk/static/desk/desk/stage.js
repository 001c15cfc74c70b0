/** The item's place: it shows the task that is asked now, or says why nothing is asked. */

import { make } from "../items.js";
import { ready } from "./ahead.js";
import { post } from "./keeping.js";
import { data, find } from "./page.js";

export class Stage {
  constructor(desk) {
    this.desk = desk;
  }

  /** Show a sentence in the item's place; the keys that need no item are heard again. */
  say(text) {
    find("item").replaceChildren(make("p", text));
    find("item").dataset.modality = find("item").dataset.task = "";
    this.desk.guard.show(find("item"), { first: true });
  }

  /** Lead to the other questions of the project, where it has more than this one. */
  leadOn() {
    if (!data.others.length) return;
    const list = make("p", "Other questions here: ");
    for (const [place, { text, url }] of data.others.entries()) {
      const link = make("a", text);
      link.href = url;
      link.dir = "auto";
      list.append(place ? " · " : "", link);
    }
    find("item").append(list);
  }

  /** Somebody else is signed in in this browser: nothing of theirs is asked for here, and nothing of ours is sent as theirs. */
  strange(refusal) {
    const { state, notices, outbox, drafts, status } = this.desk;
    if (state.stranger) return;
    drafts.flush();
    this.leave();
    state.stranger = refusal.message;
    state.finished = true;
    state.ahead = [];
    state.done = [];
    notices.calm();
    find("answer").hidden = true;
    const waiting = outbox.waiting.length;
    const kept = waiting ? `${waiting} answer${waiting === 1 ? "" : "s"} of ${data.name} wait${waiting === 1 ? "s" : ""} in this browser and will be sent when ${data.name} signs in again here.` : "";
    this.say(`${refusal.message} This page is ${data.name}’s. ${kept} To go on, sign in as ${data.name} and open the desk again.`);
    status.line();
  }

  /** The server says no: nothing more is shown, and why stands where the item was. */
  stop(refusal) {
    const { state, notices } = this.desk;
    if (refusal.code === "paused" || refusal.status === 403) {
      state.ahead = [];
      this.leave();
      state.finished = true;
      find("answer").hidden = true;
      notices.trouble("fetching");
      this.say(refusal.message);
    } else {
      notices.trouble("fetching", refusal.message);
    }
  }

  /** Let go of what is shown. */
  leave() {
    const { state, notices, clock, guard } = this.desk;
    clock.stop();
    state.item?.hidden();
    state.current = state.item = null;
    state.shown = false;
    notices.lacks();
    guard.close();
  }

  async showNext() {
    const { state, outbox, ahead } = this.desk;
    if (state.stranger) return;
    this.leave();
    const task = state.ahead.shift() ?? null;
    if (task) {
      await this.show(task);
      return;
    }
    find("answer").hidden = true;
    if (!state.finished) {
      this.say("One moment …");
      await ahead.fetch();
    } else if (!outbox.waiting.length) {
      this.say("You have answered everything there is for you at present. Thank you.");
      this.leadOn();
    }
  }

  /** Show a task: with its draft, the answer that is changed, or what a model suggests. */
  async show(task) {
    const { state, notices, drafts, clock, guard, status } = this.desk;
    state.current = task;
    let item;
    try {
      item = await task.ready;
    } catch {
      if (state.current !== task) return;
      if (!navigator.onLine || !(await reached())) {
        notices.trouble("showing", "No connection. The next item comes when it is back.");
        setTimeout(() => state.current === task && this.show(ready(task)), 2000);
        return;
      }
      await post(`${data.tasks}${task.task}/return/`).catch(() => {});
      if (state.current !== task) return; // it is somebody else's desk, or was stopped
      notices.remark("This item cannot be shown; it was given back.");
      await this.showNext();
      return;
    }
    if (state.current !== task) return; // stopped while it came
    notices.trouble("showing");
    find("answer").hidden = false;
    if (find("item").firstElementChild !== item.element) find("item").replaceChildren(item.element);
    find("item").dataset.modality = item.modality;
    find("item").dataset.task = task.task;
    state.item = item;
    drafts.last = task.task;
    item.shown();
    const { widget } = this.desk;
    const draft = drafts.get(task.task);
    const suggested = draft === undefined && task.replaces === undefined ? task.suggestion?.value : undefined;
    widget.show(item, draft ?? task.value ?? suggested);
    state.shown = true;
    state.touched = false;
    this.tellFinish();
    find("suggested").hidden = suggested === undefined;
    if (suggested !== undefined) find("model").textContent = task.suggestion.model;
    find("changing").hidden = task.replaces === undefined;
    // A dialog that is open keeps the keys; they come back to the item when it closes.
    if (!document.querySelector("dialog[open]")) {
      document.activeElement?.blur?.();
      widget.focus?.();
    }
    guard.show(find("item"), { first: !state.begun });
    state.begun = true;
    clock.start(task.task);
    status.line();
  }

  tellFinish() {
    find("finish").hidden = !this.desk.widget.finish;
  }

  /** Let what stands there wait at the front, with its draft. */
  putBack() {
    const { state, drafts } = this.desk;
    drafts.flush();
    if (state.current) {
      if (state.item) state.current.ready = Promise.resolve(state.item);
      state.ahead.unshift(state.current);
    }
    this.leave();
  }
}

async function reached() {
  try {
    return (await fetch(data.alive, { method: "HEAD", cache: "no-store" })).status < 500;
  } catch {
    return false;
  }
}

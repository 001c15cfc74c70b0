/** The tasks held ahead: they are fetched, and their items loaded, before they are shown. */

import { load } from "../items.js";
import { post, Refusal } from "./keeping.js";
import { data } from "./page.js";

/** How many tasks are held. */
export const AHEAD = 3;

/** Begin to load the item of a task. */
export function ready(task) {
  task.ready = load(task);
  task.ready.catch(() => {});
  return task;
}

export class Ahead {
  constructor(desk) {
    this.desk = desk;
  }

  /** Take tasks in that the server has handed out, with their content. */
  async hold(tasks) {
    const { state, drafts } = this.desk;
    if (state.stranger) return;
    const first = state.current ? () => 0 : (task) => (String(task.task) === drafts.last ? 2 : drafts.has(task.task) ? 1 : 0);
    for (const task of [...tasks].sort((one, other) => first(other) - first(one))) {
      if (state.met.has(task.task)) continue;
      state.met.add(task.task);
      task.until = performance.now() + task.expires_in * 1000; // by our own clock, however wrong it goes
      state.ahead.push(ready(task));
    }
    state.finished = tasks.length === 0;
    if (!state.current) await this.desk.stage.showNext();
  }

  /** Hold tasks ahead. */
  async fetch() {
    const { state, notices, stage } = this.desk;
    if (state.fetching || state.stranger) return;
    state.fetching = true;
    try {
      const { tasks } = await post(data.next, { count: AHEAD });
      notices.trouble("fetching");
      await this.hold(tasks);
    } catch (problem) {
      if (state.stranger) return;
      if (problem instanceof Refusal) {
        stage.stop(problem);
      } else {
        notices.trouble("fetching", "No connection. Trying again …");
        setTimeout(() => this.fetch(), 2000);
      }
    } finally {
      state.fetching = false;
    }
  }

  /** Hold tasks ahead where some are missing. */
  refill() {
    if (this.desk.state.ahead.length < AHEAD - 1) this.fetch();
  }

  /** Hold on to the tasks whose time runs out soon. */
  renew() {
    const { state } = this.desk;
    const soon = performance.now() + 5 * 60000;
    for (const task of [state.current, ...state.ahead]) {
      if (task?.until < soon && task.replaces === undefined) {
        post(`${data.tasks}${task.task}/renew/`)
          .then((lease) => (task.until = performance.now() + lease.expires_in * 1000))
          .catch(() => {});
      }
    }
  }
}

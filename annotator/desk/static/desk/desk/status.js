/** The status line: progress, speed, the sum earned, what is on its way, and a passing hint about the last key. */

import { find } from "./page.js";

const HINT_FOR = 3000;

export class Status {
  constructor(desk) {
    this.desk = desk;
    this.passing = ""; // a passing remark on the last key
  }

  line() {
    const { state, outbox, pace, pay } = this.desk;
    const waiting = outbox.waiting.length;
    const said = [`${state.answered.toLocaleString("en")} answered`];
    if (pace.hourly) said.push(`${pace.hourly.toLocaleString("en")} an hour`);
    if (pay.earns()) said.push(pay.text);
    if (state.stranger) said.push(waiting ? `${waiting} kept` : "stopped");
    else said.push(waiting ? `sending ${waiting}` : "saved");
    if (this.passing) said.push(this.passing);
    find("status").textContent = said.join(" · ");
    find("progress").value = state.answered;
    find("undo").hidden = !state.done.length;
    const minutes = pace.due;
    find("break").hidden = minutes === null;
    if (minutes !== null) find("minutes").textContent = minutes;
  }

  hint(text) {
    this.passing = text;
    this.line();
    setTimeout(() => {
      if (this.passing !== text) return;
      this.passing = "";
      this.line();
    }, HINT_FOR);
  }

  /** Tell quietly that a key or click was not taken, and why. */
  ignored(event, why) {
    const { state } = this.desk;
    if (!state.current && !state.ahead.length && state.finished) return; // nothing is asked
    const what = event.type === "keydown" ? "key" : "click";
    this.hint(why === "twice" ? `a second ${what} was not taken` : `a ${what} before the item was shown was not taken`);
  }
}

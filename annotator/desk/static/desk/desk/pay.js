/** What the server has booked for the person, and when it is asked for it. */

import { ask } from "./keeping.js";
import { moneyText } from "./money.js";
import { data } from "./page.js";

const PAY_AFTER = 300; // ms after an answer was stored until the server is asked what it booked
const PAY_EVERY = 10000;

export class Pay {
  constructor(desk) {
    this.desk = desk;
    this.booked = data.pay; // what the server has booked
    this.timer = null;
    this.asked = -Infinity; // when the server was last asked
  }

  /** Whether a sum is shown: only what the server has booked, to whom it books anything. */
  earns() {
    const { booked } = this;
    return Boolean(booked) && booked.mode !== "free" && (booked.mode === "hour" || Number(data.price) > 0 || Number(booked.earned) > 0);
  }

  /** The sum that was earned, as text. */
  get text() {
    return moneyText(this.booked.earned, data.currency, data.digits);
  }

  /** Ask the server what it has booked, a moment after an answer and not with every one. */
  ask() {
    if (!this.earns() || this.timer || this.desk.state.stranger) return;
    this.timer = setTimeout(
      async () => {
        this.asked = performance.now();
        try {
          this.booked = await ask(data.pays);
        } catch {
          // It is asked again with a later answer.
        }
        this.timer = null;
        this.desk.status.line();
        this.desk.notices.tell();
      },
      Math.max(PAY_AFTER, this.asked + PAY_EVERY - performance.now()),
    );
  }

  /** What whoever has reached the most time that is paid in a day must know before they go on. */
  cap() {
    const { booked } = this;
    if (booked?.mode !== "hour" || booked.day_ms < booked.day_most_ms) return "";
    const hours = (booked.day_most_ms / 3600000).toLocaleString("en", { maximumFractionDigits: 2 });
    return `You have reached the most time that is paid here in a day: ${hours} hour${hours === "1" ? "" : "s"}. What you answer until midnight UTC is not paid.`;
  }
}

/** Active time, speed, and when a break would do good. */

const IDLE = 30000;
const A_PAUSE = 5 * 60000;
const BREAK_AFTER = 50 * 60000;
const REMIND_AFTER = 15 * 60000;
const OVER = 20; // answers: the speed is that of the latest ones
const AT_LEAST = 5;
const OFTEN = 200;
const SAVE_EVERY = 2000;

/**
 * Active time: what passes while the page is seen and something happens at least every half minute.
 *
 * The time of each task is kept in `times` as it passes, so that a reload, another item in between or a crash loses none of it. Pages
 * of one person in one browser share the mark up to which time was counted, so that no second is counted twice.
 */
export class Clock {
  constructor(times) {
    this.times = times;
    this.task = null; // the task whose time runs
    this.stretch = 0; // active time since the last pause
    this.last = this.counted = performance.now(); // the latest deed, and up to when time was counted
    for (const kind of ["keydown", "pointerdown", "pointermove", "scroll", "input"]) {
      // What comes many times a second is counted with the next one.
      addEventListener(kind, () => performance.now() - this.counted >= OFTEN && this.#deed(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => this.#deed());
    addEventListener("pagehide", () => this.#deed());
    addEventListener("blur", (event) => event.target === window && this.#count());
    // A page that comes back from the browser's memory was not seen meanwhile.
    addEventListener("pageshow", (event) => event.persisted && this.#begin());
    setInterval(() => !document.hidden && document.hasFocus() && this.#count(), SAVE_EVERY);
  }

  /** From now on time is the task's. */
  start(task) {
    this.stop();
    this.task = task;
    this.#begin();
  }

  /** Time is no task's. What was counted stays kept for the task. */
  stop() {
    this.#deed();
    this.task = null;
  }

  #begin() {
    this.last = this.counted = performance.now();
  }

  /** Count what has passed since the last time, at most half a minute after the latest deed. */
  #count() {
    const now = performance.now();
    const passed = Math.min(now, this.last + IDLE) - this.counted;
    if (passed > 0) {
      this.stretch += passed;
      if (this.task !== null) this.times.count(this.task, passed, Date.now() - (now - this.counted - passed));
    }
    this.counted = Math.max(this.counted, now);
  }

  #deed() {
    this.#count();
    const now = performance.now();
    if (now - this.last > A_PAUSE) this.stretch = 0;
    this.last = now;
  }

  /** The active time of the task, in milliseconds. */
  read() {
    this.#deed();
    return this.task === null ? 0 : this.times.get(this.task);
  }
}

/** How fast someone answers, and whether to suggest a break. */
export class Pace {
  constructor(clock) {
    this.clock = clock;
    this.times = [];
    this.quietUntil = BREAK_AFTER;
  }

  add(milliseconds) {
    this.times.push(milliseconds);
    if (this.times.length > OVER) this.times.shift();
  }

  /** Answers an hour of active time, or null while too few are known. */
  get hourly() {
    if (this.times.length < AT_LEAST) return null;
    const mean = this.times.reduce((sum, time) => sum + time, 0) / this.times.length;
    return Math.round(3600000 / Math.max(mean, 200));
  }

  /** Minutes at it without a pause where a break is due, else null. */
  get due() {
    if (this.clock.stretch < BREAK_AFTER) this.quietUntil = BREAK_AFTER;
    return this.clock.stretch >= this.quietUntil ? Math.round(this.clock.stretch / 60000) : null;
  }

  later() {
    this.quietUntil = this.clock.stretch + REMIND_AFTER;
  }
}

/** Active time, speed, and when a break would do good. */

const IDLE = 30000;
const A_PAUSE = 5 * 60000;
const BREAK_AFTER = 50 * 60000;
const REMIND_AFTER = 15 * 60000;
const OVER = 20; // answers: the speed is that of the latest ones
const AT_LEAST = 5;

/** Active time: what passes while the page is seen and something happens at least every half minute. */
export class Clock {
  constructor() {
    this.stretch = 0; // active time since the last pause
    this.reset();
    for (const kind of ["keydown", "pointerdown", "pointermove", "scroll", "input"]) {
      addEventListener(kind, () => this.#tick(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => this.#tick());
  }

  reset() {
    this.active = 0;
    this.last ??= performance.now();
    this.#tick();
    this.active = 0;
  }

  #tick() {
    const now = performance.now();
    const passed = now - this.last;
    const counts = document.hidden && passed >= IDLE ? 0 : Math.min(passed, IDLE);
    this.active += counts;
    this.stretch = passed > A_PAUSE ? 0 : this.stretch + counts;
    this.last = now;
  }

  read() {
    this.#tick();
    return Math.round(this.active);
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

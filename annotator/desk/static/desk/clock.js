/** Active time: what passes while the page is seen and something happens at least every half minute. */

const IDLE = 30000;

export class Clock {
  constructor() {
    this.reset();
    for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) {
      addEventListener(kind, () => this.#tick(), { passive: true });
    }
    document.addEventListener("visibilitychange", () => this.#tick());
  }

  reset() {
    this.active = 0;
    this.last = performance.now();
  }

  #tick() {
    const now = performance.now();
    if (!document.hidden || now - this.last < IDLE) this.active += Math.min(now - this.last, IDLE);
    this.last = now;
  }

  read() {
    this.#tick();
    return Math.round(this.active);
  }
}

/**
 * One gesture, one action. The guard hears every key, click and touch before the page's own handlers do. It lets a gesture through
 * only if it began when the person could see what it acts on. What it holds back reaches no handler at all.
 *
 * A gesture is held back
 * - while nothing is shown, and until what is shown has been painted;
 * - for a moment after a new item was painted: nobody can read and answer faster, so the press was meant for the item before;
 * - as long as the key or button that answered the item before is still down;
 * - if it repeats the press before it within a moment (a bouncing key, a double click on a button);
 * - if it began on another item, on another part or in a dialog that has closed since.
 */

const SEEN_FOR = 110; // ms: how long an item is on the screen before it can be answered; about 140 with its paint
const APART = 140; // ms: the same key twice within this time is one press
const BOUNCE = 60; // ms: a key that comes back so soon after it was let go was never let go
const CLICKS_APART = 300; // ms: a second click at the same place within this time is a double click
const PLACE = 8; // screen pixels
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "NumLock", "Fn"]);
const STEPS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", ",", ".", "[", "]", "+", "-", "=", "z", "Z"]);
const REPEATS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", ",", "."]);
const FREE = "a, summary, audio, [data-free]"; // what acts on no item

const now = () => performance.now();
const codeOf = (event) => event.code || event.key;

/** Whether an element is one that text is written into. */
export const isField = (element) =>
  ["TEXTAREA", "SELECT"].includes(element?.tagName) || (element?.tagName === "INPUT" && !["checkbox", "radio", "button", "submit"].includes(element.type));

export class Guard {
  /**
   * `surface`: the element whose gestures are guarded. `busy`: the element that says whether an answer is taken (`aria-busy`).
   * `ignored(event, why)` is called for each press that was held back: `why` is "early" or "twice".
   */
  constructor({ surface, busy, ignored = () => {} }) {
    this.surface = surface;
    this.busy = busy;
    this.ignored = ignored;
    this.dialog = null; // the dialog that was open when the current event began
    this.scene = 0; // counts what has been shown: an item, a part, a level
    this.painted = null; // when what is shown was painted
    this.settles = 0;
    this.owed = new Set(); // keys and pointers that must be let go first
    this.released = -Infinity;
    this.held = new Map(); // keys that are down: where and on what they were pressed
    this.pressed = { code: "", at: -Infinity, scene: -1, target: null }; // the latest key that was let through
    this.lifted = new Map(); // when each key was last let go
    this.pointers = new Map(); // pointers that are down
    this.gesture = null; // the latest pointer gesture
    this.click = { at: -Infinity, x: 0, y: 0, scene: -1 }; // the latest one that was let through
    this.timer = null;
    this.#tell();
    const hear = (kind, act) => addEventListener(kind, act.bind(this), { capture: true });
    hear("keydown", this.#keydown);
    hear("keyup", this.#keyup);
    hear("pointerdown", this.#pointerdown);
    for (const kind of ["pointerup", "pointercancel"]) hear(kind, this.#pointerup);
    hear("mousedown", this.#mousedown);
    hear("click", this.#clicked);
    hear("blur", (event) => event.target === window && this.#letGo());
    document.addEventListener("visibilitychange", () => this.#letGo());
  }

  /** Nothing is shown that could be answered. */
  close() {
    this.scene += 1;
    this.painted = null;
    this.owed = new Set([...this.held.keys(), ...this.pointers.keys()]);
    this.#tell();
  }

  /** An item stands in the page: answers are taken once it has been seen. The first one has nothing before it. */
  show(element, { first = false } = {}) {
    this.close();
    this.settles = first ? 0 : SEEN_FOR;
    return this.#paint(element);
  }

  /** Something else of the same item is asked or shown: a part, a level, or the item again after a dialog. */
  turn() {
    if (this.painted === null) return; // what is shown is not seen yet, or is on its way out
    const { owed, settles } = this;
    const opened = this.opens();
    this.close();
    this.owed = owed; // another key may be pressed at once; the same one is caught as a bounce
    this.settles = opened ? 0 : settles;
    this.#paint();
  }

  /** Whether an answer that begins at a time is taken. */
  opens(at = now()) {
    return this.painted !== null && !this.owed.size && at >= this.painted + this.settles && at >= this.released + BOUNCE;
  }

  async #paint(element) {
    const mine = this.scene;
    const pictures = [...(element?.querySelectorAll("img") ?? [])].filter((one) => !one.complete || one.naturalWidth);
    if (pictures.length) await Promise.all(pictures.map((one) => one.decode().catch(() => {})));
    if (mine !== this.scene) return;
    // The first frame after this one paints it; in the second it has been painted.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (mine !== this.scene) return;
      this.painted = now();
      this.#tell();
    }));
  }

  /** Say whether an answer is taken, now and when that changes by itself. */
  #tell() {
    clearTimeout(this.timer);
    const open = this.opens();
    this.busy.setAttribute("aria-busy", String(!open));
    if (open || this.painted === null || this.owed.size) return;
    const wait = Math.max(this.painted + this.settles, this.released + BOUNCE) - now();
    this.timer = setTimeout(() => this.#tell(), Math.max(1, Math.ceil(wait)));
  }

  /** The window was left: the keys that are let go elsewhere are not heard here. */
  #letGo() {
    this.held.clear();
    this.pointers.clear();
    this.#settle([...this.owed], now());
  }

  #settle(names, at) {
    if (!names.some((name) => this.owed.delete(name))) return;
    for (const name of names) this.owed.delete(name);
    if (!this.owed.size) this.released = at;
    this.#tell();
  }

  #stop(event, why) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (why) this.ignored(event, why);
  }

  /** Whether a key does anything to an item: what scrolls the page, leads elsewhere or belongs to the browser does not. */
  #acts(event) {
    const { key, target } = event;
    const commands = event.ctrlKey || event.metaKey;
    if (event.altKey && !event.ctrlKey) return false;
    if (target?.closest?.(FREE) && ["Enter", " "].includes(key)) return false;
    if (commands && !isField(target)) return key === "Enter";
    if (commands) return ["Enter", "z", "Z"].includes(key);
    return key.length === 1 ? key !== "?" || isField(target) : ["Enter", "Backspace", "Delete"].includes(key) || (!isField(target) && key.startsWith("Arrow"));
  }

  /** Whether a key can reach an item: one that is written into a field elsewhere or presses a button elsewhere cannot. */
  #here({ key, target }) {
    if (this.surface.contains(target)) return true;
    return !isField(target) && !(target?.closest?.("button, a, summary, audio") && ["Enter", " "].includes(key));
  }

  #keydown(event) {
    this.dialog = document.querySelector("dialog[open]");
    if (MODIFIERS.has(event.key)) return;
    const code = codeOf(event);
    const began = this.held.get(code);
    if (event.repeat) {
      // A key that is held down goes on doing what it began, where it began, and never answers.
      const field = isField(event.target);
      const same = began && began.target === event.target && began.scene === this.scene && began.passed && began.dialog === this.dialog;
      const written = field && (event.key !== "Enter" || (event.target.tagName === "TEXTAREA" && !event.ctrlKey && !event.metaKey));
      const goesOn = same && (written || (!field && REPEATS.has(event.key)));
      if (this.#here(event) && this.#acts(event) && !goesOn) this.#stop(event);
      return;
    }
    // A key that goes down while it is down has been let go unheard.
    if (began) this.#settle([code], began.at);
    const passed = this.#passes(event, code);
    this.held.set(code, { target: event.target, scene: this.scene, dialog: this.dialog, at: event.timeStamp, passed });
    if (event.metaKey) this.held.delete(code); // macOS does not say when a key is let go while ⌘ is down
    if (!passed) return;
    this.pressed = { code, at: event.timeStamp, scene: this.scene, target: event.target };
  }

  #passes(event, code) {
    if (this.dialog || !this.#here(event) || !this.#acts(event) || event.isComposing) return true;
    const at = event.timeStamp;
    if (!this.opens(at)) {
      this.#stop(event, "early");
      return false;
    }
    const written = isField(event.target) && event.key !== "Enter" && event.target === this.pressed.target;
    if (written || STEPS.has(event.key)) return true;
    // A press with another key in between is meant. After a new item the wait for its paint has settled it already.
    const again = this.pressed.code === code && (this.pressed.scene === this.scene || !this.settles);
    if (!again || (at - this.pressed.at >= APART && at - (this.lifted.get(code) ?? -Infinity) >= BOUNCE)) return true;
    this.pressed.at = at;
    this.#stop(event, "twice");
    return false;
  }

  #keyup(event) {
    const code = codeOf(event);
    const began = this.held.get(code);
    this.held.delete(code);
    this.lifted.set(code, event.timeStamp);
    if (event.key === "Meta") this.#settle([...this.owed], event.timeStamp);
    else this.#settle([code], event.timeStamp);
    // Space acts on a button when it is let go: only on what it was pressed on.
    if (began && event.key === " " && !this.dialog && (began.scene !== this.scene || !began.passed) && this.surface.contains(event.target)) this.#stop(event);
  }

  #pointerdown(event) {
    this.dialog = document.querySelector("dialog[open]");
    this.pointers.set(event.pointerId, event.timeStamp);
    const { target, timeStamp: at, clientX: x, clientY: y } = event;
    const inside = this.dialog ? this.dialog.contains(target) : this.surface.contains(target) && !target.closest(FREE);
    const gesture = { id: event.pointerId, scene: this.scene, dialog: this.dialog, inside, early: false, twice: false };
    this.gesture = gesture;
    if (!inside) return;
    const near = Math.abs(x - this.click.x) <= PLACE && Math.abs(y - this.click.y) <= PLACE && at - this.click.at < CLICKS_APART;
    const moved = this.click.scene !== this.scene || this.click.dialog !== this.dialog;
    // Buttons that go step by step may be clicked fast; and a text is taken word by word with a double click.
    const once = target.closest("button") && !target.closest("[data-steps]");
    gesture.twice = near && Boolean(moved || once);
    if (gesture.twice) this.click.at = at; // a third click belongs to the same gesture
    gesture.early = !this.dialog && !gesture.twice && !this.#opensExcept(event.pointerId, at);
    if (gesture.twice || gesture.early) {
      this.#stop(event, gesture.twice ? "twice" : "early");
      return;
    }
    this.click = { at, x, y, scene: this.scene, dialog: this.dialog };
    this.pressed = { ...this.pressed, code: "" }; // the same key after a click is meant
  }

  /** As `opens`, but a pointer that comes down has been let go. */
  #opensExcept(id, at) {
    if (this.owed.has(id)) this.#settle([id], at - BOUNCE);
    return this.opens(at);
  }

  #refused(gesture) {
    return gesture.inside && (gesture.early || gesture.twice || gesture.scene !== this.scene || gesture.dialog !== document.querySelector("dialog[open]"));
  }

  #pointerup(event) {
    this.pointers.delete(event.pointerId);
    this.#settle([event.pointerId], event.timeStamp);
    const gesture = this.gesture;
    if (gesture?.id === event.pointerId && event.type === "pointerup" && this.#refused(gesture)) event.stopImmediatePropagation();
  }

  #mousedown(event) {
    if (this.gesture && (this.gesture.early || this.gesture.twice)) this.#stop(event);
  }

  #clicked(event) {
    if (!event.isTrusted) return; // a handler's own, for a key that was let through
    this.dialog = document.querySelector("dialog[open]");
    if (event.detail > 0 && this.gesture) {
      if (this.#refused(this.gesture)) this.#stop(event);
      return;
    }
    // From the keyboard or from an aid that sends clicks alone; the key itself was judged when it went down.
    if (this.dialog || !this.surface.contains(event.target) || event.target.closest(FREE)) return;
    const key = [...this.held.values()].at(-1);
    if (key ? key.scene !== this.scene : !this.opens(event.timeStamp)) this.#stop(event, "early");
  }
}

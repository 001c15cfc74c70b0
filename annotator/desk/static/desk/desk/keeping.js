/**
 * The desk's requests, and what is kept in the browser until the server has it: answers on their way, and drafts.
 * Each lies under a key of its own, so that two tabs never overwrite what the other has put in.
 */

const token = () => document.cookie.match(/(?:^|; )marginalia_csrf=([^;]+)/)?.[1] ?? "";

let person = "";
let other = () => {};

/** A refusal of the server: `status`, `code` and the reason as the message. */
export class Refusal extends Error {
  constructor(status, body) {
    super(status === 401 ? "You are signed out: sign in again in another tab." : body.detail ?? "The server refused this.");
    this.status = status;
    this.code = body.code ?? "";
  }
}

/** Post JSON and return the answer's. Throws Refusal for what the server refuses, anything else where it was not reached. */
export function post(address, body) {
  return ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(body ?? {}),
  });
}

/** Ask the server. Throws as `post` does. */
export async function ask(address, options = {}) {
  const response = await fetch(address, { ...options, headers: { ...options.headers, "X-Marginalia-Person": person } });
  if (response.status >= 500) throw new Error(`the server answered ${response.status}`);
  const said = response.status === 204 ? {} : await response.json();
  if (!response.ok) {
    const refusal = new Refusal(response.status, said);
    if (refusal.code === "other_person") other(refusal);
    throw refusal;
  }
  return said;
}

/** Whose page this is: every request says so. `other(refusal)` is called where somebody else is signed in by now. */
export function speakFor(id, whenOther) {
  person = String(id);
  other = whenOther;
}

const PAUSES = [500, 1000, 2000, 5000, 10000];
const DRAFT_AFTER = 200;
const KEPT_FOR = 14 * 24 * 3600 * 1000; // ms, for drafts and times
const MOST_ACTIVE = 24 * 3600 * 1000; // ms: what the server takes for one answer
const CLOCK_SET_BACK = 1000; // ms: a mark that lies so far ahead was made before the computer's clock was set back

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    localStorage.removeItem(key);
    return null;
  }
}

/** Remove what was kept too long. */
function forgetOld(prefix) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(prefix) && !(read(key)?.at > Date.now() - KEPT_FOR)) localStorage.removeItem(key);
  }
}

/** Answers on their way. Each has an id made here, so it can be sent again and again and is one answer. */
export class Outbox {
  /** `tell({stored | refused | trouble})` is called whenever something changes. `ahead`: how many tasks are wanted with a receipt. */
  constructor(name, tasks, ahead, tell) {
    this.ahead = ahead;
    this.prefix = `${name}/`;
    this.tasks = tasks;
    this.tell = tell;
    this.sending = false;
    this.failures = 0;
    addEventListener("storage", (event) => (event.key ?? this.prefix).startsWith(this.prefix) && this.tell({}));
  }

  /** The person's answers to other questions that are not stored yet: the name of each question's outbox, and where it is sent to. */
  static elsewhere(start, name) {
    const found = new Map();
    for (const key of Object.keys(localStorage)) {
      const outbox = key.slice(0, key.indexOf("/"));
      const to = key.startsWith(start) && outbox !== name ? read(key)?.to : undefined;
      if (to) found.set(outbox, to);
    }
    return [...found];
  }

  /** The answers not stored yet, in the order they were given. */
  get waiting() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    return keys.map(read).filter(Boolean).sort((one, other) => one.given - other.given);
  }

  put(answer) {
    localStorage.setItem(this.prefix + answer.id, JSON.stringify({ ...answer, to: this.tasks, given: Date.now() }));
    this.send();
  }

  #drop(answer) {
    localStorage.removeItem(this.prefix + answer.id);
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    for (let next; (next = this.waiting[0]); ) {
      const { task, given, to, ...answer } = next;
      try {
        const receipt = await post(`${this.tasks}${task}/answer/`, { ...answer, next: this.ahead });
        this.failures = 0;
        this.#drop(next);
        // What was handed out with an answer that others wait behind is handed out again with the last one.
        const last = !this.waiting.length;
        this.tell({ stored: next, duplicate: receipt.duplicate, tasks: last ? receipt.tasks : undefined, no: receipt.refused });
      } catch (problem) {
        // What the queue refuses is refused for good; a lost sign-in or role may come back.
        // It is the answer of whoever gave it: where somebody else is signed in, it waits.
        const kept = problem.code === "other_person" || ([401, 403, 429].includes(problem.status) && problem.code !== "paused");
        if (problem instanceof Refusal && !kept) {
          this.#drop(next);
          this.tell({ refused: next, reason: problem.message, code: problem.code });
          continue;
        }
        this.failures += 1;
        if (problem.code !== "other_person") this.tell({ trouble: problem instanceof Refusal ? problem.message : "No connection." });
        setTimeout(() => this.send(), PAUSES[Math.min(this.failures, PAUSES.length) - 1]);
        break;
      }
    }
    this.sending = false;
    if (!this.waiting.length) this.tell({});
  }
}

/** Answers that are not finished. They outlive a reload, a closed tab and a crash of the page. */
export class Drafts {
  constructor(name) {
    this.prefix = `${name}/`;
    this.pending = null;
    addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => this.flush());
    forgetOld(this.prefix);
  }

  /** The task that stood there when the page was left, so that a reload shows it again. */
  get last() {
    return sessionStorage.getItem(this.prefix);
  }

  set last(task) {
    sessionStorage.setItem(this.prefix, task);
  }

  has(task) {
    return localStorage.getItem(this.prefix + task) !== null;
  }

  get(task) {
    if (this.pending?.task === task) this.flush();
    return read(this.prefix + task)?.value;
  }

  /** Keep what `value()` returns, a moment later: it is asked once for many changes. */
  keep(task, value) {
    if (this.pending && this.pending.task !== task) this.flush();
    if (this.pending) return;
    this.pending = { task, value, timer: setTimeout(() => this.flush(), DRAFT_AFTER) };
  }

  flush() {
    if (!this.pending) return;
    const { task, value, timer } = this.pending;
    clearTimeout(timer);
    this.pending = null;
    this.put(task, value());
  }

  put(task, value) {
    if (value === undefined) return;
    try {
      localStorage.setItem(this.prefix + task, JSON.stringify({ value, at: Date.now() }));
    } catch {
      // The browser's storage is full: the draft lives on in the page.
    }
  }

  drop(task) {
    if (this.pending?.task === task) {
      clearTimeout(this.pending.timer);
      this.pending = null;
    }
    localStorage.removeItem(this.prefix + task);
  }
}

/** The active time of tasks that are not answered. Like drafts, it outlives a reload, a closed tab and a crash of the page. */
export class Times {
  /** `mark`: the key of the moment up to which time was counted, for all pages of the person. */
  constructor(name, mark) {
    this.prefix = `${name}/`;
    this.mark = mark;
    this.here = new Map(); // what the browser's storage has no room for
    forgetOld(this.prefix);
  }

  /** Milliseconds. */
  get(task) {
    return Math.min(MOST_ACTIVE, Math.round((read(this.prefix + task)?.ms ?? 0) + (this.here.get(task) ?? 0)));
  }

  /** Count the milliseconds before a moment, those excepted that a page has counted already. */
  count(task, passed, until) {
    let mark = Number(localStorage.getItem(this.mark));
    if (mark > Date.now() + CLOCK_SET_BACK) mark = 0;
    const free = Math.min(passed, until - mark);
    if (free <= 0) return;
    try {
      localStorage.setItem(this.mark, until);
    } catch {
      // The browser's storage is full: this page counts alone.
    }
    this.add(task, free);
  }

  add(task, milliseconds) {
    try {
      const ms = (read(this.prefix + task)?.ms ?? 0) + milliseconds;
      localStorage.setItem(this.prefix + task, JSON.stringify({ ms, at: Date.now() }));
    } catch {
      this.here.set(task, (this.here.get(task) ?? 0) + milliseconds);
    }
  }

  drop(task) {
    this.here.delete(task);
    localStorage.removeItem(this.prefix + task);
  }
}

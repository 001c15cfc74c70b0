/**
 * The desk's requests, and what is kept in the browser until the server has it: answers on their way, and drafts.
 * Each lies under a key of its own, so that two tabs never overwrite what the other has put in.
 */

const token = () => document.cookie.match(/(?:^|; )marginalia_csrf=([^;]+)/)?.[1] ?? "";

/** A refusal of the server: `status`, `code` and the reason as the message. */
export class Refusal extends Error {
  constructor(status, body) {
    super(status === 401 ? "You are signed out: sign in again in another tab." : body.detail ?? "The server refused this.");
    this.status = status;
    this.code = body.code ?? "";
  }
}

/** Post JSON and return the answer's. Throws Refusal for what the server refuses, anything else where it was not reached. */
export async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(body ?? {}),
  });
  if (response.status >= 500) throw new Error(`the server answered ${response.status}`);
  const said = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw new Refusal(response.status, said);
  return said;
}

const PAUSES = [500, 1000, 2000, 5000, 10000];
const DRAFT_AFTER = 200;
const DRAFTS_KEPT = 14 * 24 * 3600 * 1000;

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    localStorage.removeItem(key);
    return null;
  }
}

/** Answers on their way. Each has an id made here, so it can be sent again and again and is one answer. */
export class Outbox {
  /** `tell({stored | refused | trouble})` is called whenever something changes. */
  constructor(name, tasks, tell) {
    this.prefix = `${name}/`;
    this.tasks = tasks;
    this.tell = tell;
    this.sending = false;
    this.failures = 0;
    addEventListener("storage", () => this.tell({}));
  }

  /** The answers not stored yet, in the order they were given. */
  get waiting() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    return keys.map(read).filter(Boolean).sort((one, other) => one.given - other.given);
  }

  put(answer) {
    localStorage.setItem(this.prefix + answer.id, JSON.stringify({ ...answer, given: Date.now() }));
    this.send();
  }

  #drop(answer) {
    localStorage.removeItem(this.prefix + answer.id);
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    for (let next; (next = this.waiting[0]); ) {
      const { task, given, ...answer } = next;
      try {
        const receipt = await post(`${this.tasks}${task}/answer/`, answer);
        this.failures = 0;
        this.#drop(next);
        // What was handed out with an answer that others wait behind is handed out again with the last one.
        const last = !this.waiting.length;
        this.tell({ stored: next, duplicate: receipt.duplicate, tasks: last ? receipt.tasks : undefined, no: receipt.refused });
      } catch (problem) {
        // What the queue refuses is refused for good; a lost sign-in or role may come back.
        if (problem instanceof Refusal && (problem.code === "paused" || ![401, 403, 429].includes(problem.status))) {
          this.#drop(next);
          this.tell({ refused: next, reason: problem.message, code: problem.code });
          continue;
        }
        this.failures += 1;
        this.tell({ trouble: problem instanceof Refusal ? problem.message : "No connection." });
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
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(this.prefix) && !(read(key)?.at > Date.now() - DRAFTS_KEPT)) localStorage.removeItem(key);
    }
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

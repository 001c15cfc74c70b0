/** The desk: shows a task, takes an answer, shows the next one at once; the answer is sent behind the scenes. */

import { Guard, isField } from "./guard.js";
import { load, make } from "./items.js";
import { Drafts, Outbox, post, Refusal } from "./keeping.js";
import { Clock, Pace } from "./pace.js";

const AHEAD = 3;
const UNDONE_AT_MOST = 10;
const RENEW_EVERY = 60000;
const HINT_FOR = 3000;
const data = JSON.parse(document.getElementById("desk-data").textContent);
const { mount } = await import(data.widgets[data.kind]);
const find = (id) => document.getElementById(id);

// `current` is what is asked now, `replaces` the answer it takes the place of; `done` what can be undone, the latest last.
// `hint` is a passing remark on the last key.
const state = { current: null, item: null, shown: false, ahead: [], done: [], met: new Set(), fetching: false, finished: false, troubled: false, touched: false, begun: false, hint: "" };
const sent = new Map(); // tasks answered and not stored yet, by id
const comments = new Map(); // what was written and not sent, by task
let skipped = null; // the task that the open question about skipping is about
let flagged = null; // the id of the task that the comment is about
let answered = data.answered;
const clock = new Clock();
const pace = new Pace(clock);
const outbox = new Outbox(`marginalia-outbox-${data.person}-${data.question}`, data.tasks, told);
const drafts = new Drafts(`marginalia-draft-${data.person}-${data.question}`);
const guard = new Guard({ surface: find("desk"), busy: find("answer"), ignored });
const widget = await mount({
  element: find("widget"),
  config: data.config,
  person: data.person,
  widgets: data.widgets,
  answer,
  changed,
  turned: () => guard.turn(),
});

// As `money_text` of the server: the decimals of the currency, and no sum that is there reads as none.
function money(amount) {
  const coin = 10 ** -data.digits;
  const tiny = amount > 0 && amount < coin * (1 - 1e-9);
  const text = (tiny ? coin : amount).toFixed(data.digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return (tiny ? "under " : "") + (data.currency === "USD" ? `$${text}` : `${text} ${data.currency}`);
}

function line(word) {
  const waiting = outbox.waiting.length;
  const said = [`${answered.toLocaleString("en")} answered`];
  if (pace.hourly) said.push(`${pace.hourly.toLocaleString("en")} an hour`);
  if (Number(data.price)) said.push(money(answered * Number(data.price)));
  said.push(word ?? (waiting ? `sending ${waiting}` : "saved"));
  if (state.hint) said.push(state.hint);
  find("status").textContent = said.join(" · ");
  find("progress").value = answered;
  find("undo").hidden = !state.done.length;
  const minutes = pace.due;
  find("break").hidden = minutes === null;
  if (minutes !== null) find("minutes").textContent = minutes;
}

function notice(text) {
  find("notice").textContent = text ?? "";
}

/** Tell quietly that a key or click was not taken, and why. */
function ignored(event, why) {
  if (!state.current && !state.ahead.length && state.finished) return; // nothing is asked
  const what = event.type === "keydown" ? "key" : "click";
  hint(why === "twice" ? `a second ${what} was not taken` : `a ${what} before the item was shown was not taken`);
}

function hint(text) {
  state.hint = text;
  line();
  setTimeout(() => {
    if (state.hint !== text) return;
    state.hint = "";
    line();
  }, HINT_FOR);
}

/** Show a sentence in the item's place; the keys that need no item are heard again. */
function say(text) {
  find("item").replaceChildren(make("p", text));
  find("item").dataset.medium = find("item").dataset.task = "";
  guard.show(find("item"), { first: true });
}

/** Take tasks in that the server has handed out, with their content. */
async function hold(tasks) {
  const first = state.current ? () => 0 : (task) => (String(task.task) === drafts.last ? 2 : drafts.has(task.task) ? 1 : 0);
  for (const task of [...tasks].sort((one, other) => first(other) - first(one))) {
    if (state.met.has(task.task)) continue;
    state.met.add(task.task);
    task.until = performance.now() + task.expires_in * 1000; // by our own clock, however wrong it goes
    state.ahead.push(ready(task));
  }
  state.finished = tasks.length === 0;
  if (!state.current) await showNext();
}

function ready(task) {
  task.ready = load(task);
  task.ready.catch(() => {});
  return task;
}

/** Hold tasks ahead. */
async function fetchAhead() {
  if (state.fetching) return;
  state.fetching = true;
  try {
    const { tasks } = await post(data.next, { count: AHEAD });
    await hold(tasks);
  } catch (problem) {
    if (problem instanceof Refusal) {
      stop(problem);
    } else {
      notice("No connection. Trying again …");
      setTimeout(fetchAhead, 2000);
    }
  } finally {
    state.fetching = false;
  }
}

/** The server says no: nothing more is shown, and why stands where the item was. */
function stop(refusal) {
  if (refusal.code === "paused" || refusal.status === 403) {
    state.ahead = [];
    leave();
    state.finished = true;
    find("answer").hidden = true;
    say(refusal.message);
  } else {
    notice(refusal.message);
  }
}

/** Let go of what is shown. */
function leave() {
  state.item?.hidden();
  state.current = state.item = null;
  state.shown = false;
  guard.close();
}

async function showNext() {
  leave();
  const task = state.ahead.shift() ?? null;
  if (task) {
    await show(task);
    return;
  }
  find("answer").hidden = true;
  if (!state.finished) {
    say("One moment …");
    await fetchAhead();
  } else if (!outbox.waiting.length) {
    say("You have answered everything there is for you at present. Thank you.");
  }
}

/** Show a task: with its draft, the answer that is changed, or what a model suggests. */
async function show(task) {
  state.current = task;
  let item;
  try {
    item = await task.ready;
  } catch {
    if (state.current !== task) return;
    if (!navigator.onLine || !(await reached())) {
      notice("No connection. The next item comes when it is back.");
      setTimeout(() => state.current === task && show(ready(task)), 2000);
      return;
    }
    notice("This item cannot be shown; it was given back.");
    post(`${data.tasks}${task.task}/return/`).catch(() => {});
    await showNext();
    return;
  }
  if (state.current !== task) return; // stopped while it came
  find("answer").hidden = false;
  if (find("item").firstElementChild !== item.element) find("item").replaceChildren(item.element);
  find("item").dataset.medium = item.medium;
  find("item").dataset.task = task.task;
  state.item = item;
  drafts.last = task.task;
  item.shown();
  const draft = drafts.get(task.task);
  const suggested = draft === undefined && task.replaces === undefined ? task.suggestion?.value : undefined;
  widget.show(item, draft ?? task.value ?? suggested);
  state.shown = true;
  state.touched = false;
  tellFinish();
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
  clock.reset();
  line();
}

async function reached() {
  try {
    return (await fetch(data.alive, { method: "HEAD", cache: "no-store" })).status < 500;
  } catch {
    return false;
  }
}

/** A new id; `crypto.randomUUID` is there only over HTTPS and on localhost. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function tellFinish() {
  find("finish").hidden = !widget.finish;
}

/** The answer is not given yet, but has changed. */
function changed() {
  if (!state.current || !state.shown) return;
  state.touched = true;
  drafts.keep(state.current.task, () => widget.draft());
  find("suggested").hidden = true;
  tellFinish();
}

function answer(value) {
  const task = state.current;
  if (!task || !state.shown) return;
  notice();
  const id = newId();
  const active_ms = clock.read();
  const again = task.replaces !== undefined;
  const same = again && JSON.stringify(value) === JSON.stringify(task.value);
  if (!same) {
    const body = { id, task: task.task, value, active_ms, next: AHEAD, revision: data.revision };
    try {
      outbox.put(again ? { ...body, replaces: task.replaces } : body);
    } catch {
      notice("This answer is larger than the browser can keep. It is still here; make it smaller, then finish again.");
      return;
    }
    sent.set(task.task, task);
    task.value = value;
    task.id = id;
  }
  drafts.drop(task.task);
  if (!again) {
    answered += 1;
    pace.add(active_ms);
  }
  task.replaces = undefined;
  task.ready = Promise.resolve(state.item);
  state.done = [...state.done.filter((one) => one !== task), task].slice(-UNDONE_AT_MOST);
  line();
  if (task.leads) {
    leave();
    location.assign(task.leads);
  } else showNext();
}

/** Finish with what stands there. */
function finish() {
  if (!state.current || !state.shown) return;
  const value = widget.value();
  if (value === undefined) notice(widget.missing());
  else answer(value);
}

/** Let what stands there wait at the front, with its draft. */
function putBack() {
  drafts.flush();
  if (state.current) {
    if (state.item) state.current.ready = Promise.resolve(state.item);
    state.ahead.unshift(state.current);
  }
  leave();
}

/** Go back to the last answer; what was before the person waits, with its draft. */
function undo() {
  const task = state.done.pop();
  if (!task) return;
  notice();
  putBack();
  task.replaces = task.id;
  show(task);
}

/** What became of an answer; an empty event says that the outbox changed in another way. */
function told(event) {
  if (event.refused) {
    refused(event);
    if (event.code === "paused") return;
  } else if (event.trouble) {
    state.troubled = true;
    notice(`${event.trouble} Your answers are kept and sent again.`);
  } else if (state.troubled && (event.stored || !outbox.waiting.length)) {
    state.troubled = false;
    notice();
  }
  if (event.stored) sent.delete(event.stored.task);
  line();
  if (event.no) {
    stop(new Refusal(403, event.no));
    return;
  }
  if (event.tasks) {
    hold(event.tasks);
    return;
  }
  const settled = event.stored || event.refused || (!state.current && !outbox.waiting.length);
  if (settled && state.ahead.length < AHEAD - 1) fetchAhead();
}

function refused({ refused: { task: id, value, replaces }, reason, code }) {
  const task = sent.get(id);
  sent.delete(id);
  state.done = state.done.filter((one) => one.task !== id);
  if (!replaces) answered -= 1;
  if (code === "paused") {
    stop(new Refusal(403, { detail: reason, code }));
    return;
  }
  if (["invalid_answer", "too_large"].includes(code)) {
    // Nothing of it is lost: it is before the person again as they left it.
    drafts.put(id, value);
    notice(`${reason} Your answer is kept: mend it and finish again.`);
    if (!task) return;
    task.replaces = replaces;
    task.value = undefined;
    putBack();
    show(task);
    return;
  }
  state.met.delete(id); // it may be offered again
  if (code === "lease_expired") drafts.put(id, value); // and then it has the answer that came too late before it
  notice(reason);
}

addEventListener("keydown", (event) => {
  // A dialog that was open when the key went down owns the key, even if the key has closed it since.
  if (event.isComposing || event.altKey || guard.dialog || event.target.closest?.("dialog")) return;
  if (isField(event.target)) {
    typed(event);
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  const pressed = event.target.closest?.("button, a, summary, audio") && [" ", "Enter"].includes(event.key);
  if (pressed) return; // the button is meant
  const key = event.key.toLowerCase();
  if (key === "?") find("instructions").showModal();
  else if (key === "s") skip();
  else if (key === "f") flag();
  else if (key === "z") undo();
  else if (!(state.current && state.shown)) {
    if (!state.finished && (key.length === 1 || key === "enter")) ignored(event, "early");
    return;
  } else if (widget.key(event) || state.item?.key(event)) {
    // taken
  } else if (event.key === "Enter") finish();
  else return;
  event.preventDefault();
});

/** Keys within a field: only those that no text is written with. */
function typed(event) {
  if (event.key === "Escape") event.target.blur();
  else if (event.key === "z" && (event.ctrlKey || event.metaKey) && !state.touched) undo(); // nothing is written yet that it could take back
  else if (event.key === "Enter" && !event.shiftKey && (event.target.tagName !== "TEXTAREA" || event.ctrlKey || event.metaKey)) {
    if (!widget.key(event)) finish();
  } else if (!(event.ctrlKey && state.item?.medium === "audio" && state.item.key(event))) return;
  event.preventDefault();
}

find("help").addEventListener("click", () => find("instructions").showModal());
find("skip").addEventListener("click", skip);
find("flag").addEventListener("click", flag);
find("undo").addEventListener("click", undo);
find("finish").addEventListener("click", finish);
find("later").addEventListener("click", () => {
  pace.later();
  line();
});

for (const dialog of document.querySelectorAll("dialog")) {
  // What is pressed in a dialog stays there; the item below is heard again once it has been painted without the dialog.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => {
    document.activeElement?.blur?.();
    if (state.shown) widget.focus?.();
    if (state.current ? state.shown : state.finished) guard.turn();
  });
}

/** Ask why the task that is shown is skipped. */
function skip() {
  if (!state.current || !state.shown) return;
  skipped = state.current;
  find("skipping").returnValue = "";
  find("skipping").showModal();
}

/** The reasons for skipping have keys of their own. */
find("skipping").addEventListener("keydown", (event) => {
  const button = find("skipping").querySelectorAll(".reasons button")[Number(event.key) - 1];
  if (!button || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  button.click();
});

find("skipping").addEventListener("close", async () => {
  const reason = find("skipping").returnValue;
  const task = skipped;
  skipped = null;
  if (!reason || !task) return;
  if (task.replaces !== undefined) {
    notice("You have answered this one; change the answer, or press Enter to leave it as it is.");
    return;
  }
  // It is on its way out: nothing answers it meanwhile.
  if (state.current === task) guard.close();
  try {
    await post(`${data.tasks}${task.task}/skip/`, { reason });
    drafts.drop(task.task);
    notice();
  } catch (problem) {
    if (!(problem instanceof Refusal)) {
      notice("No connection. It was not skipped; try again.");
      if (state.current === task) guard.show(find("item"));
      return;
    }
    notice(problem.message);
  }
  // Another may have come before the person meanwhile; then this one waits among those to come.
  state.ahead = state.ahead.filter((one) => one !== task);
  if (state.current === task) await showNext();
  if (state.ahead.length < AHEAD - 1) fetchAhead();
});

/** Ask what is unclear about the task that is shown. What was written about another stays with that one. */
function flag() {
  if (!state.current || !state.shown) return;
  flagged = state.current.task;
  find("comment").value = comments.get(flagged) ?? "";
  find("flagging").returnValue = "";
  find("flagging").showModal();
}

find("flagging").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  find("flagging").close("send");
});

find("flagging").addEventListener("close", async () => {
  const task = flagged;
  const comment = find("comment").value.trim();
  comments.set(task, find("comment").value);
  if (find("flagging").returnValue !== "send" || !comment) return;
  try {
    await post(data.flags, { comment, task });
    comments.delete(task);
    hint("your comment was sent");
  } catch (problem) {
    notice(problem instanceof Refusal ? problem.message : "No connection. Your comment was not sent; press F at this item to send it again.");
  }
});
addEventListener("online", () => outbox.send());
setInterval(() => {
  line();
  if (document.hidden) return;
  const soon = performance.now() + 5 * 60000;
  for (const task of [state.current, ...state.ahead]) {
    if (task?.until < soon && task.replaces === undefined) {
      post(`${data.tasks}${task.task}/renew/`)
        .then((lease) => (task.until = performance.now() + lease.expires_in * 1000))
        .catch(() => {});
    }
  }
}, RENEW_EVERY);

for (const unsent of outbox.waiting) {
  state.met.add(unsent.task);
  if (!unsent.replaces) answered += 1;
}
line();
outbox.send();
if (data.change) {
  const task = ready({ ...data.change.task, value: data.change.value, replaces: data.change.answer, leads: data.change.leads });
  state.met.add(task.task);
  show(task);
} else {
  fetchAhead();
}

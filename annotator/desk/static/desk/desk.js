/** The desk: shows a task, takes an answer, shows the next one at once; the answer is sent behind the scenes. */

import { Guard, isField } from "./guard.js";
import { load, make } from "./items.js";
import { ask, Drafts, Outbox, post, Refusal, speakFor, Times } from "./keeping.js";
import { moneyText } from "./money.js";
import { Clock, Pace } from "./pace.js";

const AHEAD = 3;
const UNDONE_AT_MOST = 10;
const RENEW_EVERY = 60000;
const HINT_FOR = 3000;
const READ_FOR = 5000; // ms: a refusal stands at least so long, whatever is answered meanwhile
const PAY_AFTER = 300; // ms after an answer was stored until the server is asked what it booked
const PAY_EVERY = 10000;
const data = JSON.parse(document.getElementById("desk-data").textContent);
const { mount } = await import(data.widgets[data.kind]);
const find = (id) => document.getElementById(id);

// `current` is what is asked now, `replaces` the answer it takes the place of; `done` what can be undone, the latest last.
// `hint` is a passing remark on the last key. The notice says what `trouble` there is and with what, what an answer `lacks`, a
// `remark` that the next answer takes away, and the `refusals`. `stranger` says that somebody else is signed in by now.
const state = { trouble: {}, lacks: "", remark: "", refusals: new Map(), stranger: "", current: null, item: null, shown: false, ahead: [], done: [], met: new Set(), fetching: false, finished: false, touched: false, begun: false, hint: "" };
const sent = new Map(); // tasks answered and not stored yet, by id
const comments = new Map(); // what was written and not sent, by task
let skipped = null; // the task that the open question about skipping is about
let flagged = null; // the id of the task that the comment is about
let answered = data.answered;
let pay = data.pay; // what the server has booked
let payTimer = null;
let payAsked = -Infinity;
speakFor(data.person, strange);
const mine = `${data.person}-${data.question}`;
const times = new Times(`marginalia-time-${mine}`, `marginalia-clock-${data.person}`);
const clock = new Clock(times);
const pace = new Pace(clock);
const outbox = new Outbox(`marginalia-outbox-${mine}`, data.tasks, AHEAD, told);
const drafts = new Drafts(`marginalia-draft-${mine}`);
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

const money = (amount) => moneyText(amount, data.currency, data.digits);

/** Whether a sum is shown: only what the server has booked, to whom it books anything. */
const earns = () => Boolean(pay) && pay.mode !== "free" && (pay.mode === "hour" || Number(data.price) > 0 || Number(pay.earned) > 0);

/** Ask the server what it has booked, a moment after an answer and not with every one. */
function askPay() {
  if (!earns() || payTimer || state.stranger) return;
  payTimer = setTimeout(
    async () => {
      payAsked = performance.now();
      try {
        pay = await ask(data.pays);
      } catch {
        // It is asked again with a later answer.
      }
      payTimer = null;
      line();
      tellNotice();
    },
    Math.max(PAY_AFTER, payAsked + PAY_EVERY - performance.now()),
  );
}

/** What whoever has reached the most time that is paid in a day must know before they go on. */
function cap() {
  if (pay?.mode !== "hour" || pay.day_ms < pay.day_most_ms) return "";
  const hours = (pay.day_most_ms / 3600000).toLocaleString("en", { maximumFractionDigits: 2 });
  return `You have reached the most time that is paid here in a day: ${hours} hour${hours === "1" ? "" : "s"}. What you answer until midnight UTC is not paid.`;
}

function line() {
  const waiting = outbox.waiting.length;
  const said = [`${answered.toLocaleString("en")} answered`];
  if (pace.hourly) said.push(`${pace.hourly.toLocaleString("en")} an hour`);
  if (earns()) said.push(money(pay.earned));
  if (state.stranger) said.push(waiting ? `${waiting} kept` : "stopped");
  else said.push(waiting ? `sending ${waiting}` : "saved");
  if (state.hint) said.push(state.hint);
  find("status").textContent = said.join(" · ");
  find("progress").value = answered;
  find("undo").hidden = !state.done.length;
  const minutes = pace.due;
  find("break").hidden = minutes === null;
  if (minutes !== null) find("minutes").textContent = minutes;
}

/** Make a remark that the next answer takes away; without a text, take it away. */
function notice(text) {
  state.remark = text ?? "";
  tellNotice();
}

/** Say what there is trouble with, until it is over. */
function trouble(what, text) {
  state.trouble[what] = text;
  tellNotice();
}

/** Say that the server refused an answer. It stands until it can have been read, or its answer was given again. */
function refuse(text, task) {
  state.refusals.set(text, { task, at: performance.now() });
  tellNotice();
}

function tellNotice() {
  const said = [cap(), ...state.refusals.keys(), ...Object.values(state.trouble), state.lacks, state.remark];
  const text = [...new Set(said)].filter(Boolean).join(" ");
  if (find("notice").textContent !== text) find("notice").textContent = text;
}

/** Somebody else is signed in in this browser: nothing of theirs is asked for here, and nothing of ours is sent as theirs. */
function strange(refusal) {
  if (state.stranger) return;
  drafts.flush();
  leave();
  state.stranger = refusal.message;
  state.finished = true;
  state.ahead = [];
  state.done = [];
  state.trouble = {};
  notice();
  find("answer").hidden = true;
  const waiting = outbox.waiting.length;
  const kept = waiting ? `${waiting} answer${waiting === 1 ? "" : "s"} of ${data.name} wait${waiting === 1 ? "s" : ""} in this browser and will be sent when ${data.name} signs in again here.` : "";
  say(`${refusal.message} This page is ${data.name}’s. ${kept} To go on, sign in as ${data.name} and open the desk again.`);
  line();
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
  find("item").dataset.modality = find("item").dataset.task = "";
  guard.show(find("item"), { first: true });
}

/** Lead to the other questions of the project, where it has more than this one. */
function leadOn() {
  if (!data.others.length) return;
  const list = make("p", "Other questions here: ");
  for (const [place, { text, url }] of data.others.entries()) {
    const link = make("a", text);
    link.href = url;
    link.dir = "auto";
    list.append(place ? " · " : "", link);
  }
  find("item").append(list);
}

/** Take tasks in that the server has handed out, with their content. */
async function hold(tasks) {
  if (state.stranger) return;
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
  if (state.fetching || state.stranger) return;
  state.fetching = true;
  try {
    const { tasks } = await post(data.next, { count: AHEAD });
    trouble("fetching");
    await hold(tasks);
  } catch (problem) {
    if (state.stranger) return;
    if (problem instanceof Refusal) {
      stop(problem);
    } else {
      trouble("fetching", "No connection. Trying again …");
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
    trouble("fetching");
    say(refusal.message);
  } else {
    trouble("fetching", refusal.message);
  }
}

/** Let go of what is shown. */
function leave() {
  clock.stop();
  state.item?.hidden();
  state.current = state.item = null;
  state.shown = false;
  lacks();
  guard.close();
}

async function showNext() {
  if (state.stranger) return;
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
    leadOn();
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
      trouble("showing", "No connection. The next item comes when it is back.");
      setTimeout(() => state.current === task && show(ready(task)), 2000);
      return;
    }
    await post(`${data.tasks}${task.task}/return/`).catch(() => {});
    if (state.current !== task) return; // it is somebody else's desk, or was stopped
    notice("This item cannot be shown; it was given back.");
    await showNext();
    return;
  }
  if (state.current !== task) return; // stopped while it came
  trouble("showing");
  find("answer").hidden = false;
  if (find("item").firstElementChild !== item.element) find("item").replaceChildren(item.element);
  find("item").dataset.modality = item.modality;
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
  clock.start(task.task);
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
  if (state.lacks) lacks(lacking());
  find("suggested").hidden = true;
  tellFinish();
}

/** What keeps the answer from being finished, while it is still the same as what was said; else nothing. */
function lacking() {
  if (widget.value() !== undefined) return "";
  const text = (widget.lacks ?? widget.missing)();
  return text === state.lacks ? text : "";
}

function lacks(text) {
  state.lacks = text ?? "";
  tellNotice();
}

function answer(value) {
  const task = state.current;
  if (!task || !state.shown) return;
  lacks();
  notice();
  const id = newId();
  const active_ms = clock.read();
  const again = task.replaces !== undefined;
  const same = again && JSON.stringify(value) === JSON.stringify(task.value);
  if (!same) {
    const body = { id, task: task.task, value, active_ms, revision: data.revision };
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
  clock.stop();
  times.drop(task.task);
  for (const [text, refusal] of state.refusals) {
    if (refusal.task === task.task || performance.now() - refusal.at > READ_FOR) state.refusals.delete(text);
  }
  tellNotice();
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
  if (value === undefined) lacks(widget.missing());
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
  if (state.stranger) {
    // An answer that was stored says that its owner is signed in again.
    if (event.stored) location.reload();
    line();
    return;
  }
  if (event.trouble) trouble("sending", `${event.trouble} Your answers are kept and sent again.`);
  else if (event.stored || event.refused || !outbox.waiting.length) trouble("sending");
  if (event.refused) {
    refused(event);
    if (event.code === "paused") return;
  }
  if (event.stored) {
    sent.delete(event.stored.task);
    trouble("fetching");
    askPay();
  }
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

function refused({ refused: { task: id, value, replaces, active_ms }, reason, code }) {
  const task = sent.get(id);
  sent.delete(id);
  if (code !== "answered" && !replaces) times.add(id, active_ms); // it may come again, and the work on it was done
  state.done = state.done.filter((one) => one.task !== id);
  if (!replaces) answered -= 1;
  if (code === "paused") {
    stop(new Refusal(403, { detail: reason, code }));
    return;
  }
  if (["invalid_answer", "too_large"].includes(code)) {
    // Nothing of it is lost: it is before the person again as they left it.
    drafts.put(id, value);
    refuse(`${reason} Your answer is kept: mend it and finish again.`, id);
    if (!task) return;
    task.replaces = replaces;
    task.value = undefined;
    putBack();
    show(task);
    return;
  }
  state.met.delete(id); // it may be offered again
  if (code === "lease_expired") drafts.put(id, value); // and then it has the answer that came too late before it
  refuse(reason);
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
  } else if (!(event.ctrlKey && state.item?.modality === "audio" && state.item.key(event))) return;
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
    if (state.current === task) clock.stop();
    times.drop(task.task);
    notice();
  } catch (problem) {
    if (state.stranger) return;
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
for (const [name, to] of Outbox.elsewhere(`marginalia-outbox-${data.person}-`, `marginalia-outbox-${mine}`)) {
  const other = new Outbox(name, to, 0, (event) => event.refused && refuse(`An answer to another question was refused: ${event.reason}`));
  other.send();
}
setInterval(() => {
  line();
  if (document.hidden || state.stranger) return;
  if (cap()) askPay();
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

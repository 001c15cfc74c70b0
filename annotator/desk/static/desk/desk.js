/** The desk: shows a task, takes an answer, shows the next one at once; the answer is sent behind the scenes. */

import { post, Refusal } from "./api.js";
import { Clock } from "./clock.js";
import { Outbox } from "./outbox.js";

const AHEAD = 3;
const RENEW_EVERY = 60000;
const DECODE_AT_MOST = 400;
const DIALOGS = { "?": "instructions", s: "skipping", f: "flagging" };
const data = JSON.parse(document.getElementById("desk-data").textContent);
const { mount } = await import(data.widget);
const find = (id) => document.getElementById(id);

const state = { current: null, shown: false, ahead: [], met: new Set(), answered: data.answered, fetching: false, finished: false, troubled: false };
const clock = new Clock();
const outbox = new Outbox(`marginalia-outbox-${data.person}-${data.question}`, data.tasks, told);
const widget = mount(find("widget"), data.config, answer);

function money(amount) {
  const text = amount.toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return data.currency === "USD" ? `$${text}` : `${text} ${data.currency}`;
}

function line(word) {
  const waiting = outbox.waiting.length;
  const saved = word ?? (waiting ? `sending ${waiting}` : "saved");
  const earned = Number(data.price) ? ` · ${money(state.answered * Number(data.price))}` : "";
  find("status").textContent = `${state.answered} answered${earned} · ${saved}`;
  find("progress").value = state.answered;
}

function notice(text) {
  find("notice").textContent = text ?? "";
}

async function picture(task) {
  const image = new Image();
  const loaded = new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error("no picture"));
  });
  image.src = task.picture;
  image.alt = "The picture the question is about";
  if (task.width < 192 && task.height < 192) image.width = Math.round((192 * task.width) / Math.max(task.width, task.height));
  await loaded;
  // Decoded before it is shown, it does not flicker; but a page that draws no frames is not to wait for it.
  await Promise.race([image.decode(), new Promise((resolve) => setTimeout(resolve, DECODE_AT_MOST))]);
  return image;
}

function say(text) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  find("item").replaceChildren(paragraph);
}

/** Take tasks in that the server has handed out, with their pictures. */
async function hold(tasks) {
  for (const task of tasks) {
    if (state.met.has(task.task)) continue;
    state.met.add(task.task);
    task.until = performance.now() + task.expires_in * 1000; // by our own clock, however wrong it goes
    task.ready = picture(task);
    task.ready.catch(() => {});
    state.ahead.push(task);
  }
  state.finished = tasks.length === 0;
  if (!state.current) await showNext();
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
    state.current = null;
    state.finished = true;
    find("widget").hidden = true;
    say(refusal.message);
  } else {
    notice(refusal.message);
  }
}

async function showNext() {
  const task = state.ahead.shift();
  state.current = task ?? null;
  state.shown = false;
  if (!task) {
    find("widget").hidden = true;
    if (!state.finished) {
      say("One moment …");
      await fetchAhead();
    } else if (!outbox.waiting.length) {
      say("You have answered everything there is for you at present. Thank you.");
    }
    return;
  }
  widget.reset();
  find("widget").hidden = false;
  try {
    const shown = await task.ready;
    if (state.current !== task) return; // stopped while the picture came
    find("item").replaceChildren(shown);
    state.shown = true;
  } catch {
    if (state.current !== task) return;
    notice("This picture cannot be shown; it was given back.");
    post(`${data.tasks}${task.task}/return/`).catch(() => {});
    await showNext();
    return;
  }
  clock.reset();
  line();
}

/** A new id; `crypto.randomUUID` is there only over HTTPS and on localhost. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function answer(value) {
  const task = state.current;
  if (!task || !state.shown) {
    widget.reset();
    return; // a key pressed twice must not answer a picture nobody has seen
  }
  state.current = null;
  notice();
  outbox.put({ id: newId(), task: task.task, value, active_ms: clock.read(), next: AHEAD });
  state.answered += 1;
  line();
  showNext();
}

/** What became of an answer; an empty event says that the outbox changed in another way. */
function told(event) {
  if (event.refused) {
    state.answered -= 1;
    state.met.delete(event.refused.task); // it may be offered again
    if (event.code === "paused") {
      stop(new Refusal(403, { detail: event.reason, code: event.code }));
      return;
    }
    notice(event.reason);
  } else if (event.trouble) {
    state.troubled = true;
    notice(`${event.trouble} Your answers are kept and sent again.`);
  } else if (state.troubled && (event.stored || !outbox.waiting.length)) {
    state.troubled = false;
    notice();
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

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]")) return;
  const dialog = DIALOGS[event.key.toLowerCase()];
  if (dialog && (event.key === "?" || state.current)) {
    find(dialog).showModal();
    event.preventDefault();
  } else if (state.current && state.shown && widget.key(event)) {
    event.preventDefault();
  }
});
find("help").addEventListener("click", () => find("instructions").showModal());
find("skip").addEventListener("click", () => state.current && find("skipping").showModal());
find("flag").addEventListener("click", () => state.current && find("flagging").showModal());

/** The reasons for skipping have keys of their own. */
find("skipping").addEventListener("keydown", (event) => {
  const button = find("skipping").querySelectorAll(".reasons button")[Number(event.key) - 1];
  if (button && !event.repeat) {
    event.preventDefault();
    button.click();
  }
});
find("skipping").addEventListener("close", async () => {
  const reason = find("skipping").returnValue;
  const task = state.current;
  find("skipping").returnValue = "";
  if (!reason || !task) return;
  try {
    await post(`${data.tasks}${task.task}/skip/`, { reason });
    notice();
  } catch (problem) {
    if (!(problem instanceof Refusal)) {
      notice("No connection. It was not skipped; try again.");
      return;
    }
    notice(problem.message);
  }
  if (state.current === task) await showNext();
  if (state.ahead.length < AHEAD - 1) fetchAhead();
});
find("flagging").addEventListener("close", async () => {
  const comment = find("comment").value.trim();
  const sent = find("flagging").returnValue === "send";
  find("flagging").returnValue = "";
  if (!sent || !comment) return;
  try {
    await post(data.flags, { comment, task: state.current?.task });
    find("comment").value = "";
    line("your comment was sent");
  } catch (problem) {
    notice(problem instanceof Refusal ? problem.message : "No connection. Your comment was not sent; it is still here.");
  }
});
addEventListener("online", () => outbox.send());
setInterval(() => {
  if (document.hidden) return;
  const soon = performance.now() + 5 * 60000;
  for (const task of [state.current, ...state.ahead]) {
    if (task && task.until < soon) {
      post(`${data.tasks}${task.task}/renew/`)
        .then((lease) => (task.until = performance.now() + lease.expires_in * 1000))
        .catch(() => {});
    }
  }
}, RENEW_EVERY);

for (const unsent of outbox.waiting) state.met.add(unsent.task);
state.answered += outbox.waiting.length;
line();
outbox.send();
fetchAhead();

/** The desk: shows a task, takes an answer, shows the next one at once; the answer is sent behind the scenes. */

import { post, Refusal } from "./api.js";
import { Clock } from "./clock.js";
import { Outbox } from "./outbox.js";

const AHEAD = 3;
const RENEW_EVERY = 60000;
const data = JSON.parse(document.getElementById("desk-data").textContent);
const { mount } = await import(data.widget);
const find = (id) => document.getElementById(id);

const state = { current: null, ahead: [], met: new Set(), answered: data.answered, fetching: false, finished: false, troubled: false };
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
  image.src = task.picture;
  image.alt = "The picture the question is about";
  if (task.width < 192 && task.height < 192) image.width = Math.round((192 * task.width) / Math.max(task.width, task.height));
  await image.decode();
  return image;
}

function say(text) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  find("item").replaceChildren(paragraph);
}

/** Hold tasks ahead, with their pictures. */
async function fetchAhead() {
  if (state.fetching) return;
  state.fetching = true;
  try {
    const { tasks } = await post(data.next, { count: AHEAD });
    for (const task of tasks) {
      if (state.met.has(task.task)) continue;
      state.met.add(task.task);
      task.ready = picture(task);
      task.ready.catch(() => {});
      state.ahead.push(task);
    }
    state.finished = tasks.length === 0;
    if (!state.current) await showNext();
  } catch (problem) {
    if (problem instanceof Refusal) {
      notice(problem.message);
    } else {
      notice("No connection. Trying again …");
      setTimeout(fetchAhead, 2000);
    }
  } finally {
    state.fetching = false;
  }
}

async function showNext() {
  const task = state.ahead.shift();
  state.current = task ?? null;
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
    find("item").replaceChildren(await task.ready);
  } catch {
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
  if (!task) return;
  state.current = null;
  notice();
  outbox.put({ id: newId(), task: task.task, value, active_ms: clock.read() });
  state.answered += 1;
  line();
  showNext();
}

/** What became of an answer; an empty event says that the outbox changed in another way. */
function told(event) {
  if (event.refused) {
    state.answered -= 1;
    state.met.delete(event.refused.task); // it may be offered again
    notice(event.reason);
  } else if (event.trouble) {
    state.troubled = true;
    notice(`${event.trouble} Your answers are kept and sent again.`);
  } else if (state.troubled && (event.stored || !outbox.waiting.length)) {
    state.troubled = false;
    notice();
  }
  line();
  const settled = event.stored || event.refused || (!state.current && !outbox.waiting.length);
  if (settled && state.ahead.length < AHEAD - 1) fetchAhead();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (find("instructions").open) return;
  if (event.key === "?") {
    find("instructions").showModal();
    event.preventDefault();
  } else if (state.current && widget.key(event)) {
    event.preventDefault();
  }
});
find("help").addEventListener("click", () => find("instructions").showModal());
addEventListener("online", () => outbox.send());
setInterval(() => {
  if (document.hidden) return;
  const soon = Date.now() + 5 * 60000;
  for (const task of [state.current, ...state.ahead]) {
    if (task && Date.parse(task.expires_at) < soon) {
      post(`${data.tasks}${task.task}/renew/`).then((lease) => (task.expires_at = lease.expires_at)).catch(() => {});
    }
  }
}, RENEW_EVERY);

for (const unsent of outbox.waiting) state.met.add(unsent.task);
state.answered += outbox.waiting.length;
line();
outbox.send();
fetchAhead();

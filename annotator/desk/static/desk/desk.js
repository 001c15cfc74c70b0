/** The desk: shows a task, takes an answer, shows the next one at once; the answer is sent behind the scenes. */

import { Ahead, AHEAD, ready } from "./desk/ahead.js";
import { Answers } from "./desk/answers.js";
import { Flagging, separate, Skipping } from "./desk/dialogs.js";
import { Drafts, Outbox, speakFor, Times } from "./desk/keeping.js";
import { hearKeys } from "./desk/keyboard.js";
import { Notices } from "./desk/notices.js";
import { Clock, Pace } from "./desk/pace.js";
import { data, find } from "./desk/page.js";
import { Pay } from "./desk/pay.js";
import { Receipts } from "./desk/receipts.js";
import { Stage } from "./desk/stage.js";
import { DeskState } from "./desk/state.js";
import { Status } from "./desk/status.js";
import { Guard } from "./guard.js";

const RENEW_EVERY = 60000;
const { mount } = await import(data.widgets[data.kind]);

// Each part of the desk finds the others here.
const desk = { state: new DeskState(data.answered) };
desk.pay = new Pay(desk);
desk.notices = new Notices(() => desk.pay.cap());
desk.status = new Status(desk);
desk.ahead = new Ahead(desk);
desk.stage = new Stage(desk);
desk.answers = new Answers(desk);
desk.receipts = new Receipts(desk);
const { state, status, answers } = desk;

speakFor(data.person, (refusal) => desk.stage.strange(refusal));
const mine = `${data.person}-${data.question}`;
desk.times = new Times(`marginalia-time-${mine}`, `marginalia-clock-${data.person}`);
desk.clock = new Clock(desk.times);
desk.pace = new Pace(desk.clock);
desk.outbox = new Outbox(`marginalia-outbox-${mine}`, data.tasks, AHEAD, (event) => desk.receipts.take(event));
desk.drafts = new Drafts(`marginalia-draft-${mine}`);
desk.guard = new Guard({ surface: find("desk"), busy: find("answer"), ignored: (event, why) => status.ignored(event, why) });
desk.widget = await mount({
  element: find("widget"),
  config: data.config,
  person: data.person,
  widgets: data.widgets,
  answer: (value) => answers.give(value),
  changed: () => answers.changed(),
  turned: () => desk.guard.turn(),
});

separate(desk);
const skipping = new Skipping(desk);
const flagging = new Flagging(desk);
hearKeys(desk, skipping, flagging);
find("help").addEventListener("click", () => find("instructions").showModal());
find("skip").addEventListener("click", () => skipping.open());
find("flag").addEventListener("click", () => flagging.open());
find("undo").addEventListener("click", () => answers.undo());
find("finish").addEventListener("click", () => answers.finish());
find("later").addEventListener("click", () => {
  desk.pace.later();
  status.line();
});

addEventListener("online", () => desk.outbox.send());
for (const [name, to] of Outbox.elsewhere(`marginalia-outbox-${data.person}-`, `marginalia-outbox-${mine}`)) {
  const other = new Outbox(name, to, 0, (event) => event.refused && desk.notices.refuse(`An answer to another question was refused: ${event.reason}`));
  other.send();
}
setInterval(() => {
  status.line();
  if (document.hidden || state.stranger) return;
  if (desk.pay.cap()) desk.pay.ask();
  desk.ahead.renew();
}, RENEW_EVERY);

for (const unsent of desk.outbox.waiting) {
  state.met.add(unsent.task);
  if (!unsent.replaces) state.answered += 1;
}
status.line();
desk.outbox.send();
if (data.change) {
  const task = ready({ ...data.change.task, value: data.change.value, replaces: data.change.answer, leads: data.change.leads });
  state.met.add(task.task);
  desk.stage.show(task);
} else {
  desk.ahead.fetch();
}

/** The question editor: what is written on the left is what people see on the right, at once. */

import { Guard } from "../desk/guard.js";
import { load, make } from "../desk/items.js";
import "./forms.js";

const AFTER = 250;
const data = JSON.parse(document.getElementById("editor-data").textContent);
const find = (id) => document.getElementById(id);
const form = find("editor");
const examplesField = form.elements.examples;
const guard = new Guard({ surface: document.querySelector(".preview"), busy: find("widget") });
let place = 0;
let stage = null; // what can be tried: {item, task, config}
let shown = "";
let tries = 0;
let timer = null;
let number = 0;
let last;

async function ask(more = {}) {
  const body = new FormData(form);
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  const response = await fetch(data.preview, { method: "POST", body });
  return response.ok ? response.json() : { problem: "The preview was refused." };
}

async function draw() {
  find("preview-text").textContent = form.elements.text.value || "Your question";
  const mine = (number += 1);
  const task = data.tasks[place];
  const said = await ask();
  if (mine !== number) return;
  find("preview-problem").textContent = said.problem ?? "";
  if (said.problem) return;
  const wanted = JSON.stringify([said.config, place]);
  if (wanted === shown) return;
  shown = wanted;
  const { mount } = await import(data.widgets[data.kind]);
  const item = await load(task);
  if (mine !== number) return; // another wording or item was asked for meanwhile
  stage?.item.hidden();
  guard.close();
  tries += 1; // what was tried before is not told any more
  find("item").replaceChildren(item.element);
  find("item").dataset.modality = item.modality;
  item.shown();
  const widget = await mount({
    element: find("widget"),
    config: said.config,
    person: data.person,
    widgets: data.widgets,
    answer: tried,
    changed: () => (widget.value() === undefined ? untried() : tried(widget.value())),
    turned: () => guard.turn(),
  });
  if (mine !== number) return;
  stage = { item, task };
  widget.show(item, undefined);
  guard.show(find("item"));
  untried();
}

/** Nothing whole is answered: nothing can be kept. */
function untried() {
  tries += 1;
  last = undefined;
  find("tried").textContent = "";
  find("keep").hidden = true;
}

async function tried(value) {
  const mine = (tries += 1);
  const { item, task } = stage;
  last = undefined;
  find("keep").hidden = true;
  const said = await ask({ value: JSON.stringify(value), item: task.item });
  if (mine !== tries) return; // it was answered otherwise meanwhile
  find("tried").textContent = said.problem ? `This would be refused: ${said.problem}` : `This would be stored: ${said.stored}`;
  last = said.problem ? undefined : value;
  find("keep").hidden = last === undefined || !["text", "picture"].includes(item.modality) || !task.item || (item.text ?? "").length > 2000;
}

const examples = () => JSON.parse(examplesField.value || "[]");

function list() {
  find("examples").replaceChildren(
    ...examples().map((example, at) => {
      const line = make("li", `${example.wrong ? "Wrong: " : "Right: "}${JSON.stringify(example.answer)} ${example.note ? `(${example.note})` : ""} `);
      const away = make("button", "remove", "linklike");
      away.type = "button";
      away.addEventListener("click", () => {
        examplesField.value = JSON.stringify(examples().filter((one, other) => other !== at));
        list();
      });
      line.append(away);
      return line;
    }),
  );
}

for (const button of find("keep").querySelectorAll("button")) {
  button.addEventListener("click", () => {
    if (last === undefined) return; // kept already
    const { item, task } = stage;
    const about = item.modality === "text" ? { text: item.text } : { picture: task.sha256 };
    const example = { ...about, answer: last, note: find("note").value, wrong: button.value === "wrong" };
    examplesField.value = JSON.stringify([...examples(), example]);
    find("note").value = "";
    last = undefined;
    find("keep").hidden = true;
    list();
  });
}
find("another").addEventListener("click", () => {
  place = (place + 1) % data.tasks.length;
  draw();
});
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(draw, AFTER);
});
list();
draw();

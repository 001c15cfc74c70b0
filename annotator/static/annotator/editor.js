/** The question editor: what is written on the left is what people see on the right, at once. */

import { load, make } from "../desk/items.js";

const AFTER = 250;
const data = JSON.parse(document.getElementById("editor-data").textContent);
const find = (id) => document.getElementById(id);
const form = find("editor");
const examplesField = form.elements.examples;
let place = 0;
let item = null;
let shown = "";
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
  const said = await ask();
  if (mine !== number) return;
  find("preview-problem").textContent = said.problem ?? "";
  if (said.problem) return;
  const wanted = JSON.stringify([said.config, place]);
  if (wanted === shown) return;
  shown = wanted;
  const { mount } = await import(data.widgets[data.kind]);
  item?.hidden();
  item = await load(data.tasks[place]);
  find("item").replaceChildren(item.element);
  find("item").dataset.medium = item.medium;
  item.shown();
  const widget = await mount({
    element: find("widget"),
    config: said.config,
    person: data.person,
    widgets: data.widgets,
    answer: tried,
    changed: () => widget.value() !== undefined && tried(widget.value()),
  });
  widget.show(item, undefined);
  find("tried").textContent = "";
  find("keep").hidden = true;
}

async function tried(value) {
  const said = await ask({ value: JSON.stringify(value), item: data.tasks[place].item });
  find("tried").textContent = said.problem ? `This would be refused: ${said.problem}` : `This would be stored: ${said.stored}`;
  last = said.problem ? undefined : value;
  find("keep").hidden = last === undefined || !["text", "picture"].includes(item.medium) || !data.tasks[place].item || (item.text ?? "").length > 2000;
}

const examples = () => JSON.parse(examplesField.value || "[]");

function list() {
  find("examples").replaceChildren(
    ...examples().map((example, at) => {
      const line = make("li", `${example.wrong ? "Wrong: " : "Right: "}${JSON.stringify(example.answer)} ${example.note ? `(${example.note})` : ""} `);
      const away = make("button", "take away", "linklike");
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
    const about = item.medium === "text" ? { text: item.text } : { picture: data.tasks[place].sha256 };
    const example = { ...about, answer: last, note: find("note").value, wrong: button.value === "wrong" };
    examplesField.value = JSON.stringify([...examples(), example]);
    find("note").value = "";
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

/** Review and known answers: a key or a click chooses, Enter in the reason decides. */

import { stage } from "./answering.js";
import "./forms.js";

const form = document.getElementById("review");
if (form) await begin(JSON.parse(document.getElementById("review-data").textContent)); // else nothing waits

async function begin(data) {
  const value = document.getElementById("value");
  const reason = document.getElementById("reason");
  const problem = document.getElementById("problem");
  const tell = (text) => (problem.textContent = text);
  const shown = await stage(data, (answer) => {
    // What was missing is told until it is there, or something else is missing.
    if (problem.textContent && (answer !== undefined || shown.lacks() !== problem.textContent)) tell("");
    value.value = answer === undefined ? "" : JSON.stringify(answer);
    if (answer === undefined || typeof answer === "object") return;
    // A single choice is done with one key: what is left is the reason. The guard keeps a bounce of that key out of it; every
    // other key is written, however soon it comes.
    reason?.focus();
  });
  for (const button of document.querySelectorAll("[data-answer]")) {
    button.addEventListener("click", () => shown.set(data.answers[Number(button.dataset.answer)]));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.repeat && !event.defaultPrevented && event.target === document.body) reason?.focus();
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "more") return;
    if (shown.value() !== undefined) value.value = JSON.stringify(shown.value());
    if (!value.value) {
      event.preventDefault();
      tell(shown.missing());
    }
  });
}

/** Tables that become cards on a phone: each cell gets the name of its column, which the style sheet writes before it. */

function label(table) {
  const names = [...table.tHead.rows[0].cells].map((head) => (head.querySelector(".hidden") ? "" : head.textContent.trim()));
  for (const body of table.tBodies) {
    for (const row of body.rows) {
      for (const [place, cell] of [...row.cells].entries()) {
        if (place && cell.colSpan === 1 && names[place]) cell.dataset.label = names[place];
      }
    }
  }
  table.dataset.labelled = "";
}

const labelAll = () => document.querySelectorAll("table.cards:not([data-labelled])").forEach(label);
labelAll();
document.addEventListener("htmx:afterSwap", labelAll); // before the browser paints what came

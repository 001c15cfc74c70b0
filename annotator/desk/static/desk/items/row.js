/** A row of a table: a name and a value in each line. */

import { words } from "./content.js";
import { make } from "./elements.js";
import { plain } from "./plain.js";

export async function row(task) {
  const table = make("table", undefined, "fields");
  for (const [name, value] of Object.entries(JSON.parse(await words(task)))) {
    const line = table.insertRow();
    const head = make("th", name);
    head.scope = "row";
    const cell = make("td", typeof value === "string" ? value : JSON.stringify(value));
    cell.dir = "auto";
    line.append(head, cell);
  }
  return plain(task, "row", table);
}

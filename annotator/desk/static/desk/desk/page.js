/** The desk's page: its elements by id, and the data it begins with. */

export const find = (id) => document.getElementById(id);

export const data = JSON.parse(find("desk-data").textContent);

/** Choosing items and what is done to them: only the fields of the chosen action are shown, and the button says what happens. */

const form = document.querySelector("form.chosen");

if (form) {
  const action = form.querySelector("[name=action]");
  const button = form.querySelector(".act button");
  const all = form.querySelector("[name=all]");
  const page = form.querySelector("#whole-page");
  const boxes = [...form.querySelectorAll("input[type=checkbox][name=items]")];
  const titles = new Map(button.dataset.titles.split(";").filter(Boolean).map((one) => one.split("=")));
  const total = Number(form.querySelector("[data-count]")?.dataset.count ?? 1);
  const single = !page;

  const show = () => {
    for (const part of form.querySelectorAll("[data-action]")) part.hidden = part.dataset.action !== action.value;
    const count = all?.checked ? total : boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.disabled = Boolean(all?.checked);
    if (page) {
      page.disabled = Boolean(all?.checked);
      page.checked = boxes.length > 0 && boxes.every((box) => box.checked);
    }
    const title = titles.get(action.value);
    button.textContent = single ? title : count ? `${title}: ${count.toLocaleString("en")} item${count === 1 ? "" : "s"}` : "Choose items first";
    button.disabled = !single && !count;
  };

  page?.addEventListener("change", () => {
    for (const box of boxes) box.checked = page.checked;
    show();
  });
  form.addEventListener("change", show);
  addEventListener("pageshow", show); // a browser keeps what was chosen when one comes back
  show();
}

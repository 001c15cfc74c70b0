/** Review: a key or a click chooses, Enter decides. */

const source = document.getElementById("review-data");
if (source) {
  const data = JSON.parse(source.textContent);
  const { mount } = await import(data.widget);
  const find = (id) => document.getElementById(id);
  const widget = mount(find("widget"), data.config, choose);

  function choose(value) {
    const chosen = [...find("widget").querySelectorAll("[aria-pressed=true]")].pop();
    widget.reset();
    chosen?.setAttribute("aria-pressed", "true");
    find("value").value = value;
    find("reason").focus();
  }

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target === find("reason")) return;
    if (widget.key(event)) event.preventDefault();
  });
  find("review").addEventListener("submit", (event) => {
    if (event.submitter?.name !== "more" && !find("value").value) {
      event.preventDefault();
      find("widget").querySelector("button")?.focus();
    }
  });
}

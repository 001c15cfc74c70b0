/** A form is sent once, however often its button is clicked or Enter is pressed before the next page comes. */

const sent = new WeakMap(); // by form: when it was sent
const AGAIN_AFTER = 10000; // ms: a server that has not answered by then may be asked again

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
  if (performance.now() - (sent.get(form) ?? -Infinity) < AGAIN_AFTER) event.preventDefault();
  else sent.set(form, performance.now());
});
addEventListener("pageshow", (event) => {
  // Back in a page that was kept as it was: its forms may be sent again.
  if (event.persisted) for (const form of document.forms) sent.delete(form);
});

/** The desk's requests. */

const token = () => document.cookie.match(/(?:^|; )marginalia_csrf=([^;]+)/)?.[1] ?? "";

/** A refusal of the server: `status`, `code` and the reason as the message. */
export class Refusal extends Error {
  constructor(status, body) {
    super(status === 401 ? "You are signed out: sign in again in another tab." : body.detail ?? "The server refused this.");
    this.status = status;
    this.code = body.code ?? "";
  }
}

/** Post JSON and return the answer's. Throws Refusal for what the server refuses, anything else where it was not reached. */
export async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(body ?? {}),
  });
  if (response.status >= 500) throw new Error(`the server answered ${response.status}`);
  const said = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw new Refusal(response.status, said);
  return said;
}

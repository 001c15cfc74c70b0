/** The content of an item, fetched from the server: its bytes, its words, or a picture that is ready to be shown. */

const DECODE_AT_MOST = 400;

export async function content(task) {
  const response = await fetch(task.content);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response;
}

export async function words(task) {
  if (typeof task.text === "string") return task.text;
  // A byte order mark within the text counts like any other character.
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await (await content(task)).arrayBuffer());
}

export async function image(source) {
  const picture = new Image();
  const loaded = new Promise((resolve, reject) => {
    picture.onload = resolve;
    picture.onerror = () => reject(new Error("no picture"));
  });
  picture.src = source;
  await loaded;
  // Decoded before it is shown, it does not flicker; but a page that draws no frames is not to wait for it.
  await Promise.race([picture.decode().catch(() => {}), new Promise((resolve) => setTimeout(resolve, DECODE_AT_MOST))]);
  return picture;
}

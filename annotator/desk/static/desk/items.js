/**
 * Items as they are shown. `load(task)` resolves once one can be shown without waiting, to what widgets may ask of it:
 * `element`, `task`, `modality`, `key(event)` (did it take a key?), `shown()` (it stands in the page now), and what its modality adds.
 */

const DECODE_AT_MOST = 400;
const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8, 12, 16];
const SMALL = 192;
const PART = 1500; // code units: longer paragraphs are shown in parts, so that each can be drawn alone
const BLANK = /^\s$/u;
const SEEK = 2;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];

export function make(tag, text, name) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
}

/** A text that somebody wrote, set apart: whichever way it is read, the sentence around it keeps its order. */
export const isolated = (text) => make("bdi", text);

/** A button with its key beside it. */
export function button(label, key, act) {
  const element = make("button");
  element.type = "button";
  if (key) element.append(make("kbd", key));
  element.append(isolated(label));
  element.addEventListener("pointerdown", (event) => event.preventDefault()); // a selection and the focus stay where they are
  element.addEventListener("click", act);
  return element;
}

/** What keys do, one after the other; a key and what it does stay on one line. */
export function hints(pairs) {
  const line = make("p", undefined, "under hints");
  for (const [key, deed] of pairs) {
    const hint = make("span", deed, "hint");
    hint.prepend(make("kbd", key));
    line.append(hint, " ");
  }
  return line;
}

async function content(task) {
  const response = await fetch(task.content);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response;
}

async function words(task) {
  if (typeof task.inline === "string") return task.inline;
  // A byte order mark within the text counts like any other character.
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await (await content(task)).arrayBuffer());
}

async function image(source) {
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

/** A picture that can be enlarged; what is too large for its frame is scrolled. */
export class PictureView {
  constructor(task, picture) {
    this.task = task;
    this.modality = "picture";
    this.width = task.width || picture.naturalWidth;
    this.height = task.height || picture.naturalHeight;
    this.zoom = 1;
    this.picture = picture;
    picture.alt = "The picture the question is about";
    picture.draggable = false;
    this.layer = make("div", undefined, "layer");
    this.layer.append(picture);
    this.frame = make("div", undefined, "frame");
    this.frame.append(this.layer);
    this.element = make("div", undefined, "picture");
    this.tools = make("div", undefined, "tools");
    this.tools.dataset.steps = ""; // may be clicked fast
    this.tools.append(
      button("closer", "+", () => this.scale(1)),
      button("wider", "−", () => this.scale(-1)),
    );
    this.element.append(this.frame, this.tools);
    this.frame.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.resized = new ResizeObserver(() => this.fit());
    this.listeners = new Set();
  }

  shown() {
    this.fit();
    this.resized.observe(this.element);
  }

  hidden() {
    this.resized.disconnect();
  }

  /** Screen pixels for one of the picture's. */
  get ratio() {
    return this.base * this.zoom;
  }

  fit() {
    const wide = this.element.clientWidth || 720;
    const high = Math.max(160, innerHeight * (innerWidth < 560 ? 0.38 : 0.52));
    const fitting = Math.min(wide / this.width, high / this.height);
    this.base = Math.min(fitting, Math.max(1, SMALL / Math.max(this.width, this.height)));
    this.#size();
  }

  #size() {
    this.picture.style.width = `${this.width * this.ratio}px`;
    this.picture.style.height = `${this.height * this.ratio}px`;
    this.frame.style.maxHeight = `${Math.ceil(this.height * this.base) + 2}px`;
    this.frame.classList.toggle("closer", this.zoom > 1);
    if (this.zoom > 1) this.frame.tabIndex = 0;
    else this.frame.removeAttribute("tabindex");
    for (const listener of this.listeners) listener();
  }

  /** Go closer (1) or wider (−1), the point at `x`, `y` of the picture staying where it is. */
  scale(step, x, y) {
    const place = Math.min(Math.max(ZOOMS.indexOf(this.zoom) + step, 0), ZOOMS.length - 1);
    const frame = this.frame;
    x ??= (frame.scrollLeft + frame.clientWidth / 2) / this.ratio;
    y ??= (frame.scrollTop + frame.clientHeight / 2) / this.ratio;
    const left = x * this.ratio - frame.scrollLeft;
    const top = y * this.ratio - frame.scrollTop;
    this.zoom = ZOOMS[place];
    this.#size();
    frame.scrollTo(x * this.ratio - left, y * this.ratio - top);
  }

  /** See to it that a point of the picture is in sight. */
  reveal(x, y) {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.frame;
    const at = [x * this.ratio, y * this.ratio];
    if (at[0] < scrollLeft || at[0] > scrollLeft + clientWidth || at[1] < scrollTop || at[1] > scrollTop + clientHeight) {
      this.frame.scrollTo(at[0] - clientWidth / 2, at[1] - clientHeight / 2);
    }
  }

  /** The point of the picture under a pointer. */
  point(event) {
    const box = this.picture.getBoundingClientRect();
    return [(event.clientX - box.left) / this.ratio, (event.clientY - box.top) / this.ratio];
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.scale(event.deltaY < 0 ? 1 : -1, ...this.point(event));
  }

  key(event) {
    if (event.key === "+" || event.key === "=") this.scale(1);
    else if (event.key === "-") this.scale(-1);
    else if (event.key === "Home") this.scale(-ZOOMS.length);
    else if (this.zoom > 1 && event.key.startsWith("Arrow")) {
      const step = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] }[event.key];
      this.frame.scrollBy(...step);
    } else return false;
    return true;
  }
}

/**
 * A text in parts, each a paragraph or a piece of one. Places count Unicode code points from the beginning of the text.
 * `parts`: `{start, size, text, element}`; `size` counts the line end that follows.
 */
export class TextView {
  constructor(task, text) {
    this.task = task;
    this.modality = "text";
    this.text = text;
    this.element = make("div", undefined, "text");
    this.element.dir = "auto";
    this.parts = [];
    let start = 0;
    const lines = text.split("\n");
    lines.forEach((line, number) => {
      const pieces = [...split(line)];
      pieces.forEach((piece, place) => {
        const ends = place === pieces.length - 1 && number < lines.length - 1;
        const size = count(piece) + (ends ? 1 : 0);
        const element = make("p", piece);
        element.dir = "auto";
        if (!piece) element.append(document.createElement("br"));
        this.parts.push({ start, size, text: piece, element, simple: size === piece.length + (ends ? 1 : 0) });
        start += size;
      });
    });
    this.size = start;
    this.element.append(...this.parts.map((part) => part.element));
    this.byElement = new Map(this.parts.map((part) => [part.element, part]));
    if (text.length > 20000) this.element.classList.add("long");
  }

  shown() {}
  hidden() {}
  key() {
    return false;
  }

  /** The number of the part that holds a place. */
  at(place) {
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.parts[middle].start <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The code unit of a part at a place. */
  unit(part, place) {
    const wanted = Math.max(0, Math.min(place - part.start, part.size));
    if (part.simple) return Math.min(wanted, part.text.length);
    let unit = 0;
    for (let passed = 0; passed < wanted && unit < part.text.length; passed += 1) {
      unit += part.text.codePointAt(unit) > 0xffff ? 2 : 1;
    }
    return unit;
  }

  /** The place of a point in the page: a node within this text, and an offset in it. */
  place(node, offset) {
    let element = node;
    while (element && !this.byElement.has(element)) {
      if (element === this.element) return offset && this.parts[offset] ? this.parts[offset].start : offset ? this.size : 0;
      element = element.parentNode;
    }
    if (!element) return null;
    const part = this.byElement.get(element);
    const before = document.createRange();
    before.setStart(element, 0);
    before.setEnd(node, offset);
    return part.start + count(before.toString());
  }

  /** The places between which a range of the page covers this text: what lies outside ends at the nearer end. Null if it covers none. */
  covered(range) {
    const all = document.createRange();
    all.selectNodeContents(this.element);
    const side = (node, offset) => all.comparePoint(node, offset);
    const [before, after] = [side(range.startContainer, range.startOffset), side(range.endContainer, range.endOffset)];
    if (before > 0 || after < 0) return null;
    const start = before < 0 ? 0 : this.place(range.startContainer, range.startOffset);
    const end = after > 0 ? this.size : this.place(range.endContainer, range.endOffset);
    return start < end ? { start, end } : null;
  }

  /** The same stretch without white space at its ends; null if nothing is left. */
  trimmed({ start, end }) {
    while (start < end && BLANK.test(this.character(start))) start += 1;
    while (start < end && BLANK.test(this.character(end - 1))) end -= 1;
    return start < end ? { start, end } : null;
  }

  /** The character at a place. */
  character(place) {
    const part = this.parts[this.at(place)];
    const unit = this.unit(part, place);
    return unit < part.text.length ? String.fromCodePoint(part.text.codePointAt(unit)) : "\n";
  }

  /** The range of the page between two places. */
  range(start, end) {
    const range = document.createRange();
    range.setStart(...this.#point(start, false));
    range.setEnd(...this.#point(end, true));
    return range;
  }

  #point(place, ending) {
    let number = this.at(place);
    if (ending && number > 0 && this.parts[number].start === place) number -= 1;
    const part = this.parts[number];
    let left = this.unit(part, place);
    const walker = document.createTreeWalker(part.element, NodeFilter.SHOW_TEXT);
    let last = null;
    for (let node; (node = walker.nextNode()); last = node) {
      if (left < node.length || (ending && left === node.length)) return [node, left];
      left -= node.length;
    }
    return last ? [last, last.length] : [part.element, 0];
  }
}

/** How many code points a text has. */
export function count(text) {
  let points = text.length;
  for (let unit = 0; unit < text.length - 1; unit += 1) {
    const code = text.charCodeAt(unit);
    if (code >= 0xd800 && code < 0xdc00) {
      points -= 1;
      unit += 1;
    }
  }
  return points;
}

/** The parts of a long line, none through a character. */
export function* split(line) {
  let rest = line;
  while (rest.length > PART * 1.5) {
    const blank = rest.lastIndexOf(" ", PART);
    let end = blank > PART / 2 ? blank + 1 : PART;
    const code = rest.charCodeAt(end - 1);
    if (code >= 0xd800 && code < 0xdc00) end += 1; // never through a character
    yield rest.slice(0, end);
    rest = rest.slice(end);
  }
  yield rest;
}

function plain(task, modality, element) {
  return { task, modality, element, key: () => false, shown() {}, hidden() {} };
}

async function formatted(task) {
  // Cleaned when it came in, and nothing in it may run under the page's policy; parsed apart, so that nothing is loaded either.
  const parsed = new DOMParser().parseFromString(await words(task), "text/html");
  const element = make("div", undefined, "text formatted");
  element.dir = "auto";
  element.append(...document.adoptNode(parsed.body).childNodes);
  return plain(task, "html", element);
}

async function row(task) {
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

async function part(said, task) {
  if (said.text !== undefined) {
    const text = make("p", said.text);
    text.dir = "auto";
    return text;
  }
  const picture = await image(task.content.replace(/[0-9a-f]{64}/, said.sha256));
  picture.alt = "A picture";
  return picture;
}

async function pair(task) {
  const said = JSON.parse(await words(task));
  const element = make("div", undefined, "pair");
  const view = plain(task, "pair", element);
  if (said.about) {
    const about = make("p", said.about, "about");
    about.dir = "auto";
    element.append(about);
  }
  view.sides = {};
  for (const side of ["left", "right"]) {
    const figure = make("figure");
    figure.append(await part(said[side], task));
    view.sides[side] = figure;
    element.append(figure);
  }
  return view;
}

async function audio(task) {
  const player = make("audio");
  player.controls = true;
  player.preload = "auto";
  player.src = URL.createObjectURL(await (await content(task)).blob());
  await new Promise((resolve, reject) => {
    player.addEventListener("loadedmetadata", resolve, { once: true });
    player.addEventListener("error", () => reject(new Error("no sound")), { once: true });
    player.load();
  });
  const element = make("div", undefined, "audio");
  const speed = make("span", "1 ×");
  const turn = (step) => {
    const place = SPEEDS.indexOf(player.playbackRate) + step;
    player.playbackRate = SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)];
    speed.textContent = `${player.playbackRate} ×`;
  };
  const deeds = {
    " ": () => (player.paused ? player.play() : player.pause()),
    ArrowLeft: () => (player.currentTime = Math.max(0, player.currentTime - SEEK)),
    ArrowRight: () => (player.currentTime = Math.min(player.duration || 0, player.currentTime + SEEK)),
    ArrowUp: () => turn(1),
    ArrowDown: () => turn(-1),
    ";": () => repeat.setAttribute("aria-pressed", String((player.loop = !player.loop))),
  };
  const repeat = button("again and again", ";", deeds[";"]);
  repeat.setAttribute("aria-pressed", "false");
  const tools = make("div", undefined, "tools");
  tools.dataset.steps = "";
  tools.append(
    button("play", "Space", deeds[" "]),
    button("2 s back", "←", deeds.ArrowLeft),
    button("2 s on", "→", deeds.ArrowRight),
    button("slower", "↓", deeds.ArrowDown),
    button("faster", "↑", deeds.ArrowUp),
    repeat,
    speed,
  );
  element.append(player, tools);
  const view = plain(task, "audio", element);
  view.hidden = () => player.pause();
  view.key = (event) => {
    if (event.shiftKey || !deeds[event.key]) return false;
    deeds[event.key]();
    return true;
  };
  return view;
}

const LOAD = {
  picture: async (task) => new PictureView(task, await image(task.content)),
  text: async (task) => new TextView(task, await words(task)),
  html: formatted,
  row,
  pair,
  audio,
};

export const load = (task) => LOAD[task.modality](task);

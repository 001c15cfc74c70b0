/**
 * Box: shapes on a picture. A cross is moved by the arrow keys and acts with Space, as the mouse does with a click: two corners make
 * a box, corner by corner a polygon, one touch a point. Only the shape that changes is drawn again.
 */

import { button, make } from "../../desk/items.js";

const HUES = 8;
const SVG = "http://www.w3.org/2000/svg";
const NEAR = 8; // screen pixels: how close counts as on it
const TOOLS = { box: "box", polygon: "outline", point: "point" };

function svg(tag, values = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
  return element;
}

const round = (value) => Math.round(value * 10) / 10;

export function mount({ element, config, changed }) {
  const hue = new Map(config.labels.map((label, place) => [label.value, place % HUES]));
  const named = new Map(config.labels.map((label) => [label.value, label.label]));
  let view = null;
  let shapes = [];
  let chosen = null;
  let tool = config.shapes[0];
  let label = config.labels[0].value;
  let begun = null; // what is being drawn: {points: [[x, y], ...]}
  let cross = [0, 0];
  let steering = false; // the cross is shown once it is used
  let drag = null;
  const drawn = new Map(); // by shape: its element

  const layer = svg("svg", { class: "shapes", "aria-hidden": "true" });
  const all = svg("g");
  const work = svg("g", { class: "work" });
  layer.append(all, work);

  const labels = config.labels.map((one) => {
    const made = button(one.label, one.key.toUpperCase(), () => setLabel(one.value));
    made.setAttribute("aria-keyshortcuts", one.key);
    made.classList.add(`hue-${hue.get(one.value)}`);
    made.dataset.value = one.value;
    return made;
  });
  const tools = config.shapes.map((one) => {
    const made = button(TOOLS[one], "", () => setTool(one));
    made.dataset.tool = one;
    return made;
  });
  const keys = make("div", undefined, "keys fine");
  keys.append(...labels);
  const kinds = make("div", undefined, "tools");
  if (tools.length > 1) {
    kinds.append(...tools);
    tools[0].prepend(make("kbd", "\\"));
  }
  const away = button("take away", "⌫", () => remove(chosen ?? shapes[shapes.length - 1]));
  const close = button("close the outline", "Enter", () => finishPolygon());
  kinds.append(away, close);
  const said = make("p", undefined, "said");
  said.setAttribute("role", "status");
  const help = make("p", undefined, "under");
  for (const [key, deed] of [["← ↑ → ↓", "move the cross, or the shape you are at"], ["Space", "set a corner"], ["⇧", "with an arrow: larger or smaller"], ["[ ]", "go from shape to shape"], ["+ −", "closer, wider"], ["Esc", "leave it"]]) {
    help.append(make("kbd", key), `${deed}  `);
  }
  element.replaceChildren(keys, kinds, said, help);

  /* Drawing */

  function frame(shape) {
    if (shape.type === "box") return [shape.x, shape.y, shape.x + shape.width, shape.y + shape.height];
    const points = shape.type === "polygon" ? shape.points : [[shape.x, shape.y]];
    const across = points.map((point) => point[0]);
    const down = points.map((point) => point[1]);
    return [Math.min(...across), Math.min(...down), Math.max(...across), Math.max(...down)];
  }

  function draw(shape) {
    const group = svg("g", { class: `hue-${hue.get(shape.label)}${shape === chosen ? " chosen" : ""}` });
    const size = 1 / view.ratio;
    if (shape.type === "box") group.append(svg("rect", { x: shape.x, y: shape.y, width: shape.width, height: shape.height }));
    else if (shape.type === "polygon") group.append(svg("polygon", { points: shape.points.map((point) => point.join(",")).join(" ") }));
    else group.append(svg("circle", { cx: shape.x, cy: shape.y, r: 6 * size }));
    const [left, top] = frame(shape);
    const name = svg("text", { x: left, y: Math.max(top - 4 * size, 13 * size), "font-size": 13 * size });
    name.textContent = named.get(shape.label);
    group.append(name);
    if (shape === chosen && shape.type === "box") {
      for (const [x, y] of corners(shape)) group.append(svg("rect", { class: "handle", x: x - 5 * size, y: y - 5 * size, width: 10 * size, height: 10 * size }));
    }
    drawn.get(shape)?.replaceWith(group);
    if (!drawn.has(shape)) all.append(group);
    drawn.set(shape, group);
  }

  const corners = (shape) => [
    [shape.x, shape.y],
    [shape.x + shape.width, shape.y],
    [shape.x, shape.y + shape.height],
    [shape.x + shape.width, shape.y + shape.height],
  ];

  function drawWork() {
    work.replaceChildren();
    const size = 1 / view.ratio;
    if (begun && tool === "box") {
      const box = between(begun.points[0], cross);
      work.append(svg("rect", { class: `hue-${hue.get(label)} begun`, ...box }));
    } else if (begun) {
      work.append(svg("polyline", { class: `hue-${hue.get(label)} begun`, points: [...begun.points, cross].map((point) => point.join(",")).join(" ") }));
      for (const [x, y] of begun.points) work.append(svg("circle", { class: "corner", cx: x, cy: y, r: 4 * size }));
    }
    if (steering && !chosen) {
      work.append(svg("path", { class: "cross back", d: crossPath(size) }), svg("path", { class: "cross", d: crossPath(size) }));
    }
    close.hidden = !(begun && tool === "polygon" && begun.points.length > 2);
  }

  function crossPath(size) {
    const arm = 16 * size;
    return `M${cross[0] - arm} ${cross[1]}h${2 * arm}M${cross[0]} ${cross[1] - arm}v${2 * arm}`;
  }

  const between = (a, b) => ({
    x: Math.min(a[0], b[0]),
    y: Math.min(a[1], b[1]),
    width: round(Math.abs(a[0] - b[0])),
    height: round(Math.abs(a[1] - b[1])),
  });

  function rescale() {
    layer.style.setProperty("--unit", 1 / view.ratio);
    for (const shape of shapes) draw(shape);
    drawWork();
  }

  function tell(deed) {
    for (const made of labels) made.setAttribute("aria-pressed", String(made.dataset.value === (chosen?.label ?? label)));
    for (const made of tools) made.setAttribute("aria-pressed", String(made.dataset.tool === tool));
    away.disabled = !shapes.length;
    const counted = `${shapes.length.toLocaleString("en")} shape${shapes.length === 1 ? "" : "s"}`;
    if (deed) said.textContent = deed;
    else if (begun) said.textContent = tool === "box" ? "Now the opposite corner." : `${begun.points.length} corners. Enter closes the outline, Backspace takes the last one back.`;
    else if (chosen) {
      const [left, top, right, bottom] = frame(chosen).map((value) => Math.round(value));
      const where = chosen.type === "point" ? `at ${left}, ${top}` : `from ${left}, ${top} to ${right}, ${bottom}`;
      said.textContent = `${counted}. This one: ${named.get(chosen.label)}, ${where}.`;
    } else said.textContent = `${counted}.${shapes.length || config.least ? "" : " If there is nothing to draw, finish."}`;
  }

  /* Deeds */

  function setLabel(value) {
    label = value;
    if (chosen && chosen.label !== value) {
      chosen.label = value;
      draw(chosen);
      changed();
    }
    tell();
    drawWork();
  }

  function setTool(value) {
    tool = value;
    begun = null;
    choose(null);
  }

  function add(shape) {
    shapes.push(shape);
    begun = null;
    choose(shape);
    changed();
  }

  function remove(shape) {
    if (!shape) return;
    shapes = shapes.filter((one) => one !== shape);
    drawn.get(shape)?.remove();
    drawn.delete(shape);
    if (chosen === shape) chosen = null;
    tell();
    drawWork();
    changed();
  }

  function choose(shape) {
    const before = chosen;
    chosen = shape;
    if (before && before !== shape && drawn.has(before)) draw(before);
    if (shape) {
      draw(shape);
      all.append(drawn.get(shape)); // on top
      const [left, top, right, bottom] = frame(shape);
      cross = [round((left + right) / 2), round((top + bottom) / 2)];
      view.reveal(...cross);
    }
    tell();
    drawWork();
  }

  function go(step) {
    if (!shapes.length) return;
    const place = chosen ? shapes.indexOf(chosen) + step : step > 0 ? 0 : shapes.length - 1;
    choose(shapes[(place + shapes.length) % shapes.length]);
  }

  const clip = ([x, y]) => [round(Math.min(Math.max(x, 0), view.width)), round(Math.min(Math.max(y, 0), view.height))];

  /** Set a corner at the cross. */
  function set() {
    if (tool === "point") {
      add({ type: "point", label, x: cross[0], y: cross[1] });
    } else if (!begun) {
      begun = { points: [cross] };
      if (chosen) choose(null);
    } else if (tool === "box") {
      const box = between(begun.points[0], cross);
      if (box.width >= 1 && box.height >= 1) add({ type: "box", label, ...box });
    } else {
      const first = begun.points[0];
      const closing = begun.points.length > 2 && Math.hypot(first[0] - cross[0], first[1] - cross[1]) * view.ratio < NEAR;
      const last = begun.points[begun.points.length - 1];
      if (closing) finishPolygon();
      else if (last[0] !== cross[0] || last[1] !== cross[1]) begun.points.push(cross);
    }
    tell();
    drawWork();
  }

  function finishPolygon() {
    if (!begun || tool !== "polygon" || begun.points.length < 3) return;
    if (crosses(begun.points)) tell("This outline crosses itself. Backspace takes the last corner back.");
    else add({ type: "polygon", label, points: begun.points });
  }

  function step() {
    const seen = Math.min(view.frame.clientWidth || 400, 600) / view.ratio;
    return Math.max(1, Math.round(seen / 60));
  }

  function move(shape, across, down) {
    const [left, top, right, bottom] = frame(shape);
    const dx = Math.min(Math.max(across, -left), view.width - right);
    const dy = Math.min(Math.max(down, -top), view.height - bottom);
    if (shape.type === "polygon") shape.points = shape.points.map(([x, y]) => clip([x + dx, y + dy]));
    else [shape.x, shape.y] = [round(shape.x + dx), round(shape.y + dy)];
    shown(shape);
  }

  function resize(shape, across, down) {
    if (shape.type !== "box") return;
    shape.width = round(Math.min(Math.max(shape.width + across, 1), view.width - shape.x));
    shape.height = round(Math.min(Math.max(shape.height + down, 1), view.height - shape.y));
    shown(shape);
  }

  function shown(shape) {
    draw(shape);
    tell();
    changed();
  }

  function under(event) {
    const point = view.point(event);
    const near = NEAR / view.ratio;
    const hit = shapes.filter((shape) => {
      const [left, top, right, bottom] = frame(shape);
      return point[0] >= left - near && point[0] <= right + near && point[1] >= top - near && point[1] <= bottom + near;
    });
    const area = (shape) => {
      const [left, top, right, bottom] = frame(shape);
      return (right - left) * (bottom - top);
    };
    return hit.sort((a, b) => area(a) - area(b))[0] ?? null;
  }

  /* Mouse and touch */

  function down(event) {
    if (event.button || !event.isPrimary) return;
    const point = clip(view.point(event));
    if (chosen?.type === "box" && !begun) {
      const near = (event.pointerType === "touch" ? 20 : NEAR) / view.ratio;
      const corner = corners(chosen).findIndex(([x, y]) => Math.abs(x - point[0]) <= near && Math.abs(y - point[1]) <= near);
      if (corner >= 0) drag = { shape: chosen, fixed: corners(chosen)[3 - corner] };
    }
    if (!drag && chosen && !begun && under(event) === chosen) drag = { shape: chosen, from: point };
    drag ??= { from: point, drawing: true, moved: false };
    layer.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  function moved(event) {
    const point = clip(view.point(event));
    cross = point;
    if (!drag) {
      if (begun) drawWork();
      return;
    }
    if (drag.fixed) {
      Object.assign(drag.shape, between(drag.fixed, point));
      draw(drag.shape);
    } else if (drag.shape) {
      move(drag.shape, point[0] - drag.from[0], point[1] - drag.from[1]);
      drag.from = point;
    } else if (!drag.moved && Math.hypot(point[0] - drag.from[0], point[1] - drag.from[1]) * view.ratio > 4) {
      drag.moved = true;
      if (tool === "box" && !begun) {
        if (chosen) choose(null);
        begun = { points: [drag.from] };
      }
    }
    drawWork();
  }

  function up(event) {
    if (!drag) return;
    const was = drag;
    drag = null;
    steering = false;
    cross = clip(view.point(event));
    if (was.shape) {
      if (was.shape.width === 0 || was.shape.height === 0) Object.assign(was.shape, { width: Math.max(1, was.shape.width), height: Math.max(1, was.shape.height) });
      shown(was.shape);
      return;
    }
    const hit = was.moved || begun ? null : under(event);
    if (hit) choose(hit);
    else set();
  }

  layer.addEventListener("pointerdown", down);
  layer.addEventListener("pointermove", moved);
  layer.addEventListener("pointerup", up);
  layer.addEventListener("pointercancel", () => (drag = null));

  return {
    finish: true,
    show(item, value) {
      view?.listeners?.delete(rescale);
      view = item;
      shapes = structuredClone(value?.shapes ?? []);
      chosen = begun = drag = null;
      cross = [round(view.width / 2), round(view.height / 2)];
      steering = false;
      drawn.clear();
      all.replaceChildren();
      layer.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
      view.layer.append(layer);
      view.listeners.add(rescale);
      rescale();
      tell();
    },
    value: () => (shapes.length >= config.least && !begun ? { shapes } : undefined),
    draft: () => ({ shapes }),
    missing: () => (begun ? "A shape is not finished." : `Draw at least ${config.least}.`),
    key(event) {
      const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (arrows[event.key]) {
        const [across, down] = arrows[event.key].map((side) => side * step());
        if (chosen && event.shiftKey) resize(chosen, across, down);
        else if (chosen) move(chosen, across, down);
        else {
          steering = true;
          cross = clip([cross[0] + across, cross[1] + down]);
          view.reveal(...cross);
          drawWork();
        }
      } else if (event.key === " ") {
        if (chosen && !begun) choose(null);
        steering = true;
        set();
      } else if (event.key === "[" || event.key === "]") go(event.key === "]" ? 1 : -1);
      else if (event.key === "\\" && tools.length > 1) setTool(config.shapes[(config.shapes.indexOf(tool) + 1) % config.shapes.length]);
      else if (event.key === "Enter" && begun?.points.length > 2) finishPolygon();
      else if (event.key === "Escape" && (begun || chosen)) {
        begun = null;
        choose(null);
      } else if (event.key === "Backspace" || event.key === "Delete") {
        if (begun) {
          begun.points.pop();
          if (!begun.points.length) begun = null;
          tell();
          drawWork();
        } else remove(chosen ?? shapes[shapes.length - 1]);
      } else {
        const made = labels.find((one) => one.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
        made?.click();
        return Boolean(made);
      }
      return true;
    },
  };
}

/** Whether two sides of a closed outline cross. */
function crosses(points) {
  const turn = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  const sides = points.map((point, place) => [point, points[(place + 1) % points.length]]);
  return sides.some(([a, b], first) =>
    sides.some(([c, d], second) => {
      if (second <= first + 1 || (first === 0 && second === sides.length - 1)) return false;
      return turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0;
    }),
  );
}

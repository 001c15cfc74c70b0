/**
 * Box: shapes on a picture. A cross is moved by the arrow keys and acts with Space, as the mouse does with a click: two corners make
 * a box, corner by corner a polygon, one touch a point. A drag draws a box anywhere, also within another. A shape that was just drawn
 * is not selected: the next label is the next shape's. Only a shape that somebody selects is moved, resized or labelled anew.
 * Only the shape that changes is drawn again.
 */

import { button, hints, isolated, make } from "../../desk/items.js";

const HUES = 8;
const SVG = "http://www.w3.org/2000/svg";
const NEAR = 8; // screen pixels: how close counts as on it
const NEAR_TOUCH = 20; // for a finger
const STILL = 4; // screen pixels: a press that moves no further is a click
const STILL_TOUCH = 10;
const DOUBLE = 400; // ms: a second click at the same place within this time belongs to the first
const MOST_CORNERS = 300;
const TOOLS = { box: "box", polygon: "outline", point: "point" };

function svg(tag, values = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
  return element;
}

const round = (value) => Math.round(value * 10) / 10;

export function mount({ element, config, changed, turned = () => {} }) {
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
  let lastDrawn = null;
  let lately = null; // the latest click: {at, x, y}
  let live = true; // whether the picture is this widget's now
  const drawn = new Map(); // by shape: its element
  const tags = new WeakMap(); // by the name drawn at a shape: the shape

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
  keys.dataset.steps = ""; // a label that is given twice is given once
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
  const help = hints([["← ↑ → ↓", "move the cross, or the shape you are at"], ["Space", "set a corner"], ["⇧", "with an arrow: larger or smaller"], ["[ ]", "select a shape"], ["+ −", "closer, wider"], ["Esc", "select none, or give up a shape"]]);
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
    tags.set(name, shape);
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
      for (const [x, y] of begun.points) work.append(svg("circle", { class: `hue-${hue.get(label)} corner`, cx: x, cy: y, r: 4 * size }));
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
      said.replaceChildren(`${counted}. This one: `, ...spoken(chosen));
    } else if (lastDrawn) {
      said.replaceChildren(`${counted}. The last: `, ...spoken(lastDrawn));
    } else said.textContent = `${counted}.${shapes.length || config.least ? "" : " If there is nothing to draw, finish."}`;
  }

  function spoken(shape) {
    const [left, top, right, bottom] = frame(shape).map((value) => Math.round(value));
    const where = shape.type === "point" ? `at ${left}, ${top}` : `from ${left}, ${top} to ${right}, ${bottom}`;
    return [isolated(named.get(shape.label)), `, ${where}.`];
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
    drop();
    choose(null);
  }

  /** Give up what is being drawn. */
  function drop() {
    const had = begun;
    begun = drag = null;
    if (had) changed();
  }

  /** Keep a shape that is drawn. It is not selected: what comes next is for the next one. */
  function add(shape) {
    shapes.push(shape);
    begun = null;
    lastDrawn = shape;
    draw(shape);
    choose(null);
    changed();
  }

  function remove(shape) {
    if (!shape) return;
    shapes = shapes.filter((one) => one !== shape);
    if (drag?.shape === shape) drag = null;
    if (lastDrawn === shape) lastDrawn = null;
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
    if (tool === "point") add({ type: "point", label, x: cross[0], y: cross[1] });
    else if (!begun) {
      begun = { points: [cross] };
      if (chosen) choose(null);
      changed();
    } else if (tool === "box") {
      const box = between(begun.points[0], cross);
      if (box.width >= 1 && box.height >= 1) add({ type: "box", label, ...box });
    } else {
      const first = begun.points[0];
      const last = begun.points[begun.points.length - 1];
      if (begun.points.length > 2 && Math.hypot(first[0] - cross[0], first[1] - cross[1]) * view.ratio < NEAR) return finishPolygon();
      if (begun.points.length >= MOST_CORNERS) return tell(`An outline has at most ${MOST_CORNERS} corners. Enter closes it.`);
      if (last[0] !== cross[0] || last[1] !== cross[1]) {
        begun.points.push(cross);
        changed();
      }
    }
    tell();
    drawWork();
  }

  function finishPolygon() {
    if (!begun || tool !== "polygon" || begun.points.length < 3) return;
    if (crosses(begun.points)) tell("This outline crosses itself. Backspace takes the last corner back.");
    else {
      add({ type: "polygon", label, points: begun.points });
      turned(); // a second Enter is not to finish the item
    }
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

  const area = (shape) => {
    const [left, top, right, bottom] = frame(shape);
    return (right - left) * (bottom - top);
  };

  /** Whether a shape is at a point of the picture: on it, or as close as `near`. */
  function isAt(shape, [x, y], near) {
    if (shape.type === "point") return Math.hypot(shape.x - x, shape.y - y) <= near;
    const [left, top, right, bottom] = frame(shape);
    if (x < left - near || x > right + near || y < top - near || y > bottom + near) return false;
    return shape.type === "box" || within(shape.points, x, y) || toOutline(shape.points, x, y) <= near;
  }

  /** The smallest shape under a pointer, of those that fit. */
  function under(event, fits = () => true) {
    const point = view.point(event);
    const near = reach(event) / view.ratio;
    return shapes.filter((shape) => fits(shape) && isAt(shape, point, near)).sort((a, b) => area(a) - area(b))[0] ?? null;
  }

  /* Mouse and touch */

  const reach = (event) => (event.pointerType === "touch" ? NEAR_TOUCH : NEAR);

  function down(event) {
    if (event.button || !event.isPrimary) return;
    const point = clip(view.point(event));
    drag = { from: point, at: [event.clientX, event.clientY], tag: tags.get(event.target) ?? null, moved: false };
    if (chosen && !begun) {
      // Only what was selected is moved, or resized by one of its corners.
      const near = reach(event) / view.ratio;
      const corner = chosen.type === "box" ? corners(chosen).findIndex(([x, y]) => Math.abs(x - point[0]) <= near && Math.abs(y - point[1]) <= near) : -1;
      if (corner >= 0) Object.assign(drag, { shape: chosen, fixed: corners(chosen)[3 - corner] });
      else if (isAt(chosen, point, near)) drag.shape = chosen;
      drag.before = structuredClone(chosen);
    }
    layer.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  function moved(event) {
    if (!event.isPrimary) return;
    const point = clip(view.point(event));
    cross = point;
    if (!drag) {
      if (begun) drawWork();
      return;
    }
    if (!drag.moved) {
      const far = Math.hypot(event.clientX - drag.at[0], event.clientY - drag.at[1]);
      if (far <= (event.pointerType === "touch" ? STILL_TOUCH : STILL)) return;
      drag.moved = true;
      if (!drag.shape && tool === "box" && !begun) {
        if (chosen) choose(null);
        begun = { points: [drag.from] };
        drag.drawing = true;
        cross = point;
      }
    }
    if (drag.fixed) {
      Object.assign(drag.shape, between(drag.fixed, point));
      draw(drag.shape);
    } else if (drag.shape) {
      Object.assign(drag.shape, structuredClone(drag.before));
      move(drag.shape, point[0] - drag.from[0], point[1] - drag.from[1]);
    }
    drawWork();
  }

  function up(event) {
    if (!drag || !event.isPrimary) return;
    const was = drag;
    drag = null;
    steering = false;
    cross = clip(view.point(event));
    if (was.moved && was.shape) {
      if (was.shape.width < 1 || was.shape.height < 1) resize(was.shape, 0, 0);
      shown(was.shape);
    } else if (was.moved) {
      if (chosen) choose(null);
      cross = clip(view.point(event));
      set();
      if (was.drawing && begun) drop(); // as thin as a line
    } else clicked(event, was.tag);
    drawWork();
  }

  function clicked(event, tag) {
    const again = lately && event.timeStamp - lately.at < DOUBLE && Math.hypot(event.clientX - lately.x, event.clientY - lately.y) <= reach(event);
    lately = { at: event.timeStamp, x: event.clientX, y: event.clientY };
    if (again) return; // the second click of a double click
    if (begun) {
      set();
      return;
    }
    // A shape is selected by its name with every tool; with the box tool by a click on it, with the point tool a point is.
    const hit = tag ?? (tool === "box" ? under(event) : tool === "point" ? under(event, (shape) => shape.type === "point") : null);
    if (hit) choose(hit);
    else if (chosen && tool === "box") choose(null);
    else {
      if (chosen) choose(null);
      cross = clip(view.point(event));
      set();
    }
  }

  /** The browser took the finger for something else: what the drag did is undone. */
  function cancelled() {
    if (!drag) return;
    const was = drag;
    drag = null;
    if (was.drawing) drop();
    else if (was.shape && was.moved) {
      Object.assign(was.shape, was.before);
      shown(was.shape);
    }
    tell();
    drawWork();
  }

  layer.addEventListener("pointerdown", down);
  layer.addEventListener("pointermove", moved);
  layer.addEventListener("pointerup", up);
  layer.addEventListener("pointercancel", (event) => event.isPrimary && cancelled());
  layer.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault()); // a long press is a click

  return {
    finish: true,
    show(item, value) {
      view?.listeners?.delete(rescale);
      view = item;
      shapes = structuredClone(value?.shapes ?? []);
      chosen = begun = drag = lately = lastDrawn = null;
      if (value?.begun && config.shapes.includes(value.begun.tool) && named.has(value.begun.label)) {
        ({ tool, label } = value.begun);
        begun = { points: structuredClone(value.begun.points) };
      }
      cross = begun?.points.at(-1) ?? [round(view.width / 2), round(view.height / 2)];
      steering = false;
      drawn.clear();
      all.replaceChildren();
      layer.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
      view.layer.append(layer);
      view.listeners.add(rescale);
      rescale();
      tell();
    },
    /** In a set, the picture is one part's at a time: only its shapes take clicks. */
    live(on) {
      if (on === live) return;
      live = on;
      layer.classList.toggle("resting", !on);
      steering = false;
      if (!view) return;
      cancelled();
      if (on) view.layer.append(layer); // above the others
      choose(null);
    },
    value: () => (shapes.length >= config.least && !begun && !drag?.moved ? { shapes } : undefined),
    draft: () => (begun && !drag?.drawing ? { shapes, begun: { tool, label, points: begun.points } } : { shapes }),
    missing: () => (begun || drag?.moved ? "A shape is not finished." : `Draw at least ${config.least}.`),
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
      else if (event.key === "Escape" && (begun || chosen || drag)) {
        cancelled();
        drop();
        choose(null);
      } else if (event.key === "Backspace" || event.key === "Delete") {
        if (drag?.drawing) cancelled();
        else if (begun) {
          begun.points.pop();
          if (!begun.points.length) begun = null;
          changed();
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

/** Whether a point lies within a closed outline. */
function within(points, x, y) {
  let inside = false;
  points.forEach(([ax, ay], place) => {
    const [bx, by] = points[(place + 1) % points.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

/** How far a point is from a closed outline. */
function toOutline(points, x, y) {
  const far = points.map(([ax, ay], place) => {
    const [bx, by] = points[(place + 1) % points.length];
    const long = (bx - ax) ** 2 + (by - ay) ** 2;
    const share = long ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / long)) : 0;
    return Math.hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y);
  });
  return Math.min(...far);
}

/** Whether two sides of a closed outline meet anywhere but at the corner they share, as the server judges it. */
function crosses(points) {
  const turn = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  const on = (a, b, c) => Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1]);
  const ahead = (corner, one, other) => (one[0] - corner[0]) * (other[0] - corner[0]) + (one[1] - corner[1]) * (other[1] - corner[1]) > 0;
  const sides = points.map((point, place) => [point, points[(place + 1) % points.length]]);
  const last = sides.length - 1;
  return sides.some(([a, b], first) =>
    (a[0] === b[0] && a[1] === b[1]) || sides.some(([c, d], second) => {
      if (second <= first) return false;
      if (second === first + 1 || (first === 0 && second === last)) {
        const [corner, before, after] = second === first + 1 ? [b, a, d] : [a, b, c];
        return turn(before, corner, after) === 0 && ahead(corner, before, after);
      }
      const [one, two, three, four] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
      if (one * two < 0 && three * four < 0) return true;
      return (one === 0 && on(a, b, c)) || (two === 0 && on(a, b, d)) || (three === 0 && on(c, d, a)) || (four === 0 && on(c, d, b));
    }),
  );
}

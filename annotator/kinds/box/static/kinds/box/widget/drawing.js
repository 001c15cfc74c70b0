/** The drawing on the picture: the shapes with their names and handles, what is being drawn, and the cross. */

import { between, corners, frame } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, values = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
  return element;
}

export class BoxDrawing {
  constructor(state) {
    this.state = state;
    this.drawn = new Map(); // by shape: its element
    this.tags = new WeakMap(); // by the name drawn at a shape: the shape
    this.layer = svg("svg", { class: "shapes", "aria-hidden": "true" });
    this.all = svg("g");
    this.work = svg("g", { class: "work" });
    this.layer.append(this.all, this.work);
  }

  /** Begin with the picture that is shown now. */
  clear() {
    const { view } = this.state;
    this.drawn.clear();
    this.all.replaceChildren();
    this.layer.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
    view.layer.append(this.layer);
  }

  draw(shape) {
    const { view, chosen } = this.state;
    const group = svg("g", { class: `hue-${this.state.hue.get(shape.label)}${shape === chosen ? " chosen" : ""}` });
    const size = 1 / view.ratio;
    if (shape.type === "box") group.append(svg("rect", { x: shape.x, y: shape.y, width: shape.width, height: shape.height }));
    else if (shape.type === "polygon") group.append(svg("polygon", { points: shape.points.map((point) => point.join(",")).join(" ") }));
    else group.append(svg("circle", { cx: shape.x, cy: shape.y, r: 6 * size }));
    const [left, top] = frame(shape);
    const name = svg("text", { x: left, y: Math.max(top - 4 * size, 13 * size), "font-size": 13 * size });
    name.textContent = this.state.named.get(shape.label);
    this.tags.set(name, shape);
    group.append(name);
    if (shape === chosen && shape.type === "box") {
      for (const [x, y] of corners(shape)) group.append(svg("rect", { class: "handle", x: x - 5 * size, y: y - 5 * size, width: 10 * size, height: 10 * size }));
    }
    this.drawn.get(shape)?.replaceWith(group);
    if (!this.drawn.has(shape)) this.all.append(group);
    this.drawn.set(shape, group);
  }

  remove(shape) {
    this.drawn.get(shape)?.remove();
    this.drawn.delete(shape);
  }

  /** Bring a shape to the top. */
  raise(shape) {
    this.all.append(this.drawn.get(shape));
  }

  /** Draw what is being drawn, and the cross. */
  drawWork() {
    const { view, begun, tool, cross, label, steering, chosen } = this.state;
    this.work.replaceChildren();
    const size = 1 / view.ratio;
    const hue = this.state.hue.get(label);
    if (begun && tool === "box") {
      const box = between(begun.points[0], cross);
      this.work.append(svg("rect", { class: `hue-${hue} begun`, ...box }));
    } else if (begun) {
      this.work.append(svg("polyline", { class: `hue-${hue} begun`, points: [...begun.points, cross].map((point) => point.join(",")).join(" ") }));
      for (const [x, y] of begun.points) this.work.append(svg("circle", { class: `hue-${hue} corner`, cx: x, cy: y, r: 4 * size }));
    }
    if (steering && !chosen) {
      this.work.append(svg("path", { class: "cross back", d: crossPath(cross, size) }), svg("path", { class: "cross", d: crossPath(cross, size) }));
    }
  }

  rescale() {
    this.layer.style.setProperty("--unit", 1 / this.state.view.ratio);
    for (const shape of this.state.shapes) this.draw(shape);
  }
}

function crossPath(cross, size) {
  const arm = 16 * size;
  return `M${cross[0] - arm} ${cross[1]}h${2 * arm}M${cross[0]} ${cross[1] - arm}v${2 * arm}`;
}

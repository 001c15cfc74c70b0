/** What can be done to shapes: they are begun, kept, selected, moved, resized, relabelled and taken away. */

import { between, clip, crosses, frame, round } from "./geometry.js";

const MOST_CORNERS = 300;

export class Editing {
  /**
   * `near`: screen pixels, how close to its first corner an outline is closed. `changed()` is called when the answer has changed,
   * `turned()` when a second press of the same key must not act on what comes next.
   */
  constructor({ state, drawing, panel, near, changed, turned }) {
    Object.assign(this, { state, drawing, panel, near, changed, turned });
  }

  /** Draw what is being drawn again. */
  drawWork() {
    this.drawing.drawWork();
    this.panel.offerClose();
  }

  /** Say and draw again what has changed. */
  refresh() {
    this.panel.tell();
    this.drawWork();
  }

  setLabel(value) {
    const { state } = this;
    state.label = value;
    if (state.chosen && state.chosen.label !== value) {
      state.chosen.label = value;
      this.drawing.draw(state.chosen);
      this.changed();
    }
    this.refresh();
  }

  setTool(value) {
    this.state.tool = value;
    this.drop();
    this.choose(null);
  }

  /** Give up what is being drawn. */
  drop() {
    const had = this.state.begun;
    this.state.begun = this.state.drag = null;
    if (had) this.changed();
  }

  /** Keep a shape that is drawn. It is not selected: what comes next is for the next one. */
  add(shape) {
    this.state.shapes.push(shape);
    this.state.begun = null;
    this.state.lastDrawn = shape;
    this.drawing.draw(shape);
    this.choose(null);
    this.changed();
  }

  remove(shape) {
    const { state } = this;
    if (!shape) return;
    state.shapes = state.shapes.filter((one) => one !== shape);
    if (state.drag?.shape === shape) state.drag = null;
    if (state.lastDrawn === shape) state.lastDrawn = null;
    this.drawing.remove(shape);
    if (state.chosen === shape) state.chosen = null;
    this.refresh();
    this.changed();
  }

  /** Take away the shape that is selected, or else the last one. */
  removeLast() {
    const { chosen, shapes } = this.state;
    this.remove(chosen ?? shapes[shapes.length - 1]);
  }

  choose(shape) {
    const { state, drawing } = this;
    const before = state.chosen;
    state.chosen = shape;
    if (before && before !== shape && drawing.drawn.has(before)) drawing.draw(before);
    if (shape) {
      drawing.draw(shape);
      drawing.raise(shape);
      const [left, top, right, bottom] = frame(shape);
      state.cross = [round((left + right) / 2), round((top + bottom) / 2)];
      state.view.reveal(...state.cross);
    }
    this.refresh();
  }

  go(step) {
    const { shapes, chosen } = this.state;
    if (!shapes.length) return;
    const place = chosen ? shapes.indexOf(chosen) + step : step > 0 ? 0 : shapes.length - 1;
    this.choose(shapes[(place + shapes.length) % shapes.length]);
  }

  /** Set a corner at the cross. */
  set() {
    const { state } = this;
    const { cross, label, tool } = state;
    if (tool === "point") this.add({ type: "point", label, x: cross[0], y: cross[1] });
    else if (!state.begun) {
      state.begun = { points: [cross] };
      if (state.chosen) this.choose(null);
      this.changed();
    } else if (tool === "box") {
      const box = between(state.begun.points[0], cross);
      if (box.width >= 1 && box.height >= 1) this.add({ type: "box", label, ...box });
    } else {
      const { points } = state.begun;
      const first = points[0];
      const last = points[points.length - 1];
      if (points.length > 2 && Math.hypot(first[0] - cross[0], first[1] - cross[1]) * state.view.ratio < this.near) return this.finishPolygon();
      if (points.length >= MOST_CORNERS) return this.panel.tell(`An outline has at most ${MOST_CORNERS} corners. Enter closes it.`);
      if (last[0] !== cross[0] || last[1] !== cross[1]) {
        points.push(cross);
        this.changed();
      }
    }
    this.refresh();
  }

  finishPolygon() {
    const { begun, tool, label } = this.state;
    if (!begun || tool !== "polygon" || begun.points.length < 3) return;
    if (crosses(begun.points)) this.panel.tell("This outline crosses itself. Backspace takes the last corner back.");
    else {
      this.add({ type: "polygon", label, points: begun.points });
      this.turned(); // a second Enter is not to finish the item
    }
  }

  /** Take the last corner of what is being drawn back. */
  removeCorner() {
    const { state } = this;
    state.begun.points.pop();
    if (!state.begun.points.length) state.begun = null;
    this.changed();
    this.refresh();
  }

  move(shape, across, down) {
    const { view } = this.state;
    const [left, top, right, bottom] = frame(shape);
    const dx = Math.min(Math.max(across, -left), view.width - right);
    const dy = Math.min(Math.max(down, -top), view.height - bottom);
    if (shape.type === "polygon") shape.points = shape.points.map(([x, y]) => clip([x + dx, y + dy], view));
    else [shape.x, shape.y] = [round(shape.x + dx), round(shape.y + dy)];
    this.shown(shape);
  }

  resize(shape, across, down) {
    const { view } = this.state;
    if (shape.type !== "box") return;
    shape.width = round(Math.min(Math.max(shape.width + across, 1), view.width - shape.x));
    shape.height = round(Math.min(Math.max(shape.height + down, 1), view.height - shape.y));
    this.shown(shape);
  }

  /** Show a shape that has changed. */
  shown(shape) {
    this.drawing.draw(shape);
    this.panel.tell();
    this.changed();
  }
}

/** Mouse and touch: clicks set corners and select shapes, drags draw, move and resize them. */

import { area, between, clip, corners, isAt } from "./geometry.js";

/** Screen pixels: how close to a shape or corner counts as on it. */
export const NEAR = 8;
const NEAR_TOUCH = 20; // for a finger
const STILL = 4; // screen pixels: a press that moves no further is a click
const STILL_TOUCH = 10;
const DOUBLE = 400; // ms: a second click at the same place within this time belongs to the first

const reach = (event) => (event.pointerType === "touch" ? NEAR_TOUCH : NEAR);

export class BoxPointer {
  constructor({ state, drawing, editing }) {
    Object.assign(this, { state, drawing, editing });
    const { layer } = drawing;
    layer.addEventListener("pointerdown", (event) => this.#down(event));
    layer.addEventListener("pointermove", (event) => this.#moved(event));
    layer.addEventListener("pointerup", (event) => this.#up(event));
    layer.addEventListener("pointercancel", (event) => event.isPrimary && this.cancelled());
    layer.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault()); // a long press is a click
  }

  /** The point of the picture under a pointer, or the nearest one. */
  #point(event) {
    return clip(this.state.view.point(event), this.state.view);
  }

  /** The smallest shape under a pointer, of those that fit. */
  #under(event, fits = () => true) {
    const { view, shapes } = this.state;
    const point = view.point(event);
    const near = reach(event) / view.ratio;
    return shapes.filter((shape) => fits(shape) && isAt(shape, point, near)).sort((a, b) => area(a) - area(b))[0] ?? null;
  }

  #down(event) {
    const { state, drawing } = this;
    if (event.button || !event.isPrimary) return;
    const point = this.#point(event);
    const drag = { from: point, at: [event.clientX, event.clientY], tag: drawing.tags.get(event.target) ?? null, moved: false };
    state.drag = drag;
    const { chosen } = state;
    if (chosen && !state.begun) {
      // Only what was selected is moved, or resized by one of its corners.
      const near = reach(event) / state.view.ratio;
      const corner = chosen.type === "box" ? corners(chosen).findIndex(([x, y]) => Math.abs(x - point[0]) <= near && Math.abs(y - point[1]) <= near) : -1;
      if (corner >= 0) Object.assign(drag, { shape: chosen, fixed: corners(chosen)[3 - corner] });
      else if (isAt(chosen, point, near)) drag.shape = chosen;
      drag.before = structuredClone(chosen);
    }
    drawing.layer.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  #moved(event) {
    const { state, drawing, editing } = this;
    if (!event.isPrimary) return;
    const point = this.#point(event);
    const { drag } = state;
    state.cross = point;
    if (!drag) {
      if (state.begun) editing.drawWork();
      return;
    }
    if (!drag.moved) {
      const far = Math.hypot(event.clientX - drag.at[0], event.clientY - drag.at[1]);
      if (far <= (event.pointerType === "touch" ? STILL_TOUCH : STILL)) return;
      drag.moved = true;
      if (!drag.shape && state.tool === "box" && !state.begun) {
        if (state.chosen) editing.choose(null);
        state.begun = { points: [drag.from] };
        drag.drawing = true;
        state.cross = point;
      }
    }
    if (drag.fixed) {
      Object.assign(drag.shape, between(drag.fixed, point));
      drawing.draw(drag.shape);
    } else if (drag.shape) {
      Object.assign(drag.shape, structuredClone(drag.before));
      editing.move(drag.shape, point[0] - drag.from[0], point[1] - drag.from[1]);
    }
    editing.drawWork();
  }

  #up(event) {
    const { state, editing } = this;
    if (!state.drag || !event.isPrimary) return;
    const was = state.drag;
    state.drag = null;
    state.steering = false;
    state.cross = this.#point(event);
    if (was.moved && was.shape) {
      if (was.shape.width < 1 || was.shape.height < 1) editing.resize(was.shape, 0, 0);
      editing.shown(was.shape);
    } else if (was.moved) {
      if (state.chosen) editing.choose(null);
      state.cross = this.#point(event);
      editing.set();
      if (was.drawing && state.begun) editing.drop(); // as thin as a line
    } else this.#clicked(event, was.tag);
    editing.drawWork();
  }

  #clicked(event, tag) {
    const { state, editing } = this;
    const { lately, tool } = state;
    const again = lately && event.timeStamp - lately.at < DOUBLE && Math.hypot(event.clientX - lately.x, event.clientY - lately.y) <= reach(event);
    state.lately = { at: event.timeStamp, x: event.clientX, y: event.clientY };
    if (again) return; // the second click of a double click
    if (state.begun) {
      editing.set();
      return;
    }
    // A shape is selected by its name with every tool; with the box tool by a click on it, with the point tool a point is.
    const hit = tag ?? (tool === "box" ? this.#under(event) : tool === "point" ? this.#under(event, (shape) => shape.type === "point") : null);
    if (hit) editing.choose(hit);
    else if (state.chosen && tool === "box") editing.choose(null);
    else {
      if (state.chosen) editing.choose(null);
      state.cross = this.#point(event);
      editing.set();
    }
  }

  /** The browser took the finger for something else: what the drag did is undone. */
  cancelled() {
    const { state, editing } = this;
    if (!state.drag) return;
    const was = state.drag;
    state.drag = null;
    if (was.drawing) editing.drop();
    else if (was.shape && was.moved) {
      Object.assign(was.shape, was.before);
      editing.shown(was.shape);
    }
    editing.refresh();
  }
}

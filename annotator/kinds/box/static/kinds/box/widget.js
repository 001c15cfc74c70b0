/**
 * Box: shapes on a picture. A cross is moved by the arrow keys and acts with Space, as the mouse does with a click: two corners make
 * a box, corner by corner a polygon, one touch a point. A drag draws a box anywhere, also within another. A shape that was just drawn
 * is not selected: the next label is the next shape's. Only a shape that somebody selects is moved, resized or labelled anew.
 * Only the shape that changes is drawn again.
 */

import { BoxDrawing } from "./widget/drawing.js";
import { Editing } from "./widget/editing.js";
import { clip, round } from "./widget/geometry.js";
import { BoxPanel } from "./widget/panel.js";
import { BoxPointer, NEAR } from "./widget/pointer.js";
import { BoxState } from "./widget/state.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function mount({ element, config, changed, turned = () => {} }) {
  const state = new BoxState(config);
  const drawing = new BoxDrawing(state);
  const acts = {
    label: (value) => editing.setLabel(value),
    tool: (value) => editing.setTool(value),
    remove: () => editing.removeLast(),
    close: () => editing.finishPolygon(),
  };
  const panel = new BoxPanel({ element, config, state, acts });
  const editing = new Editing({ state, drawing, panel, near: NEAR, changed, turned });
  const pointer = new BoxPointer({ state, drawing, editing });

  function rescale() {
    drawing.rescale();
    editing.drawWork();
  }

  /** How far an arrow moves: more where more of the picture is seen. */
  function step() {
    const seen = Math.min(state.view.frame.clientWidth || 400, 600) / state.view.ratio;
    return Math.max(1, Math.round(seen / 60));
  }

  function arrow(event) {
    const [across, down] = ARROWS[event.key].map((side) => side * step());
    if (state.chosen && event.shiftKey) editing.resize(state.chosen, across, down);
    else if (state.chosen) editing.move(state.chosen, across, down);
    else {
      state.steering = true;
      state.cross = clip([state.cross[0] + across, state.cross[1] + down], state.view);
      state.view.reveal(...state.cross);
      editing.drawWork();
    }
  }

  return {
    finish: true,
    show(item, value) {
      state.view?.listeners?.delete(rescale);
      const view = (state.view = item);
      state.shapes = structuredClone(value?.shapes ?? []);
      state.chosen = state.begun = state.drag = state.lately = state.lastDrawn = null;
      if (value?.begun && config.shapes.includes(value.begun.tool) && state.named.has(value.begun.label)) {
        state.tool = value.begun.tool;
        state.label = value.begun.label;
        state.begun = { points: structuredClone(value.begun.points) };
      }
      state.cross = state.begun?.points.at(-1) ?? [round(view.width / 2), round(view.height / 2)];
      state.steering = false;
      drawing.clear();
      view.listeners.add(rescale);
      rescale();
      panel.tell();
    },
    /** In a set, the picture is one part's at a time: only its shapes take clicks. */
    live(on) {
      if (on === state.live) return;
      state.live = on;
      drawing.layer.classList.toggle("resting", !on);
      state.steering = false;
      if (!state.view) return;
      pointer.cancelled();
      if (on) state.view.layer.append(drawing.layer); // above the others
      editing.choose(null);
    },
    value: () => (state.shapes.length >= config.least && !state.begun && !state.drag?.moved ? { shapes: state.shapes } : undefined),
    draft() {
      const { shapes, begun, drag, tool, label } = state;
      return begun && !drag?.drawing ? { shapes, begun: { tool, label, points: begun.points } } : { shapes };
    },
    missing: () => (state.begun || state.drag?.moved ? "A shape is not finished." : `Draw at least ${config.least}.`),
    key(event) {
      if (ARROWS[event.key]) arrow(event);
      else if (event.key === " ") {
        if (state.chosen && !state.begun) editing.choose(null);
        state.steering = true;
        editing.set();
      } else if (event.key === "[" || event.key === "]") editing.go(event.key === "]" ? 1 : -1);
      else if (event.key === "\\" && config.shapes.length > 1) editing.setTool(config.shapes[(config.shapes.indexOf(state.tool) + 1) % config.shapes.length]);
      else if (event.key === "Enter" && state.begun?.points.length > 2) editing.finishPolygon();
      else if (event.key === "Escape" && (state.begun || state.chosen || state.drag)) {
        pointer.cancelled();
        editing.drop();
        editing.choose(null);
      } else if (event.key === "Backspace" || event.key === "Delete") {
        if (state.drag?.drawing) pointer.cancelled();
        else if (state.begun) editing.removeCorner();
        else editing.removeLast();
      } else {
        const made = panel.labels.find((one) => one.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
        made?.click();
        return Boolean(made);
      }
      return true;
    },
  };
}

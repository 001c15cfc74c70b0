/** What all parts of the widget share: the picture, the shapes on it, and what is being drawn. */

const HUES = 8;

export class BoxState {
  constructor(config) {
    this.hue = new Map(config.labels.map((label, place) => [label.value, place % HUES])); // by label: the number of its colour
    this.named = new Map(config.labels.map((label) => [label.value, label.label])); // by label: its name
    this.view = null;
    this.shapes = [];
    this.chosen = null;
    this.tool = config.shapes[0];
    this.label = config.labels[0].value;
    this.begun = null; // what is being drawn: {points: [[x, y], ...]}
    this.cross = [0, 0];
    this.steering = false; // the cross is shown once it is used
    this.drag = null;
    this.lastDrawn = null;
    this.lately = null; // the latest click: {at, x, y}
    this.live = true; // whether the picture is this widget's now
  }
}

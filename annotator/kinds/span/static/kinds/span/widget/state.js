/** What all parts of the widget share: the text, the marks in it, and where the keyboard is. */

const HUES = 8;

export class SpanState {
  constructor({ labels, relations }) {
    this.hue = new Map(labels.map((label, place) => [label.value, place % HUES])); // by label: the number of its colour
    this.named = new Map([...labels, ...(relations ?? [])].map((label) => [label.value, label.label])); // by label or relation: its name
    this.view = null;
    this.spans = []; // {start, end, label}, in the order in which they were made
    this.relations = []; // {from, to, label}: spans themselves
    this.chosen = null;
    this.leading = null; // the relation that is being drawn: {from, label}
    this.cursor = null; // where the keyboard goes on from: {start, end}; never what is marked
    this.lately = null; // the mark that was clicked last: another click goes on to the one around it
    this.live = true; // whether the text is this widget's now
  }
}

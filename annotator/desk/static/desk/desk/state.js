/** What all parts of the desk share: the task that is asked now, those that wait, and those that were answered. */

export class DeskState {
  /** `answered`: how many answers of the person the server has. */
  constructor(answered) {
    this.answered = answered; // with those on their way
    this.current = null; // the task that is asked now; its `replaces` is the answer it takes the place of
    this.item = null; // the item of that task, as it is shown
    this.shown = false;
    this.touched = false; // whether the answer has changed since the item was shown
    this.begun = false; // whether anything was shown yet
    this.ahead = []; // tasks that wait
    this.met = new Set(); // the ids of all tasks that were handed out
    this.fetching = false;
    this.finished = false; // whether the server has no more tasks
    this.done = []; // what can be undone, the latest last
    this.sent = new Map(); // tasks answered and not stored yet, by id
    this.stranger = ""; // says that somebody else is signed in by now
  }
}

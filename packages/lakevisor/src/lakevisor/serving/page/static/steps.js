// What the agents do on the way to an answer: one line for each call of a tool.

import { element } from "./dom.js";

const MOST_CHARS = 80;

export class Steps {
  constructor() {
    this.list = element("ol");
    this.title = element("summary");
    this.root = element("details", { class: "steps", hidden: true, open: true }, this.title, this.list);
    this.open = new Map();
    this.seconds = 0;
  }

  began(call) {
    const line = element("li", { class: "under-way" }, element("code", {}, written(call)));
    this.open.set(call.call_id, { line, at: performance.now() });
    this.list.append(line);
    this.root.hidden = false;
    this.name();
  }

  ended(output) {
    const step = this.open.get(output.call_id);
    if (!step) return;
    const seconds = (performance.now() - step.at) / 1000;
    const isGood = output.status === "completed";
    this.seconds += seconds;
    step.line.className = isGood ? "good" : "bad";
    step.line.append(` ${seconds.toFixed(1)} s`);
    if (!isGood) step.line.append(element("p", {}, String(output.output).slice(0, 400)));
    this.name();
  }

  /** Fold it: the answer is there. */
  end() {
    this.root.open = this.list.querySelector(".bad") !== null;
    this.name();
  }

  name() {
    const count = this.list.childElementCount;
    const took = this.seconds ? ` · ${this.seconds.toFixed(1)} s` : "";
    this.title.textContent = `${count} ${count === 1 ? "step" : "steps"}${took}`;
  }
}

/** Return a call as one would write it, with long arguments cut. */
function written(call) {
  let given;
  try {
    given = Object.values(JSON.parse(call.arguments)).filter((each) => each !== null);
  } catch {
    given = [];
  }
  return `${call.name}(${given.map((each) => cut(JSON.stringify(each))).join(", ")})`;
}

const cut = (text) => (text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS - 1)}…` : text);

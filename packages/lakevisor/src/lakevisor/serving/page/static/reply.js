// The answer to one request: who speaks, what they do, what they say, and what comes with it.

import { extras } from "./extras.js";
import { markdown } from "./markdown.js";
import { Steps } from "./steps.js";
import { element } from "./dom.js";

/** Shows an answer while it comes, and when it is there. */
export class Reply {
  /** @param {Object} acts what the answer's buttons do; see main.js. */
  constructor(acts) {
    this.acts = acts;
    this.root = element("div", { class: "reply", role: "article", "aria-label": "Answer" });
    this.begin();
  }

  /** Empty it: the request is sent, perhaps again. */
  begin() {
    cancelAnimationFrame(this.frame);
    this.steps = new Steps();
    this.messages = [];
    this.speaking = null;
    this.waiting = element("p", { class: "waiting" }, "Thinking …");
    this.root.setAttribute("aria-busy", "true");
    this.root.replaceChildren(this.steps.root, this.waiting);
  }

  /** Say what is waited for. */
  wait(words) {
    this.waiting.textContent = words;
  }

  /** Show an event of the stream. */
  show(event) {
    switch (event.type) {
      case "response.output_item.added":
        this.added(event.item);
        break;
      case "response.output_text.delta":
        this.speaking.text += event.delta;
        this.frame ??= requestAnimationFrame(() => this.draw());
        break;
      case "response.output_item.done":
        this.done(event.item);
        break;
      case "lakevisor.progress":
        this.wait(event.text);
        break;
    }
  }

  added(item) {
    if (item.type === "message") {
      this.speaking = this.addMessage(item.agent, "");
      this.waiting.hidden = true;
    }
  }

  done(item) {
    if (item.type === "message") {
      this.speaking.text = item.content[0].text;
      this.speaking.isBroken = item.status === "incomplete";
      this.draw();
      this.speaking = null;
    } else if (item.type === "function_call") {
      this.steps.began(item);
      this.wait(`${item.name} …`);
    } else if (item.type === "function_call_output") {
      this.steps.ended(item);
      this.wait("Thinking …");
    }
    this.waiting.hidden = false;
  }

  addMessage(agent, text) {
    const body = element("div", { class: "text" });
    const message = { agent, text, body, root: spoken(agent, body, this.messages.at(-1)?.agent) };
    this.messages.push(message);
    if (this.waiting.isConnected) this.waiting.before(message.root);
    else this.root.append(message.root);
    return message;
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    const { body, text, isBroken, root } = this.speaking;
    root.classList.toggle("broken", Boolean(isBroken));
    body.replaceChildren(...markdown(text));
  }

  /** Show the whole answer. */
  complete(response) {
    this.end();
    const shown = this.messages.filter((each) => !each.isBroken);
    if (!shown.length) {
      for (const item of response.output.filter((each) => each.type === "message")) {
        shown.push(this.addWhole(item.agent, item.content[0].text));
      }
    }
    this.addExtras(response, shown);
  }

  addWhole(agent, text) {
    const message = this.addMessage(agent, text);
    message.body.append(...markdown(text));
    return message;
  }

  /** Show what was answered earlier; without the response, there are its words alone. */
  recall(said, response) {
    this.end();
    const shown = said.map((each) => this.addWhole(each.agent, each.text));
    if (response) this.addExtras(response, shown);
  }

  /** Put what comes with each part of the answer below the words that it comes with. */
  addExtras(response, shown) {
    const free = [...shown];
    for (const part of parts(response)) {
      const at = free.findIndex((each) => each.agent === part.agent && each.text === part.text);
      let [message] = at < 0 ? [] : free.splice(at, 1);
      const isSaid = !part.text || shown.some((each) => each.text.includes(part.text));
      if (!message && !isSaid) message = this.addWhole(part.agent, part.text);
      const root = message?.root ?? this.root;
      root.append(...extras(part, { response, acts: this.acts, root }));
    }
  }

  /** Show that the answer did not come. */
  fail(error, again) {
    this.end();
    const details = error.correlationId ? `${error.code} · request ${error.correlationId}` : error.code ?? "";
    this.root.append(
      element("div", { class: "failure", role: "alert" },
        element("p", {}, error.message),
        element("div", { class: "buttons" },
          element("button", { type: "button", onclick: again }, "Try again"),
          element("code", { class: "hint" }, details))));
  }

  end() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    this.steps.end();
    this.waiting.remove();
    this.root.setAttribute("aria-busy", "false");
  }
}

/** Make the place where an agent says something; one that goes on is not named again. */
function spoken(agent, body, before) {
  const name = agent && agent !== before ? element("p", { class: "agent" }, agent) : null;
  return element("div", { class: "message" }, name, body);
}

/** Return each part of an answer that has more than words. */
function parts(response) {
  const { answers = [], notices = [], operations = [] } = response.custom_outputs ?? {};
  const told = answers.map((each) => ({ ...each, operations: [] }));
  const rest = { agent: "", text: "", data: {}, operations: [] };
  for (const operation of operations) {
    (told.findLast((each) => each.agent === operation.agent) ?? rest).operations.push(operation);
  }
  const ended = notices.map(({ operation, text, data }) => (
    { agent: operation.agent, text, data, operations: [operation] }));
  return [...told, rest, ...ended];
}

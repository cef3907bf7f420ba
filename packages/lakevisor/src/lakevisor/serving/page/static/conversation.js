// One thread: what was said in it, and what is being said.

import { action } from "./actions.js";
import * as api from "./api.js";
import { announce, element } from "./dom.js";
import { Reply } from "./reply.js";
import { answered, newRequest } from "./turn.js";

export class Conversation {
  /** @param {Object} tells `asked(threadId, text)`, `changed(isWorking)`: whether the thread that is shown is. */
  constructor(tells) {
    this.tells = tells;
    this.threadId = null;
    this.turns = document.getElementById("turns");
    this.underWay = new Map();
    this.acts = {
      ask: (text, does) => this.ask(text, does),
      decide: (proposalId, isApproved) => this.decide(proposalId, isApproved),
      rate: (isGood) => this.rate(isGood),
    };
  }

  /** Whether the thread that is shown is being worked on from here. */
  get isWorking() {
    return this.underWay.has(this.threadId);
  }

  /** Show a thread, or the beginning of a new one; what goes on in another goes on. */
  async open(threadId) {
    this.threadId = threadId;
    this.turns.replaceChildren();
    this.showWelcome(threadId === null);
    this.tells.changed(this.isWorking);
    if (threadId === null) return;
    const unanswered = kept(threadId);
    try {
      const { messages } = await api.thread(threadId);
      if (this.threadId === threadId) await this.showEarlier(messages, unanswered);
    } catch (error) {
      const isNew = unanswered && error.code === "thread_not_found";
      if (this.threadId === threadId && !isNew) this.showFailure(error);
    }
    if (this.threadId === threadId && unanswered) await this.goOn(unanswered);
  }

  async showEarlier(messages, unanswered) {
    const threadId = this.threadId;
    const turns = Map.groupBy(messages, (each) => each.turn_id);
    turns.delete(unanswered?.request.custom_inputs.request_id);
    const responses = await Promise.all([...turns.values()].map(([first]) =>
      api.response(first.response_id).catch(() => null)));
    if (this.threadId !== threadId) return;
    [...turns.values()].forEach((said, at) => {
      const asked = said.filter((each) => each.role === "user").map((each) => each.text);
      const { reply } = this.addTurn(asked.join("\n"));
      reply.recall(said.filter((each) => each.role === "assistant"), responses[at]);
    });
    this.showLatest();
  }

  /** Show what was asked and is not answered: here, or before the page was loaded again. */
  async goOn({ request, text, failure }) {
    const item = this.underWay.get(this.threadId);
    if (item) this.turns.append(item);
    else if (failure) this.showFailed(request, text, failure);
    else await this.work(request, text);
  }

  /** Show what has failed before; only the person sends it again. */
  showFailed(request, text, failure) {
    const turn = { request, text, ...this.addTurn(text) };
    turn.reply.fail(failure, () => this.answer(turn));
    this.showLatest();
  }

  /** Send a question, or with an action the press of a button in words. */
  ask(text, does) {
    return this.send(text, text, does);
  }

  /** Answer a proposal, as its buttons do. */
  decide(proposalId, isApproved) {
    const input = [{ type: "mcp_approval_response", approval_request_id: proposalId, approve: isApproved }];
    return this.send(input, isApproved ? "Allow" : "Deny");
  }

  async send(input, text, does) {
    if (this.isWorking) return;
    this.threadId ??= crypto.randomUUID();
    this.showWelcome(false);
    this.tells.asked(this.threadId, text);
    await this.work(newRequest(this.threadId, input, does), text);
  }

  async work(request, text) {
    const { item, reply } = this.addTurn(text);
    this.showLatest();
    await this.answer({ request, text, item, reply });
  }

  async answer(turn) {
    const { request, text, item, reply } = turn;
    const { thread_id: threadId } = request.custom_inputs;
    this.underWay.set(threadId, item);
    this.tells.changed(this.isWorking);
    keep(request, text);
    announce("Working on it.");
    try {
      const response = await answered(request, reply);
      forget(threadId);
      reply.complete(response);
      announce("The answer is there.");
    } catch (error) {
      // Not forgotten: sent again with its id, it is taken up where it stands.
      const { message, code, correlationId } = error;
      if (!(error instanceof api.LoginEnded)) keep(request, text, { message, code, correlationId });
      reply.fail(error, () => this.answer(turn));
      if (!error.code) console.error(error);
    }
    this.underWay.delete(threadId);
    this.tells.changed(this.isWorking);
  }

  /** Tell what the person thinks of the latest answer; returns what is said to it. */
  async rate(isGood) {
    const words = isGood ? "That was a good answer." : "That was a bad answer.";
    const request = newRequest(this.threadId, words, action("rate_genie_answer", { is_good: isGood }));
    const unseen = { begin() {}, wait() {}, show() {} };
    try {
      const response = await answered(request, unseen);
      return response.output.find((each) => each.type === "message").content[0].text;
    } catch (error) {
      return error.message;
    }
  }

  /** Show what was asked, with room for its answer; a proposal stands only until the next turn. */
  addTurn(text) {
    for (const each of this.turns.querySelectorAll(".proposal")) each.remove();
    const reply = new Reply(this.acts);
    const item = element("li", {}, element("div", { class: "asked" }, text), reply.root);
    this.turns.append(item);
    return { item, reply };
  }

  showWelcome(isShown) {
    document.getElementById("welcome").hidden = !isShown;
  }

  showFailure(error) {
    this.turns.append(element("li", {}, element("div", { class: "failure", role: "alert" }, error.message)));
  }

  /** Put the latest question on top: its answer is read from there, however long it gets. */
  showLatest() {
    this.turns.lastElementChild?.scrollIntoView({ block: "start" });
  }
}

// A request without its answer outlives a page that is loaded again, in this tab alone.

const keyOf = (threadId) => `lakevisor.unanswered.${threadId}`;

function keep(request, text, failure = undefined) {
  const kept = JSON.stringify({ request, text, failure });
  sessionStorage.setItem(keyOf(request.custom_inputs.thread_id), kept);
}

function forget(threadId) {
  sessionStorage.removeItem(keyOf(threadId));
}

function kept(threadId) {
  return JSON.parse(sessionStorage.getItem(keyOf(threadId)) ?? "null");
}

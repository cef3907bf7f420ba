// What the person has: conversations, the latest first, and what was started in them.

import * as api from "./api.js";
import { announce, button, element, link, moment, webAddress } from "./dom.js";
import { state, updateCards } from "./operations.js";

const THREADS = 30;
const RUNS = 10;
const RUNS_ON_CARDS = 100;
const TITLE_CHARS = 80;
const TITLES = "lakevisor.titles";

export class Side {
  /** @param {Object} does `open(threadId)`, `deleted(threadId)`. */
  constructor(does) {
    this.does = does;
    this.current = null;
    this.titles = new Map(Object.entries(JSON.parse(sessionStorage.getItem(TITLES) ?? "{}")));
    this.finding = Promise.resolve();
    this.threads = document.getElementById("threads");
    this.runs = document.getElementById("runs");
  }

  /** Remember how a conversation begins, so that it need not be asked for. */
  name(threadId, title) {
    if (this.titles.has(threadId)) return;
    this.titles.set(threadId, title.slice(0, TITLE_CHARS));
    sessionStorage.setItem(TITLES, JSON.stringify(Object.fromEntries(this.titles)));
  }

  /** Say which conversation is shown. */
  mark(threadId) {
    this.current = threadId;
    for (const item of this.threads.children) {
      if (item.dataset.thread === threadId) item.firstChild.setAttribute("aria-current", "true");
      else item.firstChild.removeAttribute("aria-current");
    }
  }

  /** Show what there is now; a list that cannot be had stays as it is. */
  async refresh() {
    const [threads, runs] = await Promise.allSettled([api.threads(THREADS), api.operations(RUNS_ON_CARDS)]);
    if (threads.status === "fulfilled") this.showThreads(threads.value);
    if (runs.status === "fulfilled") this.showRuns(runs.value);
    return runs.value?.some(({ operation }) => !operation.is_final) ?? false;
  }

  showThreads(threads) {
    this.threads.replaceChildren(...threads.map((each) => this.entry(each)));
    this.mark(this.current);
  }

  entry({ thread_id: threadId, last_turn_at: at, is_busy: isBusy }) {
    const title = element("span", { class: "entry-title" }, this.titles.get(threadId) ?? "…");
    // One after the other: nobody waits for them.
    this.finding = this.finding.then(() => this.findTitle(threadId, title));
    const open = button("", { class: "entry" }, () => this.does.open(threadId));
    open.append(title, element("span", { class: "hint" }, isBusy ? "working …" : moment(at)));
    const remove = button("×", { class: "quiet remove", "aria-label": "Delete this conversation" }, () => this.remove(threadId));
    return element("li", { "data-thread": threadId }, open, remove);
  }

  async findTitle(threadId, title) {
    if (!title.isConnected) return;
    if (!this.titles.has(threadId)) {
      const told = await api.thread(threadId).catch(() => null);
      this.name(threadId, told?.messages.find((each) => each.role === "user")?.text ?? "Conversation");
    }
    title.textContent = this.titles.get(threadId);
  }

  async remove(threadId) {
    const question = `Delete “${this.titles.get(threadId) ?? "this conversation"}”? What was started in it goes on.`;
    if (!(await confirmed(question))) return;
    try {
      await api.deleteThread(threadId);
    } catch (error) {
      announce(error.message);
      await told(error.message);
      return;
    }
    announce("The conversation is deleted.");
    this.does.deleted(threadId);
    await this.refresh();
  }

  showRuns(runs) {
    updateCards(runs.map(({ operation }) => operation));
    this.runs.replaceChildren(...runs.slice(0, RUNS).map(({ thread_id: threadId, operation }) => {
      const open = button("", { class: "entry" }, () => this.does.open(threadId));
      open.append(element("span", { class: "entry-title" }, operation.title), state(operation));
      const page = webAddress(operation.url);
      const away = page ? link(page, "↗") : null;
      away?.setAttribute("aria-label", `Open run ${operation.run_id}`);
      return element("li", {}, open, away);
    }));
  }
}

function confirmed(question) {
  return asked(question, true);
}

function told(words) {
  return asked(words, false);
}

function asked(words, isQuestion) {
  const dialog = document.getElementById("confirm");
  const [no, yes] = dialog.querySelectorAll("button");
  document.getElementById("confirm-text").textContent = words;
  no.textContent = isQuestion ? "Keep it" : "Close";
  yes.hidden = !isQuestion;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

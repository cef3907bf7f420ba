// What was started and goes on after its turn: a job's run, a long question.

import { action } from "./actions.js";
import { button, copyButton, element, link, moment, webAddress } from "./dom.js";

// By the kind of an operation: the actions that look at it and that end it. They ask no model. For a
// kind that is not here, of a plugin of somebody else's, the buttons say it in words.
const ACTIONS = {
  job_run: { look: "poll_databricks_job", end: "terminate_databricks_job", names: "run_id" },
  genie_question: { look: "fetch_genie_answer", end: "withdraw_genie_question", names: "question_id" },
};
const GOOD = /^(succeeded|answered)$/;
const BAD = /fail|error|timed_out|refused/;
// Genie's own words for how far a question is that say little to a person.
const WORDS = {
  submitted: "asked", fetching_metadata: "looking at the tables", filtering_context: "choosing the tables",
  asking_ai: "writing the query", pending_warehouse: "waiting for the warehouse",
  executing_query: "running the query", completed: "answered", query_result_expired: "expired",
};
const cards = new Map();

/** Make the card of an operation, with what can be done about it: one for each, where it is told last. */
export function operationCard(operation, acts) {
  const { run_id: runId, title } = operation;
  cards.get(runId)?.card.remove();
  const card = element("section", { class: "operation", "aria-label": `${title}, run ${runId}` }, ...content(operation, acts));
  cards.set(runId, { card, acts });
  return card;
}

/** Show what has become of operations on the cards that there are. */
export function updateCards(operations) {
  for (const operation of operations) {
    const { card, acts } = cards.get(operation.run_id) ?? {};
    if (card?.isConnected && !card.contains(document.activeElement)) card.replaceChildren(...content(operation, acts));
  }
}

function content(operation, acts) {
  const { run_id: runId, title, launched_at: at } = operation;
  const started = at ? element("span", { class: "hint" }, "started ", moment(at)) : "";
  return [
    element("div", { class: "operation-title" }, element("strong", {}, title), state(operation)),
    element("p", {}, "Run ", element("code", {}, runId), " ", copyButton(runId, "the run's id"), " ", started),
    element("div", { class: "buttons" }, ...controls(operation, acts)),
  ];
}

function controls(operation, acts) {
  const { run_id: runId, kind, is_final: isFinal, is_cancel_requested: isEnding } = operation;
  const { look, end, names } = ACTIONS[kind] ?? {};
  const act = (name, words) => () => acts.ask(words, action(name, { [names]: runId }));
  return [
    webAddress(operation.url) ? link(operation.url, "Open the run") : null,
    button(isFinal ? "Show the result" : "Check the status", { class: "small" }, act(look, `What is the status of run ${runId}?`)),
    isFinal || isEnding ? null : button("Cancel", { class: "small danger" }, act(end, `Cancel run ${runId}.`)),
  ];
}

/** Make the state of an operation, in words and in a colour. */
export function state(operation) {
  const { kind, state: raw, is_final: isFinal, is_cancel_requested: isEnding } = operation;
  const known = raw.toLowerCase();
  const name = (kind === "genie_question" && WORDS[known]) || known;
  const words = isEnding && !isFinal ? "cancel requested" : name.replaceAll("_", " ");
  const ended = GOOD.test(name) ? "good" : BAD.test(name) ? "bad" : "";
  return element("span", { class: `state ${isFinal ? ended : "going-on"}` }, words);
}

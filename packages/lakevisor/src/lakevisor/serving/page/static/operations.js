// What was started and goes on after its turn: a job's run, a long question.

import { action } from "./actions.js";
import { button, copyButton, element, link, moment, webAddress } from "./dom.js";

// By the kind of an operation: the actions that look at it and that end it. They ask no model. For a
// kind that is not here, of a plugin of somebody else's, the buttons say it in words.
const ACTIONS = {
  job_run: { look: "poll_databricks_job", end: "terminate_databricks_job", names: "run_id" },
  genie_question: { look: "fetch_genie_answer", end: "withdraw_genie_question", names: "question_id" },
};
const GOOD = /^(succeeded|answered|done|ended)$/;

/** Make the card of an operation, with what can be done about it. */
export function operationCard(operation, acts) {
  const started = operation.launched_at ? element("span", { class: "hint" }, "started ", moment(operation.launched_at)) : null;
  return element("section", { class: "operation", "aria-label": `${operation.title}, run ${operation.run_id}` },
    element("div", { class: "operation-title" }, element("strong", {}, operation.title), state(operation)),
    element("p", {}, "Run ", element("code", {}, operation.run_id), " ", copyButton(operation.run_id, "the run's id"), " ", started),
    element("div", { class: "buttons" }, ...controls(operation, acts)));
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
  const words = operation.is_cancel_requested && !operation.is_final ? "cancel requested" : operation.state.replaceAll("_", " ");
  const kind = !operation.is_final ? "going-on" : GOOD.test(operation.state) ? "good" : "bad";
  return element("span", { class: `state ${kind}` }, words);
}
